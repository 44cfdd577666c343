"""A file that is only added to, one JSON object a line; what was added is on the disk before the call returns."""

import fcntl
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class LedgerError(Exception):
    """The file cannot be read or written, or is damaged. The text says which file."""


class Ledger:
    """The lines of one file; several processes may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> tuple[Line, ...]:
        """All lines, oldest first; none where there is no file. Raises `LedgerError`."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise LedgerError(f"cannot read {self._path}: {error.strerror}") from error
        return self._parsed(content)

    def decide(self, decision: Callable[[Sequence[Line]], Sequence[Line]]) -> None:
        """Add what `decision` makes of the lines so far, while nobody else reads to write. Raises `LedgerError` and what it raises."""
        try:
            with self._path.open("a+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                content = file.read()
                new = decision(self._parsed(content))
                file.truncate(content.rfind(b"\n") + 1)  # half a line of a power cut
                file.write(b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in new))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise LedgerError(f"cannot write {self._path}: {error.strerror}") from error

    def _parsed(self, content: bytes) -> tuple[Line, ...]:
        whole = content[: content.rfind(b"\n") + 1]
        try:
            found = [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise LedgerError(f"{self._path} is damaged") from error
        if not all(isinstance(line, dict) for line in found):
            raise LedgerError(f"{self._path} is damaged")
        return tuple(found)
