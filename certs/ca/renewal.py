"""A new certificate for the same key of the same badge: the holder, the office and the key stay, number and validity are new."""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from certs.ca import building
from certs.ca.authority import LONGEST_MONTHS, Authority, BadgeKey, Named, months_later, second_of
from certs.ca.errors import CaRefused
from certs.ca.key_strength import is_strong
from certs.ca.keys import spki_of
from certs.ca.revoked import RevokedBook
from certs.errors import Malformed
from certs.validation.validate import parse


def renew_badge(authority: Authority, previous_der: bytes, revoked: RevokedBook, now: datetime, months: int) -> bytes:
    """The next certificate of a badge's key, DER. It is in the book, on disk, before this returns.

    Nobody proves anew that the badge has the key: whoever holds the new certificate and not the key has gained nothing.
    `previous_der`: a certificate of this CA that has not expired and is neither revoked nor held. `months`: 1 to 60.
    Raises `CaRefused` (`previous_malformed`, `not_issued`, `not_a_badge`, `previous_expired`, `revoked`, `weak_key`, `validity`),
    `CaKeyError`, `BookError`.
    """
    if not 1 <= months <= LONGEST_MONTHS:
        raise CaRefused("validity")
    previous = _read(previous_der, authority)
    entry = next((e for e in authority.book.entries() if e.fingerprint == building.fingerprint(previous_der)), None)
    if entry is None:
        raise CaRefused("not_issued")
    if entry.role not in set(BadgeKey):
        raise CaRefused("not_a_badge")
    if entry.serial in revoked.standing():
        raise CaRefused("revoked")
    begin = second_of(now)
    if begin > previous.not_valid_after_utc:
        raise CaRefused("previous_expired")
    key = spki_of(previous.public_key())
    if not is_strong(key):
        raise CaRefused("weak_key")
    issuer = x509.load_der_x509_certificate(authority.certificate)
    signs = entry.role == BadgeKey.SIGNATURE.value
    extensions = building.badge_extensions(key, issuer, bytes.fromhex(entry.guid), signs=signs)
    named = Named(entry.operator, entry.guid, entry.role)
    return authority.certify(key, building.name_of(previous), extensions, named, (begin, months_later(begin, months)))


def _read(der: bytes, authority: Authority) -> x509.Certificate:
    try:
        previous = parse(der)
    except Malformed:
        raise CaRefused("previous_malformed") from None
    try:
        previous.verify_directly_issued_by(x509.load_der_x509_certificate(authority.certificate))
    except (InvalidSignature, ValueError, TypeError):
        raise CaRefused("not_issued") from None
    return previous
