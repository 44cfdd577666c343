"""An operator CA for tests, badges' keys, and their requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from certs.ca.authority import Authority, BadgeKey, BadgeSubject, create_root
from certs.ca.file_key import FileKey
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm, spki_of
from certs.ca.request import build_request

NOW = datetime(2026, 11, 22, 9, 0, 30, 987654, tzinfo=UTC)
NAME = "TEST 見本市 職員認証局"
DAY = timedelta(days=1)
PASSPHRASE = b"correct horse battery"
HANAKO = BadgeSubject("hanako_1", "窓口　花子", "見本市", bytes(range(1, 17)), BadgeKey.AUTHENTICATION)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KEYS: dict[str, Callable[[], PrivateKey]] = {
    "rsa2048": lambda: rsa.generate_private_key(65537, 2048),
    "rsa3072": lambda: rsa.generate_private_key(65537, 3072),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
}


@cache
def key_of(kind: str, number: int = 0) -> PrivateKey:
    """A key of a badge; `number` tells several of one kind apart."""
    return KEYS[kind]()


@cache
def _ca_key(algorithm: Algorithm, number: int) -> PrivateKey:
    return KEYS[algorithm.value]()


def ca_key(algorithm: Algorithm = Algorithm.P256, number: int = 0) -> PrivateKey:
    """The CA's, in its file."""
    return _ca_key(algorithm, number)


def signer(algorithm: Algorithm = Algorithm.P256, number: int = 0) -> FileKey:
    return FileKey(ca_key(algorithm, number))


def card_signs(key: PrivateKey) -> Callable[[bytes], bytes]:
    """What a badge does with a digest."""

    def sign(digest: bytes) -> bytes:
        digest_kind = utils.Prehashed({32: hashes.SHA256(), 48: hashes.SHA384()}[len(digest)])
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(digest, padding.PKCS1v15(), digest_kind)
        return key.sign(digest, ec.ECDSA(digest_kind))

    return sign


def spki(key: PrivateKey) -> bytes:
    return spki_of(key.public_key())


def request_for(key: PrivateKey) -> bytes:
    return build_request(spki(key), "badge", card_signs(key))


def subject(**changes: object) -> BadgeSubject:
    return replace(HANAKO, **changes)  # type: ignore[arg-type]


def authority(folder: Path, algorithm: Algorithm = Algorithm.P256, years: int = 10, now: datetime = NOW) -> Authority:
    """A new CA, made at `now`, with its book in `folder`."""
    key = signer(algorithm)
    return Authority(create_root(key, NAME, years, now), key, IssuedBook(folder / "issued.jsonl"))


def issued(ca: Authority, kind: str = "p256", /, **changes: object) -> x509.Certificate:
    """A certificate for a badge's key, its subject changed."""
    der = ca.issue_badge(request_for(key_of(kind)), subject(**changes), NOW, 36)
    return x509.load_der_x509_certificate(der)
