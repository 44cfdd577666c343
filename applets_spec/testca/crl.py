"""Revocation lists of the test authorities."""

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from applets_spec.testca.hierarchy import Authority
from applets_spec.testca.keys import DerivedKeys, KeySource
from applets_spec.testca.x509_parts import Extension, deterministic, distinguished_name


def issue_crl(
    row: Authority,
    revoked: Sequence[tuple[int, datetime, x509.ReasonFlags | None]],
    this_update: datetime,
    next_update: datetime,
    number: int,
    keys: KeySource | None = None,
    more: Sequence[Extension] = (),
) -> bytes:
    """A revocation list of an authority, as DER. `revoked`: serial number, moment, reason. `more`: further extensions of the list."""
    key = (keys or DerivedKeys()).key(row.key_name, row.algorithm)
    builder = x509.CertificateRevocationListBuilder(distinguished_name(row.name), this_update, next_update)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False)
    builder = builder.add_extension(x509.CRLNumber(number), False)
    for extension in more:
        builder = builder.add_extension(extension.value, extension.critical)
    for serial, moment, reason in revoked:
        entry = x509.RevokedCertificateBuilder(serial, moment)
        if reason is not None:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=deterministic(key)).public_bytes(Encoding.DER)


def partition_name(row: Authority, number: int) -> x509.Name:
    """The directory name of one part of an authority's lists. That JPKI parts its lists is known, how it names the parts is not."""
    parts = [*distinguished_name(row.name)]
    parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"))
    parts.append(x509.NameAttribute(NameOID.COMMON_NAME, f"TEST part {number:04d}"))
    return x509.Name(parts)


def partition(name: x509.Name) -> Extension:
    """The list is about those users' certificates alone whose CRL distribution point is `name`; critical (RFC 5280, 5.2.5)."""
    return Extension(
        x509.IssuingDistributionPoint(
            full_name=[x509.DirectoryName(name)],
            relative_name=None,
            only_contains_user_certs=True,
            only_contains_ca_certs=False,
            only_some_reasons=None,
            indirect_crl=False,
            only_contains_attribute_certs=False,
        ),
        critical=True,
    )
