"""Records as a file for others: JSON Lines or CSV, with a tree over its lines, so that a changed file is found (docs/audit-log.md)."""

import base64
import hashlib
import os
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from cardd.audit.tree import Peaks, leaf_hash
from cardd.errors import BadRequest
from cardd.history.questions import Filters, Use

Form = Literal["jsonl", "csv"]
Pages = Callable[[str | None], tuple[tuple[Use, ...], str | None]]
"""Gives the uses behind a cursor, and the next cursor."""
MOST_BYTES: Final = 2 * 1024 * 1024 * 1024
"""Of one file; whoever needs more asks for a shorter time."""
BYTE_ORDER_MARK: Final = "\ufeff"
"""Spreadsheets in Japan take a CSV without it for Shift_JIS."""
COLUMNS: Final = (
    "log", "seq", "time", "event", "operation", "operator", "role", "badge", "approver", "subject", "purpose", "case", "terminal",
    "seat", "client", "uid", "card_kind", "card", "items", "result", "code", "problem", "tries_after", "items_given",
    "record_hash", "result_seq", "result_hash",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet computes a cell that begins so; the last four are the fullwidth forms of the first four."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is there, `size` bytes long. `root`: over its lines, 32 bytes; `digest`: SHA-256 of the whole file, 64 hex digits."""

    path: Path
    form: Form
    lines: int
    size: int
    root: bytes
    digest: str
    first: int | None
    last: int | None
    """Numbers of the first and the last use in it; None for none."""


def write(path: Path, form: Form, pages: Pages, go_on: Callable[[], bool]) -> Written:
    """Write all pages to a new file, durable on return. A file that is not finished is removed again.

    Raises `OSError`, `BadRequest` (`too_much`: more than `MOST_BYTES`), `InterruptedError` once `go_on` says no.
    """
    peaks, digest = Peaks(), hashlib.sha256()
    size, numbers = 0, list[int]()
    try:
        with open(
            path, "xb", opener=lambda name, flags: os.open(name, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        ) as file:
            for line, end, sequence in _lines(form, pages):
                if not go_on():
                    raise InterruptedError
                peaks.append(leaf_hash(line))
                octets = line + end
                digest.update(octets)
                size += file.write(octets)
                if size > MOST_BYTES:
                    raise BadRequest(field="until", problem="too_much")
                if sequence is not None:
                    numbers = [numbers[0] if numbers else sequence, sequence]
            file.flush()
            os.fdatasync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    first, last = numbers or (None, None)
    return Written(path, form, peaks.size, size, peaks.root(), digest.hexdigest(), first, last)


def note_text(log_id: str, written: Written, utc_us: int) -> bytes:
    """What is signed about a file. Its first line is that of no log's head."""
    moment = (_EPOCH + timedelta(microseconds=utc_us)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    lines = (
        f"cardd/{log_id}/export",
        str(written.lines),
        base64.b64encode(written.root).decode("ascii"),
        f"time {moment}",
        f"chain {written.digest}",
        f"why {written.form}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def asked_for(filters: Filters) -> tuple[tuple[str, str], ...]:
    """The filters with what was given, in words, for the person who must agree."""
    told = {name: getattr(filters, name) for name in filters.__dataclass_fields__}
    for name in ("since_us", "until_us"):
        if told[name] is not None:
            told[name] = (_EPOCH + timedelta(microseconds=told[name])).isoformat(timespec="milliseconds")
    told["cards"] = " ".join(filters.cards) or None
    return tuple((f"filter_{name.removesuffix('_us')}", str(value)) for name, value in told.items() if value)


def _lines(form: Form, pages: Pages) -> Iterator[tuple[bytes, bytes, int | None]]:
    """Each line, its end, and the number of its use."""
    if form == "csv":
        yield (BYTE_ORDER_MARK + ",".join(map(_cell, COLUMNS))).encode(), b"\r\n", None
    cursor: str | None = None
    while True:
        uses, cursor = pages(cursor)
        for use in uses:
            if form == "csv":
                yield _csv(use), b"\r\n", use.entry.sequence
                continue
            yield _json(use.entry.octets), b"\n", use.entry.sequence
            if use.result is not None:
                yield _json(use.result.octets), b"\n", None
        if cursor is None:
            return


def _json(record: bytes) -> bytes:
    return record[53:]


def _csv(use: Use) -> bytes:
    entry, result = use.entry, use.result
    moment = (_EPOCH + timedelta(microseconds=entry.utc_us)).isoformat(timespec="milliseconds")
    given = result.content.get("items") if result is not None else None
    told: dict[str, object] = {name: use.told(name) for name in COLUMNS} | {
        "log": entry.log_id,
        "seq": entry.sequence,
        "time": moment,
        "items": _words(entry.content.get("items")),
        "items_given": _words(given),
        "record_hash": entry.hash,
        "result_seq": result.sequence if result is not None else None,
        "result_hash": result.hash if result is not None else None,
    }
    return ",".join(_cell(told[name]) for name in COLUMNS).encode()


def _words(items: object) -> str | None:
    return " ".join(map(str, items)) if isinstance(items, list) else None


def _cell(value: object) -> str:
    """RFC 4180, always in quotes; nothing in it that a spreadsheet computes, that ends a line, or that turns the reading order."""
    text = "" if value is None else str(value)
    safe = "".join("\ufffd" if unicodedata.category(each) in ("Cc", "Cf", "Zl", "Zp", "Cs") else each for each in text)
    if text.startswith(_FORMULA):
        safe = "'" + safe
    return '"' + safe.replace('"', '""') + '"'
