"""OCSP answers of the test authorities (RFC 6960): right ones for the responder, wrong ones for the cases."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from applets_spec.testca.der import children, contents, produced_at
from applets_spec.testca.keys import PrivateKey


@dataclass(frozen=True, slots=True)
class Standing:
    """What a responder says of one certificate: `revoked` with its moment, or good, or unknown."""

    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD
    revoked_at: datetime | None = None
    reason: x509.ReasonFlags | None = None


GOOD = Standing()
UNKNOWN = Standing(ocsp.OCSPCertStatus.UNKNOWN)


def revoked(at: datetime, reason: x509.ReasonFlags | None = None) -> Standing:
    """Revoked at that moment."""
    return Standing(ocsp.OCSPCertStatus.REVOKED, at, reason)


@dataclass(frozen=True, slots=True, repr=False)
class Responder:
    """Who signs answers. `certificate`: its own, DER, sent along unless it is the authority's own."""

    certificate: bytes
    key: PrivateKey
    sends_certificate: bool = True


def respond(
    responder: Responder,
    about: tuple[bytes, bytes],
    standing: Standing,
    updates: tuple[datetime, datetime | None],
    nonce: bytes | None = None,
) -> bytes:
    """A response about one certificate, DER. `about`: the certificate and its issuer, DER.

    `updates`: thisUpdate, which is producedAt too, and nextUpdate.

    The certificate's id is hashed with SHA-1, as RFC 5019, 2.1.1 asks and responders do; nothing rests on it.
    """
    leaf, issuer = (x509.load_der_x509_certificate(each) for each in about)
    digest = hashes.SHA1()  # noqa: S303  # an identifier, not a signature
    name = hashlib.sha1(issuer.subject.public_bytes(), usedforsecurity=False).digest()
    identity = About(name, key_hash(issuer.public_key(), digest), leaf.serial_number, digest)
    return respond_by_hash(responder, identity, standing, updates, nonce)


@dataclass(frozen=True, slots=True)
class About:
    """CertID (RFC 6960, 4.1.1): whom a request asks about."""

    name_hash: bytes
    key_hash: bytes
    serial: int
    algorithm: hashes.HashAlgorithm


def key_hash(key: Any, algorithm: hashes.HashAlgorithm) -> bytes:
    """issuerKeyHash: over the key's bit string without tag, length and unused bits (RFC 6960, 4.1.1)."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = contents(children(spki)[1])[1:]
    return hashlib.new(algorithm.name, bits, usedforsecurity=False).digest()


def respond_by_hash(
    responder: Responder,
    about: About,
    standing: Standing,
    updates: tuple[datetime, datetime | None],
    nonce: bytes | None = None,
) -> bytes:
    """As `respond`, about whatever a request named."""
    this_update, next_update = updates
    own = x509.load_der_x509_certificate(responder.certificate)
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=about.name_hash,
        issuer_key_hash=about.key_hash,
        serial_number=about.serial,
        algorithm=about.algorithm,
        cert_status=standing.status,
        this_update=this_update,
        next_update=next_update,
        revocation_time=standing.revoked_at,
        revocation_reason=standing.reason,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, own)
    if responder.sends_certificate:
        builder = builder.certificates([own])
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    made = builder.sign(responder.key, hashes.SHA256()).public_bytes(Encoding.DER)
    return produced_at(made, this_update, responder.key)


def refuse(status: ocsp.OCSPResponseStatus) -> bytes:
    """A response without an answer: tryLater, internalError, unauthorized and so on. Nobody signs it (RFC 6960, 2.3)."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
