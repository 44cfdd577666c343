"""The trust anchors of one purpose, read from PEM files. Several generations of one name may stand side by side."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certs.errors import BadAnchor, Malformed
from certs.reading import parse
from certs.validation.algorithms import weakness
from certs.validation.building import Link, link
from certs.validation.conformity import unknown_critical

MOST_ANCHORS = 64
TEST_MARKS = ("TEST ", "JPKI-TEST")
"""How names of test authorities begin: this project's own, and the public notes on JPKI test cards."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """One authority's certificate that is trusted by itself."""

    certificate: x509.Certificate
    der: bytes
    link: Link = field(repr=False, compare=False)
    """As the end of a path."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER, lower-case hex."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def is_test(self) -> bool:
        """Whether its name says that it is for tests."""
        return any(str(part.value).startswith(TEST_MARKS) for part in self.certificate.subject)

    def valid_at(self, at: datetime) -> bool:
        return self.certificate.not_valid_before_utc <= at <= self.certificate.not_valid_after_utc


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Anchors for one purpose."""

    anchors: tuple[Anchor, ...]


def from_pem(files: Iterable[bytes]) -> TrustStore:
    """All certificates of the given PEM files. Raises `BadAnchor`: no or too many certificates, not an authority, weak."""
    anchors: dict[bytes, Anchor] = {}
    for content in files:
        try:
            found = x509.load_pem_x509_certificates(content)
        except ValueError:
            raise BadAnchor("not_pem") from None
        for each in found:
            der = each.public_bytes(Encoding.DER)
            anchors[der] = _anchor(der)
    return _store(anchors)


def from_der(certificates: Iterable[bytes]) -> TrustStore:
    """As `from_pem`, from single DER certificates."""
    anchors: dict[bytes, Anchor] = {}
    for der in certificates:
        anchors[der] = _anchor(der)
    return _store(anchors)


def _store(anchors: dict[bytes, Anchor]) -> TrustStore:
    if not anchors:
        raise BadAnchor("none")
    if len(anchors) > MOST_ANCHORS:
        raise BadAnchor("too_many")
    return TrustStore(tuple(anchors.values()))


def _anchor(der: bytes) -> Anchor:
    try:
        certificate = parse(der)
        ends_path = link(certificate, der, anchor=True)
    except Malformed as error:
        raise BadAnchor(error.problem) from None
    if not is_authority(certificate):
        raise BadAnchor("not_an_authority")
    if weakness(certificate) is not None:
        raise BadAnchor("weak_algorithm")
    if unknown_critical(certificate.extensions, authority=True):
        raise BadAnchor("unknown_critical_extension")
    return Anchor(certificate, der, ends_path)


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue: CA:TRUE, keyCertSign where usages are named (RFC 5280, 6.1.4 (k), (n)), and a name (4.1.2.6)."""
    if not certificate.subject.rdns:
        return False
    try:
        extensions = certificate.extensions
        if not extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    try:
        return extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return True
