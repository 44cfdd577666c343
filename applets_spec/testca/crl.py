"""Revocation lists of the test authorities."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from applets_spec.testca.hierarchy import Authority
from applets_spec.testca.keys import DerivedKeys, KeySource
from applets_spec.testca.x509_parts import deterministic, distinguished_name


def issue_crl(
    row: Authority,
    revoked: Sequence[tuple[int, datetime, x509.ReasonFlags | None]],
    this_update: datetime,
    next_update: datetime,
    number: int,
    keys: KeySource | None = None,
) -> bytes:
    """A full revocation list of an authority, as DER. `revoked`: serial number, moment, reason."""
    key = (keys or DerivedKeys()).key(row.key_name, row.algorithm)
    builder = x509.CertificateRevocationListBuilder(distinguished_name(row.name), this_update, next_update)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.CRLNumber(number), False)
    for serial, moment, reason in revoked:
        entry = x509.RevokedCertificateBuilder(serial, moment)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic(key)).public_bytes(Encoding.DER)
