"""Feeds records to all rules, one by one and in order. The same log gives the same hits, whatever the batches are."""

from collections.abc import Callable, Iterable, Iterator

from cardd.audit.entries import Entry
from cardd.watch_settings import Watching
from cardd.watching.registry import Lists, rules
from cardd.watching.rule import Rule
from cardd.watching.rules.cases import NoCaseClosed
from cardd.watching.seen import Hit, Joiner, Seen

OnFailed = Callable[[str, Exception], None]


class Engine:
    """The rules with their memory. Not for two threads at once."""

    def __init__(self, values: Watching, lists: Lists | None = None, on_failed: OnFailed | None = None) -> None:
        """`on_failed`: told of a rule (its word) that cannot deal with a record; that rule is given up and the others go on.
        None: its error goes to whoever feeds."""
        self._joiner = Joiner()
        self._rules = rules(values, lists or Lists())
        self._on_failed = on_failed

    def feed(self, entries: Iterable[Entry]) -> Iterator[Hit]:
        """The hits of these records, in order. Consume it whole."""
        for entry in entries:
            yield from self.advance(entry.utc_us)
            for seen in self._joiner.see(entry):
                for watch, rule in tuple(self._rules.items()):
                    yield from self._asked(watch, rule, seen)

    def advance(self, now_us: int) -> Iterator[Hit]:
        """The hits of what was to happen by `now_us` (microseconds since 1970) and did not. Consume it whole.

        To give the same as a replay, ask only when every record up to `now_us` was fed.
        """
        waiting = self._rules.get("w12")
        if isinstance(waiting, NoCaseClosed):
            yield from waiting.due(now_us)

    def _asked(self, watch: str, rule: Rule, seen: Seen) -> Iterator[Hit]:
        try:
            yield from rule.see(seen)
        except Exception as error:
            # A record that one rule cannot bear must not silence the others, nor keep the daemon from starting again.
            if self._on_failed is None:
                raise
            del self._rules[watch]
            self._on_failed(watch, error)
