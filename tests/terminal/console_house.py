"""The counter console over a whole counter: its process, and a real Chromium that a person sits at.

with open_console(counter) as desk:
    desk.log_in(person)
    desk.page.get_by_role("link", name="カードを読む").click()
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from demo.office import Person, Resident
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, until

CHROMIUM: Final = "/usr/bin/chromium"
WAIT_MS: Final = 60_000
"""On the slowest machine, with neighbours."""
expect.set_options(timeout=WAIT_MS)
SIZE: Final = {"width": 1280, "height": 800}
FLAGS: Final = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
"""Chromium refuses to run as root with its sandbox, and containers have a small /dev/shm."""


class ConsoleDesk:
    """One console and one browser. `requests` are all addresses that the browser asked for."""

    def __init__(self, counter: Counter, process: subprocess.Popen[bytes], launch: Path, page: Page) -> None:
        self.counter, self.process, self.launch, self.page = counter, process, launch, page
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console", lambda told: self.faults.append(f"{told.text} {told.location}") if told.type == "error" else None
        )
        page.set_default_timeout(WAIT_MS)

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`, as the launch file has it."""
        return re.search(r'action="(http://[^"]+)/enter"', self.launch.read_text())[1]  # type: ignore[index]

    def enter(self) -> None:
        """As a browser that was opened with the launch file."""
        self.page.goto(self.launch.as_uri())
        self.page.wait_for_url(f"{self.address}/")
        self.page.wait_for_selector("h1")

    def log_in(self, person: Person) -> None:
        """Badge in, PIN typed."""
        self.counter.insert(person.badge, BADGE_SLOT, kind="badge")
        self.page.get_by_role("button", name=re.compile("暗証番号を入力する|Type the PIN")).click()
        self.type_pin(person.pin)
        self.page.locator("#seat .who").wait_for()

    def type_pin(self, pin: str) -> None:
        """Into the prompt that is open, or is about to open."""
        field = self.page.locator("dialog input[type=password]")
        field.fill(pin)
        field.press("Enter")

    def begin_case(self, purpose: str, number: str = "R8-0042") -> None:
        """Purpose by its code."""
        self.page.goto(f"{self.address}/case")
        self.page.fill("#case", number)
        self.page.check(f"input[value={purpose}]")
        self.page.get_by_role("button", name=re.compile("^始める$|^Begin$")).click()

    def put_card(self, card: Any) -> str:
        """A resident's card into its reader; its handle."""
        return self.counter.insert(card, RESIDENT_SLOT)

    def picture(self, place: Path) -> None:
        """Of the page as it stands."""
        self.page.screenshot(path=place, animations="disabled")


def warm_up(counter: Counter, resident: Resident) -> None:
    """A reader is opened with its first card, and stays open: no test is to be held responsible for that."""
    counter.insert(counter.office.people[0].badge, BADGE_SLOT)
    counter.insert(resident.card, RESIDENT_SLOT)
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        counter.pull(slot)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Debian's Chromium without a window."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_console(
    counter: Counter, browser: Browser, *, locale: str = "ja", options: tuple[str, ...] = ()
) -> Iterator[ConsoleDesk]:
    """A console for this counter's daemon, and a browser that has entered."""
    runtime = counter.folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    launch = runtime / "cardd" / "console.html"
    launch.unlink(missing_ok=True)
    own = counter.folder / "terminal.toml"
    if not own.exists():
        own.write_text('[removal]\naction = "nothing"\n')  # whose desktop there is, is a matter of other tests
    with (counter.folder / "console.log").open("ab") as sink:
        process = subprocess.Popen(
            [sys.executable, "-m", "terminal.console", "--no-browser", "--locale", locale, "--settings", own, *options],
            env={**counter.environment, "XDG_RUNTIME_DIR": os.fspath(runtime)},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    context: BrowserContext | None = None
    try:
        until(lambda: launch.exists() or process.poll() is not None, WAIT_MS / 1000)
        assert process.poll() is None, (counter.folder / "console.log").read_text()
        context = browser.new_context(viewport=SIZE, locale="ja-JP" if locale == "ja" else "en-GB")  # type: ignore[arg-type]
        desk = ConsoleDesk(counter, process, launch, context.new_page())
        desk.enter()
        yield desk
    finally:
        if context is not None:
            context.close()
        process.terminate()
        process.wait(WAIT_MS / 1000)
