"""Cases about revocation lists, all on one resident's signature certificate: who may answer, for whom, until when.

Where revocation cannot be told the verdict says why, and it is never good (RFC 5280, 6.3.3: such a status is UNDETERMINED).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from applets_spec.testca import profiles
from applets_spec.testca.case import Case, Purpose, Verdict
from applets_spec.testca.crl import issue_crl, partition, partition_name
from applets_spec.testca.der import SHA1_WITH_RSA, list_by
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, Authority, Family, authority, holder_key_name
from applets_spec.testca.issue import authority_certificate, end_of_fifth_birthday, holder_draft, rsa_key
from applets_spec.testca.keys import DerivedKeys, PrivateKey
from applets_spec.testca.resident_cases import Somebody
from applets_spec.testca.x509_parts import Draft, Extension, sign

KEYS = DerivedKeys()
NEW = authority(Family.SIGNATURE, 2)
OLD = authority(Family.SIGNATURE, 1)
AUTHENTICATION = authority(Family.AUTHENTICATION, 2)
NOON = DEFAULT_ISSUE_TIME + timedelta(days=90)
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
"""First and last moment of the list that is current at `NOON`."""
BEFORE = (NOON - timedelta(hours=14), NOON + timedelta(hours=10))
OVER = (NOON - timedelta(days=3), NOON - timedelta(days=2))
LATER = (NOON + timedelta(hours=1), NOON + timedelta(hours=25))
WHEN = NOON - timedelta(days=5)
HERE, ELSEWHERE = partition_name(NEW, 1), partition_name(NEW, 2)
UNKNOWN_EXTENSION = x509.ObjectIdentifier("2.25.4713")


def key_of(row: Authority) -> PrivateKey:
    """The private key of an authority."""
    return KEYS.key(row.key_name, row.algorithm)


def draft(row: Authority = NEW) -> Draft:
    """A resident's unsigned signature certificate with nothing wrong."""
    holder = Somebody()
    key = rsa_key(KEYS, holder_key_name(0, "signature"))
    ends = end_of_fifth_birthday(holder.birth_date, DEFAULT_ISSUE_TIME)
    return holder_draft(row, key, 0, (DEFAULT_ISSUE_TIME, ends), KEYS).extended_by(
        *profiles.resident_signature(holder.name, holder.address, holder.birth_date, holder.sex, row.japanese_name)
    )


def in_part(name: x509.Name) -> Draft:
    """The same certificate, which says in which part of the list it would stand (RFC 5280, 4.2.1.13)."""
    return draft().extended_by(profiles.revocation_list_at(name))


SERIAL = draft().serial


def case(verdict: Verdict, clause: str, *lists: bytes, leaf: Draft | None = None) -> Case:
    """The certificate as a signature certificate in the middle of its life, both generations trusted, with these lists."""
    anchors = (authority_certificate(OLD), authority_certificate(NEW))
    certificate = sign(leaf or draft(), key_of(NEW))
    return Case(certificate, Purpose.JPKI_SIGNATURE, anchors, NOON, verdict, clause, crls=lists)


def listing(
    *serials: int,
    row: Authority = NEW,
    updates: tuple[datetime, datetime] = DAY,
    number: int = 7,
    reason: x509.ReasonFlags = x509.ReasonFlags.affiliation_changed,
    more: tuple[Extension, ...] = (),
) -> bytes:
    """A list of `row` that names these serial numbers."""
    return issue_crl(row, [(serial, WHEN, reason) for serial in serials], *updates, number, KEYS, more)


# --- the list answers


def revoked() -> Case:
    """Signature CA (2) -> certificate, on the list of the day: the holder has moved. Revoked."""
    return case(Verdict.REVOKED, "RFC 5280, 6.3.3", listing(SERIAL))


def not_revoked() -> Case:
    """Signature CA (2) -> certificate; other numbers are on the list of the day. Good."""
    return case(Verdict.GOOD, "RFC 5280, 6.3.3", listing(SERIAL + 2, SERIAL - 2))


def empty_list() -> Case:
    """Signature CA (2) -> certificate; the list of the day is empty. Good."""
    return case(Verdict.GOOD, "RFC 5280, 5.1.2.6", listing())


def on_hold() -> Case:
    """Signature CA (2) -> certificate, on hold. Revoked: what is held must not be used, though it may come back."""
    return case(Verdict.REVOKED, "RFC 5280, 5.3.1", listing(SERIAL, reason=x509.ReasonFlags.certificate_hold))


def newest_list_answers() -> Case:
    """Two lists of one CA, both current: the older without, the newer with the certificate. Revoked: the newer answers."""
    return case(Verdict.REVOKED, "RFC 5280, 5.2.3", listing(updates=BEFORE, number=6), listing(SERIAL))


def revoked_and_list_too_old() -> Case:
    """The list that names the certificate is past its nextUpdate. Revoked: that does not pass with the list."""
    return case(Verdict.REVOKED, "RFC 5280, 3.3", listing(SERIAL, updates=OVER))


def both_generations() -> Case:
    """CA (1) lists this serial number, CA (2) does not; both lists are given. Good: the issuer's own list answers."""
    return case(Verdict.GOOD, "RFC 5280, 6.3.3 (f)", listing(SERIAL, row=OLD), listing())


def part_of_the_list() -> Case:
    """The certificate says part 1, and the list is part 1: revoked there. Revoked."""
    return case(
        Verdict.REVOKED, "RFC 5280, 6.3.3 (b)(2)(i)", listing(SERIAL, more=(partition(HERE),)), leaf=in_part(HERE)
    )


def nobody_looked() -> Case:
    """Signature CA (2) -> certificate, without any list or answer. Not checked: neither good nor unknown."""
    return case(Verdict.NOT_CHECKED, "RFC 5280, 6.3")


# --- no list may answer


def other_part_of_the_list() -> Case:
    """The certificate says part 1, and the only list is part 2. Cannot be told."""
    other = listing(more=(partition(ELSEWHERE),))
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (b)(2)(i)", other, leaf=in_part(HERE))


def list_of_older_generation() -> Case:
    """CA (1), of the same name, has a list without the certificate. Cannot be told: its key is not the issuer's."""
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (f), (g); 5.2.1", listing(row=OLD))


def revoked_by_older_generation() -> Case:
    """CA (1), of the same name, lists this serial number. Cannot be told, nor revoked: a number belongs to a key."""
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (f), (g); 5.2.1", listing(SERIAL, row=OLD))


def list_of_authentication() -> Case:
    """The authentication CA's list, given for a signature certificate. Cannot be told."""
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (b)(1)", listing(row=AUTHENTICATION))


def list_by_impostor() -> Case:
    """Another key signs a list with the CA's name *and* key identifier. Cannot be told."""
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (g)", list_by(listing(), key_of(OLD)))


def list_flipped_bit() -> Case:
    """The CA's list, the last bit of its signature changed. Cannot be told."""
    good = listing()
    return case(Verdict.LIST_MISSING, "RFC 5280, 6.3.3 (g)", good[:-1] + bytes([good[-1] ^ 1]))


def list_sha1() -> Case:
    """The CA's list, signed with SHA-1. Cannot be told."""
    weak = list_by(listing(), key_of(NEW), SHA1_WITH_RSA, hashes.SHA1())  # noqa: S303 - that is the case
    return case(Verdict.LIST_MISSING, "CRYPTREC list of ciphers: SHA-1 not for signatures; RFC 8017, 8.2", weak)


def list_from_future() -> Case:
    """The only list begins an hour from now. Cannot be told."""
    return case(Verdict.LIST_MISSING, "RFC 5280, 5.1.2.4", listing(updates=LATER))


def list_with_unknown_critical_extension() -> Case:
    """The list says something critical that nobody understands. Cannot be told: such a list must not be used."""
    unknown = Extension(x509.UnrecognizedExtension(UNKNOWN_EXTENSION, b"\x05\x00"), critical=True)
    return case(Verdict.LIST_MISSING, "RFC 5280, 5.2", listing(more=(unknown,)))


def list_malformed() -> Case:
    """Half a list. Cannot be told."""
    good = listing(SERIAL)
    return case(Verdict.LIST_MISSING, "ITU-T X.690, 10.1", good[: len(good) // 2])


def list_too_old() -> Case:
    """The CA's newest list is past its nextUpdate and does not name the certificate. Cannot be told."""
    return case(Verdict.LIST_TOO_OLD, "RFC 5280, 5.1.2.5; 6.3.3 (a)(1)", listing(updates=OVER))


def list_in_its_last_second() -> Case:
    """The CA's list, asked at its nextUpdate. Good: by then, not before then, the next one comes."""
    return replace(case(Verdict.GOOD, "RFC 5280, 5.1.2.5", listing()), at=DAY[1])
