"""`card.change_pin`: a thin handler; what happens stands in `cardd.reading`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt, target
from cardd.model import PinKind
from cardd.ports import Call
from cardd.wire.methods import card_change_pin as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.reading.change_pin(call, target(params), PinKind(params.which))
    return words.Result(changed=True, receipt=receipt(performed.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
