"""A new list is checked, sorted and written by a process of its own (`cardd.revocation.bounded`), that lives for a moment.

What arrives in a folder is parsed where no PIN and no card is; and a million entries cost seconds that nobody at a counter waits for.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

LIMIT_S = 300.0
"""A million entries take some ten seconds; whoever needs this long hangs."""
REFUSED = 3
CHECK_FAILED = "check_failed"
NEVER = datetime.fromtimestamp(0, UTC)
_HANDED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the child says. `problem`: why the list was refused; the rest counts without one only."""

    problem: str | None = None
    changed: bool = False
    fresh: bool = False
    """Whether there was no usable file before: then the child could not see a roll-back, and its caller must."""
    file: str = ""
    digest: str = field(default="", repr=False)
    number: int = 0
    this_update: datetime = NEVER
    next_update: datetime = NEVER
    count: int = 0


class ListChild:
    """One child at a time. `stop` may be called from another thread, while `take_in` blocks."""

    def __init__(self, limit_s: float = LIMIT_S, interpreter: str = sys.executable) -> None:
        self._limit_s, self._interpreter = limit_s, interpreter
        self._lock = threading.Lock()
        self._running: subprocess.Popen[bytes] | None = None
        self._stopped = False

    def take_in(self, source: Path, authorities: Sequence[Path], folder: Path, now: datetime) -> Taken:
        """Check `source` (DER) against the authorities' certificates (PEM) and against what lies in `folder`; write it there.

        Blocks as long as the child works, at most the limit. Raises nothing: where the child fails, hangs, is killed, or was
        stopped, the problem is `check_failed`, and what lay in `folder` counts on.
        """
        command = [self._interpreter, "-P", "-m", "cardd.revocation.bounded", "--list", os.fspath(source)]
        for each in authorities:
            command += ["--authority", os.fspath(each)]
        command += ["--into", os.fspath(folder), "--at", now.strftime("%Y-%m-%dT%H:%M:%S+0000")]
        try:
            code, said = self._run(command)
            return _taken(code, json.loads(said))
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
            return Taken(CHECK_FAILED)

    def stop(self) -> None:
        """End the child that works, and begin no other: nobody waits for a list any longer."""
        with self._lock:
            self._stopped = True
            if self._running is not None:
                self._running.kill()

    def _run(self, command: Sequence[str]) -> tuple[int, bytes]:
        """Exit code and what it said. Raises `OSError`, `subprocess.SubprocessError`."""
        with self._lock:
            if self._stopped:
                raise subprocess.SubprocessError
            child = self._running = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
            )
        with child:
            try:
                said, _ = child.communicate(timeout=self._limit_s)
            except BaseException:
                child.kill()
                raise
            finally:
                with self._lock:
                    self._running = None
        return child.returncode, said


def take_in(source: Path, authorities: Sequence[Path], folder: Path, now: datetime) -> Taken:
    """`ListChild.take_in` by a child that nobody stops."""
    return ListChild().take_in(source, authorities, folder, now)


def _taken(code: int, answer: dict[str, object]) -> Taken:
    if code == REFUSED:
        return Taken(str(answer["problem"]))
    if code != 0:
        return Taken(CHECK_FAILED)
    return Taken(
        changed=answer["outcome"] == "taken",
        fresh=answer["before"] in ("none", "damaged"),
        file=str(answer["file"]),
        digest=str(answer["digest"]),
        number=int(str(answer["number"])),
        this_update=datetime.fromisoformat(str(answer["this_update"])),
        next_update=datetime.fromisoformat(str(answer["next_update"])),
        count=int(str(answer["count"])),
    )
