"""After the issue of certificates: the card comes back, and is looked at. What was found is signed as a second file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final

from terminal.console.flows import request
from terminal.console.flows.certificate_look import look_at
from terminal.console.flows.desk_of import FlowDesk
from terminal.console.flows.flow import ITEMS
from terminal.console.flows.working import fresh_call, head_of
from terminal.console.jobs import Job, Progress, Work
from terminal.console.link import Link

KINDS: Final[Mapping[str, str]] = {"signature": "jpki_signature", "authentication": "jpki_authentication"}
CHECK: Final = "certificate_check"
NOT_ASKED: Final = "not_checked"
COMPARED: Final = ("name", "address", "birth_date", "sex")


def look_work(at: FlowDesk, link: Link, card: str, keys: tuple[str, ...]) -> Work:
    """Read the card's own data and each certificate that was asked for. The daemon asks for the PINs."""
    use: dict[str, Any] = {"purpose": at.flow.purpose, "case": at.case}
    may_check = at.desk.may(CHECK, at.flow.purpose)

    async def work(progress: Progress) -> Any:
        reading = await fresh_call(link, progress, "card.read", card=card, items=list(ITEMS), **use)
        found = []
        for key in keys:
            answer = await fresh_call(link, progress, "card.certificate", card=card, key=key, **use)
            result = NOT_ASKED
            if may_check:
                content = answer["certificate_base64"]
                asked = await link.call(CHECK.replace("_", "."), certificate_base64=content, kind=KINDS[key], **use)
                result = asked["result"]
            told = await look_at(base64.b64decode(answer["certificate_base64"]))
            found.append(_found(key, answer, told, result, reading["items"]))
        return {"at": request.now(), "card": card, "certificates": found, **reading}

    return work


def take_look(at: FlowDesk, job: Job) -> None:
    """What was found, as long as the card is there."""
    if job.result is not None and any(card["card"] == job.result["card"] for card in at.desk.cards):
        at.desk.kept.show(at.after_key, job.result, job.result["card"])
    if job.result is not None:
        at.desk.jobs.forget(job.key)


def content_of(at: FlowDesk, asked: Mapping[str, str]) -> dict[str, Any]:
    """The second file: which request it belongs to, and what was found on the card."""
    look = at.desk.kept.of(at.after_key)
    if look is None:
        raise LookupError("nothing was looked at")
    return {
        **head_of(at, "checked"),
        "applicant": request.applicant(look.values),
        "request": {"id": asked["id"], "sha256": asked["sha256"]},
        "certificates": look.values["certificates"],
    }


def in_order(found: Mapping[str, Any]) -> bool:
    """Whether nothing about one certificate needs a person's look."""
    matches = set(found["matches"].values())
    return found["readable"] and found["result"] in {"good", NOT_ASKED, "unknown"} and "differs" not in matches


def _found(
    key: str, answer: Mapping[str, Any], told: Mapping[str, Any] | None, result: str, items: list[Mapping[str, Any]]
) -> dict[str, Any]:
    by_item = {row["item"]: row for row in items}
    said = told or {}
    return {
        "key": key,
        "readable": told is not None,
        "fingerprint": answer["fingerprint"],
        "not_before": said.get("not_before"),
        "not_after": said.get("not_after"),
        "result": result,
        "matches": {item: _matches(item, said, by_item[item]) for item in COMPARED},
        "receipt": answer["receipt"],
    }


def _matches(item: str, said: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    """`same`, `differs`, or `not_said`: an authentication certificate says nothing of the person."""
    of_card = row["date"]["source"] if row["date"] is not None else row["text"]
    of_certificate = said.get("birth" if item == "birth_date" else item)
    if of_certificate is None or of_card is None:
        return "not_said"
    skipped = frozenset(said.get(f"{item}_substitutes") or ())
    same = len(of_certificate) == len(of_card) and all(
        ours == theirs or place in skipped
        for place, (ours, theirs) in enumerate(zip(of_card, of_certificate, strict=True))
    )
    return "same" if same else "differs"
