"""`policy.explain`: may this be done, and which line of the policy says so."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.errors import BadRequest
from cardd.model import CardKind, Item, KeyRole, Operation, PinKind
from cardd.policy.explain import explain
from cardd.policy.facts import Question
from cardd.policy.plain import plain_explanation
from cardd.policy.supposed import SOME_CASE, usual_card
from cardd.ports import Call
from cardd.wire.methods import policy_explain as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    """The same decision as when it is done. Raises `BadRequest` for an operation that does not exist."""
    policy = services.policy()
    return words.Result.model_validate(
        plain_explanation(explain(_question(services, call, params), policy), policy), strict=False
    )


def _question(services: Services, call: Call, params: words.Params) -> Question:
    try:
        operation = Operation(params.operation)
    except ValueError:
        raise BadRequest(field="params.operation", problem="unknown") from None
    caller = call.caller
    own = params.client in (None, caller.client)
    return Question(
        operation,
        caller.client if params.client is None else params.client,
        usual_card(operation) if params.card_kind is None else CardKind(params.card_kind),
        params.role or _role_here(services, call),
        params.purpose,
        params.case or SOME_CASE,
        tuple(Item(item) for item in params.items),
        None if params.key is None else KeyRole(params.key),
        None if params.pin is None else PinKind(params.pin),
        private_sector=caller.private_sector if own else params.client in services.private_clients,
        emergency=params.emergency,
    )


def _role_here(services: Services, call: Call) -> str | None:
    session = services.sessions.find(call.caller.seat, call.caller.peer.uid)
    return None if session is None else session.operator.role


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
