"""JWS from prepare to finish: compact and detached, with the signer's certificate in it."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from applets_spec.testca.badge_cases import rsa_1024
from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents import jws
from cardd.documents.checking.jws import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.jws import PreparedJws, prepare
from cardd.documents.jws_form import packed, unpacked
from cardd.documents.model import Facts, Format, Order
from tests.fixtures.evidence import material_of
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

DOCUMENT = '{"氏名": "試験　太郎"}\n'.encode()
ME = resident()
EVERYBODY = pytest.mark.parametrize(
    ("signer", "algorithm"),
    [(ME, "RS256"), (operator(), "ES256"), (operator(KeyAlgorithm.RSA_2048), "RS256"), (p384(), "ES384")],
    ids=["jpki", "p256", "rsa", "p384"],
)


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


def header_of(made: bytes) -> dict[str, Any]:
    return json.loads(unpacked(made.decode().split(".")[0]))


@EVERYBODY
@pytest.mark.parametrize("detached", [False, True], ids=["compact", "detached"])
def test_a_signature_is_made_in_two_phases(signer: SoftwareSigner, algorithm: str, detached: bool) -> None:
    prepared = prepare(DOCUMENT, "申請.json", certificate=signer.certificate, chain=(signer.ca,), detached=detached)
    later = PreparedJws.loads(prepared.dumps())
    assert later.facts == Facts("申請.json", "application/json", len(DOCUMENT), hashlib.sha256(DOCUMENT).hexdigest())
    made = later.finish(signer(later.order), expected_fingerprint=hashlib.sha256(signer.certificate).hexdigest())
    _, middle, _ = made.decode().split(".")
    assert middle == ("" if detached else packed(DOCUMENT))
    assert header_of(made) == {
        "alg": algorithm,
        "x5c": [base64.b64encode(der).decode() for der in (signer.certificate, signer.ca)],
        "x5t#S256": packed(hashlib.sha256(signer.certificate).digest()),
    }
    (found,) = check(made, content=DOCUMENT)
    assert (found.format, found.integrity, found.level) == (Format.JWS, Integrity.INTACT, "b")
    assert (found.certificate, found.others) == (signer.certificate, (signer.ca,))


def test_types_stand_in_the_header() -> None:
    prepared = prepare(DOCUMENT, certificate=ME.certificate, typ="JOSE", cty="application/json")
    header = header_of(prepared.finish(ME(prepared.order)))
    assert (header["typ"], header["cty"]) == ("JOSE", "application/json")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, (2 << 20) + 2])
def test_a_document_read_in_pieces_is_signed_as_one(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    place = tmp_path / "document"
    place.write_bytes(content[:size])
    header = packed(b'{"alg":"RS256"}')
    expected = hashlib.sha256(f"{header}.{packed(content[:size])}".encode()).digest()
    assert jws.signing_digest(header, place, "sha256") == expected


@pytest.mark.parametrize("detached", [False, True], ids=["compact", "detached"])
@pytest.mark.proves("fault 166")
def test_a_file_that_changed_between_prepare_and_finish_is_not_signed(tmp_path: Path, detached: bool) -> None:
    place = tmp_path / "document"
    place.write_bytes(DOCUMENT)
    prepared = PreparedJws.loads(prepare(place, certificate=ME.certificate, detached=detached).dumps())
    answer = ME(prepared.order)
    assert check(prepared.finish(answer), content=place)[0].integrity is Integrity.INTACT
    place.write_bytes(DOCUMENT + b" ")
    with refused("document_changed"):
        prepared.finish(answer)
    place.unlink()
    with refused("file_unreadable"):
        prepared.finish(answer)


def test_bytes_that_are_handed_in_again_must_be_the_same() -> None:
    prepared = prepare(DOCUMENT, certificate=ME.certificate, detached=True)
    state, answer = prepared.dumps(), ME(prepared.order)
    assert PreparedJws.loads(state, document=DOCUMENT).finish(answer) == PreparedJws.loads(state).finish(answer)
    with refused("document_changed"):
        PreparedJws.loads(state, document=b"another").finish(answer)


@EVERYBODY
@pytest.mark.proves("fault 166")
def test_a_value_that_does_not_hold_is_not_written(signer: SoftwareSigner, algorithm: str) -> None:
    prepared = prepare(DOCUMENT, certificate=signer.certificate)
    other = prepare(DOCUMENT + b" ", certificate=signer.certificate)
    for answer in (b"", b"\x30\x00", bytes(256), signer(other.order)):
        with refused("signature_wrong"):
            prepared.finish(answer)


@pytest.mark.proves("fault 166")
def test_another_certificate_than_expected_is_not_written() -> None:
    prepared = prepare(DOCUMENT, certificate=ME.certificate)
    with refused("signature_wrong"):
        prepared.finish(resident(1)(prepared.order))
    with refused("certificate_swapped"):
        prepared.finish(ME(prepared.order), expected_fingerprint="00" * 32)


def test_a_state_that_was_tampered_with_signs_nothing_else() -> None:
    prepared = prepare(DOCUMENT, certificate=operator().certificate)
    answer = operator()(prepared.order)
    other_header = replace(prepared, header=packed(b'{"alg":"none"}'))
    with refused("document_changed"):
        other_header.finish(answer)
    with refused("signature_wrong"):
        replace(prepared, order=Order("raw", "sha384", bytes(48)), document=None, detached=True).finish(answer)
    for state in (
        prepared.dumps().replace(b'"raw"', b'"cades_b"'),
        prepared.dumps().replace(b'"document"', b'"document": null, "was"'),
    ):
        with refused("state_unreadable"):
            PreparedJws.loads(state)
    with refused("state_other_format"):
        PreparedJws.loads(prepared.dumps().replace(b'"jws"', b'"cades"'))
    with refused("certificate_unreadable"):
        replace(prepared, certificate=b"none").finish(answer)


def test_there_is_no_higher_level() -> None:
    prepared = prepare(DOCUMENT, certificate=ME.certificate)
    with refused("level_not_in_format"):
        prepared.finish(ME(prepared.order), stamper=lambda request: request)
    with refused("level_not_in_format"):
        prepared.finish(ME(prepared.order), material=material_of(ME))


@pytest.mark.proves("fault 163")
def test_a_certificate_that_cannot_be_used_is_refused_before_the_card_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with refused("certificate_unreadable"):
        prepare(DOCUMENT, certificate=b"none")
    with refused("certificate_unreadable"):
        prepare(DOCUMENT, certificate=ME.certificate, chain=(b"none",))
    with refused("key_weak"):
        prepare(DOCUMENT, certificate=rsa_1024().certificate)
    monkeypatch.setattr(jws, "LARGEST_PAYLOAD", len(DOCUMENT) - 1)
    with refused("too_large"):
        prepare(DOCUMENT, certificate=ME.certificate)
    prepare(DOCUMENT, certificate=ME.certificate, detached=True)


def test_a_detached_document_is_never_in_memory(tmp_path: Path) -> None:
    place = tmp_path / "large"
    with place.open("wb") as stream:
        stream.truncate(48 * 1024 * 1024)
    tracemalloc.start()
    try:
        prepared = PreparedJws.loads(prepare(place, certificate=ME.certificate, detached=True).dumps())
        made = prepared.finish(ME(prepared.order))
        (found,) = check(made, content=place)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.integrity is Integrity.INTACT
    assert most < 16 * 1024 * 1024


def test_nothing_of_the_document_shows_in_a_repr() -> None:
    shown = repr(prepare(b"12345", "secret name", certificate=ME.certificate))
    assert "12345" not in shown
    assert "secret" not in shown
