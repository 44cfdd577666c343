"""Whether a revocation list, given as bytes, is one of this issuer that can be understood (RFC 5280, 5 and 6.3.3)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from certs.errors import Malformed
from certs.validation.algorithms import STRONG_HASHES
from certs.validation.list_walk import EntryNotUnderstood, check_entries
from certs.validation.scope import Scope, scope_of

UNDERSTOOD = frozenset({x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid, x509.IssuingDistributionPoint.oid})
"""Critical extensions of a list. A delta list is marked by a critical one that is not here (RFC 5280, 5.2.4)."""


class UnusableList(Exception):
    """`problem`: `list_malformed`, `list_wrong_issuer`, `list_bad_signature`, `list_weak_algorithm`, `list_not_understood`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class UsableList:
    """A list whose signature holds, and what it is about."""

    crl: x509.CertificateRevocationList
    scope: Scope


def read_list(octets: bytes, issuer: x509.Certificate) -> UsableList:
    """The list, if it is whole, of this issuer, signed by its key with a strong hash, complete, and understood. Raises `UnusableList`.

    Delta lists (RFC 5280, 5.2.4), indirect lists and lists of some reasons (5.2.5) are refused as `list_not_understood`: what the
    public sources say of JPKI's lists is complete lists by the issuer, divided by distribution point.
    """
    try:
        found = x509.load_der_x509_crl(octets)
        _check_issuer(found, issuer)
        _check_signature(found, issuer)
        scope = _understood(found)
        check_entries(octets)
    except EntryNotUnderstood:
        raise UnusableList("list_not_understood") from None
    except (Malformed, ValueError, TypeError, OverflowError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise UnusableList("list_malformed") from None
    return UsableList(found, scope)


def _check_issuer(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    """Name and key identifier: CAs of one name are told apart by the identifier, and in the end by the signature."""
    if crl.issuer != issuer.subject or not _may_sign_lists(issuer):
        raise UnusableList("list_wrong_issuer")
    try:
        named = crl.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return
    if named is not None and named != own:
        raise UnusableList("list_wrong_issuer")


def _may_sign_lists(issuer: x509.Certificate) -> bool:
    """RFC 5280, 6.3.3 (f)."""
    try:
        return issuer.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _check_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate) -> None:
    try:
        digest = crl.signature_hash_algorithm
        key = issuer.public_key()
    except UnsupportedAlgorithm:
        raise UnusableList("list_weak_algorithm") from None
    if (
        digest is None
        or digest.name not in STRONG_HASHES
        or not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    ):
        raise UnusableList("list_weak_algorithm")
    if not crl.is_signature_valid(key):
        raise UnusableList("list_bad_signature")


def _understood(crl: x509.CertificateRevocationList) -> Scope:
    scope = scope_of(crl)
    if scope is None or any(each.critical and each.oid not in UNDERSTOOD for each in crl.extensions):
        raise UnusableList("list_not_understood")
    return scope
