"""`session.login`: a thin handler; what happens stands in `cardd.login`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import account, receipt, session_facts
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import session_login as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    badge = CardHandle(params.badge) if params.badge is not None else None
    performed = await use_cases.login.login(call, badge, account(params))
    return words.Result(receipt=receipt(performed.receipt), **session_facts(services, performed.result))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
