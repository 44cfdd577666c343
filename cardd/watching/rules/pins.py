"""W1, W2, W3: PINs that were wrong."""

from collections.abc import Iterator
from typing import Final

from cardd.watch_settings import W1, W2, W3
from cardd.watching.memory import Bounded, Mark, Once, Window, evidence
from cardd.watching.seen import MINUTE, Hit, Seen, hit

PROOFS: Final = frozenset({"login", "unlock", "approve", "lockdown_release", "head_export"})
"""Operations in which a badge proves its holder."""


class WrongPinsOnOneCard:
    """W1: so many wrong PINs in a row on one resident's card in one day; the right one in between begins anew."""

    def __init__(self, values: W1) -> None:
        self._times = values.times
        self._wrong: Bounded[list[tuple[int, int]]] = Bounded(list)
        self._once = Once()

    def see(self, seen: Seen) -> Iterator[Hit]:
        card, outcome = seen.resident_card, seen.text("pin_outcome")
        if card is None or outcome not in {"spent", "accepted"}:
            return
        wrong = self._wrong[card, seen.text("pin")]
        if outcome == "accepted" or (wrong and wrong[0][0] != seen.day):
            wrong.clear()
        if outcome == "spent":
            wrong.extend((seen.day, number) for number in seen.evidence)
            if len(wrong) >= self._times * len(seen.evidence) and self._once.first(card, seen.day):
                about = {"card": card, "operator": seen.text("operator"), "seat": seen.text("seat")}
                yield hit(
                    "w1", seen, about, tuple(number for _, number in wrong), count=len(wrong) // len(seen.evidence)
                )


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
