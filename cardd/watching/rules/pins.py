"""W1, W2, W3: PINs that were wrong."""

from collections.abc import Iterator
from typing import Final

from cardd.watch_settings import W1, W2, W3
from cardd.watching.memory import Bounded, Mark, Once, Window, evidence
from cardd.watching.seen import MINUTE, Hit, Seen, hit

PROOFS: Final = frozenset({"login", "unlock", "approve", "lockdown_release", "head_export"})
"""Operations in which a badge proves its holder."""


class WrongPinsOnOneCard:
    """W1: so many wrong PINs in a row on one resident's card in one day, whichever of its PINs; the right one in between takes away
    what was wrong of that PIN. Whoever guesses at one PIN after the other would else have a free try at each of the four.
    """

    def __init__(self, values: W1) -> None:
        self._times = values.times
        self._wrong: Bounded[list[tuple[int, str | None, tuple[int, ...]]]] = Bounded(list)
        """Day, PIN and evidence of each."""
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card, outcome = seen.resident_card, seen.text("pin_outcome")
        if card is None or outcome not in {"spent", "accepted"}:
            return
        wrong, pin = self._wrong[card], seen.text("pin")
        wrong[:] = [each for each in wrong if each[0] == seen.day and not (outcome == "accepted" and each[1] == pin)]
        if outcome == "spent":
            wrong[:] = [*wrong[-49:], (seen.day, pin, seen.evidence)]
            if len(wrong) >= self._times and self._once.first(card, seen.day):
                about = {"card": card, "operator": seen.text("operator"), "seat": seen.text("seat")}
                numbers = tuple(number for _, _, numbers in wrong for number in numbers)
                yield hit("w1", seen, about, numbers, count=len(wrong))


class WrongPinsOverCards:
    """W2: so many wrong PINs within the time over several residents' cards, of one operator or at one seat."""

    def __init__(self, values: W2) -> None:
        self._values = values
        self._window = Window(values.minutes * MINUTE)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card = seen.resident_card
        if card is None or seen.text("pin_outcome") != "spent":
            return
        told: frozenset[int] = frozenset()
        for who in ("operator", "seat"):
            name = seen.text(who)
            if name is None:
                continue
            marks = self._window.add((who, name), Mark(seen.at_us, seen.evidence, card))
            enough = len(marks) >= self._values.times and len({mark.what for mark in marks}) >= self._values.cards
            # What one operator did alone is said once, of the operator.
            if enough and frozenset(evidence(marks)) != told and self._once.first((who, name), seen.day):
                told = frozenset(evidence(marks))
                yield hit("w2", seen, {who: name}, evidence(marks), count=len(marks))


class FailedProofs:
    """W3: so many failed proofs within the time, of one badge or at one seat."""

    def __init__(self, values: W3) -> None:
        self._values = values
        self._window = Window(values.minutes * MINUTE)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        if seen.text("operation") not in PROOFS or not seen.is_result or seen.done:
            return
        if seen.text("pin_outcome") != "spent" and seen.text("code") != "auth.failed":
            return
        told: tuple[int, ...] = ()
        for who in ("badge", "seat"):
            name = seen.text(who)
            if name is None:
                continue
            marks = self._window.add((who, name), Mark(seen.at_us, seen.evidence))
            if len(marks) >= self._values.times and evidence(marks) != told and self._once.first((who, name), seen.day):
                told = evidence(marks)
                about = {who: name, "operator": seen.text("operator") if who == "badge" else None}
                yield hit("w3", seen, about, told, count=len(marks))
