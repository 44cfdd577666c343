"""`audit.head`: a thin handler; what happens stands in `cardd.auditing`."""

import base64
from datetime import date

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.errors import BadRequest
from cardd.ports import Call
from cardd.wire.methods import audit_head as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    found, taken = await use_cases.auditing.proofs.head(call, _day(params.keys_after), params.log_id)
    signed = found.head
    rows = tuple(
        words.KeyRow(
            period=each.period.isoformat(),
            record=base64.b64encode(each.record).decode("ascii"),
            head=each.head.encode().decode("utf-8"),
        )
        for each in found.keys
    )
    return words.Result(
        log_id=params.log_id or taken.log_id,
        head=signed.encode().decode("utf-8") if signed is not None else None,
        size=signed.head.size if signed is not None else None,
        at=moment(signed.head.utc_us) if signed is not None else None,
        first_key=found.first_key,
        keys=rows,
        more_keys=found.more_keys,
        receipt=receipt(taken),
    )


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise BadRequest(field="keys_after", problem="no_time") from None


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
