"""Checks an audit log with nothing but the standard library: `cardd-verify DIRECTORY`, or this file by its path on any machine.

Written apart from the code that writes the log and sharing nothing with it. Every record is checked: length, sequence, hash of
the record before, RFC 8785 form, own sum, agreement of header and JSON, results that belong to an intent. It tells the first
record that is wrong, and what is wrong. Exit status: 0 whole, 1 damaged, 2 cannot be read.

What this check cannot see: a log cut off cleanly at its end, or a log written anew from some record on. That takes heads kept
elsewhere. So compare the number and hash of the last record with what was noted on paper, or with a receipt (`--receipt`).
"""

import argparse
import hashlib
import json
import struct
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

SEGMENT = struct.Struct(">8sI16sQ32s")  # magic, version, log id, first sequence, hash of the record before
LENGTH = struct.Struct(">I")  # bytes that follow
HEADER = struct.Struct(">QQB32s")  # sequence, microseconds UTC, phase, hash of the record before
MAGIC, VERSION = b"CARDDLOG", 1
LARGEST = 64 * 1024
PHASES = {1: "intent", 2: "result", 3: "state"}
SAYS = {
    "no_log": "there is no segment file here",
    "segment_header": "the segment's header is short, or not that of an audit log of this version",
    "segment_name": "the segment's name does not fit its first record, or a segment before it is missing",
    "segment_chain": "the segment does not continue the one before it, or belongs to another log",
    "length": "its length is impossible",
    "short": "it is cut off (at the very end of a log: a write that never finished; the next start takes it off)",
    "sequence": "its number is not the next one: a record was removed, added or moved",
    "chain": "the record before it is not the one it was written after: that one was changed or exchanged",
    "phase": "its phase is unknown",
    "json": "its content is not in canonical form",
    "sum": "its own check sum is wrong",
    "header_differs": "its header and its content tell different numbers, times or phases",
    "log_id": "its content belongs to another log",
    "intent": "it closes an intent that is not open",
    "open_intents": "it lists other open intents than the log has",
}


@dataclass
class Finding:
    """The first thing that is wrong."""

    problem: str
    sequence: int
    file: str
    offset: int

    def __str__(self) -> str:
        return f"record {self.sequence} ({self.file}, byte {self.offset}): {self.problem}: {SAYS[self.problem]}"


@dataclass
class Report:
    """What is known of a log. `finding` None: whole as far as it goes."""

    log_id: str = ""
    records: int = 0
    segments: int = 0
    first_utc_us: int = 0
    last_utc_us: int = 0
    last_hash: str = ""
    open_intents: list[int] = field(default_factory=list)
    clock_went_back: list[int] = field(default_factory=list)
    """Records whose time lies before that of the record before: not damage, but worth a question."""
    finding: Finding | None = None
    receipt_found: bool | None = None


class Wrong(Exception):
    def __init__(self, problem: str, sequence: int, file: str, offset: int) -> None:
        self.finding = Finding(problem, sequence, file, offset)
        super().__init__(problem)


@dataclass
class Record:
    sequence: int
    utc_us: int
    phase: int
    content: dict[str, Any]
    hash: str


def records(directory: Path, report: Report) -> Iterator[Record]:
    """Every record, checked; `report` is filled on the way. Raises `Wrong`, `OSError`."""
    files = sorted(directory.glob("*.seg"))
    if not files:
        raise Wrong("no_log", 0, str(directory), 0)
    state = _State(report)
    for path in files:
        report.segments += 1
        yield from state.segment(path)


class _State:
    """What the next record must fit to."""

    def __init__(self, report: Report) -> None:
        self.report, self.before, self.log_id = report, bytes(32), b""
        self.open: set[int] = set()

    def segment(self, path: Path) -> Iterator[Record]:
        octets, next_one = path.read_bytes(), self.report.records + 1
        if len(octets) < SEGMENT.size or SEGMENT.unpack_from(octets)[:2] != (MAGIC, VERSION):
            raise Wrong("segment_header", next_one, path.name, 0)
        _, _, log_id, first, before = SEGMENT.unpack_from(octets)
        if first != next_one or path.name != f"{first:020d}.seg":
            raise Wrong("segment_name", next_one, path.name, 0)
        if before != self.before or (self.log_id and log_id != self.log_id):
            raise Wrong("segment_chain", next_one, path.name, 0)
        self.log_id, self.report.log_id = log_id, log_id.hex()
        offset = SEGMENT.size
        while offset < len(octets):
            record, offset = self.record(octets, offset, path.name)
            yield record

    def record(self, octets: bytes, offset: int, file: str) -> tuple[Record, int]:
        sequence = self.report.records + 1
        try:
            record, end = self.read(octets, offset, sequence)
            self.follow(record)
        except ValueError as error:
            raise Wrong(str(error), sequence, file, offset) from None
        self.before = bytes.fromhex(record.hash)
        return record, end

    def read(self, octets: bytes, offset: int, expected: int) -> tuple[Record, int]:
        """Raises `ValueError` with the word of what is wrong."""
        body = offset + LENGTH.size
        if len(octets) < body:
            raise ValueError("short")
        end = body + LENGTH.unpack_from(octets, offset)[0]
        if not HEADER.size + 2 <= end - body <= LARGEST:
            raise ValueError("length")
        if end > len(octets):
            raise ValueError("short")
        sequence, utc_us, phase, before = HEADER.unpack_from(octets, body)
        if sequence != expected:
            raise ValueError("sequence")
        if before != self.before:
            raise ValueError("chain")
        if phase not in PHASES:
            raise ValueError("phase")
        header, text = octets[body : body + HEADER.size], octets[body + HEADER.size : end]
        content = checked_content(header, text)
        if (content.get("seq"), content.get("utc_us"), content.get("phase")) != (sequence, utc_us, phase):
            raise ValueError("header_differs")
        if content.get("log") != self.log_id.hex():
            raise ValueError("log_id")
        return Record(sequence, utc_us, phase, content, hashlib.sha256(octets[offset:end]).hexdigest()), end

    def follow(self, record: Record) -> None:
        """Keep count of intents and time."""
        report, listed = self.report, record.content.get("open_intents")
        if listed is not None and listed != sorted(self.open):
            raise ValueError("open_intents")
        if record.phase == 1:
            self.open.add(record.sequence)
        if record.phase == 2:
            closed = record.content.get("intent")
            if type(closed) is not int or closed not in self.open:
                raise ValueError("intent")
            self.open.discard(closed)
        if record.utc_us < report.last_utc_us:
            report.clock_went_back.append(record.sequence)
        report.first_utc_us = report.first_utc_us or record.utc_us
        report.records, report.last_utc_us, report.last_hash = record.sequence, record.utc_us, record.hash
        report.open_intents = sorted(self.open)


def checked_content(header: bytes, text: bytes) -> dict[str, Any]:
    """The JSON of a record; RFC 8785 is what Python writes here, as there are no floats and all names are ASCII."""
    try:
        content = json.loads(text, parse_float=_no_float, parse_constant=_no_float)
        if not isinstance(content, dict) or canonical(content) != text:
            raise ValueError("json")
    except (ValueError, RecursionError):
        raise ValueError("json") from None
    told = content.pop("sum", None)
    if told != hashlib.sha256(header + canonical(content)).hexdigest()[:16]:
        raise ValueError("sum")
    return content


def canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def _no_float(_text: str) -> float:
    raise ValueError("json")


def verify(directory: Path, receipt: tuple[int, str] | None = None) -> Report:
    """Check a whole log. `receipt`: sequence and hash that must stand in it. Raises `OSError`."""
    report = Report(receipt_found=None if receipt is None else False)
    try:
        for record in records(directory, report):
            if receipt == (record.sequence, record.hash):
                report.receipt_found = True
    except Wrong as wrong:
        report.finding = wrong.finding
    return report


# --- what people see -------------------------------------------------------------------------------------------------

COLUMNS = (
    ("number", 7),
    ("time (UTC)", 23),
    ("phase", 6),
    ("what", 24),
    ("operator", 10),
    ("seat", 10),
    ("purpose", 18),
    ("case", 14),
    ("outcome", 30),
)


def row(record: Record) -> str:
    """One line of the table."""
    told = record.content
    what = told.get("event") or (f"of {told['intent']}" if "intent" in told else "")
    items = told.get("items")
    outcome = [told.get("result"), told.get("code"), told.get("problem"), *(items if isinstance(items, list) else ())]
    if "tries_before" in told or "tries_after" in told:
        outcome.append(f"tries {told.get('tries_before', '?')}->{told.get('tries_after', '?')}")
    cells = (
        str(record.sequence),
        when(record.utc_us),
        PHASES[record.phase],
        what,
        *(told.get(name, "") for name in ("operator", "seat", "purpose", "case")),
        " ".join(str(word) for word in outcome if word),
    )
    return "  ".join(fit(str(cell), width) for cell, (_, width) in zip(cells, COLUMNS, strict=True)).rstrip()


def when(utc_us: int) -> str:
    """Milliseconds are enough for the eye; what no calendar has is shown as the number."""
    try:
        return datetime.fromtimestamp(utc_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:23]
    except (ValueError, OverflowError, OSError):
        return str(utc_us)


def fit(text: str, width: int) -> str:
    """`text` in exactly `width` columns of a terminal, nothing in it that a terminal would obey; the last column may run on."""
    safe = "".join(each if each.isprintable() else "?" for each in text)
    used = sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in safe)
    return safe + " " * max(0, width - used)


def summary(report: Report) -> str:
    """The report in a few lines."""
    lines = [
        f"log {report.log_id or '-'}: {report.records} records in {report.segments} segments, "
        f"{when(report.first_utc_us)} to {when(report.last_utc_us)}",
        f"last good record: {report.records} {report.last_hash}",
    ]
    if report.open_intents:
        lines.append("intents without a result: " + " ".join(map(str, report.open_intents)))
    if report.clock_went_back:
        lines.append("the clock went back at records: " + " ".join(map(str, report.clock_went_back[:20])))
    if report.receipt_found is not None:
        lines.append("the receipt's record is " + ("in the log" if report.receipt_found else "NOT in the log"))
    lines.append(f"DAMAGED at {report.finding}" if report.finding else "whole")
    return "\n".join(lines)


def receipt_of(text: str) -> tuple[int, str]:
    sequence, _, digest = text.partition(":")
    if not sequence.isdecimal() or len(digest) != 64:
        raise argparse.ArgumentTypeError("give it as SEQUENCE:HASH")
    return int(sequence), digest.lower()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="cardd-verify", description="Check an audit log of cardd.")
    parser.add_argument("directory", type=Path, metavar="DIRECTORY")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--show", action="store_true", help="print the records as a table (with --json: one object a line)"
    )
    parser.add_argument("--receipt", type=receipt_of, metavar="SEQUENCE:HASH", help="a record that must be in the log")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.show:
            show(chosen.directory, as_json=chosen.json)
        report = verify(chosen.directory, chosen.receipt)
    except BrokenPipeError:
        sys.stderr.close()
        return 2
    except OSError as error:
        print(f"cardd-verify: {error}", file=sys.stderr)
        return 2
    print(json.dumps(asdict(report), ensure_ascii=False) if chosen.json else summary(report))
    return 1 if report.finding or report.receipt_found is False else 0


def show(directory: Path, *, as_json: bool) -> None:
    """Print the records up to the first bad one."""
    if not as_json:
        print("  ".join(fit(name, width) for name, width in COLUMNS).rstrip())
    try:
        for record in records(directory, Report()):
            print(json.dumps(record.content, ensure_ascii=False) if as_json else row(record))
    except Wrong:
        return  # the report that follows names it


if __name__ == "__main__":
    sys.exit(main())
