"""`approval.refuse`: a thin handler; what happens stands in `cardd.approvals`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import receipt
from cardd.ports import Call
from cardd.wire.methods import approval_refuse as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    done = await use_cases.approvals.refuse(call, params.approval)
    return words.Result(approval=params.approval, receipt=receipt(done))


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
