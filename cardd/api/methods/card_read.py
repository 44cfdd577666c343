"""`card.read`: a thin handler; what happens stands in `cardd.reading`."""

import base64

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt, target
from cardd.model import Item, PinKind
from cardd.ports import Call
from cardd.reading.items import DateValue, ItemValue
from cardd.wire.methods import card_read as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.reading.read(
        call,
        target(params),
        [Item(item) for item in params.items],
        age=params.age,
        pin=PinKind(params.pin) if params.pin is not None else None,
    )
    read = performed.result
    return words.Result(
        kind=read.kind.value,
        items=tuple(_field(item, value, params.with_source) for item, value in read.values.items()),
        pins_used=tuple(which.value for which in read.pins_used),
        receipt=receipt(performed.receipt),
    )


def _field(item: Item, read: ItemValue, with_source: bool) -> words.ItemField:
    source = base64.b64encode(read.source).decode() if with_source and read.source else None
    value = read.value
    if isinstance(value, bool):
        return words.ItemField(item=item.value, yes=value)
    if isinstance(value, str):
        return words.ItemField(item=item.value, text=value, source_base64=source)
    if isinstance(value, DateValue):
        date = words.DateField(iso=value.iso, source=value.source, unknown=value.unknown)
        return words.ItemField(item=item.value, date=date, source_base64=source)
    image = base64.b64encode(value).decode()
    return words.ItemField(item=item.value, image_base64=image, media_type=read.media_type, source_base64=source)


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
