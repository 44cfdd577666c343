"""Revocation lists of the operator CA (RFC 5280, 5): complete ones, their numbers rising for as long as the CA lives.

A list's number is on the disk before the list goes out. A number that was taken and never used harms nobody; one used twice would.
So a book of lists that is not there is no new book: whoever makes the first list of a CA says so, and whoever has lost the book, or
got an older one from a backup, shows the last list that was published.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import core
from asn1crypto import crl as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from certs.ca.authority import Authority
from certs.ca.book import Book, Entry
from certs.ca.building import identifier_in, moment_of, name_of
from certs.ca.errors import BookError, CaKeyError, CaRefused
from certs.ca.revoked import Reason, Revoked, RevokedBook

NAME = "lists.jsonl"
LONGEST_DAYS = 60


@dataclass(frozen=True, slots=True)
class Published:
    """A list of this CA that went out: its number, its thisUpdate, and the serial numbers on it."""

    number: int
    this_update: datetime
    serials: frozenset[int]


def published(der: bytes, issuer: x509.Certificate) -> Published:
    """What a list says that is `issuer`'s own. Raises `CaRefused` (`list_other_ca`: no list, without a number, or another's)."""
    try:
        crl = x509.load_der_x509_crl(der)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        if crl.issuer != issuer.subject or not crl.is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
            raise CaRefused("list_other_ca")
        return Published(number, crl.last_update_utc, frozenset(each.serial_number for each in crl))
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.ExtensionNotFound):
        raise CaRefused("list_other_ca") from None


class ListBook:
    """Which numbers were used, and when."""

    def __init__(self, path: Path) -> None:
        self._book = Book(path)

    @classmethod
    def beside(cls, certificate: Path) -> "ListBook":
        """The book that belongs to the CA whose certificate is in this file."""
        return cls(certificate.parent / NAME)

    def check_whole(self, revoked: RevokedBook) -> None:
        """A book of revocations that has lost lines since the last list would make revoked certificates good: `revoked_damaged`."""
        if len(revoked) < _last(self._book.entries()).revocations:
            raise BookError("revoked_damaged")

    def take(self, now: datetime, revoked: RevokedBook, *, first: bool = False, after: Published | None = None) -> int:
        """The next number; on the disk before this returns. `first`: this CA has never made a list. `after`: the last that went out.

        Raises `CaRefused` (`clock_behind`: the last list is of later; `not_first`), `BookError` (`lists_missing`: neither a book nor
        one of the two; `revoked_damaged`: lines are lost since the last list; and others).
        """
        taken: list[int] = []

        def decide(entries: Sequence[Entry]) -> list[Entry]:
            last, lines = _last(entries), len(revoked)
            if first and (entries or after is not None):
                raise CaRefused("not_first")
            if not first and not entries and after is None:
                raise BookError("lists_missing")
            times = [last.this_update, None if after is None else after.this_update]
            if any(time is not None and now < time for time in times):
                raise CaRefused("clock_behind")
            if lines < last.revocations or (after is not None and not after.serials <= revoked.ever()):
                raise BookError("revoked_damaged")
            taken.append(max(last.number, 0 if after is None else after.number) + 1)
            written = now.strftime("%Y-%m-%dT%H:%M:%SZ")
            return [{"number": taken[0], "this_update": written, "revocations": lines}]

        self._book.decide(decide)
        return taken[0]


def issue_list(
    authority: Authority,
    revoked: RevokedBook,
    lists: ListBook,
    now: datetime,
    days: int,
    *,
    first: bool = False,
    after: Published | None = None,
) -> bytes:
    """The CA's next complete list, DER: thisUpdate `now`, nextUpdate `days` (1 to 60) later or when the CA ends, if that is earlier.

    What was revoked once stays listed after it has expired, so that an old signature can still be judged (RFC 5280, 3.3 asks for
    less). `first`, `after`: see `ListBook.take`. Raises `CaRefused` (`list_days`, `clock_behind`, `not_first`, `ca_expired`,
    `ca_not_yet_valid`), `CaKeyError`, `BookError`.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise CaRefused("list_days")
    this_update = now.astimezone(UTC).replace(microsecond=0)
    authority.check_time(this_update)
    number = lists.take(this_update, revoked, first=first, after=after)
    next_update = min(this_update + timedelta(days=days), authority.not_after)
    der = _signed(authority, revoked.standing().values(), (this_update, next_update), number)
    _check(der, authority)
    return der


def _signed(
    authority: Authority, standing: Iterable[Revoked], updates: tuple[datetime, datetime], number: int
) -> bytes:
    issuer = x509.load_der_x509_certificate(authority.certificate)
    algorithm = {"algorithm": authority.signer.algorithm.signature_name}
    fields: dict[str, Any] = {
        "version": "v2",
        "signature": algorithm,
        "issuer": name_of(issuer),
        "this_update": moment_of(updates[0]),
        "next_update": moment_of(updates[1]),
        "crl_extensions": [
            _extension("authority_key_identifier", {"key_identifier": identifier_in(issuer)}),
            _extension("crl_number", number),
        ],
    }
    entries = [_entry(each) for each in standing]
    if entries:  # the field must be absent when nothing is revoked (5.1.2.6)
        fields["revoked_certificates"] = entries
    body = asn1.TbsCertList(fields)
    signature = core.OctetBitString(authority.signer.sign(body.dump()))
    whole = {"tbs_cert_list": body, "signature_algorithm": algorithm, "signature": signature}
    der: bytes = asn1.CertificateList(whole).dump()
    return der


def _entry(line: Revoked) -> dict[str, Any]:
    entry: dict[str, Any] = {"user_certificate": line.number, "revocation_date": moment_of(line.moment())}
    if (
        line.reason != Reason.UNSPECIFIED.value
    ):  # "SHOULD be absent instead of using the unspecified (0) reasonCode" (5.3.1)
        entry["crl_entry_extensions"] = [_extension("crl_reason", line.reason)]
    return entry


def _extension(name: str, value: object) -> dict[str, Any]:
    return {"extn_id": name, "critical": False, "extn_value": value}


def _check(der: bytes, authority: Authority) -> None:
    """A list that nobody can verify must not go out: it would take the last good one's place."""
    issuer = x509.load_der_x509_certificate(authority.certificate)
    if not x509.load_der_x509_crl(der).is_signature_valid(issuer.public_key()):  # type: ignore[arg-type]
        raise CaKeyError("signature")


@dataclass(frozen=True, slots=True)
class _Last:
    """The last line of the book; `revocations`: lines that the book of revocations had then."""

    number: int = 0
    this_update: datetime | None = None
    revocations: int = 0


def _last(entries: Sequence[Entry]) -> _Last:
    if not entries:
        return _Last()
    number, written, revocations = (entries[-1].get(name) for name in ("number", "this_update", "revocations"))
    try:
        moment = datetime.fromisoformat(str(written))
    except ValueError:
        raise BookError("lists_damaged") from None
    if not isinstance(number, int) or not isinstance(revocations, int) or number < 1 or moment.tzinfo is None:
        raise BookError("lists_damaged")
    return _Last(number, moment, revocations)
