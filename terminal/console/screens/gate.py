"""What stands before everything else: no daemon, emergency stop, insert the badge, type the PIN, locked."""

from __future__ import annotations

from contextlib import suppress

from starlette.responses import Response

from terminal.console.console import Screen
from terminal.console.jobs import Busy, Progress
from terminal.console.page import Page, screen_route

KEY = "gate"
WAITING_KINDS = ("unknown",)


async def gate(page: Page) -> Response:
    """One thing to do, in large letters."""
    desk = page.desk
    job = desk.jobs.of(KEY)
    return page.show(
        "gate.html",
        state=state_of(page),
        job=job,
        problem=job.problem.told(desk.locale) if job is not None and job.problem is not None else None,
    )


def state_of(page: Page) -> str:
    """Which of the things that hinder work is the first to be mended."""
    desk = page.desk
    checks = (
        (desk.why_not is not None, "too_old" if desk.why_not == "request.level_unsupported" else "refused"),
        (not desk.connected, "no_daemon"),
        (desk.lockdown, "lockdown"),
        (desk.jobs.of(KEY) is not None and desk.jobs.running is not None, "asking"),
        (not desk.pcsc_up, "no_pcsc"),
        (not desk.readers, "no_readers"),
        (desk.logged_in and desk.locked, "locked"),
        (len(desk.badges) > 1, "two_badges"),
        (bool(desk.badges), "badge"),
        (any(card["kind"] in WAITING_KINDS for card in desk.cards), "looking"),
    )
    return next((word for holds, word in checks if holds), "insert")


async def log_in(page: Page) -> Response:
    """Log in, or unlock: the daemon asks for the PIN."""
    method = "session.unlock" if page.desk.logged_in else "session.login"

    async def work(progress: Progress) -> object:
        return await page.console.link.call(method, on_progress=progress)

    with suppress(Busy):  # pressed twice: the first one runs
        page.desk.jobs.start(KEY, work)
    return await gate(page)


async def log_out(page: Page) -> Response:
    """Over, and everything that was shown goes."""
    page.desk.clear()
    await page.console.call("session.logout")
    return page.go("/")


async def stop_asking(page: Page) -> Response:
    """The person changed their mind."""
    page.desk.jobs.cancel()
    return await gate(page)


SCREEN = Screen(
    KEY,
    "/gate",
    None,
    (
        screen_route("/gate/login", KEY, log_in, methods=("POST",), needs="daemon"),
        screen_route("/gate/cancel", KEY, stop_asking, methods=("POST",), needs="nobody"),
        screen_route("/logout", KEY, log_out, methods=("POST",), needs="daemon"),
    ),
    lambda _: False,
)
