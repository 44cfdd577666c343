"""Health: what works and what does not, in sentences; text for support; and the emergency stop, with its release."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from cardd.client import RemoteError
from terminal.console.console import Screen
from terminal.console.desk import Desk
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route
from terminal.console.problem import of_remote

KEY: Final = "health"
RELEASE: Final = "release"
REASONS: Final = ("intrusion", "lost_badge", "misuse", "malfunction", "drill", "other")
"""Words of `lockdown.engage`."""
ORDER: Final = {"bad": 0, "warning": 1, "good": 2}


async def health(page: Page) -> Response:
    """All checks, the worst first."""
    desk = page.desk
    try:
        found = await page.console.call("health")
        queues = (await page.console.call("queue.show"))["readers"]
    except RemoteError as error:
        return page.show("health.html", found=None, problem=of_remote(error).told(desk.locale))
    checks = sorted(found["checks"], key=lambda check: ORDER[check["state"]])
    return page.show(
        "health.html",
        found=found,
        problem=None,
        checks=checks,
        bad=sum(check["state"] == "bad" for check in checks),
        warnings=sum(check["state"] == "warning" for check in checks),
        queues={load["reader"]: load["rows"] for load in queues},
        uptime=str(timedelta(seconds=found["uptime_s"])),
        support=support(desk, found),
        may_stop="lockdown" in desk.rights,
    )


def support(desk: Desk, found: Mapping[str, Any]) -> str:
    """What a person who helps needs to know. No names, no reception numbers: readers and words of the daemon alone."""
    lines = [
        f"cardd {found['version']} mode={found['mode']} boot={found['boot_id']} uptime_s={found['uptime_s']}",
        f"policy version={desk.policy.get('version')} sha256={desk.policy.get('hash')}",
        *(f"{check['name']}: {check['state']}{_behind(check)}" for check in found["checks"]),
        *(f"reader {row['name']}: {row['role']} {row['state']}" for row in desk.readers),
    ]
    return "\n".join(lines)


def _behind(check: Mapping[str, Any]) -> str:
    return f" {check['problem']}" if check["problem"] else ""


async def stop(page: Page) -> Response:
    """What would happen, before it does."""
    return page.show("stop.html", reasons=REASONS, wrong=False, problem=None)


async def engage(page: Page) -> Response:
    """Stop everything. The screen follows by the event that everybody gets."""
    reason = (await page.form()).get("reason", "")
    if reason not in REASONS:
        return page.show("stop.html", reasons=REASONS, wrong=True, problem=None)
    try:
        await page.console.call("lockdown.engage", reason=reason)
    except RemoteError as error:
        problem = of_remote(error).told(page.desk.locale)
        return page.show("stop.html", reasons=REASONS, wrong=False, problem=problem)
    return page.go("/")


async def release(page: Page) -> Response:
    """One administrator's badge and PIN; the second one's, another person's, ends it. Nobody need be logged in."""

    async def work(progress: Progress) -> Any:
        return await page.console.link.call("lockdown.release", on_progress=progress)

    with suppress(Busy):  # pressed twice: the first one runs
        page.desk.jobs.start(RELEASE, work)
    return page.go("/")


async def stop_release(page: Page) -> Response:
    """No PIN, no release; or its end was read."""
    page.desk.jobs.cancel()
    page.desk.jobs.forget(RELEASE)
    return page.go("/")


SCREEN = Screen(
    KEY,
    "/health",
    "manage",
    (
        screen_route("/health", KEY, health),
        screen_route("/health/stop", KEY, stop),
        screen_route("/health/stop", KEY, engage, methods=("POST",)),
        screen_route("/release", KEY, release, methods=("POST",), needs="daemon"),
        screen_route("/release/stop", KEY, stop_release, methods=("POST",), needs="daemon"),
    ),
    lambda desk: bool(desk.rights),
)
