"""`lockdown.engage`: a thin handler; what happens stands in `cardd.lockdown`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.ports import Call
from cardd.wire.methods import lockdown_engage as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.lockdown.engage(call, params.reason)
    engaged = performed.result
    return words.Result(
        since=moment(engaged.since_us), sessions_ended=engaged.sessions_ended, receipt=receipt(performed.receipt)
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
