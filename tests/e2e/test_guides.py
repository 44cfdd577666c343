"""What the guides of certificates, of checking and of signing documents show works as it stands there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from applets_spec.cli.main import cli
from cardd.documents import cades, jws, pades
from cardd.documents.checking import cades as cades_check
from cardd.documents.checking import jws as jws_check
from cardd.documents.checking import pades as pades_check
from cardd.documents.checking import xades as xades_check
from cardd.documents.found import Found, Integrity, Scope
from tests.fixtures.application_xml import APPLICATION
from tests.fixtures.counter import RESIDENT_SLOT, Counter, counter
from tests.fixtures.made_pdf import plain
from tests.fixtures.software_signer import SoftwareSigner, resident
from tests.fixtures.terminal import Terminal

__all__ = ["counter"]
DOCS = Path(__file__).parents[2] / "docs"
PATIENCE_S = 120
INDETERMINATE = 41
"""`cardctl verify` where no lists are kept."""


def sample(guide: str, text: str, kind: str = "python") -> str:
    """The one block of the guide that has this text in it."""
    found = re.findall(rf"^```{kind}\n(.*?)^```$", (DOCS / guide).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (block,) = [each for each in found if text in each]
    return str(block)


def holds(found: tuple[Found, ...]) -> bool:
    """Whether it is one signature, intact, over the whole document."""
    return [(each.integrity, each.scope) for each in found] == [(Integrity.INTACT, Scope.WHOLE)]


def changed(program: str, old: str, new: str) -> str:
    assert program.count(old) == 1
    return program.replace(old, new)


# --- checking, without a daemon ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The test JPKI and the files that the samples name. Taro's certificate is revoked, Hanako's is not; she signed the form."""
    folder = tmp_path_factory.mktemp("town")

    def jpki(word: str, *more: str) -> None:
        cli(["jpki", word, str(folder / "jpki"), *more], standalone_mode=False)

    jpki("create")
    for name in ("hanako", "taro"):
        jpki("issue", "--kind", "signature", "--out", str(folder / name))
    jpki("revoke", str(folder / "taro.cer"), "--reason", "affiliation-changed")
    jpki("crl", "--kind", "signature", "--out", str(folder / "signature.crl"))
    authorities = [each.read_bytes() for each in sorted((folder / "jpki/authorities").glob("jpki-signature-*.pem"))]
    assert len(authorities) == 2
    for name in ("authorities.pem", "jpki.pem"):
        (folder / name).write_bytes(b"".join(authorities))
    (folder / "jpki.crl").write_bytes((folder / "signature.crl").read_bytes())
    key = load_pem_private_key((folder / "hanako.key.pem").read_bytes(), None)
    ca = x509.load_pem_x509_certificate(authorities[-1]).public_bytes(Encoding.DER)
    hanako = SoftwareSigner(key, (folder / "hanako.cer").read_bytes(), ca, key)  # type: ignore[arg-type]
    prepared = pades.prepare(plain(), name="form.pdf")
    (folder / "form.pdf").write_bytes(prepared.finish(hanako(prepared.order)))
    return folder


def ran(program: str, folder: Path) -> str:
    """What the program printed."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(DOCS.parent)},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.proves("K2", "fault 153")
def test_the_sample_of_certificates(town: Path) -> None:
    program = sample("certificates.md", "validate(")
    assert ran(program, town).split()[0] == "refused", "a test certificate does not count by itself"
    (told,) = re.findall(r"^print\(.*\)  # (.*)$", program, re.MULTILINE)
    assert ran(changed(program, "evidence=evidence)", "evidence=evidence, test=True)"), town) == f"{told}\n"


@pytest.mark.proves("K2", "fault 153")
def test_the_sample_of_documents(town: Path) -> None:
    program = sample("documents.md", "check_file(")
    said = ran(program, town)
    assert said.split()[0] == "INDETERMINATE"
    assert "'problem': 'test_certificate'" in said
    said = ran(changed(program, 'lists=[Path("jpki.crl")])', 'lists=[Path("jpki.crl")], test=True)'), town)
    assert said.split()[0] == "TOTAL-PASSED"


# --- each format, a key in software in the daemon's place --------------------------------------------------------------


def executed(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch, **known: Any) -> dict[str, Any]:
    """The names of a sample after it ran in this folder; `known`: what a reader has by then."""
    monkeypatch.chdir(folder)
    names = {"Path": Path, **known}
    exec(compile(program, "sample", "exec"), names)
    return names


def test_the_sample_of_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "form.pdf").write_bytes(plain())
    program = changed(sample("signing.md", "PdfOptions("), "answer = ...", "answer = signer(prepared.order)")
    executed(program, tmp_path, monkeypatch, signer=resident())
    assert holds(pades_check.check(tmp_path / "form-signed.pdf"))


def test_the_sample_of_cms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = tmp_path / "form.docx"
    form.write_bytes(b"PK\x03\x04 a form")
    answer = resident()(cades.prepare(form, enveloping=False).order)
    program = sample("signing.md", "cades_levels").replace("=...", "=None")  # neither expected, nor stamped
    names = executed(program, tmp_path, monkeypatch, answer=answer)
    assert names["later"] == names["signed"]
    assert holds(cades_check.check(names["signed"], content=form))


def test_the_sample_of_jws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form, me = tmp_path / "form.json", resident()
    form.write_text('{"form": 1}\n')
    prepared = jws.prepare(form, certificate=me.certificate, chain=(me.ca,), detached=True, typ="JOSE")
    known = {"begun": SimpleNamespace(certificate=me.certificate), "ca": me.ca, "value": me(prepared.order)}
    names = executed(sample("signing.md", "jws.prepare("), tmp_path, monkeypatch, **known)
    assert holds(jws_check.check(names["signed"], content=form))


# --- at the counter ----------------------------------------------------------------------------------------------------


@pytest.fixture
def served(counter: Counter) -> Counter:
    """An operator is logged in, a resident's card is in, the documents lie there."""
    counter.log_in(counter.office.people[0])
    counter.insert(counter.office.resident().card, RESIDENT_SLOT, kind="my_number")
    (counter.folder / "form.pdf").write_bytes(plain())
    (counter.folder / "application.xml").write_bytes(APPLICATION)
    (counter.folder / "note.txt").write_text("転入届\n", encoding="utf-8")
    (counter.folder / "claims.json").write_text('{"form": 1}\n')
    return counter


def typed(served: Counter, command: list[str], *, says_yes: str | None, prompt: str) -> str:
    """A program at a terminal: the resident says yes where it is asked for, and types the PIN. The screen."""
    with Terminal(command, served.environment, served.folder) as terminal:
        if says_yes is not None:
            terminal.wait_for(says_yes)
            terminal.type("yes\n")
        terminal.wait_for(prompt)
        terminal.type(f"{served.office.resident().holder.pins.signature}\n")
        assert terminal.ends() == 0, terminal.screen
        return terminal.screen


@pytest.mark.proves("P6")
def test_the_program_that_signs_a_pdf(served: Counter) -> None:
    program = sample("signing.md", "counter.sign(")
    typed(served, [sys.executable, "-c", program], says_yes=None, prompt="署名用")
    assert holds(pades_check.check(served.folder / "form-signed.pdf"))


def test_the_program_that_signs_xml(served: Counter) -> None:
    """The same program with the three lines in the place of those that sign a PDF."""
    program = sample("signing.md", "counter.sign(")
    three = sample("signing.md", "counter.begin(daemon")
    start = program.index("    answer = ")
    written = 'Path("application-signed.xml").write_bytes(signed)\n'
    known = 'from cardd.documents import xades\npath = Path("application.xml")\n'
    whole = changed(program[:start], "pdf = Path", f"{known}pdf = Path") + textwrap.indent(three, "    ") + written
    typed(served, [sys.executable, "-c", whole], says_yes=None, prompt="署名用")
    assert holds(xades_check.check((served.folder / "application-signed.xml").read_bytes()))


def test_the_commands_that_sign_and_check(served: Counter) -> None:
    *signing, check = sample("signing.md", "cardctl sign", "sh").splitlines()
    for line in signing:
        _, *words = shlex.split(line)
        typed(served, [sys.executable, "-m", "cardd.cli", *words], says_yes="[yes/no]: ", prompt="Signature PIN")
    _, *words = shlex.split(check)
    done = subprocess.run(
        [sys.executable, "-m", "cardd.cli", *words],
        cwd=served.folder,
        env=served.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (INDETERMINATE, ""), done.stdout
    made = {path.suffix for form in ("*-signed.*", "*.p7m", "*.jws") for path in served.folder.glob(form)}
    assert (len(signing), made) == (4, {".pdf", ".xml", ".p7m", ".jws"})
