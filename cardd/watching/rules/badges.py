"""W4, W11: badges where they should not be."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from cardd.watch_settings import W11
from cardd.watch_settings import Rule as Values
from cardd.watching.memory import Bounded, Once
from cardd.watching.rules.pins import PROOFS
from cardd.watching.seen import MINUTE, Hit, Seen, hit

ENDED: Final = frozenset({"badge_blocked", "operator_blocked", "role_ended", "not_registered", "expired", "revoked"})
"""Why a badge counts no more: lost, blocked, left, expired."""


class EndedBadge:
    """W4: a badge that was reported lost, is expired, or belongs to somebody who left, was used. Once a day for each reason."""

    def __init__(self, _: Values) -> None:
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.text("operation") not in PROOFS or seen.text("code") != "auth.failed":
            return
        why = next((word for word in (seen.text("problem"), seen.text("certificate")) if word in ENDED), None)
        badge, seat = seen.text("badge"), seen.text("seat")
        if why is not None and self._once.first((badge, seat, why), seen.day):
            yield hit("w4", seen, {"badge": badge, "seat": seat, "operator": seen.text("operator"), "problem": why})


@dataclass(frozen=True, slots=True)
class _Used:
    log: str
    terminal: str | None
    seat: str | None
    at_us: int
    evidence: tuple[int, ...]
    session: str | None


class OneBadgeTwoPlaces:
    """W11: a badge opened a session while its session at another seat was still open; or at another machine too soon after.

    Another machine is seen only where several logs are read together (`cardctl audit replay` of several, or the collector's).
    """

    def __init__(self, values: W11) -> None:
        self._span_us = values.minutes * MINUTE
        self._used: Bounded[list[_Used]] = Bounded(list)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.event in {"session.ended", "session.logout"}:
            self._ended(seen)
        if seen.text("operation") not in {"login", "unlock"} or not seen.done:
            return
        operator, badge = seen.text("operator"), seen.text("badge")
        used = self._used[operator]
        now = _Used(seen.log, seen.text("terminal"), seen.text("seat"), seen.at_us, seen.evidence, seen.text("session"))
        other = next((each for each in reversed(used) if self._clashes(each, now)), None)
        if other is not None and self._once.first((operator, other.seat, now.seat, now.log), seen.day):
            about = {"operator": operator, "badge": badge, "seat": now.seat}
            if other.log == now.log:
                yield hit("w11", seen, about | {"problem": "two_seats"}, other.evidence)
            else:
                elsewhere = tuple((other.log, number) for number in other.evidence)
                yield hit("w11", seen, about | {"problem": "two_machines"}, elsewhere=elsewhere)
        used[:] = [*[each for each in used if (each.log, each.seat) != (now.log, now.seat)][-7:], now]

    def _ended(self, seen: Seen) -> None:
        """A session at a seat is over: its badge may go to another one of this machine. Another machine is still too far."""
        used = self._used.get(seen.text("operator"))
        if used is not None:
            used[:] = [
                _Used(each.log, each.terminal, None, seen.at_us, each.evidence, None)
                if (each.log, each.seat) == (seen.log, seen.text("seat"))
                else each
                for each in used
            ]

    def _clashes(self, before: _Used, now: _Used) -> bool:
        if before.log == now.log:
            return before.seat not in (None, now.seat)
        return before.seat is not None or now.at_us - before.at_us < self._span_us
