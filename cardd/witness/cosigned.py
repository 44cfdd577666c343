"""Where the sender leaves what it got: below `<folder>/<log id>/`.

    <key id of the witness>/<YYYY-MM-DD>.head    newest head of this day's key, signed by the log and by the witness; one a day is
                                                 kept as evidence: `cardd-verify LOG --anchor <that folder> --witness KEY`
    <key id of the witness>.json                 how the last try went

The sender writes, the daemon reads and believes nothing of it: it checks signature, size and text itself.
"""

import errno
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from cardd.audit.checkpoint import SignedHead, VerifierKey
from cardd.witness.protocol import WITNESS_NAME, is_day, period_of_head

SUFFIX = ".head"
LARGEST = 64 * 1024
PROBLEMS = frozenset(
    {
        "unreachable",
        "tls",
        "not_registered",
        "witness_ahead",
        "contradiction",
        "other_key",
        "bad_signature",
        "witness_fails",
        "log_differs",
        "log_damaged",
        "heads_missing",
        "tree_unknown",
        "cut_away",
    }
)
"""What can be wrong between a log and a witness; `docs/witness.md` says what to do."""
GRAVE = frozenset({"witness_ahead", "contradiction", "other_key", "bad_signature", "log_differs", "log_damaged"})
"""Of these: no failure of a machine explains them, somebody must look at once."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the last try went. `problem`: None, or a word of `PROBLEMS`; `size`: records that the witness holds; `tried_s`: UTC."""

    problem: str | None
    size: int
    tried_s: int


def plain_name(key: VerifierKey) -> str:
    """A witness's name as it may stand in a record; its key id where the name has other characters."""
    return key.name if re.fullmatch(WITNESS_NAME, key.name) else key.key_id.hex()


class Cosigned:
    """The folder of one log and one witness."""

    def __init__(self, folder: Path, log_id: str, key: VerifierKey) -> None:
        self.path = folder / log_id / key.key_id.hex()
        self._standing = self.path.with_suffix(".json")

    def write(self, signed: SignedHead) -> None:
        """Durable on return; the day's one before is replaced. Raises `OSError`."""
        self._replace(self.path / f"{period_of_head(signed)}{SUFFIX}", signed.encode())

    def newest(self) -> bytes | None:
        """The newest note; None where there is none. Raises `OSError`."""
        days = [path for path in self.path.glob(f"*{SUFFIX}") if is_day(path.name.removesuffix(SUFFIX))]
        return _read(max(days)) if days else None

    def write_standing(self, standing: Standing) -> None:
        """Raises `OSError`."""
        told = {"problem": standing.problem, "size": standing.size, "tried_s": standing.tried_s}
        self._replace(self._standing, json.dumps(told).encode("ascii"))

    def standing(self) -> Standing | None:
        """None where there is none, or nothing that can be read as one."""
        try:
            told = json.loads(_read(self._standing))
            problem, size, tried_s = told["problem"], told["size"], told["tried_s"]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        if problem is not None and not (isinstance(problem, str) and problem in PROBLEMS):
            return None
        return Standing(problem, size, tried_s) if type(size) is type(tried_s) is int else None

    def _replace(self, path: Path, octets: bytes) -> None:
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.tmp")
        with temporary.open("wb") as file:
            os.fchmod(file.fileno(), 0o640)
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _read(path: Path) -> bytes:
    """A plain file, at most `LARGEST` bytes. Raises `OSError`: a pipe would keep the reader waiting for good, and whoever waits gives
    no alarm."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), str(path))
        return file.read(LARGEST)
