"""`approval.list`: a thin handler; what happens stands in `cardd.approvals`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import approval_row
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import approval_list as words


async def handle(services: Services, _: ConnectionContext, _call: Call, _params: Nothing) -> words.Result:
    use_cases = await services.load_use_cases()
    return words.Result(approvals=tuple(approval_row(each) for each in use_cases.approvals.waiting()))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
