"""CAdES from prepare to finish: detached and enveloping, one signer and two, and everything that must not be written."""

from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest

from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents import cades
from cardd.documents.cades import PreparedCades, prepare
from cardd.documents.cades_cms import read_signed_data
from cardd.documents.checking.cades import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.model import Format, Order
from tests.fixtures.software_signer import WHEN, SoftwareSigner, operator, p384, resident

DOCUMENT = "申請書\r\n\0".encode()


def fingerprint(signer: SoftwareSigner) -> str:
    return hashlib.sha256(signer.certificate).hexdigest()


def signed(*signers: SoftwareSigner, enveloping: bool = False, document: bytes = DOCUMENT) -> bytes:
    made = None
    for signer in signers:
        prepared = prepare(document, enveloping=enveloping, existing=made)
        made = prepared.finish(signer(prepared.order))
    assert made is not None
    return made


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


@pytest.mark.parametrize("enveloping", [False, True], ids=["detached", "enveloping"])
@pytest.mark.parametrize(
    "signer", [resident(), operator(), operator(KeyAlgorithm.RSA_2048), p384()], ids=["jpki", "p256", "rsa", "p384"]
)
def test_a_signature_is_made_in_two_phases(signer: SoftwareSigner, enveloping: bool) -> None:
    prepared = prepare(DOCUMENT, "申請書.txt", enveloping=enveloping)
    assert prepared.facts.name == "申請書.txt"
    assert prepared.order == Order("cades_b", "sha256", hashlib.sha256(DOCUMENT).digest())
    later = PreparedCades.loads(prepared.dumps())
    made = later.finish(signer(later.order), expected_fingerprint=fingerprint(signer))
    assert read_signed_data(made).content == (DOCUMENT if enveloping else None)
    (found,) = check(made, content=DOCUMENT)
    assert (found.format, found.integrity, found.level) == (Format.CADES, Integrity.INTACT, "b")
    assert (found.certificate, found.claimed_at) == (signer.certificate, WHEN)


@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512"])
def test_each_hash_makes_a_signature_that_holds(hash_name) -> None:
    prepared = prepare(DOCUMENT, hash_name=hash_name)
    (found,) = check(prepared.finish(p384()(prepared.order)), content=DOCUMENT)
    assert (found.integrity, found.hash_name) == (Integrity.INTACT, hash_name)


@pytest.mark.parametrize("enveloping", [False, True], ids=["detached", "enveloping"])
def test_a_second_signer_is_added_and_the_first_stays(enveloping: bool) -> None:
    made = signed(resident(), operator(), enveloping=enveloping)
    both = check(made, content=DOCUMENT)
    assert [found.integrity for found in both] == [Integrity.INTACT] * 2
    assert {found.certificate for found in both} == {resident().certificate, operator().certificate}
    assert all(
        set(found.others) | {found.certificate} == {resident().certificate, operator().certificate} for found in both
    )


def test_a_second_signer_may_use_another_hash_and_come_through_a_state() -> None:
    prepared = prepare(None, existing=signed(resident(), enveloping=True), hash_name="sha512")
    later = PreparedCades.loads(prepared.dumps())
    assert later.facts.sha256 == hashlib.sha256(DOCUMENT).hexdigest()
    both = check(later.finish(operator()(later.order)))
    assert sorted(found.hash_name for found in both) == ["sha256", "sha512"]
    assert [found.integrity for found in both] == [Integrity.INTACT] * 2


def test_an_existing_signature_that_does_not_hold_gets_no_company() -> None:
    with refused("existing_wrong"):
        prepare(DOCUMENT + b"!", existing=signed(resident()))
    with refused("existing_wrong"):
        prepare(DOCUMENT + b"!", existing=signed(resident(), enveloping=True))
    with refused("document_missing"):
        prepare(None, existing=signed(resident()))
    with refused("document_missing"):
        prepare(None)
    with refused("cms_unreadable"):
        prepare(DOCUMENT, existing=b"\x30\x03\x02\x01")


@pytest.mark.parametrize("enveloping", [False, True], ids=["detached", "enveloping"])
@pytest.mark.proves("fault 166")
def test_a_file_that_changed_between_prepare_and_finish_is_not_signed(tmp_path: Path, enveloping: bool) -> None:
    place = tmp_path / "document"
    place.write_bytes(DOCUMENT)
    prepared = PreparedCades.loads(prepare(place, enveloping=enveloping).dumps())
    answer = resident()(prepared.order)
    assert check(prepared.finish(answer), content=place)[0].integrity is Integrity.INTACT
    place.write_bytes(DOCUMENT[:-1] + b"\1")
    with refused("document_changed"):
        prepared.finish(answer)
    place.unlink()
    with refused("file_unreadable"):
        prepared.finish(answer)


def test_bytes_that_are_handed_in_again_must_be_the_same() -> None:
    state = prepare(DOCUMENT).dumps()
    answer = resident()(prepare(DOCUMENT).order)
    assert PreparedCades.loads(state, document=DOCUMENT).finish(answer) == PreparedCades.loads(state).finish(answer)
    with refused("document_changed"):
        PreparedCades.loads(state, document=b"another").finish(answer)
    with refused("document_changed"):
        existing = signed(operator())
        again = prepare(DOCUMENT, existing=existing).dumps()
        PreparedCades.loads(again, document=b"another").finish(answer)


def test_a_state_without_the_document_it_must_hold_is_refused() -> None:
    state = prepare(DOCUMENT, enveloping=True).dumps()
    start = state.index(b'"document"')
    with refused("state_unreadable"):
        PreparedCades.loads(state[:start] + b'"document": null, "was"' + state[start + len(b'"document"') :])
    with refused("state_unreadable"):
        PreparedCades.loads(state.replace(b'"cades_b"', b'"pades_b"'))


@pytest.mark.proves("fault 166")
def test_an_answer_to_another_question_is_not_written() -> None:
    prepared = prepare(DOCUMENT)
    other = replace(prepared.order, digest=hashlib.sha256(b"another").digest())
    with refused("answer_for_other_document"):
        prepared.finish(resident()(other))
    with refused("answer_for_other_document"):
        prepared.finish(resident()(Order("cades_b", "sha512", hashlib.sha512(DOCUMENT).digest())))


@pytest.mark.proves("fault 166")
def test_another_certificate_than_expected_is_not_written() -> None:
    prepared = prepare(DOCUMENT)
    answer = resident()(prepared.order)
    with refused("certificate_swapped"):
        prepared.finish(answer, expected_fingerprint=fingerprint(operator()))
    # The same name and number, another key: only the signed hash tells them apart.
    swapped = answer.replace(resident().certificate, _twin_of(resident()))
    assert swapped != answer
    with refused("certificate_swapped"):
        prepared.finish(swapped)


def _twin_of(signer: SoftwareSigner) -> bytes:
    """The signer's certificate with one bit of its public key changed: same length, issuer and serial number."""
    from cryptography import x509

    modulus = x509.load_der_x509_certificate(signer.certificate).public_key().public_numbers().n  # type: ignore[union-attr]
    octets = modulus.to_bytes(256)
    place = signer.certificate.index(octets) + 100
    return signer.certificate[:place] + bytes([signer.certificate[place] ^ 1]) + signer.certificate[place + 1 :]


def test_a_value_that_does_not_hold_is_not_written() -> None:
    prepared = prepare(DOCUMENT)
    answer = resident()(prepared.order)
    value = read_signed_data(answer).signers[0].signature  # type: ignore[union-attr]
    with refused("signature_wrong"):
        prepared.finish(answer.replace(value, value[:-1] + bytes([value[-1] ^ 1])))


def test_an_answer_of_another_form_is_not_written() -> None:
    prepared = prepare(DOCUMENT)
    for answer in (b"", b"no CMS", signed(resident(), enveloping=True), signed(resident(), operator())):
        with refused("answer_unreadable"):
            prepared.finish(answer)


@pytest.mark.proves("fault 163")
def test_an_answer_over_sha1_is_not_written() -> None:
    order = Order("cades_b", "sha1", hashlib.sha1(DOCUMENT).digest())  # type: ignore[arg-type]
    with refused("answer_weak"):
        replace(prepare(DOCUMENT), order=order).finish(resident()(order))


def test_a_document_too_large_for_its_signature_is_refused_before_the_card_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cades, "LARGEST_ENVELOPED", len(DOCUMENT) - 1)
    with refused("too_large"):
        prepare(DOCUMENT, enveloping=True)
    prepare(DOCUMENT)


@pytest.mark.slow
def test_500_mb_are_signed_and_checked_in_little_memory(tmp_path: Path) -> None:
    _detached_in_little_memory(tmp_path, 500 * 1000 * 1000)


def test_a_detached_document_is_never_in_memory(tmp_path: Path) -> None:
    _detached_in_little_memory(tmp_path, 48 * 1024 * 1024)


def _detached_in_little_memory(folder: Path, size: int) -> None:
    place = folder / "large"
    with place.open("wb") as stream:
        stream.truncate(size)
    resident()
    tracemalloc.start()
    try:
        prepared = PreparedCades.loads(prepare(place).dumps())
        made = prepared.finish(resident()(prepared.order))
        (found,) = check(made, content=place)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.integrity is Integrity.INTACT
    assert most < 16 * 1024 * 1024


def test_nothing_of_the_document_shows_in_a_repr() -> None:
    shown = repr(prepare(b"12345", "secret name", enveloping=True))
    assert "12345" not in shown
    assert "secret" not in shown
