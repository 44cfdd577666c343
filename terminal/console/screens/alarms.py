"""Alarms: what the rules over the record found, what each means, what to do, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from starlette.responses import Response

from cardd.client import RemoteError
from terminal.console import agreed
from terminal.console.console import Screen
from terminal.console.desk import Desk
from terminal.console.page import Page, screen_route
from terminal.console.problem import Problem, of_remote

KEY: Final = "alarms"
STATES: Final = ("open", "reviewed", "all")
RULES: Final = tuple(f"w{number}" for number in range(1, 19))
ON_A_PAGE: Final = 20
REASONS: Final[Mapping[str, tuple[str, ...]]] = {
    "explained": ("work", "resident_asked", "mistake", "training", "maintenance", "equipment", "agreed_hours", "other"),
    "unexplained": ("not_known", "under_inquiry", "other"),
    "misuse": ("curiosity", "private_use", "badge_lent", "other"),
}
"""Words of a review by its verdict (docs/watching.md)."""
_CURSOR: Final = re.compile(r"[0-9a-f]{32}:[0-9]{1,16}")


async def listed(page: Page, saved: int | None = None) -> Response:
    """The newest first, and what nobody has looked at yet before everything else."""
    asked = page.request.query_params
    state = asked.get("state", "open") if asked.get("state") in STATES else "open"
    watch = asked.get("watch") if asked.get("watch") in RULES else None
    cursor = asked.get("cursor", "")
    found, problem = await _asked(
        page, state=state, watch=watch, cursor=cursor if _CURSOR.fullmatch(cursor) else None, limit=ON_A_PAGE
    )
    return page.show(
        "alarms.html",
        rows=[_told(page.desk, row) for row in found["alarms"]],
        states=STATES,
        rules=RULES,
        state=state,
        watch=watch,
        cursor=found["cursor"],
        began=not cursor,
        saved=saved,
        problem=problem.told(page.desk.locale) if problem is not None else None,
    )


async def look(page: Page, problem: Problem | None = None, wrong: bool = False) -> Response:
    """One alarm, and the form of its review."""
    log, number = page.request.path_params["log"], page.request.path_params["number"]
    # A page that begins behind the number above it begins with this one.
    found, failed = await _asked(page, state="all", cursor=f"{log}:{number + 1}", limit=1)
    row = next((each for each in found["alarms"] if (each["log_id"], each["alarm"]) == (log, number)), None)
    problem = problem or failed
    return page.show(
        "alarm.html",
        row=None if row is None else _told(page.desk, row),
        reasons=REASONS,
        may="audit_review" in page.desk.rights,
        wrong=wrong,
        problem=problem.told(page.desk.locale) if problem is not None else None,
    )


async def review(page: Page) -> Response:
    """Put on record what became of it."""
    verdict, _, reason = (await page.form()).get("result", "").partition(":")
    if reason not in REASONS.get(verdict, ()):
        return await look(page, wrong=True)
    number = page.request.path_params["number"]
    try:
        await page.console.call("audit.review", alarm=number, verdict=verdict, reason=reason)
    except RemoteError as error:
        return await look(page, of_remote(error))
    answer = await listed(page, saved=number)
    answer.headers["HX-Push-Url"] = "/alarms"
    return answer


async def _asked(page: Page, **wanted: Any) -> tuple[Mapping[str, Any], Problem | None]:
    try:
        return await page.console.call("audit.alarms", **wanted), None
    except RemoteError as error:
        return {"alarms": (), "cursor": None}, of_remote(error)


def _told(desk: Desk, row: Mapping[str, Any]) -> dict[str, Any]:
    about = dict(row["about"])
    if "purpose" in about:
        about["purpose"] = agreed.purpose(desk, about["purpose"])
    return {**row, "about": about, "standing": _standing(row)}


def _standing(row: Mapping[str, Any]) -> str:
    if row["review"] is not None:
        return "reviewed"
    return "overdue" if row["overdue"] else "open"


SCREEN = Screen(
    KEY,
    "/alarms",
    "supervise",
    (
        screen_route("/alarms", KEY, listed),
        screen_route("/alarms/{log:str}/{number:int}", KEY, look),
        screen_route("/alarms/{log:str}/{number:int}", KEY, review, methods=("POST",)),
    ),
    lambda desk: "audit" in desk.rights,
)
