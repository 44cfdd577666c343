"""Issuing from the test hierarchy: authorities, a resident's two JPKI certificates, an operator's badge certificates.

Same arguments, same bytes: keys are derived, serial numbers and identifiers are hashes of what they name, signatures are deterministic.
"""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from applets_spec.testca import profiles
from applets_spec.testca.hierarchy import (
    BADGE_LIFE,
    DEFAULT_ISSUE_TIME,
    JST,
    LATEST_GENERATION,
    Authority,
    Family,
    authority,
    badge_key_name,
    holder_key_name,
)
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm, KeySource, PrivateKey
from applets_spec.testca.x509_parts import Draft, distinguished_name, sign


class Holder(Protocol):
    """What a resident's certificates say of the resident."""

    @property
    def name(self) -> str:
        """氏名, family and given name parted by U+3000."""

    @property
    def address(self) -> str:
        """住所"""

    @property
    def birth_date(self) -> str:
        """生年月日 as YYYYMMDD; month or day may be 00 when unknown."""

    @property
    def sex(self) -> str:
        """性別: one digit, ISO/IEC 5218."""


@dataclass(frozen=True, slots=True, repr=False)
class JpkiCertificates:
    """What a resident's card carries: certificates as DER, their private keys, the authorities that issued them as DER."""

    signature_certificate: bytes
    signature_key: rsa.RSAPrivateKey
    authentication_certificate: bytes
    authentication_key: rsa.RSAPrivateKey
    signature_ca: bytes
    authentication_ca: bytes


@dataclass(frozen=True, slots=True)
class Operator:
    """Who an operator's badge is for."""

    name: str
    employee_number: str
    organisation: str = "TEST City"
    unit: str = "TEST Resident Affairs"


@dataclass(frozen=True, slots=True, repr=False)
class KeyAndCertificate:
    """One private key and its certificate as DER."""

    key: PrivateKey
    certificate: bytes


@dataclass(frozen=True, slots=True, repr=False)
class BadgeCertificates:
    """What an operator's badge carries: keys and certificates by PIV key reference (0x9A, 0x9C, 0x9D, 0x9E)."""

    slots: Mapping[int, KeyAndCertificate]
    ca: bytes
    guid: uuid.UUID
    """The badge's identity; in the certificates as `urn:uuid:`, and for the card's CHUID."""
    not_after: datetime


def authority_certificate(row: Authority, keys: KeySource | None = None) -> bytes:
    """The self-signed certificate of an authority, as DER."""
    key = (keys or DerivedKeys()).key(row.key_name, row.algorithm)
    name = distinguished_name(row.name)
    extensions = profiles.authority_extensions(row, name, key.public_key())
    return sign(Draft(name, name, row.serial, row.not_before, row.not_after, key.public_key(), extensions), key)


def issue_jpki(
    holder: Holder,
    number: int = 0,
    *,
    issued: datetime = DEFAULT_ISSUE_TIME,
    generation: int = LATEST_GENERATION,
    keys: KeySource | None = None,
) -> JpkiCertificates:
    """Both certificates of a resident, valid from `issued` to the end of the fifth birthday after it.

    `number` chooses the keys: two cards that shall differ need two numbers. RSA-2048, sha256WithRSA.
    """
    source = keys or DerivedKeys()
    signature_key = rsa_key(source, holder_key_name(number, "signature"))
    authentication_key = rsa_key(source, holder_key_name(number, "authentication"))
    signature_ca = authority(Family.SIGNATURE, generation)
    authentication_ca = authority(Family.AUTHENTICATION, generation)
    ends = end_of_fifth_birthday(holder.birth_date, issued)
    signature = holder_draft(signature_ca, signature_key, number, (issued, ends), source)
    authentication = holder_draft(authentication_ca, authentication_key, number, (issued, ends), source)
    return JpkiCertificates(
        signature_certificate=sign(
            signature.extended_by(
                *profiles.resident_signature(
                    holder.name, holder.address, holder.birth_date, holder.sex, signature_ca.japanese_name
                )
            ),
            source.key(signature_ca.key_name, signature_ca.algorithm),
        ),
        signature_key=signature_key,
        authentication_certificate=sign(
            authentication.extended_by(*profiles.resident_authentication(authentication_ca.japanese_name)),
            source.key(authentication_ca.key_name, authentication_ca.algorithm),
        ),
        authentication_key=authentication_key,
        signature_ca=authority_certificate(signature_ca, source),
        authentication_ca=authority_certificate(authentication_ca, source),
    )


def issue_badge(
    operator: Operator,
    algorithms: Mapping[int, KeyAlgorithm] | KeyAlgorithm = KeyAlgorithm.RSA_2048,
    number: int = 0,
    *,
    issued: datetime = DEFAULT_ISSUE_TIME,
    generation: int = LATEST_GENERATION,
    keys: KeySource | None = None,
) -> BadgeCertificates:
    """The four certificates of a PIV badge. `algorithms`: one for all four keys, or one for each key reference.

    `number` chooses the keys and the GUID: two badges that shall differ need two numbers.
    """
    source = keys or DerivedKeys()
    row = authority(Family.OPERATOR, generation)
    guid = badge_guid(operator, number)
    ends = issued + BADGE_LIFE
    slots: dict[int, KeyAndCertificate] = {}
    for slot in profiles.BADGE_PROFILES:
        algorithm = algorithms if isinstance(algorithms, KeyAlgorithm) else algorithms[slot]
        key = source.key(badge_key_name(number, slot), algorithm)
        draft = badge_draft(operator, slot, key, row, (guid, issued, ends), source)
        slots[slot] = KeyAndCertificate(key, sign(draft, source.key(row.key_name, row.algorithm)))
    return BadgeCertificates(slots, authority_certificate(row, source), guid, ends)


def badge_draft(
    operator: Operator,
    slot: int,
    key: PrivateKey,
    row: Authority,
    identity_and_time: tuple[uuid.UUID, datetime, datetime],
    source: KeySource,
) -> Draft:
    """The unsigned certificate of one badge key: GUID, first and last moment of validity as given."""
    guid, starts, ends = identity_and_time
    issuer_key = source.key(row.key_name, row.algorithm)
    return Draft(
        subject=_badge_subject(operator, slot, guid),
        issuer=distinguished_name(row.name),
        serial=_serial(guid.hex, f"{slot:02x}", starts.isoformat()),
        not_before=starts,
        not_after=ends,
        public_key=key.public_key(),
        extensions=(
            *profiles.identifiers(key.public_key(), issuer_key.public_key()),
            *profiles.badge_extensions(slot, guid, key.public_key(), distinguished_name(row.name)),
        ),
    )


def end_of_fifth_birthday(birth_date: str, issued: datetime) -> datetime:
    """The last second of the fifth birthday after `issued`, Japan time.

    An unknown or impossible day counts as the last day of its month that exists, an unknown month as December:
    our choice for test cards, the real rule for such dates is not public.
    """
    month = int(birth_date[4:6]) or 12
    day = int(birth_date[6:8]) or 31
    local = issued.astimezone(JST)
    had_birthday = (local.month, local.day) >= (month, day)
    return _end_of_day(local.year + (5 if had_birthday else 4), month, day)


def _end_of_day(year: int, month: int, day: int) -> datetime:
    first_of_next = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=JST)
    last_of_month = (first_of_next - timedelta(days=1)).day
    return datetime(year, month, min(day, last_of_month), 23, 59, 59, tzinfo=JST)


def badge_guid(operator: Operator, number: int) -> uuid.UUID:
    """The badge's GUID: a version 5 UUID of whom it is for (SP 800-73-4 part 1, 3.4.1 allows versions 1, 4 and 5)."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"test-badge:{operator.organisation}:{operator.employee_number}:{number}")


def holder_draft(
    row: Authority, key: rsa.RSAPrivateKey, number: int, validity: tuple[datetime, datetime], source: KeySource
) -> Draft:
    """A resident's unsigned certificate without the extensions of its kind. `validity`: first and last moment."""
    issued, ends = validity
    issuer_key = source.key(row.key_name, row.algorithm)
    serial = _serial(row.key_name, str(number), issued.isoformat())
    return Draft(
        subject=holder_subject(row, serial, issued),
        issuer=distinguished_name(row.name),
        serial=serial,
        not_before=issued,
        not_after=ends,
        public_key=key.public_key(),
        extensions=profiles.identifiers(key.public_key(), issuer_key.public_key()),
    )


def holder_subject(row: Authority, serial: int, issued: datetime) -> x509.Name:
    """C=JP and the 識別符号: moment of issue, letters that look random, serial number. Never the name."""
    noise = hashlib.sha256(f"{row.key_name} {serial}".encode()).hexdigest()[:10].upper()
    code = f"{issued.astimezone(JST):%Y%m%d%H%M%S}{noise}{serial:08X}"
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"), x509.NameAttribute(NameOID.COMMON_NAME, code)])


def _badge_subject(operator: Operator, slot: int, guid: uuid.UUID) -> x509.Name:
    """The operator's name, except on 9E: that key answers without a PIN and names the card alone."""
    organisation = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, operator.organisation),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, operator.unit),
    ]
    if slot == profiles.CARD_AUTHENTICATION:
        return x509.Name([*organisation, x509.NameAttribute(NameOID.SERIAL_NUMBER, str(guid))])
    person = [
        x509.NameAttribute(NameOID.COMMON_NAME, operator.name),
        x509.NameAttribute(NameOID.SERIAL_NUMBER, operator.employee_number),
    ]
    return x509.Name([*organisation, *person])


def _serial(*parts: str) -> int:
    """A positive serial number of four bytes, the hash of what it stands for."""
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:4]) >> 1 | 1


def rsa_key(source: KeySource, name: str) -> rsa.RSAPrivateKey:
    key = source.key(name, KeyAlgorithm.RSA_2048)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"the key source gave no RSA key for {name}")
    return key
