"""A terminal's log written back out of the database as the directory that it was: the same bytes, file by file.

A segment begins where its first record, `log.segment`, stands; its header follows from the records. So what the verifier checks is
what the terminal wrote, and an auditor can take the directory along.
"""

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from uuid import UUID

from cardd.audit.chain import SegmentHeader, segment_name
from cardd.audit.cutting import CUT_FILE
from cardd.fleet.database import Link

_ASIDE = "SELECT sequence, event, octets FROM ended_record WHERE log_id = %(log)s AND sequence >= %(start)s ORDER BY sequence"
"""Of a log that ended: records that are too old to be asked for. They stand before all others."""
_RECORDS = """
SELECT sequence, event, octets FROM record WHERE log_id = %(log)s AND office = %(office)s AND sequence >= %(start)s ORDER BY sequence
"""
_START = """
SELECT min(sequence), min(sequence) FILTER (WHERE sequence > %(cut)s) FROM (
  SELECT min(sequence) AS sequence FROM ended_record WHERE log_id = %(log)s
  UNION ALL SELECT min(sequence) FROM record WHERE log_id = %(log)s AND office = %(office)s
  UNION ALL SELECT min(sequence) FROM record WHERE log_id = %(log)s AND office = %(office)s AND sequence > %(cut)s
) AS found
"""
_CUT = (
    "SELECT last_sequence, octets FROM cut_file WHERE log_id = %(log)s ORDER BY last_sequence DESC, since DESC LIMIT 1"
)
_HEADS = "SELECT period, note FROM head WHERE log_id = %(log)s ORDER BY number"
_COSIGNED = "SELECT key_id, period, note FROM cosigned WHERE log_id = %(log)s ORDER BY key_id, period"
_BEFORE = slice(21, 53)
"""Where a record has the hash of the one before it."""


def write_log(link: Link, log_id: str, office: int, directory: Path) -> int:
    """Segments, heads and `first.key` of one log into `directory`, which is empty; how many records. Memory does not grow with it.

    Where the beginning was cut here, the log begins behind the terminal's own newest cut, with its `cut.json`. `log_id`: 32 hex digits.
    Raises `FleetProblem`, `OSError`.
    """
    values = {"log": UUID(log_id), "office": office}
    (key,) = link.one("SELECT first_key FROM log WHERE log_id = %(log)s", values)
    (directory / "first.key").write_text(f"{key}\n", encoding="ascii")
    start = _start(link, values, directory)
    count = 0 if start is None else _write_segments(link, {**values, "start": start}, directory)
    write_heads(link, log_id, directory)
    return count


def write_heads(link: Link, log_id: str, directory: Path) -> None:
    """The heads alone, each day's in its file under `heads/`. Raises `FleetProblem`, `OSError`."""
    folder = directory / "heads"
    folder.mkdir()
    for period, notes in _by_period(link.stream(_HEADS, {"log": UUID(log_id)})):
        with (folder / f"{period}.heads").open("ab") as file:
            file.write(notes)


def write_cosigned(link: Link, log_id: str, folder: Path) -> tuple[Path, ...]:
    """Heads that witnesses signed, as the terminal keeps them: `<key id>/<day>.head` in `folder`, which is made where there are any.

    Gives the folders of the witnesses. Raises `FleetProblem`, `OSError`.
    """
    found: dict[Path, None] = {}
    for key_id, period, note in link.stream(_COSIGNED, {"log": UUID(log_id)}):
        place = folder / key_id.hex()
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{period}.head").write_bytes(note)
        found[place] = None
    return tuple(found)


def _start(link: Link, values: dict[str, object], directory: Path) -> int | None:
    """The first record to write, and `cut.json` where the log does not begin with record 1."""
    cuts = link.rows(_CUT, values)
    first, behind = link.one(_START, {**values, "cut": cuts[0][0] if cuts else 0})
    if first in (None, 1) or not cuts:
        return None if first is None else int(first)
    (directory / CUT_FILE).write_bytes(cuts[0][1])
    return None if behind is None else int(behind)


def _write_segments(link: Link, values: dict[str, object], directory: Path) -> int:
    file: int | None = None
    count = 0
    log_id = values["log"]
    assert isinstance(log_id, UUID)
    try:
        for sequence, event, octets in chain(link.stream(_ASIDE, values), link.stream(_RECORDS, values)):
            if file is None or event == "log.segment":
                if file is not None:
                    os.close(file)
                file = os.open(directory / segment_name(sequence), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                _write(file, SegmentHeader(log_id.bytes, sequence, octets[_BEFORE]).encode())
            _write(file, octets)
            count += 1
    finally:
        if file is not None:
            os.close(file)
    return count


def _by_period(rows: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The notes of each day together, each with an empty line behind it."""
    day, held = "", bytearray()
    for period, note in rows:
        if held and period != day:
            yield day, bytes(held)
            held.clear()
        day = period
        held += note + b"\n"
    if held:
        yield day, bytes(held)


def _write(file: int, octets: bytes) -> None:
    rest = memoryview(octets)
    while rest:
        rest = rest[os.write(file, rest) :]
