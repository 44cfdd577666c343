"""Who a certificate says that its holder is: the JPKI names of the SubjectAltName, else the subject of the certificate."""

import hashlib

from cryptography import x509
from cryptography.x509.oid import NameOID

from cardd.documents.checking.kinds import kind_of
from cardd.documents.checking.report import Signer
from certs.errors import Malformed
from certs.names import ResidentNames, resident_names
from certs.profiles.profile import Kind
from certs.validation.validate import parse


def read_signer(der: bytes) -> Signer | None:
    """The holder of a DER certificate; None when the certificate cannot be read.

    A resident's name is in the SubjectAltName: the subject of that certificate is a number, which is never shown as a name.
    """
    try:
        certificate = parse(der)
    except Malformed:
        return None
    names = _resident(certificate)
    jpki = kind_of(certificate) in (Kind.JPKI_SIGNATURE, Kind.JPKI_AUTHENTICATION)
    return Signer(
        name=names.name or ("" if jpki else subject_name(certificate)),
        address=names.address or "",
        birth_date=(names.birth.iso or names.birth.text) if names.birth is not None else "",
        issuer=issuer_name(certificate),
        fingerprint=hashlib.sha256(der).hexdigest(),
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
        name_replaced=bool(names.name_substitutes),
    )


def _resident(certificate: x509.Certificate) -> ResidentNames:
    try:
        return resident_names(certificate)
    except Malformed:  # what is no whole set of names names nobody
        return ResidentNames()


def subject_name(certificate: x509.Certificate) -> str:
    """Whom the subject names, in one line: common name, else the organisation."""
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
