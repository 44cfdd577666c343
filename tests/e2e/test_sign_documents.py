"""cardctl signs documents with a resident's card at a terminal: one PIN, what is shown, and what others say of the result."""

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc import jws
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

from tests.fixtures.counter import RESIDENT_SLOT, Counter, counter
from tests.fixtures.made_pdf import plain
from tests.fixtures.terminal import Terminal

__all__ = ["counter"]
USE = ("--purpose", "online_signature", "--case", "R8-0042")
PROMPT = "Signature PIN"
AGREE = "[yes/no]: "
XML = """<?xml version="1.0" encoding="UTF-8"?>
<申請書 xmlns="urn:example:mihon"><氏名>見本　花子</氏名><住所>見本県見本町一丁目２番３号</住所></申請書>
"""


@pytest.fixture
def served(counter: Counter) -> Counter:
    """An operator is logged in, a resident's card is in."""
    counter.log_in(counter.office.people[0])
    counter.insert(counter.office.resident().card, RESIDENT_SLOT, kind="my_number")
    return counter


@pytest.fixture
def written(served: Counter) -> Path:
    """A folder with documents."""
    folder = served.folder / "documents"
    folder.mkdir()
    (folder / "転入届.pdf").write_bytes(plain(2))
    (folder / "申請.xml").write_text(XML, encoding="utf-8")
    (folder / "本文.txt").write_text("転入届\n", encoding="utf-8")
    return folder


def signed(served: Counter, *arguments: str, answer: str = "yes") -> tuple[int, str]:
    """One `cardctl sign` at a terminal: the person looks, says yes, types the PIN once. Exit status and screen."""
    holder = served.office.resident().holder
    command = [sys.executable, "-m", "cardd.cli", "sign", *USE, *arguments]
    with Terminal(command, served.environment, served.folder) as terminal:
        terminal.wait_for(AGREE)
        terminal.type(f"{answer}\n")
        if answer == "yes":
            terminal.wait_for(PROMPT)
            terminal.type(f"{holder.pins.signature}\n")
        return terminal.ends(), terminal.screen


def judge(folder: Path, *command: str) -> str:
    """What a program says that nobody here wrote."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def ca_file(served: Counter, folder: Path) -> str:
    """The authority of residents' signature certificates, as PEM."""
    ca = x509.load_der_x509_certificate(served.office.resident().certificates.signature_ca)
    pem = folder / "ca.pem"
    pem.write_bytes(ca.public_bytes(Encoding.PEM))
    return str(pem)


@pytest.mark.proves("P6")
def test_a_pdf_with_a_visible_signature(served: Counter, written: Path) -> None:
    visible = ("--visible", "見本　花子", "--visible-purpose", "転入届")
    status, screen = signed(served, "--format", "pades", *visible, "documents/転入届.pdf")
    assert status == 0, screen
    assert screen.count(PROMPT) == 1
    assert "転入届.pdf" in screen
    assert hashlib.sha256((written / "転入届.pdf").read_bytes()).hexdigest()[:4] in screen
    said = judge(written, "pdfsig", "-nocert", "転入届-signed.pdf")
    assert "Signature is Valid." in said
    assert "Total document signed" in said
    assert (written / "転入届-signed.pdf").stat().st_mode & 0o077 == 0
    assert not list(written.glob(".*"))


@pytest.mark.parametrize("layout", ["enveloped", "enveloping"])
def test_application_xml(served: Counter, written: Path, layout: str) -> None:
    status, screen = signed(served, "--format", "xades", "--layout", layout, "documents/申請.xml")
    assert status == 0, screen
    assert screen.count(PROMPT) == 1
    ids = ("--id-attr:Id", "SignedProperties", "--id-attr:Id", "Object", "--id-attr:Id", "KeyInfo")
    judge(written, "xmlsec1", "--verify", "--trusted-pem", ca_file(served, written), *ids, "申請-signed.xml")
    changed = (written / "申請-signed.xml").read_bytes().replace("一丁目".encode(), "二丁目".encode())
    (written / "changed.xml").write_bytes(changed)
    done = subprocess.run(
        ["xmlsec1", "--verify", "--trusted-pem", ca_file(served, written), *ids, "changed.xml"],
        cwd=written, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0


def test_cms_detached_and_with_its_document(served: Counter, written: Path) -> None:
    assert signed(served, "--format", "cades", "documents/本文.txt")[0] == 0
    assert signed(served, "--format", "cades", "--layout", "enveloping", "documents/本文.txt")[0] == 0
    verify = ("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-CAfile", ca_file(served, written),
              "-purpose", "any", "-no_check_time")  # fmt: skip
    judge(written, *verify, "-in", "本文.txt.p7s", "-content", "本文.txt", "-out", "out.txt")
    judge(written, *verify, "-in", "本文.txt.p7m", "-out", "inside.txt")
    assert (written / "inside.txt").read_bytes() == (written / "本文.txt").read_bytes()


def test_json_web_signature(served: Counter, written: Path) -> None:
    assert signed(served, "--format", "jws", "documents/本文.txt")[0] == 0
    token = (written / "本文.txt.jws").read_text()
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))

    class Registry(jws.JWSRegistry):
        max_header_length = 16 * 1024

    known = {"x5t#S256": HeaderParameter("thumbprint", "str")}
    registry = Registry(header_registry=known, algorithms=["RS256"])
    read = jws.deserialize_compact(token, RSAKey.import_key(certificate.public_key()), registry=registry)  # type: ignore[arg-type]
    assert read.payload == (written / "本文.txt").read_bytes()


@pytest.mark.proves("P1")
def test_who_does_not_agree_is_asked_for_no_pin_and_nothing_is_written(served: Counter, written: Path) -> None:
    for form in ("pades", "xades"):
        file = "転入届.pdf" if form == "pades" else "申請.xml"
        status, screen = signed(served, "--format", form, f"documents/{file}", answer="no")
        assert status == 3, screen
        assert "sign.not_agreed" in screen
        assert PROMPT not in screen
    assert sorted(each.name for each in written.iterdir()) == ["本文.txt", "申請.xml", "転入届.pdf"]


def test_the_name_of_the_document_is_on_no_record_and_the_agreement_is(served: Counter, written: Path) -> None:
    digest = hashlib.sha256((written / "申請.xml").read_bytes()).hexdigest()
    assert signed(served, "--format", "xades", "documents/申請.xml")[0] == 0
    served.stop()
    records = json.dumps(served.records(), ensure_ascii=False)
    assert digest in records
    assert "申請" not in records
    assert "申請" not in served.log


@pytest.mark.proves("P1")
def test_what_cannot_be_signed_costs_nobody_a_question_or_a_pin(served: Counter, written: Path) -> None:
    for content, problem in (
        ("<申請書>", "document.xml_unreadable"),
        ('<申請書 xmlns="urn:example:見本町"/>', "document.xml_namespace"),
    ):
        (written / "申請.xml").write_text(content, encoding="utf-8")
        command = [sys.executable, "-m", "cardd.cli", "sign", *USE, "--format", "xades", "documents/申請.xml"]
        with Terminal(command, served.environment, served.folder) as terminal:
            assert terminal.ends() == 65, terminal.screen
            assert problem in terminal.screen
            assert AGREE not in terminal.screen
            assert PROMPT not in terminal.screen


@pytest.mark.parametrize(("question", "status"), [(AGREE, 130), (PROMPT, 3)], ids=["agreement", "PIN"])
def test_ctrl_c_at_each_question_leaves_nothing_behind(
    question: str, status: int, served: Counter, written: Path
) -> None:
    before = sorted(each.name for each in written.iterdir())
    for form, file in (("pades", "転入届.pdf"), ("xades", "申請.xml")):
        command = [sys.executable, "-m", "cardd.cli", "sign", *USE, "--format", form, f"documents/{file}"]
        with Terminal(command, served.environment, served.folder) as terminal:
            terminal.wait_for(AGREE)
            if question == PROMPT:
                terminal.type("yes\n")
                terminal.wait_for(PROMPT)
            terminal.interrupt()
            assert terminal.ends() == status, terminal.screen
            assert "Traceback" not in terminal.screen
        assert sorted(each.name for each in written.iterdir()) == before


def test_the_work_of_another_signature_is_left_alone(served: Counter, written: Path) -> None:
    (written / ".転入届-signed.pdf.part").write_bytes(b"of another program")
    assert signed(served, "--format", "pades", "documents/転入届.pdf")[0] == 0
    assert (written / ".転入届-signed.pdf.part").read_bytes() == b"of another program"
    assert [each.name for each in written.glob(".cardctl-*")] == []
