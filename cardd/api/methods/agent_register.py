"""`agent.register`: this connection can ask a person for a PIN, for its seat or for its own calls."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.errors import AgentNotAllowed
from cardd.ports import Call
from cardd.wire.methods import agent_register as words


async def handle(services: Services, connection: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    """Raises `AgentNotAllowed` without `may_prompt` in the configuration or for a web page, which never sees a PIN, and
    `AgentTaken` for a second agent of a seat.
    """
    if not connection.client.may_prompt or call.caller.page is not None:
        raise AgentNotAllowed()
    if params.scope == "seat":
        services.agents.register_for_seat(call.caller.seat, connection.agent)
    else:
        services.agents.register_for_itself(connection.agent)
    return words.Result(registered=True)


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
