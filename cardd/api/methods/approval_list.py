"""`approval.list`: a thin handler; what happens stands in `cardd.approvals`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import approval_row
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import approval_list as words


async def handle(services: Services, _: ConnectionContext, call: Call, _params: Nothing) -> words.Result:
    """Whoever agrees needs no session, so none is asked for here; a client that is no public body sees its own seat's alone."""
    use_cases = await services.load_use_cases()
    caller = call.caller
    seen = (each for each in use_cases.approvals.waiting() if not caller.private_sector or each.seat == caller.seat)
    return words.Result(approvals=tuple(map(approval_row, seen)))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
