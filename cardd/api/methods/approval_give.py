"""`approval.give`: a thin handler; what happens stands in `cardd.approvals`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import approval_give as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    badge = CardHandle(params.badge) if params.badge is not None else None
    performed = await use_cases.approvals.give(call, params.approval, params.content_hash, badge)
    given = performed.result
    return words.Result(
        approval=given.id,
        approver=given.approver or "",
        expires_at=moment(given.expires_us),
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
