"""All rules, by hand, in the order of their numbers."""

from collections.abc import Container
from dataclasses import dataclass
from typing import Final

from cardd.watch_settings import Watching
from cardd.watching.hours import Office
from cardd.watching.rule import Rule
from cardd.watching.rules.badges import EndedBadge, OneBadgeTwoPlaces
from cardd.watching.rules.cards import ManyCards, PulledAfterReading, SameCardAgain
from cardd.watching.rules.cases import NoCaseClosed
from cardd.watching.rules.lists import OnAList
from cardd.watching.rules.machine import StrangeReader, Tampering
from cardd.watching.rules.people import Overridden, RubberStamp
from cardd.watching.rules.pins import FailedProofs, WrongPinsOnOneCard, WrongPinsOverCards
from cardd.watching.rules.refusals import Curious, Probing
from cardd.watching.rules.time import OutOfHours

WATCHES: Final = tuple(f"w{number}" for number in range(1, 19))
MEMORY_DAYS: Final = 32
"""How far back any rule looks: 30 days (W6, W10, W17), and a day to begin at midnight."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The cards of W8 and W9, by pseudonym."""

    staff: Container[str] = frozenset()
    protected: Container[str] = frozenset()


def rules(values: Watching, lists: Lists) -> dict[str, Rule]:
    """Each rule that is enabled, new and without a memory."""
    office = Office(values.hours)
    every: dict[str, Rule] = {
        "w1": WrongPinsOnOneCard(values.w1),
        "w2": WrongPinsOverCards(values.w2),
        "w3": FailedProofs(values.w3),
        "w4": EndedBadge(values.w4),
        "w5": OutOfHours(values.w5, office),
        "w6": ManyCards(values.w6),
        "w7": SameCardAgain(values.w7),
        "w8": OnAList("w8", lists.staff),
        "w9": OnAList("w9", lists.protected),
        "w10": Curious(values.w10),
        "w11": OneBadgeTwoPlaces(values.w11),
        "w12": NoCaseClosed(values.w12),
        "w13": Probing(values.w13),
        "w14": PulledAfterReading(values.w14),
        "w15": Tampering(values.w15, office),
        "w16": Overridden(values.w16),
        "w17": RubberStamp(values.w17),
        "w18": StrangeReader(values.w18),
    }
    return {watch: rule for watch, rule in every.items() if getattr(values, watch).enabled}
