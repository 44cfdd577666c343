"""Requests: built for a key that stays where it is, believed only as far as the key signed them."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache

import pytest
from asn1crypto import csr
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from certs.ca.errors import CaRefused
from certs.ca.request import build_request, parse_request
from tests.unit.certs.ca.office import KEYS, card_signs, key_of, request_for, spki


def refusal_of(der: bytes) -> str:
    with pytest.raises(CaRefused) as refusal:
        parse_request(der)
    return refusal.value.problem


@pytest.mark.parametrize("kind", KEYS)
def test_a_request_comes_back_as_its_key(kind: str) -> None:
    key = key_of(kind)
    der = request_for(key)
    assert parse_request(der).public_key == spki(key)
    read = x509.load_der_x509_csr(der)
    assert read.is_signature_valid
    assert [part.value for part in read.subject] == ["badge"]
    assert list(read.extensions) == []


@pytest.mark.parametrize(("kind", "name"), [("rsa2048", "sha256"), ("p256", "sha256"), ("p384", "sha384")])
def test_the_card_gets_the_digest_of_what_it_signs(kind: str, name: str) -> None:
    asked: list[bytes] = []

    def sign(digest: bytes) -> bytes:
        asked.append(digest)
        return card_signs(key_of(kind))(digest)

    der = build_request(spki(key_of(kind)), "badge", sign)
    signed = x509.load_der_x509_csr(der).tbs_certrequest_bytes
    assert asked == [hashlib.new(name, signed).digest()]


def test_the_attributes_are_there_and_empty() -> None:
    """RFC 2986, 4.1: `attributes [0] Attributes` is not optional."""
    info = csr.CertificationRequest.load(request_for(key_of("p256")))["certification_request_info"]
    assert info.dump().endswith(b"\xa0\x00")


def test_a_japanese_name_is_utf8() -> None:
    der = build_request(spki(key_of("p256")), "職員カード　九条", card_signs(key_of("p256")))
    (part,) = x509.load_der_x509_csr(der).subject
    assert (part.oid, part.value) == (NameOID.COMMON_NAME, "職員カード　九条")
    assert "職員カード　九条".encode() in der


def test_the_error_of_a_card_passes_through() -> None:
    class Pulled(Exception):
        pass

    def sign(_digest: bytes) -> bytes:
        raise Pulled

    with pytest.raises(Pulled):
        build_request(spki(key_of("p256")), "badge", sign)


@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_a_signature_of_another_key_makes_no_request(kind: str) -> None:
    with pytest.raises(CaRefused, match="request_signature"):
        build_request(spki(key_of(kind)), "badge", card_signs(key_of(kind, 1)))


@pytest.mark.parametrize("signature", [b"", b"\x00", b"\x30\x00", b"\xff" * 256])
@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_nonsense_for_a_signature_makes_no_request(kind: str, signature: bytes) -> None:
    with pytest.raises(CaRefused, match="request_signature"):
        build_request(spki(key_of(kind)), "badge", lambda _digest: signature)


@pytest.mark.parametrize("name", ["", " x", "x" * 65, "a\u0000b", "a\u202eb"])
def test_a_name_that_does_not_fit_makes_no_request(name: str) -> None:
    with pytest.raises(CaRefused, match="name"):
        build_request(spki(key_of("p256")), name, card_signs(key_of("p256")))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\x30\x03\x02\x01\x01",
        ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ],
    ids=["empty", "integer", "ed25519"],
)
def test_what_is_no_key_of_a_badge_makes_no_request(key: bytes) -> None:
    with pytest.raises(CaRefused, match="weak_key"):
        build_request(key, "badge", lambda _digest: b"")


def test_a_changed_request_is_refused() -> None:
    der = bytearray(request_for(key_of("p256")))
    der[der.index(b"badge")] ^= 1
    assert refusal_of(bytes(der)) == "request_signature"


def test_a_request_with_anothers_key_put_in_is_refused() -> None:
    mine, theirs = key_of("p256"), key_of("p256", 1)
    assert refusal_of(request_for(mine).replace(spki(mine), spki(theirs))) == "request_signature"


def test_sha1_is_refused() -> None:
    request = csr.CertificationRequest.load(request_for(key_of("rsa2048")))
    request["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    assert refusal_of(request.dump(force=True)) == "request_signature"


@pytest.mark.proves("K5")
@pytest.mark.parametrize(
    "spoil",
    [
        lambda der: der[:0],
        lambda der: der[:-1],
        lambda der: der + b"\x00",
        lambda der: b"\x30\x80" + der[4:] + b"\x00\x00",
        lambda der: b"\x30\x82\x20\x00" + bytes(0x2000) + der[:0],
        lambda der: der.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1),
        lambda der: b"\x30\x84\xff\xff\xff\xff" + der[4:],
        lambda der: b"\x30" * 40 + der,
    ],
    ids=["empty", "cut", "more", "indefinite", "large", "version", "length", "deep"],
)
def test_what_is_no_request_is_called_so(spoil: object) -> None:
    assert callable(spoil)
    assert refusal_of(spoil(request_for(key_of("p256")))) == "request_malformed"


def test_more_than_8_kib_is_refused_before_anybody_parses_it() -> None:
    long = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    )
    names = x509.SubjectAlternativeName([x509.DNSName("a" * 60) for _ in range(200)])
    der = long.add_extension(names, critical=False).sign(key_of("p256"), hashes.SHA256()).public_bytes(Encoding.DER)
    assert len(der) > 8 * 1024
    assert refusal_of(der) == "request_malformed"


@cache
def one_request() -> bytes:
    return request_for(key_of("p256"))


@given(st.data())
def test_a_request_with_any_byte_changed_never_gives_another_key(data: st.DataObject) -> None:
    der = bytearray(one_request())
    place = data.draw(st.integers(0, len(der) - 1))
    der[place] ^= data.draw(st.integers(1, 255))
    with suppress(CaRefused):
        assert parse_request(bytes(der)).public_key == spki(key_of("p256"))


@given(st.binary(max_size=300))
def test_no_bytes_bring_another_error(octets: bytes) -> None:
    with pytest.raises(CaRefused):
        parse_request(octets)
