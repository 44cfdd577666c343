"""What lies beside its signature may be larger than what goes into one: each format that takes it signs it and checks it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from cardd.documents import cades, jws, xades
from cardd.documents.checking.judging import Trust
from cardd.documents.checking.report import CertificateReport
from cardd.documents.checking.verify import LARGEST, check_file
from cardd.documents.checking.xades import ABOUT_CONTENT
from cardd.documents.checking.xades_references import Reference, Steps, cover
from cardd.documents.errors import DocumentError
from cardd.documents.facts import digest_of
from cardd.documents.xades_signer import Form, Layout
from cardd.documents.xades_xml import C14N_EXCLUSIVE
from tests.fixtures.software_signer import SoftwareSigner, resident

SIZE = LARGEST + 1


def _cades(path: Path, signer: SoftwareSigner) -> bytes:
    prepared = cades.prepare(path)
    return prepared.finish(signer(prepared.order))


def _jws(path: Path, signer: SoftwareSigner) -> bytes:
    prepared = jws.prepare(path, certificate=signer.certificate, detached=True)
    return prepared.finish(signer(prepared.order))


def _xades(path: Path, signer: SoftwareSigner) -> bytes:
    prepared = xades.prepare(path, signer.certificate, Layout(Form.DETACHED))
    return prepared.finish(signer(prepared.order))


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """One byte more than goes into a signature; it takes no room on the disk."""
    path = tmp_path / "large.bin"
    with path.open("wb") as stream:
        stream.truncate(SIZE)
    return path


@pytest.mark.parametrize("sign", [_cades, _jws, _xades])
def test_what_is_signed_beside_a_large_document_is_checked_beside_it(
    large: Path, sign: Callable[[Path, SoftwareSigner], bytes]
) -> None:
    signature = large.with_name("signature")
    signature.write_bytes(sign(large, resident()))

    def problem() -> str | None:
        (found,) = check_file(signature, content=large, trust=Trust(_not_asked_about)).signatures
        return found.problem

    assert problem() == "revocation_not_checked"
    with large.open("r+b") as stream:
        stream.seek(SIZE - 1)
        stream.write(b"x")
    assert problem() in ("document_changed", "signature_wrong")


def _not_asked_about(question: object) -> CertificateReport:
    return CertificateReport(question.at, "not_checked", "not_checked")  # type: ignore[attr-defined]


def test_a_large_content_whose_canonical_form_is_signed_is_refused_and_not_called_changed(large: Path) -> None:
    reference = Reference("large.bin", "sha256", bytes(32), Steps(algorithm=C14N_EXCLUSIVE))
    with pytest.raises(DocumentError) as refused:
        cover(etree.Element("Signature"), [reference], None, large)
    assert refused.value.problem in ABOUT_CONTENT
    as_it_is = Reference("large.bin", "sha256", digest_of(large, "sha256"), Steps())
    assert not cover(etree.Element("Signature"), [as_it_is], None, large).changed
