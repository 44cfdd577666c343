"""A use as the record has it, as one line that a person reads: when, who, what, why, how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cardd.wire.fault_table import FAULTS
from terminal.console import agreed
from terminal.console.desk import Desk
from terminal.console.say import Say


@dataclass(frozen=True, slots=True)
class Line:
    """`at`: RFC 3339. `sequence`, `record_hash` (64 hex digits): the receipt, of the outcome where there is one. `number`: of the use."""

    at: str
    what: str
    items: str
    operator: str
    purpose: str
    case: str
    result: str
    """`done`, `refused`, `failed`, `unknown`, `open`, `noted` (docs/api.md, `audit.own_day`)."""
    why: str
    log_id: str
    number: int
    sequence: int
    record_hash: str


def of_own(desk: Desk, use: Mapping[str, Any]) -> Line:
    """Of a use of `audit.own_day`."""
    receipt = use["receipt"]
    return _line(
        desk,
        use,
        use["result"],
        str(desk.operator.get("id", "")),
        use["at"],
        receipt["sequence"],
        receipt,
        use["items"],
    )


def of_use(desk: Desk, use: Mapping[str, Any]) -> Line:
    """Of a use of `audit.query`."""
    record, late = use["record"], (use["outcome"] or {}).get("record", {})
    told = {**record, **{name: value for name, value in late.items() if name not in {"phase", "seq", "utc_us"}}}
    return _line(
        desk,
        told,
        result_of(use),
        str(told.get("operator", "")),
        use["at"],
        use["sequence"],
        {"log_id": use["log_id"], **(use["outcome"] or use)},
        record.get("items", ()),
    )


def result_of(use: Mapping[str, Any]) -> str:
    """How a use of `audit.query` ended, as one word."""
    record, outcome = use["record"], use["outcome"]
    if outcome is not None:
        return str(outcome["record"].get("result", "unknown"))
    if record.get("phase") == 1:
        return "open"
    return "refused" if record.get("code") else "noted"


def _line(
    desk: Desk,
    told: Mapping[str, Any],
    result: str,
    operator: str,
    at: str,
    number: int,
    receipt: Mapping[str, Any],
    items: Any,
) -> Line:
    say = Say(desk.locale)
    return Line(
        at=at,
        what=what(say, told.get("operation"), str(told.get("event", ""))),
        items=say("between").join(say(f"item.{item}") for item in items),
        operator=operator,
        purpose=agreed.purpose(desk, told["purpose"]) if told.get("purpose") else "",
        case=str(told.get("case") or ""),
        result=result,
        why=why(say, told.get("code"), told.get("problem")),
        log_id=receipt["log_id"],
        number=number,
        sequence=receipt["sequence"],
        record_hash=receipt["record_hash"],
    )


def what(say: Say, operation: str | None, event: str) -> str:
    """What was done, in words; of a later daemon its own word."""
    keys = (f"event.{event}", f"operation.{operation}")
    return next((say(key) for key in keys if say.has(key)), operation or event)


def why(say: Say, code: str | None, problem: str | None) -> str:
    """Why it came to nothing, as a sentence; empty where it did not."""
    if not code:
        return ""
    reason = say.why(code, problem) if problem else ""
    if reason and reason != problem:
        return reason
    row = FAULTS.get(code)
    return row.message.of(say.locale) if row is not None else code
