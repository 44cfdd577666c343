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
from collections.abc import Callable, Iterator, Mapping
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


@contextmanager
def ordering(first: object, after: Callable[[int, Any], object]) -> Iterator[tuple[int, list[Any], threading.Event]]:
    """A server with one conversation: its first order, and what it says to each answer. Port, answers, and when it has ended."""
    said: list[Any] = []
    done = threading.Event()

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(None if said else first)

        def do_POST(self) -> None:
            said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            more = after(len(said), said[-1])
            self.answer(more)
            if more is None:
                done.set()

        def answer(self, value: object) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(value).encode())

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1], said, done
        finally:
            server.shutdown()
            thread.join()


def order(number: str, method: str, params: object) -> dict[str, object]:
    return {"id": number, "method": method, "params": params}


def test_the_helper_does_only_what_is_written_in_it(counter: Counter) -> None:
    """A server that somebody has taken over asks for more, and gets nothing; the conversation goes on."""
    more = {1: order("2", "card.read", {}), 2: None}
    with (
        ordering(order("1", "office.reload", {}), lambda count, _: more[count]) as (port, said, done),
        helper(counter, port),
    ):
        assert done.wait(READY_SECONDS)
    refused, asked = said
    assert (refused["error"]["name"], asked["error"]["name"]) == ("helper.not_allowed", "request.bad")
    assert "office.reload" not in {record.get("event") for record in counter.records()}


def of_the_server() -> dict[str, Any]:
    """The server's functions as docs/signing.md shows them."""
    guide = (GUIDES.parent / "signing.md").read_text("utf-8")
    (program_text,) = re.findall(r"```python\n(# server\.py\n.*?)```", guide, re.DOTALL)
    found: dict[str, Any] = {}
    exec(compile(program_text, "signing.md", "exec"), found)
    return found


@pytest.mark.proves("P6")
def test_documents_are_signed_through_orders_and_stay_on_the_server(counter: Counter, tmp_path: Path) -> None:
    from cardd.documents.checking import pades, xades
    from tests.fixtures.made_pdf import plain

    steps, resident = of_the_server(), counter.office.resident()
    pdf, xml = tmp_path / "転入届.pdf", tmp_path / "申請.xml"
    pdf.write_bytes(plain(2))
    xml.write_text("<申請書 xmlns='urn:example:mihon'><氏名>見本　花子</氏名></申請書>", "utf-8")
    states, signed = (tmp_path / "pdf", tmp_path / "xml"), (tmp_path / "signed.pdf", tmp_path / "signed.xml")

    def after(count: int, answer: Any) -> object:
        match count:
            case 1:
                steps["pdf_end"](states[0], signed[0], answer["result"])
                return order("2", "sign.begin", steps["xml_start"](xml, states[1], "c-0000-0"))
            case 2:
                return order("3", "sign.finish", steps["xml_begun"](xml, states[1], answer["result"]))
        steps["xml_end"](states[1], signed[1], answer["result"])
        return None

    counter.log_in(counter.office.people[0])
    counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    first = order("1", "sign.digest", steps["pdf_start"](pdf, states[0], "c-0000-0"))
    pins = [resident.holder.pins.signature] * 2
    with (
        SeatAgent(counter, *pins) as agent,
        ordering(first, after) as (port, said, done),
        helper(counter, port),
    ):
        assert done.wait(2 * READY_SECONDS), said
    assert agent.person.consent_asked == 2
    for found in (pades.check(signed[0]), xades.check(signed[1].read_bytes())):
        (signature,) = found
        assert signature.certificate == resident.certificates.signature_certificate
        assert signature.integrity.value == "intact"
