"""Feeds records to all rules, one by one and in order. The same log gives the same hits, whatever the batches are."""

from collections.abc import Iterable, Iterator

from cardd.audit.entries import Entry
from cardd.watch_settings import Watching
from cardd.watching.registry import Lists, rules
from cardd.watching.rules.cases import NoCaseClosed
from cardd.watching.seen import Hit, Joiner


class Engine:
    """The rules with their memory. Not for two threads at once."""

    def __init__(self, values: Watching, lists: Lists | None = None) -> None:
        self._joiner = Joiner()
        self._rules = tuple(rules(values, lists or Lists()).values())
        self._waiting = tuple(rule for rule in self._rules if isinstance(rule, NoCaseClosed))

    def feed(self, entries: Iterable[Entry]) -> Iterator[Hit]:
        """The hits of these records, in order. Consume it whole."""
        for entry in entries:
            yield from self.advance(entry.utc_us)
            for seen in self._joiner.see(entry):
                for rule in self._rules:
                    yield from rule.see(seen)

    def advance(self, now_us: int) -> Iterator[Hit]:
        """The hits of what was to happen by `now_us` (microseconds since 1970) and did not. Consume it whole.

        To give the same as a replay, ask only when every record up to `now_us` was fed.
        """
        for rule in self._waiting:
            yield from rule.due(now_us)
