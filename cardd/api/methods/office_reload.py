"""`office.reload`: a thin handler; what happens stands in `cardd.office`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import office_reload as words


async def handle(services: Services, _: ConnectionContext, call: Call, __: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.office.reload(call)
    rows = (
        words.FileRow(
            kind=each.kind.value,
            outcome=each.outcome,
            version=each.version,
            problem=each.problem,
            details=each.details,
        )
        for each in performed.result
    )
    return words.Result(files=tuple(rows), receipt=receipt(performed.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
