"""What a signature beside a file of the office must be, and everything it must not be (S9, fault 94)."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms, core
from cryptography.hazmat.primitives.asymmetric import rsa

from cardd.office.cms_form import LARGEST
from cardd.office.signed import Unverified, verify
from certs.validation.truststore import TrustStore, from_pem
from tests.fixtures.signed_office import NOW, YEAR, Badge, authority, badge, signature, signed, town

CONTENT = b"version = 1\n"


@pytest.fixture(scope="module")
def anchors() -> TrustStore:
    return from_pem([town().pem])


@pytest.fixture(scope="module")
def two() -> tuple[Badge, Badge]:
    return badge(), badge()


def refused(p7s: bytes, anchors: TrustStore, content: bytes = CONTENT, **more: Any) -> tuple[str, str]:
    with pytest.raises(Unverified) as error:
        verify(content, p7s, anchors, more.pop("at", NOW), **more)
    return error.value.problem, error.value.detail


@pytest.mark.proves("S9")
def test_two_signatures_over_the_same_content_hold(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    signers = verify(CONTENT, signed(CONTENT, *two), anchors, NOW)
    assert {each.fingerprint for each in signers} == {each.fingerprint for each in two}
    assert {each.card_uuid for each in signers} == {each.guid for each in two}
    assert {each.signed_at for each in signers} == {NOW}


def test_a_signature_with_rsa_holds_beside_one_with_an_elliptic_key(anchors: TrustStore) -> None:
    key = rsa.generate_private_key(65537, 2048)
    signers = verify(CONTENT, signed(CONTENT, badge(key=key), badge()), anchors, NOW)
    assert len(signers) == 2


def test_hashes_may_differ_between_the_signers(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    from cardd.cli.p7s import join

    p7s = join(signature(CONTENT, two[0]), signature(CONTENT, two[1], hash_name="sha384"), CONTENT)
    assert len(verify(CONTENT, p7s, anchors, NOW)) == 2


@pytest.mark.proves("fault 94")
def test_other_content_is_refused(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    assert refused(signed(CONTENT, *two), anchors, CONTENT + b"#") == ("bad_signature", "other_content")


def test_the_certificate_is_judged_at_signing_and_for_new_files_at_now_too(anchors: TrustStore) -> None:
    """A file in force stays so when a badge expires; a badge that has expired signs nothing new, whatever time it names."""
    gone = badge(ends=NOW - timedelta(days=1))
    p7s = signed(CONTENT, gone, badge(), at=NOW - timedelta(days=30))
    assert len(verify(CONTENT, p7s, anchors, None)) == 2
    assert refused(p7s, anchors)[0] == "expired"
    assert refused(signed(CONTENT, gone, badge()), anchors, at=None)[0] == "expired"
    early = badge(starts=NOW + timedelta(days=1), ends=NOW + YEAR)
    assert refused(signed(CONTENT, early, badge()), anchors)[0] == "not_yet_valid"


def test_a_time_of_signing_that_has_not_come_is_refused(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    assert refused(signed(CONTENT, *two, at=NOW + timedelta(hours=1)), anchors)[0] == "signed_in_future"
    assert len(verify(CONTENT, signed(CONTENT, *two, at=NOW + timedelta(minutes=4)), anchors, NOW)) == 2


def test_badges_of_another_authority_are_refused(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    assert refused(signed(CONTENT, two[0], badge(authority("Other Town CA"))), anchors)[0] == "unknown_issuer"
    assert refused(signed(CONTENT, two[0], badge(authority())), anchors)[0] in ("unknown_issuer", "bad_signature")


@pytest.mark.parametrize(
    "usage",
    [
        ("digital_signature",),
        ("content_commitment",),
        ("digital_signature", "content_commitment", "key_encipherment"),
        ("digital_signature", "content_commitment", "key_cert_sign"),
    ],
)
def test_only_a_signature_key_signs(anchors: TrustStore, two: tuple[Badge, Badge], usage: tuple[str, ...]) -> None:
    """9A says digitalSignature alone: a login must never be turned into a signature over a file."""
    assert refused(signed(CONTENT, two[0], badge(usage=usage)), anchors)[0] == "wrong_kind"


def test_a_weak_key_is_refused(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    weak = rsa.generate_private_key(65537, 1024)
    assert refused(signed(CONTENT, two[0], badge(key=weak)), anchors)[0] == "weak_algorithm"


# --- the form --------------------------------------------------------------------------------------------------------


def changed(p7s: bytes, change: Callable[[Any], None]) -> bytes:
    outer = cms.ContentInfo.load(p7s)
    change(outer["content"])
    der: bytes = outer.dump(force=True)
    return der


def attribute(signed_data: Any, name: str) -> Any:
    info = signed_data["signer_infos"][0]
    return next(each for each in info["signed_attrs"] if each["type"].native == name)


def without(name: str) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        info = data["signer_infos"][0]
        info["signed_attrs"] = [each for each in info["signed_attrs"] if each["type"].native != name]

    return change


def doubled(name: str) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        attributes = data["signer_infos"][0]["signed_attrs"]
        attributes.append(attribute(data, name).copy())

    return change


def with_content(data: Any) -> None:
    data["encap_content_info"]["content"] = CONTENT


def with_other_certificate(data: Any) -> None:
    data["certificates"].append(cms.CertificateChoices({"certificate": cms.Certificate.load(badge().certificate)}))


def without_certificates(data: Any) -> None:
    data["certificates"] = []


def without_signers(data: Any) -> None:
    data["signer_infos"] = []


def with_unsigned_attribute(data: Any) -> None:
    attribute_ = cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(NOW)})]})
    data["signer_infos"][0]["unsigned_attrs"] = [attribute_]


def twice_the_same_signer(data: Any) -> None:
    again = data["signer_infos"][0].copy()
    again["signature"] = b"another value"  # equal elements would be one in DER
    data["signer_infos"] = [data["signer_infos"][0], again]


def with_sha1(data: Any) -> None:
    data["digest_algorithms"] = [{"algorithm": "sha1"}, *data["digest_algorithms"]]
    data["signer_infos"][0]["digest_algorithm"]["algorithm"] = "sha1"


def with_other_signature_hash(data: Any) -> None:
    data["signer_infos"][0]["signature_algorithm"]["algorithm"] = "sha384_ecdsa"


def with_other_digest_list(data: Any) -> None:
    data["digest_algorithms"] = [{"algorithm": "sha512"}]


def with_other_reference(data: Any) -> None:
    reference = attribute(data, "signing_certificate_v2")["values"][0]["certs"][0]
    reference["cert_hash"] = b"\x00" * 32


def with_later_version(data: Any) -> None:
    data["version"] = "v3"


FORMS: dict[str, tuple[Callable[[Any], None], str]] = {
    "content inside": (with_content, "not_detached"),
    "a certificate of nobody": (with_other_certificate, "other_certificates"),
    "no certificates": (without_certificates, "certificate_missing"),
    "no signer": (without_signers, "no_signer"),
    "unsigned attributes": (with_unsigned_attribute, "unsigned_attributes"),
    "one signer twice": (twice_the_same_signer, "certificate_missing"),
    "SHA-1": (with_sha1, "algorithm"),
    "another hash under the signature": (with_other_signature_hash, "algorithm"),
    "another list of hashes": (with_other_digest_list, "digest_algorithms"),
    "another signing certificate": (with_other_reference, "signing_certificate"),
    "another version": (with_later_version, "more_than_signatures"),
    **{
        f"no {name}": (without(name), "signed_attributes")
        for name in ("message_digest", "signing_time", "content_type")
    },
    "no signing certificate": (without("signing_certificate_v2"), "signed_attributes"),
    "two digests": (doubled("message_digest"), "signed_attributes"),
    "two times": (doubled("signing_time"), "signed_attributes"),
}


@pytest.mark.proves("S9", "fault 94")
@pytest.mark.parametrize("name", FORMS)
def test_every_other_form_is_refused(name: str, anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    change, detail = FORMS[name]
    assert refused(changed(signed(CONTENT, *two), change), anchors) == ("bad_signature", detail)


def test_three_signers_are_one_too_many(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    third = cms.ContentInfo.load(signature(CONTENT, badge()))["content"]

    def add(data: Any) -> None:
        data["signer_infos"].append(third["signer_infos"][0])
        data["certificates"].append(third["certificates"][0])

    assert refused(changed(signed(CONTENT, *two), add), anchors) == ("bad_signature", "too_many_signers")


@pytest.mark.parametrize(
    ("p7s", "detail"),
    [
        (b"", "trailing_data"),
        (b"hello", None),
        (b"\x30\x80\x00\x00", "length_form"),
        (b"\x30\x00", "not_readable"),
        (b"\x04\x03abc", "not_readable"),
        (b"\x30\x82\xff\xff" + b"\x00" * 0xFFFF, "too_large"),
    ],
)
def test_what_is_no_cms_is_refused(p7s: bytes, detail: str | None, anchors: TrustStore) -> None:
    problem, told = refused(p7s, anchors)
    assert problem == "bad_signature"
    assert detail in (None, told)


def test_bytes_behind_and_padding_are_refused(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    p7s = signed(CONTENT, *two)
    assert refused(p7s + b"\x00", anchors)[0] == "bad_signature"
    assert refused(p7s + b"\x05\x00", anchors)[0] == "bad_signature"
    assert len(p7s) < LARGEST


@pytest.mark.proves("S9")
def test_no_byte_can_be_changed(anchors: TrustStore, two: tuple[Badge, Badge]) -> None:
    """Each bit of the file matters, or the file is refused for its form: nothing rides along unsigned. Every fourth byte here."""
    p7s = signed(CONTENT, *two)
    chance = random.Random(20261122)
    for place in range(chance.randrange(4), len(p7s), 4):
        harmed = bytearray(p7s)
        harmed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Unverified):
            verify(CONTENT, bytes(harmed), anchors, NOW)
