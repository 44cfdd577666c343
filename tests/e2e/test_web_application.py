"""A web application signs in two steps: its server has the document and no card, the counter has the card and no document.

Both are programs of their own. Where all goes well, the server is started anew between its steps and has nothing but what it kept.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cardd.documents.checking import pades, xades
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.model import Order
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.e2e.programs import Program, running
from tests.fixtures.counter import RESIDENT_SLOT, ROOMY, Counter, open_counter
from tests.fixtures.made_pdf import plain
from tests.fixtures.pcscd import StandInBox
from tests.fixtures.software_signer import SoftwareSigner, operator

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]

ROWS = "".join(f"<行 番号='{number}'>見本県見本町{number}番地</行>" for number in range(2_000))
DOCUMENTS = {
    "転入届.pdf": plain(200),
    "申請.xml": f"<申請書 xmlns='urn:example:mihon'><氏名>見本　花子</氏名>{ROWS}</申請書>".encode(),
}
PDF, XML = ({"file": name} for name in DOCUMENTS)
STATE, SIGNED = {"file": "state"}, {"file": "signed"}
LONGEST_MESSAGE = 3_000
"""Characters: two digests, a certificate's worth of answer. The documents are much longer."""


class Server:
    """The server's process, which knows no daemon."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._environment = {n: v for n, v in os.environ.items() if not n.startswith(("CARDD", "PCSCLITE"))}
        self._program: Program | None = None
        self._waiting: Program | None = None

    def _started(self) -> Program:
        return Program(self._counter, "form_server", environment=self._environment)

    def asks(self, *said: object) -> Any:
        """One request; the process is started where none runs."""
        self._program = self._program or self._started()
        return self._program.asks(*said)

    def another_waits(self) -> None:
        """Start the process that will follow this one, until it answers: a card is held for ten seconds, whatever machine this is."""
        self._waiting = self._started()
        assert self._waiting.asks("kept", {"file": "/nowhere"}) == {"problem": "state_unreadable"}

    def goes(self) -> None:
        """It goes, with all that it has in memory; the one that waits is the server now, if there is one."""
        if self._program is not None:
            self._program.stop()
        self._program, self._waiting = self._waiting, None

    def stop(self) -> None:
        """All go."""
        self.goes()
        self.goes()


class Web:
    """The two halves, and a wire between them that keeps what goes to the counter."""

    def __init__(self, counter: Counter, server: Server, folder: Path) -> None:
        self.counter, self.folder, self._server = counter, folder, server
        self.to_the_counter: list[str] = []
        for name, content in DOCUMENTS.items():
            (folder / name).write_bytes(content)

    def server(self, function: str, *arguments: object) -> Any:
        """One request."""
        given = [{"file": str(self.folder / each["file"])} if _is_file(each) else each for each in arguments]
        return self._server.asks(function, *given)

    def server_is_started_anew(self) -> None:
        self._server.goes()

    def another_server_waits(self) -> None:
        self._server.another_waits()

    @contextmanager
    def seat(self, *, agrees: bool = True) -> Iterator[Program]:
        pin = self.counter.office.resident().holder.pins.signature
        with running(self.counter, "form_seat", pin, "yes" if agrees else "no") as program:
            yield program

    def ask(self, seat: Program, method: str, params: Any) -> Any:
        self.to_the_counter.append(json.dumps(params, ensure_ascii=False))
        return seat.asks(method, params)

    @property
    def card(self) -> str:
        rows = [row for row in self.counter.known_cards() if row["kind"] == "my_number"]
        return str(rows[0]["card"])

    @property
    def resident(self) -> bytes:
        return self.counter.office.resident().certificates.signature_certificate

    @property
    def signed(self) -> Path:
        return self.folder / "signed"

    def begun(self, seat: Program) -> Any:
        return self.ask(seat, "sign.begin", self.server("xml_start", XML, STATE, self.card))

    def nothing_was_written(self) -> bool:
        return sorted(path.name for path in self.folder.iterdir()) in (sorted(DOCUMENTS), sorted([*DOCUMENTS, "state"]))


@pytest.fixture(scope="module")
def served() -> Iterator[Counter]:
    with open_counter(StandInBox, config=ROOMY) as counter:
        counter.log_in(counter.office.people[0])
        counter.insert(counter.office.resident().card, RESIDENT_SLOT, kind="my_number")
        yield counter


@pytest.fixture(scope="module")
def server(served: Counter) -> Iterator[Server]:
    process = Server(served)
    yield process
    process.stop()


@pytest.fixture
def web(served: Counter, server: Server, tmp_path: Path) -> Web:
    return Web(served, server, tmp_path)


def _is_file(argument: Any) -> bool:
    return isinstance(argument, dict) and "file" in argument


def fingerprint(certificate: bytes) -> str:
    return hashlib.sha256(certificate).hexdigest()


def holds(web: Web, found: Sequence[Found]) -> bool:
    """Whether there is one signature over the whole document, by the resident's key."""
    (signature,) = found
    whole = (signature.integrity, signature.scope) == (Integrity.INTACT, Scope.WHOLE)
    return whole and signature.certificate == web.resident


@pytest.mark.proves("P1", "P6")
def test_a_pdf_that_never_leaves_the_server(web: Web) -> None:
    with web.seat() as seat:
        told = web.ask(seat, "sign.digest", web.server("pdf_start", PDF, STATE, web.card))
        web.server_is_started_anew()
        assert web.server("pdf_end", STATE, SIGNED, told, fingerprint(web.resident)) is None
        last = seat.ends()
    assert holds(web, pades.check(web.signed))
    assert web.signed.read_bytes().startswith(DOCUMENTS["転入届.pdf"]), "an update behind the document, byte for byte"
    _the_counter_saw_no_document(web, last, "転入届.pdf")


@pytest.mark.proves("P1", "P6")
def test_xml_that_never_leaves_the_server(web: Web) -> None:
    with web.seat() as seat:
        web.another_server_waits()
        begun = web.begun(seat)
        web.server_is_started_anew()
        told = web.ask(seat, "sign.finish", web.server("xml_begun", XML, STATE, begun))
        web.server_is_started_anew()
        assert web.server("xml_end", STATE, SIGNED, told, fingerprint(web.resident)) is None
        last = seat.ends()
    assert holds(web, xades.check(web.signed.read_bytes()))
    _the_counter_saw_no_document(web, last, "申請.xml")


def _the_counter_saw_no_document(web: Web, last: Any, name: str) -> None:
    content = DOCUMENTS[name]
    assert last["loaded"] == []
    (shown,) = last["shown"]
    assert (shown["name"], shown["size"], shown["sha256"]) == (name, len(content), hashlib.sha256(content).hexdigest())
    assert all(len(message) < LONGEST_MESSAGE for message in web.to_the_counter)
    assert len(content) > 10 * LONGEST_MESSAGE


def test_who_does_not_agree_signs_nothing(web: Web) -> None:
    with web.seat(agrees=False) as seat:
        told = web.ask(seat, "sign.digest", web.server("pdf_start", PDF, STATE, web.card))
    assert told == {"problem": "sign.not_agreed"}
    assert web.nothing_was_written()


@pytest.mark.proves("fault 166")
def test_another_ones_answer_becomes_no_pdf(web: Web) -> None:
    """Between counter and server somebody puts in an answer of a card of their own, over the right digest."""
    params = web.server("pdf_start", PDF, STATE, web.card)
    other = operator()
    order = Order(params["signature_format"], params["hash"], base64.b64decode(params["digests_base64"][0]))
    told = _as_told(other, order)
    assert web.server("pdf_end", STATE, SIGNED, told, fingerprint(web.resident)) == {"problem": "certificate_swapped"}
    assert web.nothing_was_written()
    assert web.server("pdf_end", STATE, SIGNED, told, fingerprint(other.certificate)) is None, "it is what was wrong"


def _as_told(signer: SoftwareSigner, order: Order) -> dict[str, Any]:
    value = base64.b64encode(signer(order)).decode()
    return {"signatures_base64": [value], "fingerprint": fingerprint(signer.certificate), "receipt": {}}


@pytest.mark.proves("fault 166")
def test_a_certificate_that_was_swapped_on_its_way_becomes_no_xml(web: Web) -> None:
    other = _another_resident(web)
    with web.seat() as seat:
        begun = web.begun(seat) | {"certificate_base64": base64.b64encode(other).decode()}
        told = web.ask(seat, "sign.finish", web.server("xml_begun", XML, STATE, begun))
    assert "signature_base64" in told
    assert web.server("xml_end", STATE, SIGNED, told) == {"problem": "signature_wrong"}
    assert web.server("xml_end", STATE, SIGNED, told, fingerprint(web.resident)) == {"problem": "certificate_swapped"}
    assert web.nothing_was_written()


def _another_resident(web: Web) -> bytes:
    return web.counter.office.resident(number=2).certificates.signature_certificate


@pytest.mark.parametrize("damage", ["lost", "half", "other format"])
def test_a_state_that_is_lost_or_damaged_is_said_by_name(web: Web, damage: str) -> None:
    with web.seat() as seat:
        told = web.ask(seat, "sign.digest", web.server("pdf_start", PDF, STATE, web.card))
    assert "signatures_base64" in told
    state = web.folder / "state"
    if damage == "lost":
        state.unlink()
    elif damage == "half":
        state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    else:
        state.write_text(json.dumps(json.loads(state.read_bytes()) | {"format": "xades"}))
    wanted = {"lost": "state_unreadable", "half": "state_unreadable", "other format": "state_other_format"}
    assert web.server("pdf_end", STATE, SIGNED, told) == {"problem": wanted[damage]}
    assert web.nothing_was_written()


@pytest.mark.proves("fault 166")
def test_a_document_that_changed_before_it_was_prepared_is_not_signed(web: Web) -> None:
    """The person has agreed to one, and another one lies there when the certificate comes."""
    with web.seat() as seat:
        begun = web.begun(seat)
        (web.folder / "申請.xml").write_bytes(
            DOCUMENTS["申請.xml"].replace("見本　花子".encode(), "見本　太郎".encode())
        )
        assert web.server("xml_begun", XML, STATE, begun) == {"problem": "document_changed"}
    assert web.nothing_was_written()


@pytest.mark.proves("fault 166")
def test_a_document_that_changed_after_it_was_prepared_is_not_finished(web: Web) -> None:
    """In what the server kept: the PDF with its room, the XML with its signature's place."""
    with web.seat() as seat:
        told = web.ask(seat, "sign.digest", web.server("pdf_start", PDF, STATE, web.card))
        _change_what_is_kept(web, "kept", b"MediaBox", b"MediaBoX")
        assert web.server("pdf_end", STATE, SIGNED, told) == {"problem": "document_changed"}
        told = web.ask(seat, "sign.finish", web.server("xml_begun", XML, STATE, web.begun(seat)))
        _change_what_is_kept(web, "xml", "見本　花子".encode(), "見本　太郎".encode())
        assert web.server("xml_end", STATE, SIGNED, told) == {"problem": "prepared_changed"}
    assert web.nothing_was_written()


def _change_what_is_kept(web: Web, name: str, old: bytes, new: bytes) -> None:
    state = web.folder / "state"
    whole = json.loads(state.read_bytes())
    document = base64.b64decode(whole["rest"][name]["base64"])
    assert old in document
    whole["rest"][name]["base64"] = base64.b64encode(document.replace(old, new)).decode()
    state.write_text(json.dumps(whole))


def test_an_answer_over_something_else_becomes_no_document(web: Web) -> None:
    with web.seat() as seat:
        params = web.server("pdf_start", PDF, STATE, web.card)
        digest = base64.b64encode(hashlib.sha256(b"something else").digest()).decode()
        told = web.ask(seat, "sign.digest", params | {"digests_base64": [digest]})
    assert web.server("pdf_end", STATE, SIGNED, told) == {"problem": "answer_for_other_document"}
    assert web.nothing_was_written()


def test_a_page_reaches_nothing_else_of_the_daemon(web: Web) -> None:
    with web.seat() as seat:
        assert web.ask(seat, "session.logout", {}) == {"problem": "not_for_pages"}
