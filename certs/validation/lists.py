"""Whether a revocation list, given as bytes, is one of this issuer that can be understood (RFC 5280, 5 and 6.3.3)."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from certs.errors import Malformed
from certs.validation.algorithms import STRONG_HASHES
from certs.validation.list_walk import EntryNotUnderstood, check_entries, frame_of
from certs.validation.scope import Scope, scope_of

UNDERSTOOD = frozenset({x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid, x509.IssuingDistributionPoint.oid})
"""Critical extensions of a list. A delta list is marked by a critical one that is not here (RFC 5280, 5.2.4)."""

UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What `cryptography` raises for bytes that it cannot read; found by changing lists at random."""


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

    Delta lists (RFC 5280, 5.2.4), indirect lists and lists of some reasons (5.2.5) are refused as `list_not_understood`; see `scope`.
    """
    try:
        found = x509.load_der_x509_crl(octets)
        _check_issuer(found, issuer)
        _check_signature(found, issuer, octets)
        scope = _understood(found)
        check_entries(octets)
    except EntryNotUnderstood:
        raise UnusableList("list_not_understood") from None
    except (Malformed, *UNREADABLE):
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


def _check_signature(crl: x509.CertificateRevocationList, issuer: x509.Certificate, octets: bytes) -> None:
    """`CertificateRevocationList.is_signature_valid` copies the list twice; a long one would cost 100 MB more.

    That the algorithm under the signature is the one beside it (RFC 5280, 5.1.1.2) `cryptography` looks at when it loads the list.
    """
    try:
        digest, method, key = crl.signature_hash_algorithm, crl.signature_algorithm_parameters, issuer.public_key()
    except UnsupportedAlgorithm:
        raise UnusableList("list_weak_algorithm") from None
    if digest is None or digest.name not in STRONG_HASHES:
        raise UnusableList("list_weak_algorithm")
    hashed = hashes.Hash(digest)
    hashed.update(memoryview(octets)[frame_of(octets).signed])
    try:
        if isinstance(key, rsa.RSAPublicKey) and isinstance(method, padding.PKCS1v15 | padding.PSS):
            key.verify(crl.signature, hashed.finalize(), method, Prehashed(digest))
        elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(method, ec.ECDSA):
            key.verify(crl.signature, hashed.finalize(), ec.ECDSA(Prehashed(digest)))
        else:
            raise UnusableList("list_bad_signature")
    except InvalidSignature:
        raise UnusableList("list_bad_signature") from None


def _understood(crl: x509.CertificateRevocationList) -> Scope:
    scope = scope_of(crl)
    if scope is None or any(each.critical and each.oid not in UNDERSTOOD for each in crl.extensions):
        raise UnusableList("list_not_understood")
    return scope
