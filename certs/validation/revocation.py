"""Whether a certificate is revoked, by evidence that is given: complete lists of its issuer (RFC 5280, 6.3.3), responses (RFC 6960).

What nobody said is never good: without evidence `not_checked`, with evidence that cannot answer `unknown`.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.errors import CertificateError
from certs.validation.evidence import Evidence, LongList
from certs.validation.lists import UnusableList, UsableList, read_list
from certs.validation.ocsp import CLOCK_TOLERANCE, Asked, answer_of
from certs.validation.verdict import GOOD, NOT_CHECKED, Answer, State, bad, unknown

LARGEST_LIST = 4 * 1024 * 1024
"""Bytes. Lists of the size of JPKI's go another way (sorted serial files)."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The answer, and how old the list was that gave it."""

    answer: Answer
    age_s: int | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """One list about this certificate, short or long."""

    this_update: datetime
    next_update: datetime | None
    revoked_at: Callable[[], datetime | None]


def check_revocation(
    certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence, at: datetime
) -> Lookup:
    """What the evidence says about `certificate`, issued by `issuer`, at the time `at` (with time zone).

    good
    bad       `revoked`; certificateHold is revoked too
    unknown   `list_missing`: no list given is one of this issuer about this certificate; `list_too_old`: its nextUpdate is over;
              `list_damaged`: its file on the disk was cut; or a word of `ocsp.answer_of`
    not checked only where nothing was given

    Of lists the newest that was there at `evidence.seen_at` (or `at`) answers. Where lists and responses disagree, revoked goes
    before good, and good before unknown. `issuer` must be the certificate's issuer, of a path that holds.
    """
    seen_at = max(at, evidence.seen_at or at)
    found = []
    if evidence.lists or evidence.long_lists:
        found.append(_by_lists(certificate, issuer, evidence, at))
    asked = Asked(certificate, issuer, at, seen_at, evidence.nonce)
    for octets in evidence.responses:
        found.append(Lookup(*answer_of(octets, asked, _of_responder(issuer, evidence, at))))
    return min(found, key=_rank, default=Lookup(NOT_CHECKED))


def _rank(lookup: Lookup) -> tuple[int, bool, bool, int]:
    """Revoked, good, unknown; of the same, what knows this certificate, what is newer, and last that there was no list."""
    order = (State.BAD, State.GOOD, State.UNKNOWN)
    age_s = lookup.age_s
    return order.index(lookup.answer.state), age_s is None, lookup.answer.reason == "list_missing", age_s or 0


def _of_responder(issuer: x509.Certificate, evidence: Evidence, at: datetime) -> Callable[[x509.Certificate], Answer]:
    return lambda responder: _by_lists(responder, issuer, evidence, at).answer


def _by_lists(certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence, at: datetime) -> Lookup:
    seen_at = max(at, evidence.seen_at or at) + CLOCK_TOLERANCE
    sources = [
        each
        for each in (*_short(certificate, issuer, evidence), *_long(certificate, issuer, evidence))
        if each.this_update <= seen_at
    ]
    if not sources:
        return Lookup(unknown("list_missing"))
    newest = max(each.this_update for each in sources)
    return _asked([each for each in sources if each.this_update == newest], certificate, at)


def _asked(sources: list[_Source], certificate: x509.Certificate, at: datetime) -> Lookup:
    """What lists of one moment say; one that says revoked is believed."""
    this_update = sources[0].this_update
    age_s = max(0, int((at - this_update).total_seconds()))
    try:
        times = [time for each in sources if (time := each.revoked_at()) is not None]
    except CertificateError:
        return Lookup(unknown("list_damaged"), age_s)
    if any(time <= at for time in times):
        return Lookup(bad("revoked"), age_s)
    if this_update > at and certificate.not_valid_after_utc < this_update:
        return Lookup(unknown("list_missing"), age_s)  # a list may leave out what had expired (RFC 5280, 3.3)
    if this_update <= at and all(each.next_update is None or each.next_update < at for each in sources):
        return Lookup(unknown("list_too_old"), age_s)
    return Lookup(GOOD, age_s)


def _short(certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence) -> Iterator[_Source]:
    for octets in evidence.lists:
        if len(octets) > LARGEST_LIST:
            continue
        try:
            found = read_list(octets, issuer)
            if found.scope.covers(certificate):
                yield _Source(
                    found.crl.last_update_utc, found.crl.next_update_utc, _entry_of(found, certificate.serial_number)
                )
        except UnusableList:  # it says nothing about this certificate; `list_missing` when no other does
            continue


def _entry_of(found: UsableList, serial: int) -> Callable[[], datetime | None]:
    def revoked_at() -> datetime | None:
        entry = found.crl.get_revoked_certificate_by_serial_number(serial)
        return None if entry is None else entry.revocation_date_utc

    return revoked_at


def _long(certificate: x509.Certificate, issuer: x509.Certificate, evidence: Evidence) -> Iterator[_Source]:
    if not evidence.long_lists:
        return
    key = hashlib.sha256(issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    for each in evidence.long_lists:
        if each.issuer_key == key and each.covers(certificate):
            yield _Source(each.this_update, each.next_update, _entry_in(each, certificate.serial_number))


def _entry_in(found: LongList, serial: int) -> Callable[[], datetime | None]:
    return lambda: found.revoked_at(serial)
