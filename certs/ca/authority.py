"""The operator CA issues: its own root, and the certificates of operators' badges (profile of RFC 5280).

asn1crypto builds what the CA's key signs, wherever that key is; `cryptography` reads it again before it goes out.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NoReturn

from asn1crypto.x509 import Name
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from certs.ca import building
from certs.ca.errors import CaKeyError, CaRefused
from certs.ca.issued import Issued, IssuedBook
from certs.ca.key_strength import is_strong
from certs.ca.keys import CaSigner, key_fingerprint, spki_of
from certs.ca.names import (
    LONGEST_NAME,
    LONGEST_OFFICE,
    LONGEST_OPERATOR_ID,
    authority_name,
    badge_name,
    fits,
)
from certs.ca.request import parse_request
from certs.errors import Malformed
from certs.validation.truststore import is_authority
from certs.validation.validate import parse

SKEW = timedelta(minutes=5)
"""A badge is used at once, at counters whose clocks may be behind the CA's by so much; the certificate is valid there too."""
SERIAL_BITS = 127
"""Random, so that nobody can foretell what is signed; at most 20 bytes and positive (RFC 5280, 4.1.2.2)."""
GUID_BYTES = 16
LONGEST_YEARS = 30
LONGEST_MONTHS = 60


class BadgeKey(StrEnum):
    """Which key of a badge a certificate is for."""

    AUTHENTICATION = "authentication"
    """9A"""
    SIGNATURE = "signature"
    """9C"""


@dataclass(frozen=True, slots=True)
class BadgeSubject:
    """Whom and what a badge's certificate names. All of it comes from the office, nothing from the request."""

    operator_id: str
    name: str
    """Shown to people; 1 to 64 characters, Japanese as it is written."""
    office: str
    """The municipality, 1 to 64 characters."""
    guid: bytes = field(repr=False)
    """The card's UUID as in its CHUID, 16 bytes (SP 800-73-4 part 1, 3.4.1)."""
    role: BadgeKey


@dataclass(frozen=True, slots=True)
class Named:
    """Whom the book of issued certificates names: fields as in `Issued`."""

    operator: str
    guid: str
    role: str


def create_root(signer: CaSigner, name: str, valid_years: int, now: datetime) -> bytes:
    """A self-signed operator CA, DER. `name`: its common name; `valid_years`: 1 to 30, from `now` (with time zone) on.

    Raises `CaRefused` (`name`, `validity`), `CaKeyError`.
    """
    if not fits(name, LONGEST_NAME):
        raise CaRefused("name")
    return _root(signer, authority_name(name), valid_years, now)


def create_next_root(signer: CaSigner, before_der: bytes, valid_years: int, now: datetime) -> bytes:
    """The next generation of an operator CA, DER: another key under the same name, byte for byte.

    Which generation issued a certificate says its authority key identifier (RFC 5280, 4.2.1.1). `before_der`: the generation
    before. Raises as `create_root`, and `CaRefused` (`ca_malformed`, `ca_not_an_authority`), `CaKeyError` (`key_of_before`: its key).
    """
    try:
        before = parse(before_der)
        key = spki_of(before.public_key())
    except (Malformed, ValueError, UnsupportedAlgorithm):
        raise CaRefused("ca_malformed") from None
    if not is_authority(before):
        raise CaRefused("ca_not_an_authority")
    if key == signer.public_key:
        raise CaKeyError("key_of_before")
    return _root(signer, building.name_of(before), valid_years, now)


def _root(signer: CaSigner, subject: Name, valid_years: int, now: datetime) -> bytes:
    if not 1 <= valid_years <= LONGEST_YEARS:
        raise CaRefused("validity")
    begin = second_of(now)
    draft = building.Draft(
        serial=new_serial(),
        issuer=subject,
        subject=subject,
        not_before=begin - SKEW,
        not_after=months_later(begin, 12 * valid_years),
        public_key=signer.public_key,
        extensions=building.root_extensions(signer.public_key),
    )
    der = building.signed(draft, signer)
    _check_signed(der, x509.load_der_x509_certificate(der))
    return der


class Authority:
    """An operator CA that can issue: its certificate, its opened key, its book. Close it as soon as the work is done."""

    def __init__(self, certificate_der: bytes, signer: CaSigner, book: IssuedBook) -> None:
        """Raises `CaRefused` (`ca_malformed`, `ca_not_an_authority`), `CaKeyError` (`key_mismatch`)."""
        try:
            certificate = parse(certificate_der)
            public_key = spki_of(certificate.public_key())
        except (Malformed, ValueError, UnsupportedAlgorithm):
            raise CaRefused("ca_malformed") from None
        if not is_authority(certificate):
            raise CaRefused("ca_not_an_authority")
        if public_key != signer.public_key:
            raise CaKeyError("key_mismatch")
        self._certificate = certificate
        self._signer = signer
        self.book = book

    @property
    def certificate(self) -> bytes:
        """The CA's own, DER."""
        return self._certificate.public_bytes(Encoding.DER)

    @property
    def signer(self) -> CaSigner:
        """The opened key, for what is signed beside certificates: lists and OCSP answers."""
        return self._signer

    @property
    def not_after(self) -> datetime:
        """When the CA ends, and with it every badge."""
        return self._certificate.not_valid_after_utc

    def issue_badge(
        self,
        request_der: bytes,
        subject: BadgeSubject,
        now: datetime,
        months: int,
        known_keys: Collection[str] = (),
    ) -> bytes:
        """The certificate of one key of a badge, DER; it is in the book, on disk, before this returns.

        `request_der`: PKCS#10, made by the badge. `now` with time zone. `months`: 1 to 60; cut where the CA itself ends earlier.
        `known_keys`: `key_fingerprint` of the keys of other live badges, beside those that the book knows.
        Raises `CaRefused`, `CaKeyError`, `BookError`.
        """
        _check_subject(subject)
        if not 1 <= months <= LONGEST_MONTHS:
            raise CaRefused("validity")
        begin = second_of(now)
        self.check_time(begin)
        key = parse_request(request_der).public_key
        if not is_strong(key):
            raise CaRefused("weak_key")
        self._check_unused(key, subject, begin, known_keys)
        named = Named(subject.operator_id, subject.guid.hex(), subject.role.value)
        extensions = building.badge_extensions(key, self._certificate, subject.guid, signs=_signs(subject.role))
        name = badge_name(subject.office, subject.name, subject.operator_id)
        return self.certify(key, name, extensions, named, (begin, months_later(begin, months)))

    def certify(
        self,
        key: bytes,
        name: Name,
        extensions: building.Extensions,
        named: "Named",
        validity: tuple[datetime, datetime],
    ) -> bytes:
        """A certificate for whatever this package has decided to certify, DER; it is in the book, on disk, before this returns.

        `validity`: whole seconds with time zone; five minutes more before, and cut at both ends where the CA itself begins or ends.
        Raises `CaRefused` (`ca_not_yet_valid`, `ca_expired`), `CaKeyError`, `BookError`.
        """
        begin, end = validity
        self.check_time(begin)
        draft = building.Draft(
            serial=new_serial(),
            issuer=building.name_of(self._certificate),
            subject=name,
            not_before=max(begin - SKEW, self._certificate.not_valid_before_utc),
            not_after=min(end, self.not_after),
            public_key=key,
            extensions=extensions,
        )
        der = building.signed(draft, self._signer)
        _check_signed(der, self._certificate)
        self.book.add(_entry(der, draft, named, begin))
        return der

    def close(self) -> None:
        """Let go of the key. Harmless when done twice."""
        self._signer.close()

    def __enter__(self) -> "Authority":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CA cannot be copied or stored")

    def check_time(self, now: datetime) -> None:
        """Raises `CaRefused` (`ca_not_yet_valid`, `ca_expired`)."""
        if now < self._certificate.not_valid_before_utc:
            raise CaRefused("ca_not_yet_valid")
        if now >= self._certificate.not_valid_after_utc:
            raise CaRefused("ca_expired")

    def _check_unused(self, key: bytes, subject: BadgeSubject, now: datetime, known_keys: Collection[str]) -> None:
        """One key, one badge, one use: who gets another's key could be taken for that person.

        The same key of the same badge may come again, when an enrolment that broke off is finished.
        """
        fingerprint = key_fingerprint(key)
        here = (subject.operator_id, subject.guid.hex(), subject.role.value)
        elsewhere = any(
            entry.key == fingerprint and entry.ends() >= now and (entry.operator, entry.guid, entry.role) != here
            for entry in self.book.entries()
        )
        if elsewhere or fingerprint in known_keys or key == self._signer.public_key:
            raise CaRefused("key_in_use")


def new_serial() -> int:
    """Positive, 127 random bits."""
    return secrets.randbits(SERIAL_BITS) or new_serial()


def months_later(moment: datetime, months: int) -> datetime:
    """The same day `months` later, or the last day of that month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in range(moment.day, 27, -1):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:  # that month is shorter
            continue
    return moment.replace(year=year, month=month + 1)


def second_of(moment: datetime) -> datetime:
    """Certificates know no fraction of a second (RFC 5280, 4.1.2.5)."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _signs(role: BadgeKey) -> bool:
    return role is BadgeKey.SIGNATURE


def _check_subject(subject: BadgeSubject) -> None:
    for word, text, longest in (
        ("name", subject.name, LONGEST_NAME),
        ("office", subject.office, LONGEST_OFFICE),
        ("operator_id", subject.operator_id, LONGEST_OPERATOR_ID),
    ):
        if not fits(text, longest):
            raise CaRefused(word)
    if len(subject.guid) != GUID_BYTES or not any(subject.guid):
        raise CaRefused("guid")


def _check_signed(der: bytes, issuer: x509.Certificate) -> None:
    """A faulty signature betrays the key of some algorithms, and would brick the badge that got it: none leaves."""
    try:
        parse(der).verify_directly_issued_by(issuer)
    except (Malformed, InvalidSignature, ValueError, TypeError):
        raise CaKeyError("signature") from None


def _entry(der: bytes, draft: building.Draft, named: Named, now: datetime) -> Issued:
    return Issued(
        serial=f"{draft.serial:x}",
        fingerprint=building.fingerprint(der),
        key=key_fingerprint(draft.public_key),
        operator=named.operator,
        guid=named.guid,
        role=named.role,
        not_after=_rfc3339(draft.not_after),
        time=_rfc3339(now),
    )


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
