"""`audit.own_day`: a thin handler; what happens stands in `cardd.auditing`."""

from cardd.api.audit_words import result_of, text_of, words_of
from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.api.words import moment, receipt
from cardd.auditing.questions import Use
from cardd.ports import Call
from cardd.wire import base
from cardd.wire.methods import audit_own_day as words


async def handle(services: Services, _: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    use_cases = await services.load_use_cases()
    told, taken = await use_cases.auditing.own_days.own_day(call, params.cursor, params.limit)
    return words.Result(
        day=told.day.isoformat(),
        uses=tuple(map(_line, told.page.uses)),
        cursor=told.page.cursor,
        receipt=receipt(taken),
    )


def _line(use: Use) -> words.OwnUse:
    last = use.result or use.entry
    return words.OwnUse(
        at=moment(use.entry.utc_us),
        terminal=text_of(use, "terminal"),
        seat=text_of(use, "seat"),
        client=text_of(use, "client"),
        approver=text_of(use, "approver"),
        purpose=text_of(use, "purpose"),
        case=text_of(use, "case"),
        event=use.entry.event,
        operation=text_of(use, "operation"),
        items=words_of(use.entry.content.get("items")),
        key=text_of(use, "key"),
        result=result_of(use),
        code=text_of(use, "code"),
        problem=text_of(use, "problem"),
        receipt=base.Receipt(log_id=last.log_id, sequence=last.sequence, record_hash=last.hash),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
