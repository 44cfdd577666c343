"""`session.activity`: a human has just done something at this seat. Nothing else that a client sends keeps a session from locking."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import session_facts
from cardd.errors import AgentNotAllowed
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import session_activity as words


async def handle(services: Services, connection: ConnectionContext, call: Call, _params: Nothing) -> words.Result:
    """Raises `AgentNotAllowed` for a client whose word for a human is not taken, `SessionRequired`, `SessionLocked`."""
    if not connection.client.counts_as_human:
        raise AgentNotAllowed(problem="reports_activity")
    session = services.sessions.need(call.caller.seat, call.caller.peer.uid)
    services.sessions.activity(session)
    return words.Result(locks_at=session_facts(services, session)["locks_at"])


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
