"""`sign.revoke_grant`: a thin handler; what happens stands in `cardd.signing.grants`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import sign_revoke_grant as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    performed = await use_cases.grants.revoke(call, params.grant)
    return words.Result(used=performed.result, receipt=receipt(performed.receipt))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
