"""`emergency.override`: a thin handler; what happens stands in `cardd.lockdown.override`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.ports import Call
from cardd.wire.methods import emergency_override as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.override.take(call, params.purpose, params.case, params.reason)
    return words.Result(until=moment(performed.result.until_us), receipt=receipt(performed.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
