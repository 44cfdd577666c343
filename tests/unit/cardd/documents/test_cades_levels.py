"""CAdES-T and -LT: a time stamp over the signature, revocation values beside it; nothing that was signed changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms

from cardd.documents.cades import prepare
from cardd.documents.cades_cms import read_signed_data
from cardd.documents.cades_levels import raise_level
from cardd.documents.checking import cades as checking
from cardd.documents.checking import stamps
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity
from cardd.documents.model import Stamper, ValidationMaterial
from tests.fixtures.evidence import list_of, material_of, response_of
from tests.fixtures.software_signer import operator, resident
from tests.fixtures.tsa import Tsa, make_tsa

DOCUMENT = "申請書\r\n\0".encode()
ME = resident()


@pytest.fixture
def tsa(tmp_path: Path) -> Tsa:
    return make_tsa(tmp_path / "tsa")


def made(
    stamper: Stamper | None = None, material: ValidationMaterial | None = None, *, enveloping: bool = False
) -> bytes:
    prepared = prepare(DOCUMENT, enveloping=enveloping)
    return prepared.finish(ME(prepared.order), stamper=stamper, material=material)


def only(document: bytes) -> Found:
    (found,) = checking.check(document, content=DOCUMENT)
    assert found.integrity is Integrity.INTACT
    return found


def version(document: bytes) -> str:
    return str(cms.ContentInfo.load(document)["content"]["version"].native)


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


@pytest.mark.parametrize("enveloping", [False, True], ids=["detached", "enveloping"])
def test_level_t_has_a_time_stamp_over_the_value(tsa: Tsa, enveloping: bool) -> None:
    document = made(tsa, enveloping=enveloping)
    found = only(document)
    assert found.level == "t"
    assert found.stamp is not None
    assert found.stamped is not None
    stamp = stamps.check(found.stamp, found.stamped)
    assert (stamp.integrity, stamp.certificate) == (Integrity.INTACT, tsa.certificate)
    before, after = (read_signed_data(each).signers[0] for each in (made(enveloping=enveloping), document))
    assert before is not None
    assert after is not None
    assert (before.attributes_der, before.signature) == (after.attributes_der, after.signature)
    assert version(document) == "v1"


def test_level_lt_has_certificates_lists_and_responses(tsa: Tsa) -> None:
    material = replace(material_of(ME), certificates=(ME.ca, tsa.ca))
    document = made(tsa, material)
    found = only(document)
    assert (found.level, found.lists, found.responses) == ("lt", material.lists, material.responses)
    assert set(found.others) == {ME.ca, tsa.ca}
    assert version(document) == "v5"  # RFC 5652, 5.1: revocation values of another kind than lists
    assert version(made(tsa, material_of(ME, responses=False))) == "v1"


def test_what_is_there_already_comes_once(tsa: Tsa) -> None:
    material = material_of(ME)
    twice = replace(material, certificates=(ME.ca, ME.ca, ME.certificate), lists=material.lists * 2)
    document = raise_level(made(tsa, twice), material=twice)
    found = only(document)
    assert (found.lists, found.responses, found.others) == (material.lists, material.responses, (ME.ca,))


def test_a_signature_is_raised_later(tsa: Tsa) -> None:
    plain = made()
    assert only(plain).level == "b"
    stamped = raise_level(plain, stamper=tsa)
    assert only(stamped).level == "t"
    assert only(raise_level(stamped, material=material_of(ME))).level == "lt"
    first = only(stamped).stamp
    assert only(raise_level(stamped, stamper=tsa)).stamp == first  # it has one: no second is asked for


def test_a_second_signer_leaves_the_first_ones_time_stamp(tsa: Tsa) -> None:
    first = made(tsa, material_of(ME), enveloping=True)
    prepared = prepare(None, existing=first)
    both = checking.check(prepared.finish(operator()(prepared.order), stamper=tsa))
    assert [found.integrity for found in both] == [Integrity.INTACT] * 2
    assert [found.level for found in both] == ["lt", "lt"]
    for found in both:
        assert found.stamp is not None
        assert found.stamped is not None
        assert stamps.check(found.stamp, found.stamped).integrity is Integrity.INTACT


def test_revocation_values_without_a_time_stamp_are_no_level() -> None:
    with refused("level_needs_stamp"):
        made(material=material_of(ME))
    with refused("level_needs_stamp"):
        raise_level(made(), material=material_of(ME))


@pytest.mark.parametrize(
    "material",
    [
        ValidationMaterial(certificates=(b"no certificate",)),
        ValidationMaterial(certificates=(ME.certificate + b"\0",)),
        ValidationMaterial(lists=(b"no list",)),
        ValidationMaterial(lists=(ME.certificate,)),
        ValidationMaterial(lists=(response_of(ME),)),
        ValidationMaterial(responses=(b"",)),
        ValidationMaterial(responses=(list_of(ME),)),
        ValidationMaterial(responses=(bytes.fromhex("30030a0103"),)),  # tryLater is no answer (RFC 6960, 4.2.1)
    ],
)
def test_material_that_is_none_is_not_put_in(tsa: Tsa, material: ValidationMaterial) -> None:
    with refused("material_unreadable"):
        made(tsa, material)


def test_what_the_stamper_says_is_passed_on() -> None:
    def silent(_: bytes) -> bytes:
        raise DocumentError("stamp_refused")

    with refused("stamp_refused"):
        made(silent)


def test_a_broken_signer_is_not_raised() -> None:
    with refused("cms_unreadable"):
        raise_level(b"\x30\x80")


def test_a_time_stamp_token_is_no_document_to_be_raised(tsa: Tsa) -> None:
    stamp = only(made(tsa)).stamp
    assert stamp is not None
    with refused("existing_not_data"):
        raise_level(stamp, stamper=tsa)
    with refused("existing_not_data"):
        prepare(DOCUMENT, existing=stamp)
