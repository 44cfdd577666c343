"""A witness and a sender as real processes, TLS between them on loopback, certificates on both sides."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cardd.audit.checkpoint import SignedHead, VerifierKey, parse, signed_by
from cardd.config import Witness
from cardd.witness.cosigned import Cosigned
from cardd.witness.post import HttpsPost, Reply
from tests.fixtures.ports import HeldPorts
from tests.fixtures.postgres import Authority
from tests.unit.cardd.witness.growing import GrowingLog

WITNESS = (sys.executable, "-m", "cardd.witness")
SENDER = (sys.executable, "-m", "cardd.witness.send")
PATIENT_S = 30
MINIMAL = """
mode = "test"
terminal = "window-1"
operator_ca = ["{folder}/ca.crt"]
[[clients]]
name = "counter"
users = [{uid}]
[audit]
directory = "{log}"
cosigned_directory = "{folder}/cosigned"
"""


class WitnessProcess:
    """One witness: made by `cardd-witness init`, run by `cardd-witness run`, perhaps killed and run again."""

    def __init__(self, folder: Path, authority: Authority, logs: Sequence[VerifierKey], name: str = "witness") -> None:
        self.folder, self._authority, self._process = folder / name, authority, None
        made = subprocess.run(
            [*WITNESS, "init", str(self.folder), "--name", f"{name}.example"],
            capture_output=True,
            text=True,
            check=True,
        )
        self.key = VerifierKey.parse(made.stdout.split('"')[1])
        certificate, key = authority.make(name, hosts=("localhost", "127.0.0.1"))
        self.settings = self.folder / "witness.toml"
        self._held = HeldPorts()
        self.port = self._held.first
        self._write(certificate, key, logs)

    def _write(self, certificate: Path, key: Path, logs: Sequence[VerifierKey]) -> None:
        registered = "".join(f'[[logs]]\nname = "窓口{at}"\nkey = "{each}"\n' for at, each in enumerate(logs, 1))
        self.settings.write_text(
            f'listen = "127.0.0.1"\nport = {self.port}\ndatabase = "{self.folder}/witness.db"\n'
            f'key = "{self.folder}/witness.key"\n[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'
            f'client_ca = "{self._authority.file}"\n{registered}',
            encoding="utf-8",
        )

    _process: subprocess.Popen[str] | None

    def start(self, *before: str) -> bool:
        """Run it, under the program `before` where one is given, and wait until it listens; False when it died before."""
        self._process = subprocess.Popen(
            [*before, *WITNESS, "run", "--config", str(self.settings)], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        if not told:
            return False
        assert json.loads(told)["port"] == self.port
        return True

    @property
    def pid(self) -> int:
        """Of the witness itself, also where another program runs it."""
        assert self._process is not None
        number = self._process.pid
        children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        return int(children[0]) if children else number

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stop it; the exit status."""
        assert self._process is not None
        os.kill(self.pid, number)
        assert self._process.stdout is not None
        status = self._process.wait(PATIENT_S)
        self._process.stdout.close()
        return status

    def died(self) -> int:
        """It ended by itself."""
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait(PATIENT_S)

    def show(self, *origin: str) -> str:
        return subprocess.run(
            [*WITNESS, "show", "--config", str(self.settings), *origin], capture_output=True, text=True, check=True
        ).stdout

    def setting(self, certificate: tuple[Path, Path] | None, ca: Path) -> Witness:
        """As it stands in cardd.toml."""
        mine = {} if certificate is None else {"certificate": certificate[0], "certificate_key": certificate[1]}
        return Witness(url=f"https://localhost:{self.port}", key=str(self.key), ca=ca, **mine)


class Town:
    """A log, a CA for both sides, a witness, and the settings of a sender."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self.log = GrowingLog(folder / "log", segment_bytes=40_000)
        self.witness = WitnessProcess(folder, self.authority, [self.log.verifier_key])
        self.certificate = self.authority.make("window-1")
        self.settings = folder / "cardd.toml"

    def configure(self, *witnesses: Witness) -> None:
        told = "".join(
            f'[[audit.witnesses]]\nurl = "{each.url}"\nkey = "{each.key}"\nca = "{each.ca}"\n'
            + (
                f'certificate = "{each.certificate}"\ncertificate_key = "{each.certificate_key}"\n'
                if each.certificate
                else ""
            )
            for each in witnesses
        )
        base = MINIMAL.format(folder=self.folder, log=self.log.directory, uid=os.getuid())
        self.settings.write_text(base + told, encoding="utf-8")

    @property
    def ours(self) -> Witness:
        return self.witness.setting(self.certificate, self.authority.file)

    def post(self) -> HttpsPost:
        return HttpsPost(self.ours)

    def send(self) -> tuple[int, str]:
        """`cardd-heads --once`: its exit status and what it says."""
        self.log.signed()
        done = subprocess.run(
            [*SENDER, "--config", str(self.settings), "--once"], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout or done.stderr

    def got(self, key: VerifierKey | None = None) -> SignedHead | None:
        """The newest head that came back."""
        witness = key or self.witness.key
        note = Cosigned(self.folder / "cosigned", self.log.log_id, witness).newest()
        if note is None:
            return None
        signed = parse(note)
        assert signed_by(signed, witness)
        return signed

    def page(self, path: str) -> Reply:
        post = self.post()
        try:
            return post.get(path)
        finally:
            post.close()


@contextmanager
def open_town(folder: Path) -> Iterator[Town]:
    """The witness runs; it is stopped in the end, if it still runs."""
    town = Town(folder)
    assert town.witness.start()
    town.configure(town.ours)
    try:
        yield town
    finally:
        process = town.witness._process
        assert process is not None
        if process.poll() is None:
            town.witness.end()
