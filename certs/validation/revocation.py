"""Looks a certificate up in revocation lists that are given as bytes (RFC 5280, 6.3.3, complete lists of the issuer itself)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from certs.validation.algorithms import STRONG_HASHES
from certs.validation.verdict import GOOD, NOT_CHECKED, Answer, bad

LARGEST_LIST = 4 * 1024 * 1024
"""Bytes. Lists of the size of JPKI's go another way (sorted serial files)."""
UNDERSTOOD = frozenset({x509.AuthorityKeyIdentifier.oid, x509.CRLNumber.oid})
"""Critical extensions of a list that do not change what it says about a certificate."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer, and how old the list was that gave it."""

    answer: Answer
    age_s: int | None = None


def check_revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, lists: Iterable[bytes], at: datetime
) -> Lookup:
    """`not_checked` without any list; with lists the newest one of `issuer` that is good at `at` answers: good or `revoked`.

    Where none of the given lists can answer the result is bad: `list_missing`, or `list_too_old`.
    """
    given = list(lists)
    if not given:
        return Lookup(NOT_CHECKED)
    usable = [each for octets in given if (each := _usable(octets, issuer)) is not None]
    begun = [each for each in usable if each.last_update_utc <= at]
    if not begun:
        return Lookup(bad("list_missing"))
    newest = max(begun, key=lambda each: each.last_update_utc)
    age_s = int((at - newest.last_update_utc).total_seconds())
    entry = newest.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is not None and entry.revocation_date_utc <= at:
        return Lookup(bad("revoked"), age_s)
    if newest.next_update_utc is None or newest.next_update_utc < at:
        return Lookup(bad("list_too_old"), age_s)
    return Lookup(GOOD, age_s)


def _usable(octets: bytes, issuer: x509.Certificate) -> x509.CertificateRevocationList | None:
    """The list, if it is whole, of this issuer, signed by its key with a strong hash, and about all of its certificates."""
    if len(octets) > LARGEST_LIST:
        return None
    try:
        found = x509.load_der_x509_crl(octets)
        if found.issuer != issuer.subject or not found.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            return None
        digest = found.signature_hash_algorithm
        plain = all(not each.critical or each.oid in UNDERSTOOD for each in found.extensions)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return None
    return found if digest is not None and digest.name in STRONG_HASHES and plain else None
