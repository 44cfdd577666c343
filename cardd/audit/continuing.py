"""A log that takes the place of another one: what its first record says of it, and where the closed one is kept.

A log ends for good when its machine was lost and a backup put in its place, or when it was found damaged and two people closed it.
It is never written on: somebody could hold the lost end of it. It is kept in `<log directory>/closed/<log id>/` with its segments and
heads, as it was, and the new log's first record (`log.continued`) names it with its last record's number and hash. `continues.json`
tells the journal that begins a new log to write that record.

A file alone begins nothing: whoever opens the journal judges whether two people ordered it (`Judge`; the rule stands in
`cardd.office.record_order`), and where nobody judges, no log takes the place of another one.
"""

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cardd.audit.disk import open_plain
from cardd.audit.records import StateRecord

NAME: Final = "continues.json"
CLOSED: Final = "closed"
"""Folder of closed logs in the log directory, one folder each, named by its log id."""
FORMAT: Final = 1
LARGEST: Final = 4096
REASONS: Final = ("restored", "damaged")
"""Why the log before ended."""
MOST_CLOSED: Final = 1000
"""More logs than this in a row are a ring of files that name each other."""


class ContinuesBroken(Exception):
    """`continues.json` cannot be used. `problem`: `form`, `newer_format`, `unreadable`."""

    def __init__(self, problem: str, file: Path) -> None:
        self.problem, self.file = problem, file
        super().__init__(f"{file}: {problem}")


@dataclass(frozen=True, slots=True)
class Continues:
    """What a new log says of the one before."""

    previous_log: str
    """32 hex digits."""
    last_sequence: int
    """Of its last whole record that is kept."""
    last_hash: str
    """SHA-256 of that record, 64 hex digits."""
    reason: str
    """One of `REASONS`."""
    order: str | None = None
    """SHA-256 of the order that two people signed, 64 hex digits; None where two passphrases opened the backup."""
    operator: str | None = None
    approver: str | None = None
    """Who signed the order."""

    def record(self) -> StateRecord:
        """The first record of the new log."""
        return StateRecord(
            event="log.continued",
            previous_log=self.previous_log,
            last_sequence=self.last_sequence,
            last_hash=self.last_hash,
            reason=self.reason,
            content=self.order,
            operator=self.operator,
            approver=self.approver,
        )


Judge = Callable[[Continues], str | None]
"""Whether two people ordered that a new log takes the place of another one: None; else why not, in one word behind `continues_`."""


def unsigned(_: Continues) -> str:
    """The judge of whoever has none: nothing is ordered."""
    return "unsigned"


def read(directory: Path) -> Continues | None:
    """What the log in `directory` takes the place of; None where it is the first. Raises `ContinuesBroken`."""
    path = directory / NAME
    try:
        with open(path, "rb", opener=open_plain) as file:
            octets = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ContinuesBroken("unreadable", path) from error
    try:
        told = json.loads(octets[:LARGEST])
        known = told.pop("format")
        if type(known) is not int or known < FORMAT:
            raise ContinuesBroken("form", path)
        if known > FORMAT:
            raise ContinuesBroken("newer_format", path)
        found = Continues(**told)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ContinuesBroken("form", path) from None
    if not _is_well_formed(found):
        raise ContinuesBroken("form", path)
    return found


def write(directory: Path, continues: Continues) -> None:
    """On the disk when this returns, whole or not at all; over one that is there. Raises `OSError`."""
    path = directory / NAME
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps({"format": FORMAT, **asdict(continues)}, indent=1).encode() + b"\n")
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    _sync(directory)


def closed_place(directory: Path, log_id: str) -> Path:
    """Where the closed log of this id is kept."""
    return directory / CLOSED / log_id


def all_logs(directory: Path) -> list[Path]:
    """The directories of all logs that are kept here, oldest first, the one that is written to last.

    For whoever answers questions over seven years: index, disclosure, verifier. A closed log that is named and not there is left
    out: the verifier says so. Raises `ContinuesBroken`.
    """
    found, at = [directory], directory
    while (before := read(at)) is not None and len(found) < MOST_CLOSED:
        at = closed_place(directory, before.previous_log)
        if not at.is_dir() or at in found:
            break
        found.append(at)
    return found[::-1]


def _is_well_formed(found: Continues) -> bool:
    texts = ((found.previous_log, "[0-9a-f]{32}"), (found.last_hash, "[0-9a-f]{64}"))
    optional = ((found.order, "[0-9a-f]{64}"), (found.operator, r"[\w.:@-]{1,64}"), (found.approver, r"[\w.:@-]{1,64}"))
    return (
        all(isinstance(text, str) and re.fullmatch(shape, text) for text, shape in texts)
        and all(text is None or (isinstance(text, str) and re.fullmatch(shape, text)) for text, shape in optional)
        and type(found.last_sequence) is int
        and found.last_sequence >= 0
        and found.reason in REASONS
    )


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
