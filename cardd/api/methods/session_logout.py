"""`session.logout`: a thin handler; what happens stands in `cardd.login`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import session_logout as words


async def handle(services: Services, _: ConnectionContext, call: Call, _params: Nothing) -> words.Result:
    use_cases = await services.load_use_cases()
    return words.Result(receipt=receipt(await use_cases.login.logout(call)))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
