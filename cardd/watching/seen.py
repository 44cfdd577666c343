"""What a rule sees: one record, a result together with its intent; and the hit that it gives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cardd.audit.entries import Entry
from cardd.audit.records import Phase

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
JAPAN: Final = 9 * HOUR
"""Japan is nine hours ahead of UTC all year."""
MOST_OPEN: Final = 4096
"""Intents that wait for their result; a daemon has fewer than a hundred."""
MOST_EVIDENCE: Final = 100
"""Numbers of records in one alarm, as the record takes them; the newest are kept."""
RESIDENT: Final = frozenset({"my_number", "juki"})
Fact = str | int


@dataclass(frozen=True, slots=True)
class Seen:
    """One state record, or one result with the fields of its intent beneath it."""

    log: str
    sequence: int
    """Of the state record or of the result."""
    at_us: int
    """Its time; microseconds since 1970, UTC."""
    facts: Mapping[str, Any] = field(repr=False)
    intent: int | None = None
    """Number of the intent, in a result whose intent was seen."""
    begun_us: int | None = None

    def text(self, name: str) -> str | None:
        """A field that is text; None where it is not there."""
        value = self.facts.get(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> int:
        """A field that is a whole number; 0 where it is not there."""
        value = self.facts.get(name)
        return value if type(value) is int else 0

    def words(self, name: str) -> tuple[str, ...]:
        """A field that is a list of words; empty where it is not there."""
        value = self.facts.get(name)
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()

    @property
    def event(self) -> str:
        return self.text("event") or ""

    @property
    def is_result(self) -> bool:
        return "result" in self.facts

    @property
    def done(self) -> bool:
        """A result, and the work was done."""
        return self.facts.get("result") == "done"

    @property
    def resident_card(self) -> str | None:
        """The pseudonym of the resident's card that was used; None where it is another kind, or has none."""
        return self.text("card") if self.text("card_kind") in RESIDENT else None

    @property
    def times(self) -> int:
        """How many of its kind it stands for: totals of refusals stand in one record."""
        return max(1, self.number("count")) if self.facts.get("problem") == "more_of_the_same" else 1

    @property
    def day(self) -> int:
        """The day in Japan, counted from 1970."""
        return (self.at_us + JAPAN) // DAY

    @property
    def evidence(self) -> tuple[int, ...]:
        """Its own numbers: intent and result, or the state record."""
        return (self.sequence,) if self.intent is None else (self.intent, self.sequence)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule says: somebody should ask about this. The same log gives the same hits, however it is fed."""

    watch: str
    """`w1` to `w18`."""
    log: str
    at_us: int
    """When it became true."""
    evidence: tuple[int, ...]
    """Numbers of the records it rests on, at most 100, the newest last."""
    about: tuple[tuple[str, Fact], ...]
    """Fields of the alarm's record: operator, seat, card, badge, client, approver, reader, problem."""
    count: int | None = None
    elsewhere: tuple[tuple[str, int], ...] = ()
    """Records of other logs that it rests on too: log id and number. Only where several logs are read together."""

    @property
    def key(self) -> tuple[object, ...]:
        """The same for two hits that are the same."""
        return self.watch, self.log, self.evidence[-1], self.about


def hit(watch: str, seen: Seen, about: Mapping[str, Fact | None], evidence: tuple[int, ...] = (), **more: Any) -> Hit:
    """A hit at `seen`, which is its newest evidence. Facts that are None are left out."""
    told = tuple(sorted((name, value) for name, value in about.items() if value is not None))
    numbers = tuple(dict.fromkeys((*evidence, *seen.evidence)))
    return Hit(watch, seen.log, seen.at_us, numbers[-MOST_EVIDENCE:], told, **more)


class Joiner:
    """Puts results and intents together. Holds the intents that are open, at most 4,096, the oldest goes first."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], Entry] = {}

    def see(self, entry: Entry) -> Iterator[Seen]:
        """What the rules see of this record: nothing yet, for an intent. The log's own housekeeping and alarms are left out."""
        if entry.phase is Phase.INTENT:
            self._open[entry.log_id, entry.sequence] = entry
            if len(self._open) > MOST_OPEN:
                del self._open[next(iter(self._open))]
            return
        if entry.phase is Phase.RESULT:
            yield self._result(entry)
        elif not entry.event.startswith("watch."):
            yield Seen(entry.log_id, entry.sequence, entry.utc_us, entry.content)

    def _result(self, entry: Entry) -> Seen:
        begun = self._open.pop((entry.log_id, entry.number("intent") or 0), None)
        if begun is None:
            return Seen(entry.log_id, entry.sequence, entry.utc_us, entry.content)
        facts = begun.content | entry.content
        return Seen(entry.log_id, entry.sequence, entry.utc_us, facts, begun.sequence, begun.utc_us)

    def __len__(self) -> int:
        return len(self._open)
