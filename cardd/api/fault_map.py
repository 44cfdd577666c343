"""From our errors to the error answers of the wire: the row of the table, and the facts that may be told."""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from cardd.errors import BadRequest, CarddError, Facts, LevelUnsupported
from cardd.wire.envelope import Id, failure
from cardd.wire.fault import Locale
from cardd.wire.faults import ErrorData, PinFate, fault
from cardd.wire.methods.hello import LEVEL

_NAME_OF_OURS = re.compile(r"[a-z][a-z_]{0,31}(?:64)?")


def error_answer(
    error: CarddError, request_id: Id | None, locale: Locale, our_id: str | None, incident: str | None = None
) -> dict[str, object]:
    """The whole error answer to request `request_id`. `our_id` stands in log and record as well."""
    row = fault(error.code)
    data = ErrorData(
        name=row.name,
        actor=row.actor,
        retryable=row.retryable,
        remedy=row.remedy.of(locale),
        exit_code=row.exit_code,
        doc=row.doc,
        request_id=our_id,
        incident=incident,
        level_min=LEVEL if isinstance(error, LevelUnsupported) else None,
        level_max=LEVEL if isinstance(error, LevelUnsupported) else None,
        **_told(error.facts),
    )
    return failure(request_id, row.number, row.message.of(locale), data.told())


def bad_params(error: ValidationError) -> BadRequest:
    """The first thing that is wrong with a request's parameters: which field, and one word. Never the value."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    return BadRequest(field=field_path(("params", *first["loc"])), problem=first["type"])


def field_path(path: Iterable[int | str]) -> str:
    """A path of field names. A name that is not like one of ours is not repeated: it may be a mistyped secret."""
    return ".".join(str(part) if isinstance(part, int) or _NAME_OF_OURS.fullmatch(part) else "?" for part in path)


def _told(facts: Facts) -> dict[str, Any]:
    """The facts as the wire writes them."""
    return {
        "card": facts.card,
        "pin": None if facts.pin is None else PinFate(outcome=facts.pin.value, tries_left=facts.tries_left),
        "reader": facts.reader,
        "command": facts.command,
        "sw": None if facts.sw is None else f"{facts.sw:04X}",
        "pcsc_code": None if facts.pcsc_code is None else f"{facts.pcsc_code:08X}",
        "which": facts.which,
        "tries_left": facts.tries_left,
        "field": facts.field,
        "rule": facts.rule,
        "approval": facts.approval,
        "remaining": facts.remaining,
        "holder": facts.holder,
        "place": facts.place,
        "retry_after_s": facts.retry_after_s,
        "limit": facts.limit,
        "percent": facts.percent,
        "problem": facts.problem,
    }
