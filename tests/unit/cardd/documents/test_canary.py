"""What goes wrong with a document says nothing of it: neither its content, nor its name, nor who signed (P6, P7)."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from cardd.documents import cades, jws, pades, xades
from cardd.documents.checking.judging import Trust
from cardd.documents.checking.report import CertificateReport
from cardd.documents.checking.verify import check_file
from cardd.documents.errors import DocumentError
from tests.fixtures.made_pdf import plain
from tests.fixtures.software_signer import resident

CONTENT = "金糸雀町　個人番号 582073941066"
NAME = "転籍届 瑠璃鶲ひたき様"
SECRETS = ("金糸雀", "582073941066", "瑠璃鶲", "CANARY")
XML = f"<申請 xmlns='urn:example:CANARY'><番号>{CONTENT}</番号></申請>".encode()
CERTIFICATE = resident().certificate

BROKEN: dict[str, tuple[str, bytes, Callable[[Path], object]]] = {
    "XML that ends too early": (".xml", XML[:-4], lambda path: xades.prepare(path, CERTIFICATE)),
    "XML with a DTD": (
        ".xml",
        b"<!DOCTYPE CANARY SYSTEM 'CANARY'>" + XML,
        lambda path: xades.prepare(path, CERTIFICATE),
    ),
    "XML in no encoding": (".xml", XML + b"\xff", lambda path: xades.prepare(path, CERTIFICATE)),
    "a PDF that was cut": (".pdf", plain(1)[:-200] + CONTENT.encode(), lambda path: pades.prepare(path.read_bytes())),
    "no PDF": (".pdf", CONTENT.encode(), lambda path: pades.prepare(path.read_bytes(), name=path.name)),
    "a damaged state": (".state", f'{{"CANARY": "{CONTENT}"'.encode(), lambda path: xades.loads(path.read_bytes())),
    "a state of another kind": (
        ".state",
        f'{{"form": "{CONTENT}"}}'.encode(),
        lambda path: pades.loads(path.read_bytes()),
    ),
    "no certificate": (".json", CONTENT.encode(), lambda path: jws.prepare(path, certificate=path.read_bytes())),
    "an answer that is none": (".txt", CONTENT.encode(), lambda path: cades.prepare(path).finish(path.read_bytes())),
    "a signed file that is none": (".p7s", CONTENT.encode(), lambda path: check_file(path, trust=Trust(_nobody))),
    "a file that is gone": (".xml", XML, lambda path: xades.prepare(path.with_suffix(".gone"), CERTIFICATE)),
}


def _nobody(_question: object) -> CertificateReport:
    raise AssertionError("nobody is to be asked")


@pytest.mark.proves("P6", "P7")
@pytest.mark.parametrize("what", BROKEN)
def test_an_error_says_a_word_and_nothing_of_the_document(what: str, tmp_path: Path) -> None:
    ending, octets, work = BROKEN[what]
    path = tmp_path / f"{NAME}{ending}"
    path.write_bytes(octets)
    with pytest.raises(DocumentError) as raised:
        work(path)
    assert not [secret for secret in SECRETS if secret in shown(raised.value)]


def test_what_an_error_carries_along_would_be_seen() -> None:
    error = DocumentError("xml_malformed")
    error.__context__ = ValueError(CONTENT)  # as an `except` leaves it without `from None`
    assert CONTENT in shown(error)


def shown(error: BaseException) -> str:
    """All that a log would show of it, with its causes and contexts; without the lines of source."""
    told = [repr(vars(error))]
    each: BaseException | None = error
    while each is not None:
        told += [*traceback.format_exception_only(each), repr(each)]
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return "\n".join(told)


@pytest.mark.proves("P6", "P7")
def test_what_is_prepared_has_no_text_of_the_document_or_its_name(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.xml"
    path.write_bytes(XML)
    options = pades.PdfOptions(reason=CONTENT, location=CONTENT, contact=CONTENT)
    prepared = [
        xades.prepare(path, CERTIFICATE),
        jws.prepare(path, certificate=CERTIFICATE),
        cades.prepare(path),
        pades.prepare(plain(1), options, name=path.name),
        options,
    ]
    told = [text for each in prepared for text in (repr(each), str(each))]
    assert not [secret for secret in SECRETS if any(secret in text for text in told)]
