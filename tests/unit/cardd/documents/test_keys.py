"""Certificates as they come with signatures, and values of each kind."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from applets_spec.testca.badge_cases import rsa_1024
from applets_spec.testca.keys import KeyAlgorithm
from cardd.documents.errors import DocumentError
from cardd.documents.keys import Scheme, holds, is_weak, load_certificate, public_key
from tests.fixtures.software_signer import SoftwareSigner, operator, p384, resident

DATA = b"to be signed"


def key_of(signer: SoftwareSigner):
    return public_key(load_certificate(signer.certificate))


@pytest.mark.parametrize("signer", [resident(), operator(), p384(), operator(KeyAlgorithm.RSA_2048)])
@pytest.mark.parametrize("hash_name", ["sha256", "sha384", "sha512", "sha1"])
@pytest.mark.proves("fault 166")
def test_a_value_holds_for_its_key_its_bytes_and_its_scheme(signer: SoftwareSigner, hash_name: str) -> None:
    digest = hashlib.new(hash_name, DATA).digest()
    value = signer.sign_digest(digest, hash_name)
    family = "ecdsa" if hasattr(signer.key, "curve") else "rsa"
    scheme = Scheme(family, hash_name)
    key = key_of(signer)
    assert holds(key, value, digest, scheme)
    assert not holds(key, value, hashlib.new(hash_name, b"").digest(), scheme)
    assert not holds(key, value[:-1] + bytes([value[-1] ^ 1]), digest, scheme)
    assert not holds(key, b"", digest, scheme)
    assert not holds(key, value, digest, Scheme("rsa" if family == "ecdsa" else "ecdsa", hash_name))
    assert not holds(key_of(resident(3)), value, digest, scheme)
    assert not holds(key, value, digest, Scheme(family, "sha224"))


def test_pss_is_not_pkcs1() -> None:
    key = resident().key
    value = key.sign(DATA, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    digest = hashlib.sha256(DATA).digest()
    public = key_of(resident())
    assert holds(public, value, digest, Scheme("rsa", "sha256", 32))
    assert not holds(public, value, digest, Scheme("rsa", "sha256", 20))
    assert not holds(public, value, digest, Scheme("rsa", "sha256"))
    assert not holds(public, value, digest, Scheme("rsa", "sha256", 500))


@pytest.mark.proves("fault 163")
def test_what_is_weak() -> None:
    assert is_weak(public_key(load_certificate(rsa_1024().certificate)))
    assert not any(is_weak(key_of(signer)) for signer in (resident(), operator(), p384()))


@pytest.mark.proves("fault 160", "K5")
@pytest.mark.parametrize(
    "octets", [b"", b"\x30\x00", b"\x30\x80" * 5_000, bytes(9_000), resident().certificate + b"\0"]
)
def test_what_is_no_certificate_is_refused_by_name(octets: bytes) -> None:
    with pytest.raises(DocumentError, match=r"\Acertificate_unreadable\Z"):
        load_certificate(octets)


def test_a_certificate_with_the_lengths_of_some_cards_is_read() -> None:
    der = operator().certificate
    assert der[:2] == b"\x30\x82"
    longer = b"\x30\x83\x00" + der[2:]  # a length with a zero before it (X.690, 8.1.3.5)
    assert public_key(load_certificate(longer)).public_numbers() == key_of(operator()).public_numbers()
