"""A machine that may ask one responder, with a stand-in for the helper that does with a question what the test says."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from cardd.revocation.asking import Asking
from cardd.revocation.question_files import QUESTION
from tests.unit.cardd.revocation.list_house import TurnedClock

FINGERPRINT = "5a" * 32
LONG_S = 60.0
"""A wait that no test sits out."""

Does = Callable[[str, bytes], None]
"""With the question's name without `.ask`, and its content."""


class Desk:
    """Both folders, and the daemon's side."""

    def __init__(self, folder: Path, wait_s: float = LONG_S, clock: TurnedClock | None = None) -> None:
        self.asked, self.answers = folder / "asked", folder / "answers"
        self.answers.mkdir(exist_ok=True)
        self.clock = clock or TurnedClock()
        self.asking = Asking(self.asked, self.answers, wait_s, self.clock.boottime)
        self.seen: list[str] = []

    def put(self, name: str, content: bytes) -> None:
        """As the helper does: beside, then in one step."""
        beside = self.answers / f".{name}.new"
        beside.write_bytes(content)
        beside.rename(self.answers / name)

    def helper(self, does: Does) -> Helper:
        return Helper(self, does)

    @property
    def questions(self) -> list[str]:
        return sorted(os.listdir(self.asked)) if self.asked.exists() else []


class Helper:
    """Sees each question once, until it is told to stop."""

    def __init__(self, desk: Desk, does: Does) -> None:
        self._desk, self._does = desk, does
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Helper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        done: set[tuple[str, int]] = set()
        while not self._stop.wait(0.005):
            for name in self._desk.questions:
                try:
                    at, content = (self._desk.asked / name).stat().st_mtime_ns, (self._desk.asked / name).read_bytes()
                except FileNotFoundError:
                    continue
                if QUESTION.fullmatch(name) and (name, at) not in done:
                    done.add((name, at))
                    self._desk.seen.append(name)
                    self._does(name.removesuffix(".ask"), content)
