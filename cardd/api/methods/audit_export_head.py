"""`audit.export_head`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.model import CardHandle
from cardd.ports import Call
from cardd.wire.methods import audit_export_head as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    badge = CardHandle(params.badge) if params.badge is not None else None
    performed = await use_cases.auditing.head_export.export(call, badge)
    signed = performed.result.signed
    return words.Result(
        head=signed.encode().decode("utf-8"),
        size=signed.head.size,
        signed_at=moment(signed.head.utc_us),
        operator=performed.result.operator.id,
        receipt=receipt(performed.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
