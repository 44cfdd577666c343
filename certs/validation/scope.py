"""Which certificates of its issuer a revocation list is about (RFC 5280, 5.2.5 and 6.3.3 (b) (2)).

JPKI divides its lists: what public samples of its certificates show as CRL distribution point is a directory name that ends in
`OU=CRL Distribution Points, OU=<prefecture>, CN=<municipality> CRLDP`. The part names itself in the critical extension
issuingDistributionPoint. A part that does not name the certificate's point knows nothing of the certificate. The profile of the lists
itself is not public; J-LIS discloses it to verifiers who gave notice (j-lis.go.jp/jpki/procedure/procedure1_2.html). Whether it knows
delta lists or indirect ones is therefore unknown here, and such lists are refused by name instead of being half understood.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum

from cryptography import x509


class Subjects(IntEnum):
    """Whose certificates the list holds."""

    ALL = 0
    USERS = 1
    AUTHORITIES = 2


@dataclass(frozen=True, slots=True)
class Scope:
    """`points`: SHA-256 of each distribution point's name; empty: the list is not divided."""

    subjects: Subjects = Subjects.ALL
    points: frozenset[bytes] = field(default=frozenset(), repr=False)

    def covers(self, certificate: x509.Certificate) -> bool:
        """Whether the list is about this certificate. It must be one of the list's issuer. Raises `ValueError`: extensions unreadable."""
        if self.subjects is not Subjects.ALL and (self.subjects is Subjects.AUTHORITIES) != _is_authority(certificate):
            return False
        return not self.points or bool(self.points & _points_of(certificate))


WHOLE = Scope()
"""A list without issuingDistributionPoint: all certificates of its issuer, for all reasons."""


def scope_of(crl: x509.CertificateRevocationList) -> Scope | None:
    """The scope; None when it is not understood: indirect lists, lists of some reasons, lists of attribute certificates."""
    try:
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return WHOLE
    if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
        return None
    if point.only_contains_user_certs and point.only_contains_ca_certs:
        return None
    subjects = (
        Subjects.USERS
        if point.only_contains_user_certs
        else Subjects.AUTHORITIES
        if point.only_contains_ca_certs
        else Subjects.ALL
    )
    return Scope(subjects, frozenset(_names(point.full_name, point.relative_name, crl.issuer)))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _points_of(certificate: x509.Certificate) -> frozenset[bytes]:
    """The names of the certificate's distribution points, and the issuer's own (RFC 5280, 6.3.3, last paragraph).

    A point that names another issuer or some reasons only cannot answer for all that may have happened, so it does not count.
    """
    found = {_digest(x509.DirectoryName(certificate.issuer))}
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return frozenset(found)
    for each in points:
        if each.crl_issuer is None and each.reasons is None:
            found.update(_names(each.full_name, each.relative_name, certificate.issuer))
    return frozenset(found)


def _names(
    full: Iterable[x509.GeneralName] | None, relative: x509.RelativeDistinguishedName | None, issuer: x509.Name
) -> set[bytes]:
    if relative is not None:
        return {_digest(x509.DirectoryName(x509.Name([*issuer.rdns, relative])))}
    return {_digest(each) for each in full or ()}


def _digest(name: x509.GeneralName) -> bytes:
    """A name of fixed size, the same for the same name: its kind and its text, or the DER of a directory name."""
    value = name.value.public_bytes() if isinstance(name.value, x509.Name) else repr(name.value).encode()
    return hashlib.sha256(type(name).__name__.encode() + b"\x00" + value).digest()
