"""Which reader serves which seat, and for which cards: by USB port, serial number or name, never by order of appearance."""

from dataclasses import dataclass
from enum import StrEnum

from cardd.config import ReaderMatch, Seat
from cardd.model import CardKind, SeatName
from cardd.ports import ReaderTraits


class ReaderRole(StrEnum):
    """For which cards a reader is there."""

    BADGE = "badge"
    RESIDENT = "resident"
    ANY = "any"
    IGNORED = "ignored"

    def takes(self, kind: CardKind) -> bool:
        """Whether a card of this kind belongs into such a reader. Cards that are not known belong anywhere."""
        if self is ReaderRole.BADGE:
            return kind not in {CardKind.MY_NUMBER, CardKind.JUKI}
        return self is not ReaderRole.RESIDENT or kind is not CardKind.BADGE


@dataclass(frozen=True, slots=True)
class Assignment:
    """What became of a reader. `problem`: why it is ignored, one word."""

    role: ReaderRole
    seat: SeatName | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RoleBook:
    """The configured seats. `virtual_readers`: whether readers without USB may serve (test mode only, requirement C11)."""

    seats: tuple[Seat, ...]
    virtual_readers: bool

    def assign(self, name: str, traits: ReaderTraits) -> Assignment:
        """The role of the reader with this cleaned name and these traits."""
        if traits.virtual and not self.virtual_readers:
            return Assignment(ReaderRole.IGNORED, problem="virtual")
        if not self.seats:
            return Assignment(ReaderRole.ANY)
        for seat in self.seats:
            role = _named_role(seat, name, traits)
            if role is not None:
                return Assignment(role, SeatName(seat.name))
        return self._open_role()

    def _open_role(self) -> Assignment:
        """A reader that no seat names serves what the only seat leaves open; with several seats nobody can say whose it is."""
        if len(self.seats) > 1:
            return Assignment(ReaderRole.IGNORED, problem="unknown")
        (seat,) = self.seats
        open_role = {
            (True, True): ReaderRole.ANY,
            (True, False): ReaderRole.BADGE,
            (False, True): ReaderRole.RESIDENT,
        }.get((seat.badge_reader is None, not seat.resident_readers))
        if open_role is None:
            return Assignment(ReaderRole.IGNORED, problem="unknown")
        return Assignment(open_role, SeatName(seat.name))


def _named_role(seat: Seat, name: str, traits: ReaderTraits) -> ReaderRole | None:
    badge = seat.badge_reader is not None and _fits(seat.badge_reader, name, traits)
    resident = any(_fits(match, name, traits) for match in seat.resident_readers)
    if badge and resident:
        return ReaderRole.ANY
    if badge:
        return ReaderRole.BADGE
    return ReaderRole.RESIDENT if resident else None


def _fits(match: ReaderMatch, name: str, traits: ReaderTraits) -> bool:
    wanted = ((match.usb_path, traits.usb_path), (match.serial, traits.serial), (match.name, name))
    return match.says_something and all(want is None or want == have for want, have in wanted)
