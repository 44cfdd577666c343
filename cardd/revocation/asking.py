"""The daemon's side of asking an OCSP responder: a question is put into a folder, its answer waited for. No network, no certificate code.

Whoever has taken over the helper reads which certificates are asked about (the responder is told that too), and can answer nothing or late;
what it answers is judged by `certs` like anything that lies in that folder. Called on readers' threads and on threads of checks.
"""

import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cardd.log import get_logger
from cardd.revocation.question_files import ANSWERED, ASKED, DROPPED_SECONDS, QUESTION, SILENT, Mark, mark_of

LOOK_SECONDS = 0.05
"""Between two looks whether an answer has come: two lstat each."""
STILL_SECONDS = 0.25
"""Between two looks whether the wait is still of use."""
QUIET_SECONDS = 60.0
"""A responder that said nothing is left alone for so long: the next in the queue do not wait for it again."""
MOST_OPEN = 8
"""Questions at one time; who comes then is not answered. A machine has fewer readers."""
NAME = "ocsp"
SILENT_WORD, NOT_ASKED = "ocsp_silent", "ocsp_not_asked"
_BESIDE = ".new"
State = Literal["good", "warning", "bad"]


@dataclass(slots=True)
class _Question:
    done: threading.Event = field(default_factory=threading.Event)
    answered: bool = False


class Asking:
    """All questions of the daemon."""

    def __init__(self, folder: Path, answers: Path, wait_s: float, boottime: Callable[[], float]) -> None:
        """`folder`: for questions, the daemon's own. `answers`: the helper's. `wait_s`: seconds; 0: nobody waits. `boottime`: seconds."""
        self._folder, self._answers = os.fspath(folder), os.fspath(answers)
        self._wait_s, self._boottime = wait_s, boottime
        self._lock = threading.Lock()
        self._open: dict[str, _Question] = {}
        """By responder's name and certificate."""
        self._silent: dict[str, float] = {}
        """Responders that said nothing, and until when they are left alone, on `boottime`."""
        self._swept = False
        self._blocked = False
        """Whether the last question could not be put into its folder."""
        self._stopping = threading.Event()

    def ask(self, name: str, fingerprint: str, question: bytes, still: Callable[[], None] = lambda: None) -> bool:
        """Whether an answer came that was not there before; what it is worth is for others to judge. Blocks at most `wait_s`.

        `name`: the responder's. `fingerprint`: SHA-256 of the certificate, lower-case hex. `question`: DER OCSPRequest.
        `still`: called now and then while it waits; raises what this shall end with. Else nothing is raised.
        The same question of two at a time is asked once.
        """
        key = f"{name}-{fingerprint}"
        with self._lock:
            if self._stopping.is_set() or self._silent.get(name, 0.0) > self._boottime():
                return False
            asked = self._open.get(key)
            mine = _Question()
            if asked is None:
                if len(self._open) >= MOST_OPEN:
                    get_logger().error("ocsp_not_asked", responder=name, problem="too_many")
                    return False
                self._open[key] = mine
        if asked is not None:
            return (
                self._waited(asked.done.wait, still, lambda: True if asked.done.is_set() else None) and asked.answered
            )
        try:
            mine.answered = self._ask(name, key, question, still)
            return mine.answered
        finally:
            with self._lock:
                del self._open[key]
            mine.done.set()

    def stop(self) -> None:
        """Nobody waits any longer, and nobody asks again."""
        self._stopping.set()

    def checks(self) -> tuple[tuple[str, State, str | None], ...]:
        """The row of `health`."""
        with self._lock:
            if self._blocked:
                return ((NAME, "bad", NOT_ASKED),)
            return ((NAME, "warning", SILENT_WORD) if self._silent else (NAME, "good", None),)

    # --- one question ------------------------------------------------------------------------------------------------

    def _ask(self, name: str, key: str, question: bytes, still: Callable[[], None]) -> bool:
        answer, silence = (os.path.join(self._answers, key + suffix) for suffix in (ANSWERED, SILENT))
        before, silent_before = mark_of(answer), mark_of(silence)
        if not self._put(name, key, question):
            return False
        if self._wait_s <= 0:
            # The helper takes its note of silence away when the responder speaks again.
            self._heard(name) if silent_before is None else self._told_nothing(name, 0.0)
            return False
        try:
            answered = self._waited(
                self._stopping.wait, still, lambda: _told((answer, before), (silence, silent_before))
            )
        finally:
            self._take_away(key)
        if answered:
            self._heard(name)
        elif not self._stopping.is_set():
            self._told_nothing(name, QUIET_SECONDS)
        return answered

    def _waited(
        self, pause: Callable[[float], bool], still: Callable[[], None], told: Callable[[], bool | None]
    ) -> bool:
        """Wait until `told` says something. `pause` waits so many seconds, less when something has come."""
        ends = time.monotonic() + self._wait_s
        look_at = 0.0
        while True:
            said = told()
            now = time.monotonic()
            if said is not None or now >= ends or self._stopping.is_set():
                return said or False
            if now >= look_at:
                still()
                look_at = now + STILL_SECONDS
            pause(min(LOOK_SECONDS, ends - now))

    def _heard(self, name: str) -> None:
        with self._lock:
            self._silent.pop(name, None)

    def _told_nothing(self, name: str, quiet_s: float) -> None:
        get_logger().error("ocsp_silent", responder=name)
        with self._lock:
            self._silent[name] = self._boottime() + quiet_s

    # --- the folder --------------------------------------------------------------------------------------------------

    def _put(self, name: str, key: str, question: bytes) -> bool:
        problem = None
        try:
            folder = self._opened()
            try:
                self._sweep(folder)
                _write(folder, key + ASKED, question)
            finally:
                os.close(folder)
        except OSError as error:
            problem = error.strerror
            get_logger().error("ocsp_not_asked", responder=name, problem=problem, folder=self._folder)
        with self._lock:
            self._blocked = problem is not None
        return problem is None

    def _opened(self) -> int:
        """Raises `OSError`, also for a folder into which somebody else may write."""
        with suppress(FileExistsError):
            os.mkdir(self._folder, 0o750)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        found = os.fstat(folder)
        if found.st_uid != os.geteuid() or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            os.close(folder)
            raise PermissionError(0, "others may write there")
        return folder

    def _take_away(self, key: str) -> None:
        with suppress(OSError):  # the folder went with a restart of the unit, and the question with it
            os.unlink(os.path.join(self._folder, key + ASKED))

    def _sweep(self, folder: int) -> None:
        """What an earlier run left, and what nobody waits for any more."""
        with self._lock:
            mine = {key + ASKED for key in self._open}
        now, first, self._swept = time.time(), not self._swept, True
        with os.scandir(folder) as entries:
            found = [
                entry.name for entry in entries if QUESTION.fullmatch(entry.name.removesuffix(_BESIDE).lstrip("."))
            ]
        for name in found:
            with suppress(FileNotFoundError):  # another thread took it away
                old = now - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime > DROPPED_SECONDS
                if name.removesuffix(_BESIDE).lstrip(".") not in mine and (first or old):
                    os.unlink(name, dir_fd=folder)


def _told(answer: tuple[str, Mark | None], silence: tuple[str, Mark | None]) -> bool | None:
    """Whether there is an answer, or a note that there is none; None: neither. Each with the mark of what lay there before."""
    if mark_of(answer[0]) not in (None, answer[1]):
        return True
    return False if mark_of(silence[0]) not in (None, silence[1]) else None


def _write(folder: int, name: str, content: bytes) -> None:
    """Whole, in one step, for the group to read. One certificate is asked about once at a time, so nobody else writes this name."""
    beside = f".{name}{_BESIDE}"
    with suppress(FileNotFoundError):
        os.unlink(beside, dir_fd=folder)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(beside, flags, 0o640, dir_fd=folder), "wb") as file:
        file.write(content)
    os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
