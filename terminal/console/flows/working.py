"""What a procedure asks of the daemon: the reading of the card, and the badge's signature under the request."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cardd.client import RemoteError
from terminal.console.flows import request
from terminal.console.flows.desk_of import FlowDesk
from terminal.console.flows.flow import ITEMS, SIGNING_KEY, Flow
from terminal.console.flows.hand_over import HandOverError, hand_over
from terminal.console.jobs import Job, Progress, Work
from terminal.console.link import Link

STAYS_SECONDS: Final = 600.0
"""How long a signed request waits in memory for its download; it is on no screen."""
FRESH_PIN: Final = "session.pin_required"
NEEDS_SECOND: Final = "approval.required"
IDEMPOTENCY_BYTES: Final = 16
Fresh = Callable[..., Any]


async def fresh_call(link: Link, progress: Progress, method: str, **params: Any) -> dict[str, Any]:
    """A call under a purpose that may want the operator's PIN once more: then it is asked for, and the call repeated."""
    try:
        return await link.call(method, on_progress=progress, **params)
    except RemoteError as error:
        if error.name != FRESH_PIN:
            raise
    await link.call("session.unlock", on_progress=progress)
    return await link.call(method, on_progress=progress, **params)


def read_work(at: FlowDesk, link: Link, card: str, approval: str | None) -> Work:
    """Read who the person is. The daemon asks for the card's PIN."""
    flow, case = at.flow, at.case

    async def work(progress: Progress) -> Any:
        answer = await fresh_call(
            link,
            progress,
            "card.read",
            card=card,
            purpose=flow.purpose,
            case=case,
            items=list(ITEMS),
            approval=approval,
        )
        return {"at": request.now(), "card": card, **answer}

    return work


def take_reading(at: FlowDesk, job: Job) -> None:
    """What was read goes to where personal data may lie; what waits for a second person is remembered."""
    desk = at.desk
    if job.result is not None:
        values = {name: job.result[name] for name in ("at", "kind", "items", "pins_used", "receipt")}
        if any(card["card"] == job.result["card"] for card in desk.cards):
            desk.kept.show(at.flow.key, values, job.result["card"])
        at.waits_no_more()
        desk.jobs.forget(job.key)
    elif job.problem is not None and job.problem.name == NEEDS_SECOND:
        card = next((card["card"] for card in desk.residents_cards), "")
        at.wait_for(str(job.problem.error.get("approval", "")), card)
        desk.jobs.forget(job.key)


def head_of(at: FlowDesk, stage: str) -> dict[str, Any]:
    """What every file of a procedure says of office, case and operator. `stage`: request, checked."""
    flow, desk = at.flow, at.desk
    operator = desk.operator
    return {
        "kind": flow.code,
        "stage": stage,
        "mode": desk.greeting["mode"],
        "office": desk.policy["office"],
        "seat": desk.session["seat"],
        "case": at.case,
        "purpose": flow.purpose,
        "law": list(flow.law),
        "operator": {"id": operator["id"], "role": operator["role"]},
    }


def content_of(at: FlowDesk, answers: Mapping[str, Any], consent_at: str) -> dict[str, Any]:
    """All of the request but its number and time. The reading must be there."""
    reading = at.reading
    if reading is None:
        raise LookupError("nothing was read")
    return {
        **head_of(at, "request"),
        "applicant": request.applicant(reading.values),
        "answers": dict(answers),
        "findings": at.flow.findings(at.facts(answers)),
        "consent": {"read_aloud": True, "at": consent_at},
    }


def sign_work(at: FlowDesk, link: Link, content: Mapping[str, Any], folder: Path | None) -> Work:
    """Make the request, have the badge sign it, pack it; hand it over where the settings name a folder."""
    badge, case, flow = at.desk.session.get("badge"), at.case, at.flow
    made = request.make(content)
    notes = flow.notes(at.facts(content["answers"])) if "answers" in content else ()

    async def work(progress: Progress) -> Any:
        answer = await fresh_call(
            link,
            progress,
            "sign.digest",
            card=badge,
            purpose=flow.purpose,
            case=case,
            key=SIGNING_KEY,
            hash="sha256",
            digests_base64=[base64.b64encode(bytes.fromhex(made.sha256)).decode()],
            signature_format="cades_b",
            idempotency_key=secrets.token_hex(IDEMPOTENCY_BYTES),
        )
        signature = base64.b64decode(answer["signatures_base64"][0])
        handed = await _hand_over(folder, made, signature)
        return {"made": made, "signature": signature, "receipt": answer["receipt"], "handed": handed, "notes": notes}

    return work


def take_signature(at: FlowDesk, job: Job) -> None:
    """The signed request waits for its download."""
    if job.result is None:
        return
    made, signature = job.result["made"], job.result["signature"]
    at.desk.kept.show(
        at.flow.done_key,
        {
            "case": at.case,
            "content": made.content,
            "name": made.name,
            "sha256": made.sha256,
            "bundle": request.bundle(made, signature),
            "download": secrets.token_urlsafe(IDEMPOTENCY_BYTES),
            "receipt": job.result["receipt"],
            "handed": job.result["handed"],
            "taken": False,
            "notes": job.result["notes"],
        },
        seconds=STAYS_SECONDS,
    )
    if at.flow.checks_card_after and "answers" in made.content:
        at.expect_after(made.content["id"], made.sha256, made.content["answers"]["certificates"])
    elif at.flow.checks_card_after:
        at.desk.drop_draft(at.after_key)
    at.desk.drop_draft(at.flow.key)
    at.desk.kept.drop(at.flow.key)
    at.desk.kept.drop(at.after_key)
    at.desk.jobs.forget(job.key)


async def _hand_over(folder: Path | None, made: request.Made, signature: bytes) -> str:
    """`no`: there is no folder; `yes`; or `failed`: the download is there all the same, and the page says so."""
    if folder is None:
        return "no"
    try:
        await asyncio.to_thread(hand_over, folder, made.name, made.octets, signature)
    except HandOverError:
        return "failed"
    return "yes"


def read_key(flow: Flow) -> str:
    """Of the job."""
    return f"{flow.key}.read"


def after_key(flow: Flow) -> str:
    """Of the job."""
    return f"{flow.key}.after"


def sign_key(flow: Flow) -> str:
    """Of the job."""
    return f"{flow.key}.sign"
