"""Figures of the record over a range of days, as plots and as tables, counted here from what `audit.query` and `audit.alarms` answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from markupsafe import Markup
from starlette.responses import Response

from cardd.cli import moments
from cardd.client import RemoteError
from cardd.japan_time import JAPAN
from terminal.console import agreed, plots
from terminal.console.console import Console, Screen
from terminal.console.desk import Desk
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route
from terminal.console.plots import Bar
from terminal.console.say import Say
from terminal.console.tally import LONGEST, OTHERS, Tally, percent

KEY: Final = "audit_plots"
USUAL_DAYS: Final = 28
ON_A_PAGE: Final = 200
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TOO_MANY: Final = "request.too_many"


async def show(page: Page, wrong: str | None = None) -> Response:
    """The range, and what was counted over it."""
    desk = page.desk
    job = desk.jobs.of(KEY)
    tally: Tally | None = job.result if job is not None and job.done else None
    today = datetime.now(JAPAN).date()
    draft = desk.draft(KEY)
    return page.show(
        "audit_plots.html",
        since=draft.get("since") or (today - timedelta(USUAL_DAYS - 1)).isoformat(),
        until=draft.get("until") or today.isoformat(),
        today=today.isoformat(),
        wrong=wrong,
        longest=LONGEST,
        job=job,
        problem=job.problem.told(desk.locale) if job is not None and job.problem is not None else None,
        tally=tally,
        figures=figures(desk, tally) if tally is not None else (),
    )


async def count(page: Page) -> Response:
    """Begin to count; pages of the record are asked for one after the other, each on record."""
    desk, given = page.desk, await page.form()
    desk.keep_draft(KEY, dict(given))
    try:
        since, until = date.fromisoformat(given.get("since", "")), date.fromisoformat(given.get("until", ""))
    except ValueError:
        return await show(page, wrong="day")
    if not timedelta(0) <= until - since < timedelta(LONGEST):
        return await show(page, wrong="range")
    desk.jobs.forget(KEY)

    async def work(progress: Progress) -> Tally:
        return await counted(page.console, Tally(since, until), progress)

    with suppress(Busy):  # pressed twice: the first one runs
        desk.jobs.start(KEY, work)
    return page.go("/audit/plots")


async def stop(page: Page) -> Response:
    """Enough, or its end was read."""
    page.desk.jobs.cancel()
    page.desk.jobs.forget(KEY)
    return page.go("/audit/plots")


async def counted(console: Console, tally: Tally, progress: Progress) -> Tally:
    """All records of the range, the newest first. Raises `RemoteError`, `ConnectionEnded`."""
    begin, end = _midnight(tally.since), _midnight(tally.until + timedelta(1))
    cursor: str | None = None
    while True:
        found = await _patient(
            console,
            "audit.query",
            since=moments.on_wire(begin),
            until=moments.on_wire(end),
            limit=ON_A_PAGE,
            cursor=cursor,
        )
        for row in found["uses"]:
            tally.use(row)
        cursor = found["cursor"]
        if cursor is None:
            break
        progress(
            {
                "state": "counting",
                "n": tally.looked_at,
                "percent": _done(found["uses"], begin, min(end, datetime.now(UTC))),
            }
        )
    await _count_alarms(console, tally)
    return tally


async def _count_alarms(console: Console, tally: Tally) -> None:
    cursor: str | None = None
    while True:
        found = await _patient(console, "audit.alarms", state="all", limit=ON_A_PAGE, cursor=cursor)
        older = [tally.alarm(row) for row in found["alarms"]]
        cursor = found["cursor"]
        if cursor is None or not all(older):
            return


async def _patient(console: Console, method: str, **wanted: Any) -> dict[str, Any]:
    """Ask, and wait where the daemon has had enough questions for a moment."""
    while True:
        try:
            return await console.call(method, **wanted)
        except RemoteError as error:
            if error.name != TOO_MANY:
                raise
            await asyncio.sleep(float(error.data.get("retry_after_s") or 1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), JAPAN)


def _done(uses: list[Mapping[str, Any]], begin: datetime, end: datetime) -> int:
    """How far back the newest-first pages have come, in percent of the time."""
    reached = datetime.fromisoformat(uses[-1]["at"]) if uses else begin
    whole = (end - begin).total_seconds()
    return max(0, min(99, round(100 * (end - reached).total_seconds() / whole))) if whole > 0 else 99


def figures(desk: Desk, tally: Tally) -> list[dict[str, Any]]:
    """Each plot with the table of its figures."""
    say = Say(desk.locale)
    weekdays = [say(f"weekday.{day}") for day in WEEKDAYS]
    hours = [str(hour) for hour in range(24)]
    pairs = [(_pair(desk, say, pair), each) for pair, each in tally.pairs.most_common()]
    shares = tally.shares()
    return [
        _figure(
            say,
            "hours",
            plots.heat(say("plots.hours"), weekdays, hours, tally.hours),
            ["", *hours],
            [[name, *row] for name, row in zip(weekdays, tally.hours, strict=True)],
        ),
        _figure(
            say,
            "people",
            plots.bars(say("plots.people"), [Bar(f"{who} {why}".strip(), n) for (who, why), n in pairs]),
            [say("record.operator"), say("record.purpose"), say("plots.count")],
            [[who, why, n] for (who, why), n in pairs],
        ),
        _by_day(say, "wrong", tally.over(tally.wrong)),
        _by_day(say, "alarms", tally.over(tally.alarms)),
        _figure(
            say,
            "refused",
            plots.columns(
                say("plots.refused"),
                [Bar(name, percent(part, whole), f"{percent(part, whole):.0f}%") for name, part, whole in shares],
            ),
            [say("plots.from"), say("result.refused"), say("plots.all"), "%"],
            [[name, part, whole, f"{percent(part, whole):.1f}"] for name, part, whole in shares],
        ),
    ]


def _by_day(say: Say, word: str, counts: list[tuple[str, int]]) -> dict[str, Any]:
    plot = plots.columns(say(f"plots.{word}"), [Bar(name, value) for name, value in counts])
    return _figure(say, word, plot, [say("plots.from"), say("plots.count")], [[name, value] for name, value in counts])


def _figure(say: Say, word: str, plot: Markup, head: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    empty = not any(value for row in rows for value in row[1:] if isinstance(value, int))
    return {"word": word, "name": say(f"plots.{word}"), "plot": plot, "head": head, "rows": rows, "empty": empty}


def _pair(desk: Desk, say: Say, pair: tuple[str, str]) -> tuple[str, str]:
    if pair == OTHERS:
        return say("plots.others"), ""
    who, why = pair
    return who or say("plots.nobody"), agreed.purpose(desk, why) if why else say("plots.no_purpose")


SCREEN = Screen(
    KEY,
    "/audit/plots",
    "audit",
    (
        screen_route("/audit/plots", KEY, show),
        screen_route("/audit/plots", KEY, count, methods=("POST",)),
        screen_route("/audit/plots/stop", KEY, stop, methods=("POST",)),
    ),
    lambda desk: "audit" in desk.rights,
)
