"""A counter without lists that may ask a responder: a real `cardd-lists` posts its questions, and OpenSSL answers them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.ocsp import OCSPResponseStatus

from applets_spec.testca.hierarchy import LATEST_GENERATION, authority
from applets_spec.testca.issue import authority_certificate
from applets_spec.testca.ocsp import refuse
from applets_spec.testca.services import issue_service
from demo.office import Office
from tests.e2e.revocation_house import FAMILIES, Lists, serial_of
from tests.fixtures.counter import READY_SECONDS, ROOMY, open_counter, until
from tests.fixtures.pcscd import StandInBox

WAIT_SECONDS = 10
"""`ocsp_wait_s` of this counter, the most there is: a busy machine is not a silent responder."""
DAY = timedelta(days=1)
HASHES = {"jpki_signature": "sha1", "jpki_authentication": "sha1", "operator_ca": "sha256"}
"""What names the issuer in questions: both ways, judged by OpenSSL."""


class OpenSslResponder:
    """OpenSSL's own responder for one test authority: it reads our question, and makes the answer from its index."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / f"ocsp-{name}"
        self.folder.mkdir()
        row = authority(FAMILIES[name], LATEST_GENERATION)
        now = datetime.now(UTC)
        pair = issue_service(row, now - DAY, now + 30 * DAY)
        self._write("ca.pem", _pem(authority_certificate(row)))
        self._write("responder.pem", _pem(pair.certificate))
        self._write("responder.key", pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self._write("index.txt", b"")

    def knows(self, der: bytes, *, revoked: bool = False) -> None:
        """Write one line of the index, as `openssl ca` does."""
        ends = x509.load_der_x509_certificate(der).not_valid_after_utc.strftime("%y%m%d%H%M%SZ")
        gone = (datetime.now(UTC) - DAY).strftime("%y%m%d%H%M%SZ") if revoked else ""
        serial = f"{serial_of(der):X}"
        serial = serial.zfill(len(serial) + len(serial) % 2)
        line = f"{'R' if revoked else 'V'}\t{ends}\t{gone}\t{serial}\tunknown\t/CN={serial}\n"
        with (self.folder / "index.txt").open("a") as file:
            file.write(line)

    def answer(self, question: bytes) -> bytes:
        self._write("request.der", question)
        self._run("-reqin", "request.der", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "responder.pem",
                  "-rkey", "responder.key", "-ndays", "1", "-respout", "response.der")  # fmt: skip
        return (self.folder / "response.der").read_bytes()

    def in_words(self, question: bytes) -> str:
        """The question as OpenSSL reads it."""
        self._write("shown.der", question)
        return self._run("-reqin", "shown.der", "-req_text").stdout

    def _write(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["openssl", "ocsp", *words]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return done


class Front:
    """The responder's web server. `how` decides what comes back; every question is kept."""

    def __init__(self, responder: OpenSslResponder) -> None:
        self.responder = responder
        self.how: Callable[[bytes], bytes | None] = responder.answer
        """None: nothing is sent until the server closes."""
        self.questions: list[bytes] = []
        self.types: set[str | None] = set()
        self.closing = threading.Event()
        self._one = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                question = self.rfile.read(int(self.headers["Content-Length"]))
                outer.questions.append(question)
                outer.types.add(self.headers["Content-Type"])
                with outer._one:
                    body = outer.how(question)
                if body is None:
                    outer.closing.wait(120)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/ocsp-response")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/ocsp"

    def silent(self) -> None:
        self.how = lambda _: None

    def says_later(self) -> None:
        self.how = lambda _: refuse(OCSPResponseStatus.TRY_LATER)

    def close(self) -> None:
        self.closing.set()
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Asked(Lists):
    """The counter, its helper, and a responder for each of `FAMILIES` that was asked for."""

    fronts: dict[str, Front]
    helper: subprocess.Popen[bytes] | None = None

    @property
    def asked(self) -> Path:
        """The folder of questions."""
        return self.counter.folder / "asked"

    def row(self) -> dict[str, Any]:
        """Of `health`."""
        return next(row for row in self.counter.call("health")["checks"] if row["name"] == "ocsp")

    def start_helper(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        command = [sys.executable, "-m", "cardd.revocation.fetch", "--config", str(self.counter.office.config_file)]
        with (self.counter.folder / "helper.log").open("ab") as log:
            self.helper = subprocess.Popen(command, stderr=log, env=environment)

    def helper_says(self) -> str:
        return (self.counter.folder / "helper.log").read_text()

    def stop_helper(self) -> None:
        if self.helper is not None:
            self.helper.terminate()
            assert self.helper.wait(60) == 0
            self.helper = None


def _config(folder: Path, fronts: dict[str, Front], wait_s: int) -> str:
    text = ROOMY + f'\n[revocation]\ndirectory = "{folder}/lists"\nasked_directory = "{folder}/asked"\n'
    text += f"ocsp_wait_s = {wait_s}\n"
    (folder / "lists").mkdir(exist_ok=True)
    for name in FAMILIES:
        (folder / f"{name}-ca.pem").write_bytes(
            _pem(authority_certificate(authority(FAMILIES[name], LATEST_GENERATION)))
        )
        if name != "operator_ca":
            text += f'{name}_ca = ["{folder}/{name}-ca.pem"]\n'
    for name, front in fronts.items():
        ca = folder / f"{name}-ca.pem"
        text += f'\n[[revocation.responders]]\nname = "{name}"\nfor = "{name}"\nca = "{ca}"\nurl = "{front.url}"\n'
        text += f'hash = "{HASHES[name]}"\n'
    return text


@contextmanager
def open_asking_house(folder: Path, *names: str, wait_s: int = WAIT_SECONDS) -> Iterator[Asked]:
    """A counter whose policy wants revocation checked, with responders for certificates of these kinds, and no list at all."""
    fronts = {name: Front(OpenSslResponder(folder, name)) for name in names}

    def prepare(office: Office) -> None:
        office.strict = True
        write: Callable[..., None] = office.write

        def with_responders(socket: Path, *, extra_config: str = "", **other: Any) -> None:
            write(socket, extra_config=_config(office.folder, fronts, wait_s), **other)

        office.write = with_responders  # type: ignore[method-assign]

    try:
        with open_counter(StandInBox, prepare=prepare) as counter:
            house = Asked(counter)
            house.fronts = fronts
            house.start_helper()
            try:
                yield house
            finally:
                house.stop_helper()
    finally:
        for front in fronts.values():
            front.close()


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def nothing_asked_any_more(house: Asked) -> None:
    """The daemon has taken its questions away."""
    until(lambda: not list(house.asked.glob("*")), READY_SECONDS)
