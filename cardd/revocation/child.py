"""A new list is checked, sorted and written by a process of its own (`cardd.revocation.bounded`), that lives for a moment.

What arrives in a folder is parsed where no PIN and no card is; and a million entries cost seconds that nobody at a counter waits for.
"""

import json
import os
import subprocess
import sys
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


def take_in(source: Path, authorities: Sequence[Path], folder: Path, now: datetime) -> Taken:
    """Check `source` (DER) against the authorities' certificates (PEM) and against what lies in `folder`; write it there.

    Blocks as long as the child works. Raises nothing: where the child fails the problem is `check_failed`.
    """
    command = [sys.executable, "-P", "-m", "cardd.revocation.bounded", "--list", os.fspath(source)]
    for each in authorities:
        command += ["--authority", os.fspath(each)]
    command += ["--into", os.fspath(folder), "--at", now.strftime("%Y-%m-%dT%H:%M:%S+0000")]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
            timeout=LIMIT_S,
            check=False,
        )
        return _taken(done.returncode, json.loads(done.stdout))
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return Taken(CHECK_FAILED)


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
