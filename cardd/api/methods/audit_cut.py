"""`audit.cut`: a thin handler; what happens stands in `cardd.auditing.cutting`."""

from datetime import date

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.errors import BadRequest
from cardd.ports import Call
from cardd.wire.methods import audit_cut as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    try:
        before = date.fromisoformat(params.before)
    except ValueError:
        raise BadRequest(field="before", problem="no_such_day") from None
    cutting = (await services.load_use_cases()).auditing.cutting
    done = await (cutting.preview(call, before) if params.preview else cutting.cut(call, before, params.approval))
    plan = done.plan
    return words.Result(
        cut=done.cut,
        first_sequence=plan.first_sequence,
        last_sequence=plan.last_sequence,
        last_hash=plan.last_hash,
        records=plan.count,
        segments=len(plan.paths),
        size=plan.octets,
        first_at=moment(plan.first_utc_us),
        last_at=moment(plan.last_utc_us),
        receipt=receipt(done.receipt),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
