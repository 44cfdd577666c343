"""A log that grows while it is looked at, and a witness without a network: what the tests of this folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cardd.audit.checkpoint import SignedHead as Signed
from cardd.audit.checkpoint import VerifierKey, parse
from cardd.witness.book import Book
from cardd.witness.judge import Judge
from cardd.witness.leaves import Leaves
from cardd.witness.post import Reply
from cardd.witness.protocol import ADD_KEY, Known, Submission, origin_of, period_of
from cardd.witness.settings import WitnessKey
from tests.fixtures.made_log import DAY_US, INTENT, RESULT, STATE, LogMaker, day_text, us_of

START_US = us_of(2026, 11, 20, 1)
MINUTE_US = 60_000_000


class GrowingLog(LogMaker):
    """`work` puts in what a counter does; `save` brings the disk up to date at any time."""

    def __init__(self, directory: Path, *, start_us: int = START_US, **more: Any) -> None:
        super().__init__(directory, start_us=start_us, **more)
        self.save()

    def work(self, times: int = 1, *, what: str = "identity_check", save: bool = True) -> int:
        """So many reads, an intent and a result each, 30 s apart; the number of the last record."""
        number = 0
        for _ in range(times):
            intent = self.put(self.us + MINUTE_US // 2, INTENT, {"event": "card.read", "purpose": what})
            number = self.put(self.us + 1_000, RESULT, {"intent": intent, "result": "done"})
        if save:
            self.save()
        return number

    def state(self, event: str, **more: Any) -> int:
        number = self.put(self.us + 1_000, STATE, {"event": event, **more})
        self.save()
        return number

    def days(self, count: int) -> None:
        """So many midnights pass; the machine was off if nothing is put in."""
        self.put((self.us // DAY_US + count) * DAY_US + DAY_US // 24, STATE, {"event": "daemon.started"})
        self.head("start")
        self.save()

    def signed(self, why: str = "time") -> Signed:
        """A head over everything."""
        note = self.head(why)
        self.save()
        return parse(note)

    def save(self) -> None:
        self._write_segment()
        if self._notes:
            (self.directory / "heads" / f"{day_text(self.day)}.heads").write_bytes(b"".join(self._notes))

    @property
    def verifier_key(self) -> VerifierKey:
        """Of its first day."""
        return VerifierKey.parse(self.first_key)


class Hall:
    """A witness that is asked by a call instead of over a network. `before`: runs before each request, with its path and body."""

    def __init__(self, folder: Path, logs: list[VerifierKey], name: str = "witness.example") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "witness.db"
        self.key = WitnessKey.make(name)
        self.book = Book(self.path, create=not self.path.exists())
        self.book.register(logs)
        self.origins = [origin_of(key) for key in logs]
        self.now_s = START_US / 1e6
        self.judge = Judge(self.book, self.origins, self.key.verifier_key, self.key.sign, lambda: self.now_s)
        self.before: Callable[[str, bytes], Reply | None] = lambda _path, _body: None
        self.asked: list[str] = []

    def post(self, path: str, body: bytes) -> Reply:
        self.asked.append(path)
        early = self.before(path, body)
        if early is not None:
            return early
        answer = self.judge.answer(body, with_key=path == ADD_KEY)
        return Reply(answer.status, answer.body)

    def get(self, path: str) -> Reply:
        self.asked.append(path)
        early = self.before(path, b"")
        if early is not None:
            return early
        log = self.book.log(path.removeprefix("/state/"))
        if log is None:
            return Reply(404, b"")
        return Reply(200, Known(log.size, period_of(log.key), log.key.public).encode())

    @property
    def size(self) -> int:
        """Of its only log."""
        return self.book.logs()[0].size


def asked(leaves: Leaves, log: GrowingLog, old: int, signed: Signed, period: str | None = None) -> Submission:
    """What a sender would say. `period`: with the key of this day."""
    leaves.follow(log.directory)
    key = None if period is None else leaves.key(period, signed.head.size)
    return Submission(old, leaves.consistency(old, signed.head.size), signed, key)
