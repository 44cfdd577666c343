"""Pages of other origins, in the very browser that has entered: they get nothing and change nothing, by whatever way they ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Response, expect

from demo.office import Resident
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, open_counter
from tests.fixtures.pcscd import StandInBox
from tests.terminal.console_house import CHROMIUM, FLAGS, ConsoleDesk, open_console, warm_up
from tests.terminal.walls_house import cookie_of, other_server, port_of

NAMES: Final = ("127.0.0.1", "localhost")
"""The first is the console's own site, and gets its cookie with a request; the second is another site."""
ATTACKS: Final = """async (console) => {
  const got = {};
  const outcome = (name, promise) => promise.then((v) => { got[name] = v; }, () => { got[name] = "refused"; });
  const loads = (tag, attribute, path) => new Promise((resolve) => {
    const element = document.createElement(tag);
    element.onload = () => resolve("loaded");
    element.onerror = () => resolve("refused");
    if (tag === "link") element.rel = "stylesheet";
    element[attribute] = console + path;
    document.body.append(element);
  });
  const post = (path, more) => fetch(console + path, { method: "POST", credentials: "include", ...more }).then((a) => a.text());
  await outcome("read", fetch(console + "/part/seat", { credentials: "include" }).then((a) => a.text()));
  await outcome("read blind", fetch(console + "/part/seat", { credentials: "include", mode: "no-cors" }).then((a) => a.text()));
  await outcome("post", post("/logout", {}));
  await outcome("post with the header", post("/logout", { headers: { "X-Tab": "x" } }));
  await outcome("post blind", post("/case/end", { mode: "no-cors" }));
  await outcome("post text", post("/language", { mode: "no-cors", headers: { "Content-Type": "text/plain" }, body: "locale=en" }));
  await outcome("enter", post("/enter", { mode: "no-cors", body: new URLSearchParams({ token: "guessed" }) }));
  navigator.sendBeacon(console + "/logout", "");
  await outcome("image", loads("img", "src", "/static/icon.svg"));
  await outcome("script", loads("script", "src", "/static/console.js"));
  await outcome("style", loads("link", "href", "/static/console.css"));
  await outcome("events", new Promise((resolve) => {
    const source = new EventSource(console + "/events?tab=&since=0", { withCredentials: true });
    source.onopen = () => resolve("open");
    source.onerror = () => { source.close(); resolve("refused"); };
  }));
  await outcome("socket", new Promise((resolve) => {
    const socket = new WebSocket(console.replace("http", "ws") + "/events");
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  }));
  await outcome("frame", new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.src = console + "/";
    frame.onload = () => { try { resolve(frame.contentDocument.body.innerText); } catch { resolve("refused"); } };
    document.body.append(frame);
  }));
  await outcome("form", new Promise((resolve) => {
    const frame = document.createElement("iframe");
    frame.name = "into";
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { method: "post", action: console + "/logout", target: "into" });
    document.body.append(form);
    frame.onload = () => { try { resolve(frame.contentDocument.body.innerText); } catch { resolve("refused"); } };
    form.submit();
  }));
  return got;
}"""
OPENS: Final = "(console) => { window.opened = window.open(console + '/', '_blank'); }"
PEEKS: Final = "() => { try { return window.opened.document.body.innerText; } catch { return 'refused'; } }"


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[Counter, Resident]]:
    with open_counter(StandInBox) as counter:
        resident = counter.office.resident()
        warm_up(counter, resident)
        yield counter, resident


@pytest.fixture
def at_work(office: tuple[Counter, Resident]) -> Iterator[Counter]:
    counter, _ = office
    yield counter
    for slot in (BADGE_SLOT, RESIDENT_SLOT):
        if counter.box.daemon.slots[slot].card is not None:  # type: ignore[attr-defined]
            counter.pull(slot)


def answers_to(context: BrowserContext, desk: ConsoleDesk) -> list[int]:
    """The status of every answer of the console from now on, whoever in this browser asked."""
    found: list[int] = []

    def keep(answer: Response) -> None:
        if answer.url.startswith(desk.address):
            found.append(answer.status)

    context.on("response", keep)
    return found


@pytest.mark.proves("S2")
@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_another_origin_gets_and_changes_nothing(at_work: Counter, browser: Browser, name: str) -> None:
    with open_console(at_work, browser) as desk, other_server("<!doctype html><body>other</body>") as port:
        desk.log_in(at_work.office.people[0])
        desk.begin_case("identity_check", "R8-GEHEIM")
        desk.page.get_by_role("heading", name="カードを読む").wait_for()
        tab = desk.page.evaluate("document.body.dataset.tab")
        other = desk.page.context.new_page()
        other.goto(f"http://{name}:{port}/")
        other_answers: list[tuple[str, int]] = []
        other.on(
            "response",
            lambda answer: other_answers.append((answer.url, answer.status)) if desk.address in answer.url else None,
        )
        got: dict[str, Any] = other.evaluate(ATTACKS, desk.address)
        blind = {"read blind", "post blind", "post text", "enter"}  # such answers are never shown to a page
        assert {attack: told for attack, told in got.items() if attack not in blind} == dict.fromkeys(
            set(got) - blind, "refused"
        )
        assert all(got[attack] in {"", "refused"} for attack in blind)
        assert len(other_answers) >= 2  # what the browser itself keeps from a page has no answer to be seen
        assert {status for _, status in other_answers} <= {401, 403}
        with desk.page.context.expect_page() as opening:
            other.evaluate(OPENS, desk.address)
        opened = opening.value
        opened.wait_for_load_state()
        assert opened.inner_text("body").strip() == "cardd-console"
        assert other.evaluate(PEEKS) == "refused"
        opened.close()
        assert desk.page.evaluate("document.body.dataset.tab") == tab
        assert desk.page.locator("#over").is_hidden()
        expect(desk.page.locator("#seat")).to_contain_text("R8-GEHEIM")
        assert at_work.call("session.status")["logged_in"]
        other.close()
        desk.page.reload()
        expect(desk.page.locator("#seat")).to_contain_text("R8-GEHEIM")
        expect(desk.page.locator("#seat")).to_contain_text("English")


@pytest.mark.proves("S2")
def test_a_name_that_is_made_to_point_here_gets_nothing(at_work: Counter, browser: Browser) -> None:
    """DNS rebinding: the page's own name has come to mean 127.0.0.1, so that it is of the same origin as what it asks."""
    with open_console(at_work, browser) as desk:
        name, value = cookie_of(desk).split("=")
        rebound = browser.browser_type.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP evil.example 127.0.0.1"]
        )
        try:
            context = rebound.new_context()
            evil = f"http://evil.example:{port_of(desk)}"
            context.add_cookies([{"name": name, "value": value, "url": evil}])  # even if it had come by it
            page = context.new_page()
            answer = page.goto(f"{evil}/")
            assert answer is not None
            assert (answer.status, answer.text()) == (421, "cardd-console\n")
            for path in ("/part/seat", "/events", "/static/console.js"):
                status, text = page.evaluate(
                    "async (p) => { const a = await fetch(p); return [a.status, await a.text()]; }", path
                )
                assert (status, text) == (421, "cardd-console\n")
            assert page.evaluate("async () => (await fetch('/logout', { method: 'POST' })).status") == 421
        finally:
            rebound.close()


def read_a_card(desk: ConsoleDesk, resident: Resident) -> None:
    desk.log_in(desk.counter.office.people[0])
    desk.begin_case("identity_check")
    desk.put_card(resident.card)
    desk.page.get_by_role("button", name="読み取る").click()
    desk.type_pin(resident.holder.pins.card_info)
    expect(desk.page.locator("dl.facts")).to_contain_text(resident.holder.name)


def test_going_back_after_logging_out_shows_nothing_personal(
    at_work: Counter, browser: Browser, office: tuple[Counter, Resident]
) -> None:
    _, resident = office
    with open_console(at_work, browser) as desk:
        page = desk.page
        read_a_card(desk, resident)
        page.goto(f"{desk.address}/")
        page.goto(f"{desk.address}/read")
        expect(page.locator("dl.facts")).to_contain_text(resident.holder.name)
        page.goto("about:blank")
        page.go_back()
        expect(page.locator("dl.facts")).to_contain_text(resident.holder.name)  # still logged in: asked for anew
        page.get_by_role("button", name="ログアウト").click()
        page.locator(".gate h1").wait_for()
        for _ in range(4):
            page.go_back()
            if page.url.startswith(desk.address):
                page.locator(".gate h1").wait_for()
            expect(page.get_by_text(resident.holder.name)).to_have_count(0)
            expect(page.locator("dl.facts")).to_have_count(0)
        page.goto(f"{desk.address}/read")
        page.locator(".gate h1").wait_for()
        assert resident.holder.name not in page.content()


class Profile:
    """A browser that keeps a profile in a folder, as a person's does."""

    def __init__(self, type_: Any, folder: Path) -> None:
        self._type, self._folder = type_, folder

    def new_context(self, **options: Any) -> BrowserContext:
        context: BrowserContext = self._type.launch_persistent_context(
            self._folder, executable_path=CHROMIUM, args=FLAGS, **options
        )
        return context


def holding(folder: Path, text: str) -> list[Path]:
    """The files that hold this text in a way that a browser may write it."""
    needles = [text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be")]
    files = [each for each in folder.rglob("*") if each.is_file()]
    return [each for each in files if any(needle in each.read_bytes() for needle in needles)]


@pytest.mark.proves("K3")
def test_the_browsers_profile_and_the_folders_of_the_session_hold_nothing_personal(
    at_work: Counter, browser: Browser, office: tuple[Counter, Resident], tmp_path: Path
) -> None:
    _, resident = office
    profile = tmp_path / "profile"
    own = Profile(browser.browser_type, profile)
    with open_console(at_work, own) as desk:  # type: ignore[arg-type]
        port = port_of(desk)
        read_a_card(desk, resident)
        stored = desk.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert stored in ([], ["htmx-current-path-for-history"])  # a path of ours; those name nobody
        assert (
            desk.page.evaluate("async () => (await indexedDB.databases()).length + (await caches.keys()).length") == 0
        )
        desk.page.locator("html").click()
        desk.page.goto(f"{desk.address}/")
    assert holding(profile, f"127.0.0.1:{port}")  # the search finds what is there
    secret = (resident.holder.name, resident.holder.address)
    assert [path for text in secret for path in holding(profile, text)] == []
    written = [path for text in secret for path in holding(at_work.folder, text)]
    assert [path for path in written if "cards" not in path.parts] == []
