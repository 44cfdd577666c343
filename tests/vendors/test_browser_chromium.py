"""A real Chromium: a page of the allowed origin reaches the daemon through extension and host; no other page does.

Without TLS only this machine's own origin is allowed, and only by a daemon in mode test: so the pages are on http://localhost here.
"""

import http.server
import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from terminal.browser import extension_files
from terminal.browser.installing import command
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, Counter, until
from tests.vendors.browser_house import let_relay, relaying_counter

__all__ = ["let_relay"]
ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
PAGE = b"<!doctype html><html lang=en><title>counter</title><p>counter</p></html>"
FRAMING = b"<!doctype html><html lang=en><title>frame</title><iframe id=inner src=/inner></iframe></html>"
ASK = """
(id) => new Promise((resolve) => {
  if (!globalThis.chrome?.runtime?.connect) return resolve({ none: true });
  const port = chrome.runtime.connect(id, { name: "en" });
  const heard = [];
  const end = (how) => resolve({ heard, how });
  port.onDisconnect.addListener(() => end("disconnected"));
  port.onMessage.addListener((message) => {
    heard.push(message);
    if (message.opened) {
      port.postMessage({ id: 1, method: "cards.list" });
      port.postMessage({ id: 2, method: "office.reload" });
    }
    if (heard.length === 3) end("answered");
  });
})
"""
FORGE = """
(id) => new Promise((resolve) => {
  const port = chrome.runtime.connect(id);
  const heard = [];
  port.onDisconnect.addListener(() => resolve(heard));
  port.onMessage.addListener((message) => {
    heard.push(message);
    if (message.opened) port.postMessage({ open: { origin: "https://other.example.lg.jp" } });
  });
})
"""


@contextmanager
def pages() -> Iterator[int]:
    """A web server on this machine; its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(FRAMING if self.path == "/framing" else PAGE)

        def log_message(self, *_: Any) -> None:
            """Nothing: what a page asks for is nobody's business here."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def installed(counter: Counter, folder: Path, origin: str) -> tuple[Path, str]:
    """What `cardd-browser-host install` writes, below a folder of the test, and where this browser looks: the extension and its id."""
    program = folder / "cardd-browser-host"
    words = [
        f"export CARDD_BROWSER={folder / 'etc/cardd/browser.toml'} CARDD_SOCKET={counter.socket} PYTHONPATH={ROOT}"
    ]
    program.write_text("\n".join(["#!/bin/sh", *words, f'exec {sys.executable} -m terminal.browser "$@"', ""]), "utf-8")
    program.chmod(0o755)
    assert command(["install", "--root", str(folder), "--origin", origin, "--program", str(program)]) == 0
    assert command(["check", "--root", str(folder)]) == (0 if os.getuid() == 0 else 1)
    hosts = folder / "profile" / "NativeMessagingHosts"
    hosts.mkdir(parents=True)
    name = f"{extension_files.HOST_NAME}.json"
    told = (folder / "etc/chromium/native-messaging-hosts" / name).read_text("utf-8")
    (hosts / name).write_text(told, "utf-8")
    (caller,) = json.loads(told)["allowed_origins"]
    return folder / "usr/local/share/cardd/browser-extension", caller.removeprefix("chrome-extension://").rstrip("/")


@contextmanager
def chromium(folder: Path, extension: Path) -> Iterator[BrowserContext]:
    """The system's Chromium without a window, with the extension loaded as a developer would."""
    with sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=CHROMIUM,
            headless=True,
            ignore_default_args=["--disable-extensions"],
            args=[
                "--headless=new",
                "--no-sandbox",  # root runs the tests in containers
                f"--disable-extensions-except={extension}",
                f"--load-extension={extension}",
                "--disable-features=DisableLoadExtensionCommandLineSwitch",
            ],
        )
        try:
            until(lambda: context.service_workers, READY_SECONDS)
            yield context
        finally:
            context.close()


@pytest.mark.proves("I1")
def test_the_allowed_page_reads_the_list_of_cards_and_no_other_page_gets_anything(tmp_path: Path) -> None:
    with relaying_counter() as counter, pages() as port:
        counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
        extension, extension_id = installed(counter, tmp_path, f"http://localhost:{port}")
        with chromium(tmp_path, extension) as browser:
            page = browser.new_page()
            page.goto(f"http://localhost:{port}/")
            heard = page.evaluate(ASK, extension_id)
            assert heard["how"] == "answered", heard
            opened, *answers = heard["heard"]
            assert (opened["opened"]["client"], opened["mode"]) == ("counter-app", "test")
            by_id = {answer["id"]: answer for answer in answers}
            assert [row["kind"] for row in by_id[1]["result"]["cards"]] == ["badge"]
            assert by_id[2]["error"]["data"]["name"] == "browser.method_not_allowed"

            forged = page.evaluate(FORGE, extension_id)
            assert [next(iter(message)) for message in forged] == ["opened", "end"]
            assert forged[-1]["end"]["data"]["name"] == "browser.bad_message"

            page.goto(f"http://localhost:{port}/framing")
            inner = page.frame_locator("#inner").locator("p")
            inner.wait_for()
            (frame,) = [each for each in page.frames if each is not page.main_frame]
            assert frame.evaluate(ASK, extension_id) == {"heard": [], "how": "disconnected"}

            page.goto(f"http://localhost:{port}/")
            second = browser.new_page()
            second.goto(f"http://localhost:{port}/")
            assert [each.evaluate(ASK, extension_id)["how"] for each in (page, second)] == ["answered", "answered"]
            until(lambda: len(hosts(extension_id)) == 2, READY_SECONDS)
            second.close()
            until(lambda: len(hosts(extension_id)) == 1, READY_SECONDS)

            page.goto(f"http://127.0.0.1:{port}/")
            assert page.evaluate(ASK, extension_id) in ({"none": True}, {"heard": [], "how": "disconnected"})
        until(lambda: not hosts(extension_id), READY_SECONDS)


def hosts(extension_id: str) -> list[str]:
    """The process ids of the hosts that the browser has started for this extension."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        if b"terminal.browser" in words and f"chrome-extension://{extension_id}/".encode() in words:
            found.append(entry.parent.name)
    return found
