"""`session.status`: who is logged in at this seat, if it is the caller's own session."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import session_facts
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import session_status as words


async def handle(services: Services, _: ConnectionContext, call: Call, _params: Nothing) -> words.Result:
    session = services.sessions.find(call.caller.seat, call.caller.peer.uid)
    if session is None:
        return words.Result(seat=call.caller.seat, logged_in=False)
    locked = services.sessions.locked(session)
    return words.Result(logged_in=True, locked=locked, **session_facts(services, session))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
