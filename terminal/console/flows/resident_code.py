"""住民票コードの変更請求 (住民基本台帳法 第30条の4): the town gives another number, and nobody chooses it."""

from __future__ import annotations

from typing import Any, Final

from terminal.console.flows.age import ADULT_FOR_REQUESTS, Age, age_on
from terminal.console.flows.certificate_issue import PROOFS
from terminal.console.flows.fields import Field
from terminal.console.flows.flow import Facts, Flow, Note


def _age(facts: Facts) -> Age | None:
    birth = facts.item("birth_date")
    return age_on(birth["date"], facts.today) if birth is not None and birth["date"] is not None else None


def _reached(facts: Facts) -> bool | None:
    age = _age(facts)
    return None if age is None else age.reached(ADULT_FOR_REQUESTS)


def context(facts: Facts) -> dict[str, str]:
    """Whether the card says that the person is old enough: `yes`, `no`, `unknown`."""
    return {"@of_age": {True: "yes", False: "no", None: "unknown"}[_reached(facts)]}


def _notes(facts: Facts) -> tuple[Note, ...]:
    notes, reached = [Note("info", "flow.resident_code.note.no_choice", {})], _reached(facts)
    if facts.answers.get("asked_by") != "self":
        return tuple(notes)
    if reached is False:
        notes.append(Note("stop", "flow.resident_code.note.too_young", {"years": ADULT_FOR_REQUESTS}))
    elif reached is None and not facts.answers.get("age_proved"):
        notes.append(Note("stop", "flow.resident_code.note.age_unknown", {"years": ADULT_FOR_REQUESTS}))
    elif reached is None:
        notes.append(Note("info", "flow.resident_code.note.age_proved", {"years": ADULT_FOR_REQUESTS}))
    return tuple(notes)


def _findings(facts: Facts) -> dict[str, Any]:
    """How the age was found: from the card, or by the clerk from other proof. No number of a document stands anywhere."""
    if facts.answers.get("asked_by") != "self":
        return {}
    age, by_card = _age(facts), _reached(facts) is not None
    found: dict[str, Any] = {
        "of_age": {"years": ADULT_FOR_REQUESTS, "day": facts.today.isoformat(), "by": "card" if by_card else "proof"}
    }
    if age is not None and age.least == age.most:
        found["of_age"]["age"] = age.least
    return found


FLOW: Final = Flow(
    "resident_code",
    ("住民基本台帳法 第30条の4",),
    (
        Field("asked_by", "choice", choices=("self", "representative")),
        Field("age_proved", "yes", required=False, only_if=("@of_age", ("unknown",))),
        Field("representative_name", "text", longest=100, only_if=("asked_by", ("representative",))),
        Field("proof", "choice", choices=PROOFS, only_if=("asked_by", ("representative",))),
        Field("proof_seen", "yes", only_if=("asked_by", ("representative",))),
    ),
    notes=_notes,
    findings=_findings,
    context=context,
)
