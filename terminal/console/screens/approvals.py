"""Approvals waiting: what was asked for, in words, and the second person's yes with their own badge, or no."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from starlette.responses import Response

from cardd.client import RemoteError
from terminal.console import agreed
from terminal.console.console import Screen
from terminal.console.desk import Desk
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route
from terminal.console.problem import Problem, of_remote

KEY: Final = "approvals"
GRACE: Final = 1
"""Seconds behind the end of a request, until the page looks again: the daemon tells nobody that a time is over (docs/api.md)."""


async def waiting(page: Page, problem: Problem | None = None) -> Response:
    """Everything that waits, and what became of the last answer."""
    desk = page.desk
    job = desk.jobs.of(KEY)
    found = (await page.console.call("approval.list"))["approvals"]
    rows = [_told(desk, row) for row in found]
    if job is not None and job.done and problem is None:
        problem = job.problem
    return page.show(
        "approvals.html",
        rows=sorted(rows, key=lambda row: (row["state"] != "asked", row["left"])),
        job=job,
        again=min((row["left"] for row in rows), default=None),
        problem=problem.told(desk.locale) if problem is not None else None,
        given=job.result if job is not None and job.done and problem is None else None,
    )


async def look(page: Page) -> Response:
    """One request, whole; and whose badge is to agree."""
    desk, number = page.desk, page.request.path_params["approval"]
    row = await _row(page, number)
    job = desk.jobs.of(KEY)
    if row is None:  # agreed to, refused, or over
        return page.go("/approvals") if page.is_part else await waiting(page)
    tried = desk.draft(KEY).get("approval") == number  # what became of a try for another request is not told here
    problem = job.problem if job is not None and tried else None
    if job is not None and job.result is not None:
        desk.jobs.forget(KEY)
    told = problem.told(desk.locale) if problem is not None else None
    return page.show("approval.html", row=row, badges=_badges(desk, mine=row["mine"]), job=job, problem=told)


async def give(page: Page) -> Response:
    """The second person agrees: the daemon asks for their PIN, and their badge signs what was shown."""
    desk, number, given = page.desk, page.request.path_params["approval"], await page.form()
    row = await _row(page, number)
    badges = [card["card"] for card in _badges(desk, mine=row["mine"])] if row is not None else []
    badge = given.get("badge") or (badges[0] if len(badges) == 1 else None)
    if row is None or badge not in badges:
        return await look(page)
    wish = {"approval": number, "content_hash": given.get("content_hash"), "badge": badge}

    async def work(progress: Progress) -> Any:
        answer = await page.console.link.call("approval.give", on_progress=progress, **wish)
        return {**answer, "operation": row["operation"], "requester": row["requester"]}

    with suppress(Busy):  # pressed twice: the first one runs
        desk.jobs.start(KEY, work)
        desk.keep_draft(KEY, {"approval": number})
    return await look(page)


async def refuse(page: Page) -> Response:
    """Take it back, or say no."""
    page.desk.jobs.forget(KEY)
    try:
        await page.console.call("approval.refuse", approval=page.request.path_params["approval"])
    except RemoteError as error:
        return await waiting(page, of_remote(error))
    return page.go("/approvals")


async def stop(page: Page) -> Response:
    """No PIN, no approval; or its end was read."""
    page.desk.jobs.cancel()
    page.desk.jobs.forget(KEY)
    return page.go("/approvals")


def _told(desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
    """One request as the page shows it. `left`: seconds until it is over."""
    left = (datetime.fromisoformat(row["expires_at"]) - datetime.now(UTC)).total_seconds()
    content = row["content"]
    return {
        **row,
        "entries": agreed.rows(desk, {**content, "requester": row["requester"]}),
        "purpose": agreed.purpose(desk, content["purpose"]) if "purpose" in content else None,
        "case": content.get("case"),
        "left": max(0, round(left)) + GRACE,
        "mine": row["requester"] == desk.operator.get("id"),
        "may_say_no": row["requester"] == desk.operator.get("id") or "approvals" in desk.rights,
        "may_agree": row["operation"] in _approves(desk),
    }


async def _row(page: Page, number: str) -> dict[str, Any] | None:
    found = (await page.console.call("approval.list"))["approvals"]
    return next(
        (_told(page.desk, row) for row in found if row["approval"] == number and row["state"] == "asked"),
        None,
    )


def _badges(desk: Desk, *, mine: bool) -> list[Mapping[str, Any]]:
    """Which badges may agree, the one of whoever is logged in first; theirs never agrees to what they asked for themselves."""
    own = desk.session.get("badge")
    found = [card for card in desk.badges if not (mine and card["card"] == own)]
    return sorted(found, key=lambda card: card["card"] != own)


def _approves(desk: Desk) -> frozenset[str]:
    role = desk.operator.get("role")
    return frozenset(each for row in desk.policy.get("roles", ()) if row["code"] == role for each in row["approves"])


def shown(desk: Desk) -> bool:
    """For whoever may agree or refuse, and for whoever does what wants a second person."""
    role = desk.operator.get("role")
    asks = any(role in row["roles"] and row["second_person"] for row in desk.policy.get("rows", ()))
    return bool(_approves(desk)) or asks or bool({"approvals", "audit_export", "audit_cut"} & desk.rights)


SCREEN = Screen(
    KEY,
    "/approvals",
    "supervise",
    (
        screen_route("/approvals", KEY, waiting),
        screen_route("/approvals/stop", KEY, stop, methods=("POST",)),
        screen_route("/approvals/{approval}", KEY, look),
        screen_route("/approvals/{approval}/give", KEY, give, methods=("POST",)),
        screen_route("/approvals/{approval}/refuse", KEY, refuse, methods=("POST",)),
    ),
    shown,
)
