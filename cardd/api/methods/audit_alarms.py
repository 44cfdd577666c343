"""`audit.alarms`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.auditing.alarms import Alarm, Share, Wanted
from cardd.ports import Call
from cardd.wire.methods import audit_alarms as words

ABOUT = ("operator", "approver", "seat", "client", "card", "badge", "reader", "purpose", "problem")


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    wanted = Wanted(params.state, params.watch, params.cursor, params.limit, params.shares)
    listed, taken = await use_cases.auditing.alarms.alarms(call, wanted)
    return words.Result(
        alarms=tuple(map(_row, listed.alarms)),
        cursor=listed.cursor,
        shares=tuple(map(_share, listed.shares)),
        receipt=receipt(taken),
    )


def _row(alarm: Alarm) -> words.AlarmRow:
    entry, review = alarm.entry, alarm.review
    evidence = entry.content.get("evidence")
    shown = None
    if review is not None:
        shown = words.ReviewRow(
            sequence=review.entry.sequence,
            at=moment(review.entry.utc_us),
            operator=review.entry.text("operator"),
            verdict=review.verdict,
            reason=review.entry.text("reason"),
        )
    return words.AlarmRow(
        log_id=entry.log_id,
        alarm=entry.sequence,
        at=moment(entry.utc_us),
        watch=entry.text("watch") or "",
        evidence=tuple(evidence) if isinstance(evidence, list) else (),
        count=entry.number("count"),
        about={name: value for name in ABOUT if (value := entry.text(name)) is not None},
        due_at=moment(alarm.due_us),
        overdue=alarm.overdue,
        review=shown,
    )


def _share(share: Share) -> words.ShareRow:
    return words.ShareRow(
        watch=share.watch,
        month=share.month,
        alarms=share.alarms,
        explained=share.explained,
        unexplained=share.unexplained,
        misuse=share.misuse,
        open=share.still_open,
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
