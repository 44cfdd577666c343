"""What answers beside the test authorities: OCSP responders (RFC 6960, 4.2.2.2) and the time-stamping authority (RFC 3161, 2.3)."""

import hashlib
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from applets_spec.testca import profiles
from applets_spec.testca.hierarchy import Authority, Family, service_key_name
from applets_spec.testca.issue import KeyAndCertificate
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm, KeySource
from applets_spec.testca.x509_parts import Draft, Extension, distinguished_name, key_usage, sign

RESPONDER_NAME = "TEST OCSP Responder"
TIME_STAMPER_NAME = "TEST Time Stamp Unit"


def responder_draft(row: Authority, begins: datetime, ends: datetime, keys: KeySource | None = None) -> Draft:
    """The unsigned certificate of an authority's responder: id-kp-OCSPSigning, and id-pkix-ocsp-nocheck, so that nobody asks a
    responder whether the responder is revoked (RFC 6960, 4.2.2.2.1)."""
    more = (
        Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=True),
        Extension(x509.OCSPNoCheck()),
    )
    return _draft(row, RESPONDER_NAME, more, (begins, ends), keys or DerivedKeys())


def time_stamper_draft(row: Authority, begins: datetime, ends: datetime, keys: KeySource | None = None) -> Draft:
    """The unsigned certificate of the time-stamping authority: one extended usage, critical (RFC 3161, 2.3)."""
    usage = Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return _draft(row, TIME_STAMPER_NAME, (usage,), (begins, ends), keys or DerivedKeys())


def issue_service(row: Authority, begins: datetime, ends: datetime, keys: KeySource | None = None) -> KeyAndCertificate:
    """Key and certificate of what answers beside `row`: a time stamper below the time-stamp root, else an OCSP responder."""
    source = keys or DerivedKeys()
    make = time_stamper_draft if row.family is Family.TIME_STAMP else responder_draft
    draft = make(row, begins, ends, source)
    key = source.key(service_key_name(row), KeyAlgorithm.RSA_2048)
    return KeyAndCertificate(key, sign(draft, source.key(row.key_name, row.algorithm)))


def _draft(
    row: Authority, name: str, more: tuple[Extension, ...], validity: tuple[datetime, datetime], source: KeySource
) -> Draft:
    key = source.key(service_key_name(row), KeyAlgorithm.RSA_2048)
    issuer_key = source.key(row.key_name, row.algorithm)
    issuer = distinguished_name(row.name)
    begins, ends = validity
    subject = x509.Name([*list(issuer)[:2], x509.NameAttribute(NameOID.COMMON_NAME, name)])
    serial = hashlib.sha256(f"{name} {row.key_name} {begins.isoformat()}".encode()).digest()[:8]
    return Draft(
        subject=subject,
        issuer=issuer,
        serial=int.from_bytes(serial) >> 1 | 1,
        not_before=begins,
        not_after=min(ends, row.not_after),
        public_key=key.public_key(),
        extensions=(
            Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
            key_usage("digital_signature"),
            *more,
            *profiles.identifiers(key.public_key(), issuer_key.public_key()),
        ),
    )
