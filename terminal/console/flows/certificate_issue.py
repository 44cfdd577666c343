"""電子証明書の発行・更新 (公的個人認証法 第3条, 第22条): written at the town's issuing terminal, looked at here afterwards."""

from __future__ import annotations

from typing import Final

from terminal.console.flows.age import ADULT_FOR_REQUESTS, age_on
from terminal.console.flows.fields import Field
from terminal.console.flows.flow import Facts, Flow, Note

CERTIFICATES: Final = ("signature", "authentication")
PROOFS: Final = ("family_register", "registered_guardian", "other")


def _notes(facts: Facts) -> tuple[Note, ...]:
    notes = [Note("info", "flow.certificate_issue.note.terminal", {})]
    birth = facts.item("birth_date")
    age = age_on(birth["date"], facts.today) if birth is not None and birth["date"] is not None else None
    young = age is None or age.reached(ADULT_FOR_REQUESTS) is not True
    if "signature" in facts.answers.get("certificates", ()) and (
        young or facts.answers.get("asked_by") == "representative"
    ):
        key = (
            "flow.certificate_issue.note.age_unknown" if age is None or age.reached(ADULT_FOR_REQUESTS) is None else ""
        )
        notes.append(Note("warning", key or "flow.certificate_issue.note.no_signature", {}))
    return tuple(notes)


FLOW: Final = Flow(
    "certificate_issue",
    ("公的個人認証法 第3条（署名用）", "公的個人認証法 第22条（利用者証明用）"),
    (
        Field("certificates", "choices", choices=CERTIFICATES),
        Field("wish", "choice", choices=("new", "renewal", "reissue")),
        Field("reason", "choice", choices=("changed", "blocked", "lapsed", "other"), only_if=("wish", ("reissue",))),
        Field("asked_by", "choice", choices=("self", "representative")),
        Field("representative_name", "text", longest=100, only_if=("asked_by", ("representative",))),
        Field("proof", "choice", choices=PROOFS, only_if=("asked_by", ("representative",))),
        Field("proof_seen", "yes", only_if=("asked_by", ("representative",))),
    ),
    notes=_notes,
    checks_card_after=True,
)
