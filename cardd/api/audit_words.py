"""Values of the record as words of the wire, for the methods that ask it."""

from datetime import UTC, datetime, timedelta

from cardd.api.words import moment
from cardd.auditing.questions import Filters, Use
from cardd.errors import BadRequest
from cardd.history.book import Beginning
from cardd.wire.methods import audit_query

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def filters_of(params: audit_query.FilterParams) -> Filters:
    """The filters of a call. Raises `BadRequest` for a time that no calendar has."""
    return Filters(
        operator=params.operator,
        subject=params.subject,
        approver=params.approver,
        badge=params.badge,
        cards=(params.card,) if params.card is not None else (),
        purpose=params.purpose,
        case=params.case,
        seat=params.seat,
        terminal=params.terminal,
        client=params.client,
        event=params.event,
        operation=params.operation,
        result=params.result,
        code=params.code,
        number=params.number,
        since_us=None if params.since is None else time_us(params.since, "since"),
        until_us=None if params.until is None else time_us(params.until, "until"),
    )


def use_row(use: Use) -> audit_query.UseRow:
    """An intent with its result, or a state."""
    entry, result = use.entry, use.result
    outcome = None
    if result is not None:
        outcome = audit_query.Outcome(
            sequence=result.sequence, record_hash=result.hash, at=moment(result.utc_us), record=result.content
        )
    return audit_query.UseRow(
        log_id=entry.log_id,
        sequence=entry.sequence,
        record_hash=entry.hash,
        at=moment(entry.utc_us),
        record=entry.content,
        outcome=outcome,
    )


def kept_line(begin: Beginning) -> audit_query.KeptLine:
    """From where on a log is kept."""
    cut = begin.cut
    return audit_query.KeptLine(
        log_id=begin.log_id,
        sequence=begin.sequence,
        at=moment(begin.utc_us),
        cut=None if cut is None else audit_query.CutLine(sequence=cut.sequence, at=moment(cut.utc_us)),
    )


def result_of(use: Use) -> str:
    """How it ended, as one word: its result's, `open` for an intent without one, `refused` or `noted` for a state."""
    if use.result is not None:
        return use.result.text("result") or "unknown"
    if use.is_intent:
        return "open"
    return "refused" if use.entry.text("code") is not None else "noted"


def text_of(use: Use, name: str) -> str | None:
    """A field that is text, from the result where that says it."""
    told = use.told(name)
    return told if isinstance(told, str) else None


def words_of(items: object) -> tuple[str, ...]:
    """A field that is a list of words; empty where it is none."""
    return tuple(map(str, items)) if isinstance(items, list) else ()


def time_us(text: str, field: str) -> int:
    """A moment of the wire in microseconds since 1970. Raises `BadRequest` for one that no calendar has."""
    try:
        return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)
    except ValueError:
        raise BadRequest(field=field, problem="no_time") from None
