"""A JWS is believed for its x5c alone; every trick of a header is refused by name (RFC 7515, RFC 8725)."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils

from applets_spec.testca.badge_cases import rsa_1024
from applets_spec.testca.hierarchy import badge_key_name
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm
from cardd.documents.checking.jws import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.jws_form import packed, unpacked
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

DOCUMENT = '{"氏名": "試験　太郎"}\n'.encode()
ME, BADGE = resident(), operator()
HASHES = {"256": "sha256", "384": "sha384", "512": "sha512"}


def x5c(*certificates: bytes) -> list[str]:
    return [base64.b64encode(der).decode() for der in certificates]


def value(signer: SoftwareSigner, algorithm: str, to_sign: bytes) -> bytes:
    hash_name = HASHES[algorithm[2:]]
    made = signer.sign_digest(hashlib.new(hash_name, to_sign).digest(), hash_name)
    if not isinstance(signer.key, ec.EllipticCurvePrivateKey):
        return made
    r, s = utils.decode_dss_signature(made)
    size = (signer.key.key_size + 7) // 8
    return r.to_bytes(size) + s.to_bytes(size)


def made(header: Any, signer: SoftwareSigner = ME, algorithm: str = "RS256", payload: bytes = DOCUMENT) -> bytes:
    """A JWS whose value holds, under whatever header."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    to_sign = f"{packed(text)}.{packed(payload)}".encode()
    return to_sign + b"." + packed(value(signer, algorithm, to_sign)).encode()


def one(header: Any, signer: SoftwareSigner = ME, algorithm: str = "RS256") -> tuple[Integrity, str]:
    (found,) = check(made(header, signer, algorithm))
    return found.integrity, found.problem


GOOD = {"alg": "RS256", "x5c": x5c(ME.certificate, ME.ca)}


@pytest.mark.parametrize(
    ("algorithm", "signer"),
    [("RS256", ME), ("RS384", ME), ("RS512", ME), ("ES256", BADGE), ("ES384", p384())],
)
def test_what_is_understood(algorithm: str, signer: SoftwareSigner) -> None:
    assert one({"alg": algorithm, "x5c": x5c(signer.certificate)}, signer, algorithm) == (Integrity.INTACT, "")


@pytest.mark.proves("fault 166")
def test_a_changed_document_or_value_does_not_hold() -> None:
    whole = made(GOOD).decode()
    header, middle, last = whole.split(".")
    for wrong in (
        f"{header}.{packed(DOCUMENT + b' ')}.{last}",
        f"{header}.{middle}.{packed(bytes(256))}",
        f"{header}.{middle}.",
    ):
        (found,) = check(wrong.encode())
        assert (found.integrity, found.problem) == (Integrity.WRONG_VALUE, "value")
    (found,) = check(f"{header}..{last}".encode())
    assert (found.integrity, found.problem) == (Integrity.CONTENT_MISSING, "content_missing")
    assert check(f"{header}..{last}".encode(), content=DOCUMENT)[0].integrity is Integrity.INTACT
    assert check(f"{header}..{last}".encode(), content=b"another")[0].integrity is Integrity.WRONG_VALUE
    assert check(whole.encode(), content=DOCUMENT)[0].integrity is Integrity.INTACT
    (found,) = check(whole.encode(), content=b"another")
    assert (found.integrity, found.problem) == (Integrity.CHANGED, "given_differs")
    (found,) = check(f"{header}.{middle}A.{last}".encode())
    assert found.integrity is not Integrity.INTACT


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS256", "PS256", "ES256K", "EdDSA", "rs256", "", None, 1, ["RS256"], {}]
)
def test_no_algorithm_but_the_listed_ones(algorithm: Any) -> None:
    assert one(GOOD | {"alg": algorithm}) == (Integrity.UNREADABLE, "algorithm_refused")


def test_a_value_of_none_is_refused() -> None:
    header = packed(json.dumps(GOOD | {"alg": "none"}).encode())
    (found,) = check(f"{header}.{packed(DOCUMENT)}.".encode())
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "algorithm_refused")


def test_the_public_key_is_no_secret_of_an_hmac() -> None:
    import hmac

    header = packed(json.dumps(GOOD | {"alg": "HS256"}).encode())
    to_sign = f"{header}.{packed(DOCUMENT)}"
    mac = hmac.digest(ME.certificate_pem, to_sign.encode(), "sha256")
    (found,) = check(f"{to_sign}.{packed(mac)}".encode())
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "algorithm_refused")


@pytest.mark.parametrize("key", [ME, p384(), operator(KeyAlgorithm.RSA_2048)])
def test_an_algorithm_for_another_key_is_refused(key: SoftwareSigner) -> None:
    header = {"alg": "ES256", "x5c": x5c(key.certificate)}
    to_sign = f"{packed(json.dumps(header).encode())}.{packed(DOCUMENT)}"
    (found,) = check(f"{to_sign}.{packed(bytes(64))}".encode())
    assert (found.integrity, found.problem) == (Integrity.WRONG_VALUE, "algorithm_for_other_key")


@pytest.mark.parametrize("length", [0, 63, 65, 72])
def test_an_ecdsa_value_of_another_length_does_not_hold(length: int) -> None:
    whole = made({"alg": "ES256", "x5c": x5c(BADGE.certificate)}, BADGE, "ES256").decode()
    header, middle, _ = whole.split(".")
    (found,) = check(f"{header}.{middle}.{packed(bytes(length))}".encode())
    assert (found.integrity, found.problem) == (Integrity.WRONG_VALUE, "value")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"crit": ["b64"], "b64": False}, (Integrity.UNREADABLE, "crit")),
        ({"crit": []}, (Integrity.UNREADABLE, "crit")),
        ({"b64": False}, (Integrity.UNREADABLE, "b64")),
        ({"jku": "http://127.0.0.1:9/never-asked", "x5u": "http://127.0.0.1:9/never-asked"}, (Integrity.INTACT, "")),
        ({"jwk": {"kty": "oct", "k": "AAAA"}, "kid": "another"}, (Integrity.INTACT, "")),
        ({"x5t#S256": packed(hashlib.sha256(ME.certificate).digest())}, (Integrity.INTACT, "")),
        ({"x5t#S256": packed(hashlib.sha256(ME.ca).digest())}, (Integrity.WRONG_CERTIFICATE, "reference")),
        ({"x5t#S256": None}, (Integrity.WRONG_CERTIFICATE, "reference")),
        ({"x5t": packed(hashlib.sha1(ME.certificate).digest())}, (Integrity.INTACT, "")),
        ({"x5t": packed(hashlib.sha1(ME.ca).digest())}, (Integrity.WRONG_CERTIFICATE, "reference")),
        ({"x5c": x5c(ME.certificate)}, (Integrity.INTACT, "")),
        ({"x5c": x5c(ME.certificate, BADGE.ca)}, (Integrity.UNREADABLE, "chain_order")),
        ({"x5c": x5c(ME.ca, ME.certificate)}, (Integrity.UNREADABLE, "chain_order")),
        ({"x5c": x5c(resident(1).certificate)}, (Integrity.WRONG_VALUE, "value")),
        ({"x5c": None}, (Integrity.WRONG_CERTIFICATE, "certificate_missing")),
        ({"x5c": []}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": x5c(ME.certificate)[0]}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": [1]}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": [None]}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": ["証"]}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": [packed(ME.certificate)]}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": x5c(b"none")}, (Integrity.UNREADABLE, "x5c")),
        ({"x5c": x5c(*[ME.ca] * 11)}, (Integrity.UNREADABLE, "x5c")),
    ],
)
def test_what_else_a_header_says(more: dict[str, Any], expected: tuple[Integrity, str]) -> None:
    assert one(GOOD | more) == expected


@pytest.mark.proves("fault 163", "K1")
def test_a_short_key_proves_nothing() -> None:
    key = DerivedKeys().key(badge_key_name(0, 0x9A), KeyAlgorithm.RSA_1024)
    short = SoftwareSigner(key, rsa_1024().certificate, BADGE.ca, BADGE.ca_key)
    assert one({"alg": "RS256", "x5c": x5c(short.certificate)}, short) == (Integrity.WEAK, "key")


@pytest.mark.parametrize(
    "header",
    [
        b'{"alg":"none","alg":"RS256"}',
        b'{"alg":"RS256","jwk":{"a":1,"a":2}}',
        b"[]",
        b"null",
        b"",
        b"\xff",
        b'{"alg":"RS256","n":NaN}',
        b'{"alg":"RS256","n":Infinity}',
        b'{"alg":"RS256"} {}',
        b'{"a":' * 5_000,
        b'{"a":' + b"9" * 5_000 + b"}",
    ],
)
def test_a_header_that_can_be_read_in_two_ways_is_not_read(header: bytes) -> None:
    with pytest.raises(DocumentError, match=r"\Ajws_unreadable\Z"):
        check(made(header))


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b".",
        b"..",
        b"a.b",
        b"a.b.c.d",
        "証.".encode(),
        b"{}",
        packed(b" " * 64 * 1024).encode() + b"..AAAA",
        made(GOOD) + b"=",
        made(GOOD).replace(b".", b".\n"),
        packed(json.dumps(GOOD).encode()).encode() + b"==..AAAA",
        packed(json.dumps(GOOD).encode()).encode() + b"..A",
    ],
)
def test_what_is_no_compact_jws_is_refused_by_name(document: bytes) -> None:
    with pytest.raises(DocumentError, match=r"\Ajws_unreadable\Z"):
        check(document)


def test_base64url_has_one_form() -> None:
    assert unpacked("AA") == b"\0"
    for other in ("AB", "AA==", "A A", "A+", "A/", "A", "AA\n"):
        with pytest.raises(ValueError, match=r"\A\Z"):
            unpacked(other)
    header, _, last = made(GOOD).decode().split(".")
    (found,) = check(f"{header}.AB.{last}".encode())
    assert (found.integrity, found.problem) == (Integrity.UNREADABLE, "payload")
