"""OCSP answers of the test authorities (RFC 6960): right ones for the responder, wrong ones for the cases."""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from applets_spec.testca.der import produced_at
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
    this_update, next_update = updates
    own = x509.load_der_x509_certificate(responder.certificate)
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(about[0]),
        issuer=x509.load_der_x509_certificate(about[1]),
        algorithm=hashes.SHA1(),  # noqa: S303  # an identifier, not a signature
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
