"""転入届の特例 and its counterpart, the 転出届 of somebody who has the card (住民基本台帳法 第22条, 第24条, 第24条の2)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from terminal.console.flows.fields import Field
from terminal.console.flows.flow import Facts, Flow, Note

AFTER_MOVING: Final = 14
"""Days within which a move in is notified (第22条第1項)."""
AFTER_PLANNED: Final = 30
"""Days after the planned day of the move out for which towns hold the special procedure open."""
CONTINUE_WITHIN: Final = 90
"""Days after the notification within which towns let a card be continued."""
_TEN_YEARS: Final = 3653
_MOST_PEOPLE: Final = 12


def last_day(answers: Any) -> date | None:
    """The earlier of the two ends that hold for the special procedure; None where the form does not say."""
    ends = [
        date.fromisoformat(answers[name]) + timedelta(days=days)
        for name, days in (("moved_on", AFTER_MOVING), ("planned_on", AFTER_PLANNED))
        if name in answers
    ]
    return min(ends, default=None)


def _in_findings(facts: Facts) -> dict[str, Any]:
    end = last_day(facts.answers)
    return {} if end is None else {"special_until": end.isoformat(), "in_time": facts.today <= end}


def _in_notes(facts: Facts) -> tuple[Note, ...]:
    notes, end = [], last_day(facts.answers)
    if end is not None:
        late = facts.today > end
        key = "flow.move_in.note.late" if late else "flow.move_in.note.in_time"
        notes.append(Note("warning" if late else "info", key, {"day": end.isoformat()}))
    if facts.answers.get("continue_card") == "later":
        notes.append(Note("info", "flow.move_in.note.later", {"days": CONTINUE_WITHIN}))
    if facts.answers.get("continue_card") == "no":
        notes.append(Note("warning", "flow.move_in.note.no", {}))
    notes.append(Note("info", "flow.move_in.note.certificate", {}))
    return tuple(notes)


def _out_findings(facts: Facts) -> dict[str, Any]:
    if facts.answers.get("transfer") != "card":
        return {}
    end = date.fromisoformat(facts.answers["planned_on"]) + timedelta(days=AFTER_PLANNED)
    return {"special_until": end.isoformat()}


def _out_notes(facts: Facts) -> tuple[Note, ...]:
    planned = facts.answers.get("planned_on")
    if planned is None:
        return ()
    if facts.answers.get("transfer") != "card":
        return (Note("info", f"flow.move_out.note.{facts.answers.get('transfer', 'paper')}", {}),)
    end = date.fromisoformat(planned) + timedelta(days=AFTER_PLANNED)
    notes = [Note("info", "flow.move_out.note.bring", {"day": end.isoformat()})]
    if facts.today > date.fromisoformat(planned) + timedelta(days=AFTER_MOVING):
        notes.append(Note("warning", "flow.move_out.note.late", {}))
    return tuple(notes)


MOVE_IN: Final = Flow(
    "move_in",
    ("住民基本台帳法 第22条", "住民基本台帳法 第24条の2"),
    (
        Field("moved_on", "date", least=-_TEN_YEARS, most=0),
        Field("new_address", "text"),
        Field("planned_on", "date", required=False, least=-_TEN_YEARS, most=366),
        Field("household", "choice", choices=("head", "joins")),
        Field("head_name", "text", longest=100, only_if=("household", ("joins",))),
        Field("relationship", "text", longest=50, only_if=("household", ("joins",))),
        Field("members", "lines", required=False, most=_MOST_PEOPLE),
        Field("continue_card", "choice", choices=("now", "later", "no")),
        Field("other_cards", "number", required=False, least=0, most=_MOST_PEOPLE, only_if=("continue_card", ("now",))),
    ),
    notes=_in_notes,
    findings=_in_findings,
)

MOVE_OUT: Final = Flow(
    "move_out",
    ("住民基本台帳法 第24条", "住民基本台帳法 第24条の2"),
    (
        Field("planned_on", "date", least=-_TEN_YEARS, most=366),
        Field("destination", "text"),
        Field("members", "lines", required=False, most=_MOST_PEOPLE),
        Field("transfer", "choice", choices=("card", "paper", "abroad")),
    ),
    notes=_out_notes,
    findings=_out_findings,
)
