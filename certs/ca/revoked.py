"""The book of revocations: beside the book of issued certificates, only added to, on the disk before any list or answer says so.

A certificate is live, held, or revoked for good. A hold can be lifted or made final; nothing else is ever taken back.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from certs.ca.book import Book, Entry
from certs.ca.errors import BookError, CaRefused
from certs.ca.issued import Issued

NAME = "revoked.jsonl"


class Reason(StrEnum):
    """RFC 5280, 5.3.1, as far as it is about the certificates that this CA issues; names as asn1crypto's."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "key_compromise"
    """Somebody else has, or may have, the key: a lost or stolen badge."""
    AFFILIATION_CHANGED = "affiliation_changed"
    """Another name or office."""
    SUPERSEDED = "superseded"
    """Replaced by a newer certificate; nobody else has the key."""
    CESSATION_OF_OPERATION = "cessation_of_operation"
    """The operator has left."""
    CERTIFICATE_HOLD = "certificate_hold"
    """Not good for now; the only reason that can be lifted."""
    PRIVILEGE_WITHDRAWN = "privilege_withdrawn"


RELEASED = "released"
"""In the place of a reason: the hold was lifted."""
_REASONS = {each.value for each in Reason} | {RELEASED}


@dataclass(frozen=True, slots=True)
class Revoked:
    """One line of the book."""

    serial: str
    """As in the book of issued certificates: lower-case hex."""
    reason: str
    """Of `Reason`, or `released`."""
    time: str
    """When it was revoked, or released; RFC 3339 with `Z`."""

    def moment(self) -> datetime:
        return datetime.fromisoformat(self.time)

    @property
    def number(self) -> int:
        """The serial number."""
        return int(self.serial, 16)


class RevokedBook:
    """The book in one file."""

    def __init__(self, path: Path) -> None:
        self._book = Book(path)

    @classmethod
    def beside(cls, certificate: Path) -> "RevokedBook":
        """The book that belongs to the CA whose certificate is in this file."""
        return cls(certificate.parent / NAME)

    def standing(self) -> Mapping[str, Revoked]:
        """What is revoked or held now, by serial number, oldest first. Raises `BookError`."""
        return _standing(self._book.entries())

    def ever(self) -> frozenset[int]:
        """Serial numbers of all that was ever revoked or held. Raises `BookError`."""
        return frozenset(_read(each).number for each in self._book.entries())

    def __len__(self) -> int:
        """How many lines it has; never fewer than before. Raises `BookError`."""
        return len(self._book.entries())

    def revoke(self, certificates: Sequence[Issued], reason: Reason, now: datetime) -> tuple[Revoked, ...]:
        """Revokes those of `certificates` that are not revoked for good; all of them, or none where the disk fails.

        Returns when they are on the disk. A hold becomes final with the time of now: until then its key may have been good.
        Raises `CaRefused` (`already_revoked`: there is none left to revoke), `BookError`.
        """

        def decide(standing: Mapping[str, Revoked]) -> list[Revoked]:
            new = [each for each in certificates if _may_become(standing.get(each.serial), reason)]
            if not new:
                raise CaRefused("already_revoked")
            return [Revoked(each.serial, reason.value, _rfc3339(now)) for each in new]

        return self._decide(decide)

    def release(self, certificates: Sequence[Issued], now: datetime) -> tuple[Revoked, ...]:
        """Lifts the hold of those of `certificates` that are held. Raises `CaRefused` (`not_held`), `BookError`."""

        def decide(standing: Mapping[str, Revoked]) -> list[Revoked]:
            held = [each for each in certificates if _held(standing.get(each.serial))]
            if not held:
                raise CaRefused("not_held")
            return [Revoked(each.serial, RELEASED, _rfc3339(now)) for each in held]

        return self._decide(decide)

    def _decide(self, decide: Callable[[Mapping[str, Revoked]], list[Revoked]]) -> tuple[Revoked, ...]:
        done: list[Revoked] = []

        def lines(entries: Sequence[Entry]) -> list[Entry]:
            done[:] = decide(_standing(entries))
            return [asdict(each) for each in done]

        self._book.decide(lines)
        return tuple(done)


def _standing(entries: Sequence[Entry]) -> dict[str, Revoked]:
    found: dict[str, Revoked] = {}
    for entry in entries:
        line = _read(entry)
        before = found.pop(line.serial, None)
        if line.reason == RELEASED:
            continue
        final_already = before is not None and not _held(before)
        found[line.serial] = before if final_already and before is not None else replace(line)
    return found


def _held(line: Revoked | None) -> bool:
    return line is not None and line.reason == Reason.CERTIFICATE_HOLD.value


def _may_become(line: Revoked | None, reason: Reason) -> bool:
    return line is None or (_held(line) and reason is not Reason.CERTIFICATE_HOLD)


def _read(entry: Entry) -> Revoked:
    try:
        line = Revoked(**{each.name: entry[each.name] for each in fields(Revoked)})
        sound = line.reason in _REASONS and line.moment().tzinfo is not None and line.number > 0
    except (KeyError, TypeError, ValueError):
        raise BookError("revoked_damaged") from None
    if not sound:
        raise BookError("revoked_damaged")
    return line


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
