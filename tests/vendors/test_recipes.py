"""What docs/vendors/README.md shows is run as it stands: the socket by hand, and plain pages without a script."""

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, RESIDENT_SLOT, Counter, counter, until
from tests.fixtures.ports import HeldPorts
from tests.vendors.browser_house import SeatAgent

__all__ = ["counter"]
GUIDES = Path(__file__).parents[2] / "docs" / "vendors"
LANGUAGES = ("README.md", "README.ja.md")
TOKEN = "a-token-of-this-seat"


def block(name: str, guide: str = "README.md") -> str:
    """A program that the guide shows."""
    (found,) = re.findall(rf"^```(?:sh|python) {name}\n(.*?)^```$", (GUIDES / guide).read_text("utf-8"), re.M | re.S)
    return str(found)


def fenced(guide: str) -> list[str]:
    return re.findall(r"^```[^\n]*\n.*?^```$", (GUIDES / guide).read_text("utf-8"), re.M | re.S)


def test_both_languages_show_the_same_programs() -> None:
    def code(text: str) -> str:
        return re.sub(r"\s+(#|//) .*", "", text)

    def programs(guide: str) -> list[str]:
        return [code(each) for each in fenced(guide) if not each.startswith("```\n")]

    assert programs("README.md") == programs("README.ja.md")


@pytest.mark.parametrize("guide", LANGUAGES)
def test_the_socket_by_hand(counter: Counter, guide: str) -> None:
    sato, resident = counter.office.people[0], counter.office.resident()
    counter.insert(sato.badge, BADGE_SLOT, kind="badge")
    counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    with SeatAgent(counter, sato.pin, resident.holder.pins.card_info):
        done = subprocess.run(
            ["bash", "-c", "set -e\n" + block("by-hand", guide)],
            env=counter.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
    heard = [json.loads(line.removeprefix("← ")) for line in done.stdout.splitlines() if line.startswith("← ")]
    assert heard[0]["method"] == "server.greeting"
    by_id = {line["id"]: line for line in heard if "id" in line}
    assert [field["text"] for field in by_id[4]["result"]["items"]] == [resident.holder.name, resident.holder.address]
    assert by_id[5]["error"]["data"]["name"] == "policy.denied"


@contextmanager
def program(folder: Path, name: str, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """One of the guide's programs, ended behind the block."""
    file = folder / f"{name}.py"
    file.write_text(block(name), "utf-8")
    process = subprocess.Popen([sys.executable, str(file)], env={**environment, "PYTHONPATH": str(GUIDES.parents[1])})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def page(url: str, form: Mapping[str, str] | None = None) -> tuple[str, str]:
    """What a browser without scripts gets: where it is in the end, and the page."""
    body = None if form is None else urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(url, body, timeout=READY_SECONDS) as response:
        return response.geturl(), response.read().decode()


def answers(url: str) -> bool:
    try:
        page(url)
    except OSError:
        return False
    return True


@contextmanager
def helper(counter: Counter, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The counter's half of the recipe."""
    token = counter.folder / "token"
    token.write_text(TOKEN + "\n", "utf-8")
    at_counter = {"COUNTER_SERVER": f"http://127.0.0.1:{port}", "COUNTER_TOKEN_FILE": str(token)}
    with program(counter.folder, "helper", counter.environment | at_counter) as process:
        yield process


def test_plain_pages_read_a_card_and_tell_what_went_wrong(counter: Counter) -> None:
    resident, held = counter.office.resident(), HeldPorts()
    counter.log_in(counter.office.people[0])
    counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    port = held.first
    base = f"http://127.0.0.1:{port}"
    clean = {name: word for name, word in os.environ.items() if not name.startswith(("CARDD", "PCSCLITE"))}
    with (
        SeatAgent(counter, "0000", resident.holder.pins.card_info) as agent,
        program(counter.folder, "pages", clean | {"PORT": str(port), "COUNTER_TOKEN": TOKEN}),
    ):
        until(lambda: answers(base), READY_SECONDS)
        assert "<script" not in page(base)[1]
        with helper(counter, port):
            wrong = shown(base)
            assert "暗証番号が違います。" in wrong
            right = shown(base)
            assert resident.holder.name in right
            assert resident.holder.address in right
        assert [asked["client"] for asked in agent.person.asked] == ["counter-app", "counter-app"]
        with pytest.raises(urllib.error.HTTPError) as refused:
            page(f"{base}/work")
        with refused.value:
            assert refused.value.code == 403


def shown(base: str) -> str:
    """Press the button, and let the page refresh itself until it has stopped to."""
    where, first = page(f"{base}/read", {"case": "R8-0042"})
    assert 'http-equiv="refresh"' in first
    until(lambda: "refresh" not in page(where)[1], READY_SECONDS)
    return page(where)[1]


def test_the_helper_does_only_what_is_written_in_it(counter: Counter) -> None:
    """A server that somebody has taken over asks for more, and gets nothing; a follow-up order comes over the same connection."""
    said: list[tuple[str, Any]] = []
    done = threading.Event()
    orders = [{"id": "1", "method": "office.reload", "params": {}}, {"id": "2", "method": "card.read", "params": {}}]

    class Taken(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(None if said else orders[0])

        def do_POST(self) -> None:
            said.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.answer(orders[1] if len(said) == 1 else None)
            if len(said) == 2:
                done.set()

        def answer(self, value: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taken) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with helper(counter, server.server_address[1]):
                assert done.wait(READY_SECONDS)
        finally:
            server.shutdown()
            thread.join()
    (first, refused), (second, asked) = said
    assert (first, refused["error"]["name"]) == ("/work/1", "helper.not_allowed")
    assert (second, asked["error"]["name"]) == ("/work/2", "request.bad")
    assert "office.reload" not in {record.get("event") for record in counter.records()}
