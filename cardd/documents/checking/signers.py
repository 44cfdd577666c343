"""Who a certificate says that its holder is: the JPKI names of the SubjectAltName, else the subject of the certificate."""

import hashlib

from cryptography import x509
from cryptography.x509.oid import NameOID

from cardd.documents.checking.report import Signer
from certs.errors import Malformed
from certs.validation.validate import parse


def read_signer(der: bytes) -> Signer | None:
    """The holder of a DER certificate; None when the certificate cannot be read."""
    try:
        certificate = parse(der)
    except Malformed:
        return None
    return Signer(
        name=_subject_name(certificate),
        issuer=issuer_name(certificate),
        fingerprint=hashlib.sha256(der).hexdigest(),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _subject_name(certificate: x509.Certificate) -> str:
    return _first(certificate.subject, NameOID.COMMON_NAME) or _first(certificate.subject, NameOID.ORGANIZATION_NAME)


def issuer_name(certificate: x509.Certificate) -> str:
    """Who issued it, in one line: common name, else the last organisational unit, else the organisation."""
    issuer = certificate.issuer
    units = issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    return (
        _first(issuer, NameOID.COMMON_NAME)
        or (str(units[-1].value) if units else "")
        or _first(issuer, NameOID.ORGANIZATION_NAME)
    )


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
