"""Records of several logs as one stream for the rules, each under a number that no other record has.

The rules name their evidence by record numbers, which hold within one log. Here a record's number also says which log it is from, so
that evidence of several terminals can be told apart, and names that mean something at one terminal alone (seats, approvals) are
written with the terminal before them.
"""

from collections.abc import Iterable
from dataclasses import replace

from cardd.audit.entries import Entry
from cardd.watching.seen import Hit

MOST_LOGS = 1 << 20
"""Logs of one office."""
_LOCAL = ("approval", "seat")
Record = tuple[str, int]
"""Log id and number."""


class Numbers:
    """Gives the numbers and takes them apart again."""

    def __init__(self) -> None:
        self._logs: list[str] = []
        self._places: dict[str, int] = {}

    def numbered(self, entry: Entry) -> Entry:
        """The same record under its number among all. Its bytes and hash stay. Raises `ValueError` beyond `MOST_LOGS` logs."""
        place = self._place(entry.log_id)
        content = dict(entry.content)
        intent = entry.number("intent")
        if intent is not None:
            content["intent"] = intent * MOST_LOGS + place
        terminal = entry.text("terminal") or entry.log_id
        for name in _LOCAL:
            word = entry.text(name)
            if word is not None:
                content[name] = f"{terminal}/{word}"
        return replace(entry, sequence=entry.sequence * MOST_LOGS + place, content=content)

    def records(self, hit: Hit) -> tuple[Record, ...]:
        """The records behind a hit, the newest last."""
        elsewhere = (number for _, number in hit.elsewhere)
        return tuple(dict.fromkeys(self._apart(number) for number in (*elsewhere, *hit.evidence)))

    def _place(self, log_id: str) -> int:
        if log_id not in self._places:
            if len(self._logs) == MOST_LOGS:
                raise ValueError("too many logs")
            self._places[log_id] = len(self._logs)
            self._logs.append(log_id)
        return self._places[log_id]

    def _apart(self, number: int) -> Record:
        return self._logs[number % MOST_LOGS], number // MOST_LOGS


def spans(records: Iterable[Record]) -> bool:
    """Whether they stand in more than one log. What one log shows alone is told at its own terminal."""
    return len({log_id for log_id, _ in records}) > 1
