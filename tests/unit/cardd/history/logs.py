"""Small logs for the tests of this folder, written by the journal itself."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cardd.audit.journal import Journal, JournalSettings, Receipt
from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.history.along import Along
from cardd.history.book import Book
from cardd.history.follower import Follower
from cardd.model import CardKind, Item, Operation, PinKind

START_US = 1_795_365_824_000_000
HOUR_US = 3_600_000_000
OPERATORS = ("tanaka", "suzuki", "ito")
CARDS = tuple(f"{number:032x}" for number in range(1, 6))
PURPOSES = ("move_in", "identity_check")
HOSTILE = (
    '=HYPERLINK("http://example.invalid","x")',
    "<script>alert(1)</script>",
    "R8'; DROP TABLE uses; --",
    "\u202egnp.exe",
    '@SUM(1+1)|\' ""',
    '住民\u3000太郎, "R8"',
)


@dataclass
class Clock:
    us: int = START_US

    def utc_us(self) -> int:
        self.us += 1_000_000
        return self.us

    def boottime(self) -> float:
        return self.us / 1e6


@contextmanager
def journal(directory: Path, clock: Clock | None = None, segment_bytes: int = 8_000) -> Iterator[Journal]:
    """A log of many small segments."""
    directory.mkdir(exist_ok=True)
    facts = JournalSettings(
        boot_id="5f1e6f1e-0000-4000-8000-000000000000",
        mode="test",
        version="0.0.1",
        terminal="t1",
        segment_bytes=segment_bytes,
        reserve_bytes=4096,
    )
    opened = Journal(directory, clock or Clock(), facts)
    try:
        yield opened
    finally:
        opened.close()


def write_day(log: Journal, uses: int, seed: int = 1, clock: Clock | None = None) -> None:
    """Readings that are done, refused, left open and overlap; refusals before any card; hostile reception numbers."""
    chance = random.Random(seed)
    waiting: list[Receipt] = []
    for number in range(uses):
        if clock is not None and chance.random() < 0.05:
            clock.us += chance.choice((-2, 20, 30)) * HOUR_US
        context = {
            "event": chance.choice(("card.read", "card.certificate", "sign.digest")),
            "operation": chance.choice((Operation.READ, Operation.SIGN)),
            "operator": chance.choice(OPERATORS),
            "role": "counter",
            "purpose": chance.choice(PURPOSES),
            "case": chance.choice((f"R8-{number % 7}", *HOSTILE)),
            "seat": chance.choice(("left", "right")),
            "client": "windows",
            "uid": 1000,
            "card": chance.choice(CARDS),
            "card_kind": CardKind.MY_NUMBER,
            "items": (Item.NAME, Item.ADDRESS),
        }
        if chance.random() < 0.2:
            log.state(StateRecord(**context, code="policy.denied", problem="no_row"))
            continue
        waiting.append(log.intent(IntentRecord(**context)))
        while waiting and chance.random() < 0.7:
            log.outcome(waiting.pop(chance.randrange(len(waiting))), _outcome(chance))


def _outcome(chance: random.Random) -> OutcomeRecord:
    if chance.random() < 0.2:
        return OutcomeRecord(
            result=Result.REFUSED, code="pin.rejected", pin=PinKind.CARD_INFO, tries_before=3, tries_after=2
        )
    return OutcomeRecord(result=Result.DONE, items=(Item.NAME,), operator=chance.choice((None, "late")))


@contextmanager
def following(log: Path, indexes: Path, log_id: str) -> Iterator[Book]:
    """A book whose follower runs."""
    follower = Follower(log, indexes, log_id)
    follower.start()
    try:
        yield Book(follower)
    finally:
        follower.stop()


def indexed(log: Path, directory: Path, log_id: str) -> Along:
    """The index, read in on this thread."""
    along = Along(log, directory, log_id)
    assert along.read(lambda _: True)
    return along
