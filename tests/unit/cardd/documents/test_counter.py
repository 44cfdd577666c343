"""What the daemon is asked for a prepared document."""

import base64
import hashlib
import json

import pytest

from cardd.documents import cades, counter, jws, xades
from cardd.documents.errors import DocumentError
from cardd.documents.facts import facts_of
from cardd.documents.model import Facts
from cardd.wire.base import Document
from cardd.wire.methods import sign_begin, sign_digest, sign_finish
from tests.fixtures.software_signer import SoftwareSigner, operator, resident

USE = counter.Use("c-5f1e-7", "online_signature", "R8-0042")


def test_a_prepared_document_becomes_a_call_that_the_daemon_takes() -> None:
    content = "転入届\n".encode()
    params = counter.digest_params(USE, cades.prepare(content, "転入届.txt"), idempotency_key="once-0001")
    assert sign_digest.Params.model_validate_json(_json(params)).signature_format == "cades_b"
    assert params["digests_base64"] == [base64.b64encode(hashlib.sha256(content).digest()).decode()]
    assert params["document"] == {"name": "転入届.txt", "size": 10, "sha256": hashlib.sha256(content).hexdigest()}
    assert "grant" not in params


def test_what_is_begun_names_the_document() -> None:
    facts = Facts("申請.xml", "application/xml", 3, "0" * 64)
    params = counter.begin_params(USE, facts, hash_name="sha384")
    read = sign_begin.Params.model_validate_json(_json(params))
    assert (read.hash, read.document.name, read.document.pages) == ("sha384", "申請.xml", None)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("届\u202egpj.exe", "届\ufffdgpj.exe"),
        ("a\nb\r\nc", "a\ufffdb\ufffdc"),
        ("\u200b\u200b", "\ufffd"),
        ("", "\ufffd"),
        ("\U000e0041tag", "\ufffdtag"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("あ" * 200 + ".pdf", "あ" * 79 + "…" + "あ" * 36 + ".pdf"),
    ],
)
def test_a_name_shows_all_that_is_there_and_the_daemon_takes_it(name: str, shown: str) -> None:
    assert counter.shown_name(name) == shown
    assert Document(name=shown, size=0, sha256="0" * 64).name == shown


@pytest.mark.parametrize(("signer", "wanted"), [(resident(), "pkcs1v15"), (operator(), "ecdsa_der")])
def test_a_key_decides_the_form_of_the_bare_signature(signer: SoftwareSigner, wanted: str) -> None:
    prepared = jws.prepare(b"{}", certificate=signer.certificate)
    params = counter.finish_params(_begun(signer, prepared.facts), prepared)
    assert sign_finish.Params.model_validate_json(_json(params)).signature_format == wanted


@pytest.mark.proves("fault 166")
def test_another_document_than_the_one_agreed_to_is_not_signed() -> None:
    signer = resident()
    begun = _begun(signer, facts_of(b"<a/>"))
    assert counter.finish_params(begun, xades.prepare(b"<a/>", signer.certificate))["begun"] == begun.handle
    with pytest.raises(DocumentError, match=r"^document_changed$"):
        counter.finish_params(begun, xades.prepare(b"<b/>", signer.certificate))


def _begun(signer: SoftwareSigner, facts: Facts) -> counter.Begun:
    answer = {
        "begun": "b-0123456789abcdef",
        "certificate_base64": base64.b64encode(signer.certificate).decode(),
        "fingerprint": hashlib.sha256(signer.certificate).hexdigest(),
        "ends_at": "2026-11-23T00:00:10Z",
    }
    return counter.read_begun(answer, facts.sha256)


def _json(params: dict[str, object]) -> bytes:
    return json.dumps(params).encode()
