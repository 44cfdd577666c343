"""The bytes of the audit log: record header, hash chain, segment header; and the walk that checks them.

Record, all numbers big endian:

    u32 length      bytes that follow this field: 49 + length of the JSON
    u64 sequence    1, 2, 3 …
    u64 time        microseconds since 1970-01-01T00:00:00Z
    u8  phase       1 intent, 2 result, 3 state
    32  before      SHA-256 of the whole record before (its length field included); zeros in record 1
    …   JSON        RFC 8785, UTF-8; repeats sequence, time and phase, and ends its own check in `sum`

`sum` is the first 8 bytes of SHA-256 over the header (without length) and the JSON without `sum`. It proves nothing against
people, who can compute it anew; it tells a torn or rotten last record, which no later record covers yet, from a whole one.

Segment file `<first sequence, 20 digits>.seg`: `CARDDLOG` ‖ u32 version ‖ 16-byte log id ‖ u64 first sequence ‖ 32-byte hash of
the record before ‖ records.
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"CARDDLOG"
SEGMENT_VERSION = 1
NO_RECORD = bytes(32)
"""Stands as the hash before in record 1."""
LARGEST_RECORD = 64 * 1024
"""Bytes of a whole record. Our choice; a full record takes about 1 KiB."""
LARGEST_NUMBER = 2**53 - 1
"""RFC 8785, 3.2.2.3, and RFC 7493, 2.2: what every reader of JSON keeps exact."""

_LENGTH = struct.Struct(">I")
_HEADER = struct.Struct(">QQB32s")
_SEGMENT = struct.Struct(">8sI16sQ32s")
_SUM_PLACE = "-" * 16
_SUM_FIELD = b'"sum":"%s",' % _SUM_PLACE.encode("ascii")
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
SEGMENT_HEADER = _SEGMENT.size
SMALLEST_RECORD = _LENGTH.size + _HEADER.size + 2

Content = Mapping[str, Any]
"""What JSON can hold, without floats."""


class Damaged(Exception):
    """The log does not hold together. `sequence`: the first record that is wrong; `problem`: one word."""

    def __init__(self, problem: str, *, sequence: int, offset: int, file: str = "") -> None:
        self.problem, self.sequence, self.offset, self.file = problem, sequence, offset, file
        super().__init__(f"{file or 'log'}: record {sequence} at byte {offset}: {problem}")


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it stands on disk."""

    sequence: int
    utc_us: int
    phase: int
    before: bytes
    json: bytes
    hash: bytes
    end: int
    """Offset of the byte after it, in its file."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """First bytes of a segment file."""

    log_id: bytes
    first_sequence: int
    before: bytes

    def encode(self) -> bytes:
        """68 bytes."""
        return _SEGMENT.pack(MAGIC, SEGMENT_VERSION, self.log_id, self.first_sequence, self.before)

    @classmethod
    def decode(cls, octets: bytes, file: str = "") -> "SegmentHeader":
        """Raises `Damaged` for too few bytes, another magic, another version."""
        if len(octets) < SEGMENT_HEADER:
            raise Damaged("segment_header_short", sequence=0, offset=0, file=file)
        magic, version, log_id, first, before = _SEGMENT.unpack_from(octets)
        if magic != MAGIC:
            raise Damaged("segment_magic", sequence=0, offset=0, file=file)
        if version != SEGMENT_VERSION:
            raise Damaged("segment_version", sequence=0, offset=8, file=file)
        return cls(log_id, first, before)


def segment_name(first_sequence: int) -> str:
    """File name of the segment that begins with this record."""
    return f"{first_sequence:020d}.seg"


def segments(directory: Path) -> list[Path]:
    """The segment files in order of their records."""
    return sorted(path for path in directory.glob("*.seg") if path.stem.isdecimal())


def encode_record(sequence: int, utc_us: int, phase: int, before: bytes, content: Content) -> bytes:
    """A whole record. `content` must not hold `seq`, `utc_us`, `phase`, `sum`: they are added here.

    Raises `ValueError` for what no record may hold: other values than texts, whole numbers up to 2^53 - 1, truth values, nothing,
    lists and tables of them; names that are not ASCII; half characters; more than `LARGEST_RECORD` bytes.
    """
    header = _HEADER.pack(sequence, utc_us, phase, before)
    full = {**content, "seq": sequence, "utc_us": utc_us, "phase": int(phase)}
    _check_holdable(full)
    # In the order of RFC 8785 `phase` and `seq` come before it, `utc_us` behind it: commas on both sides. A quote in a text is escaped.
    front, _, back = _dumps({**full, "sum": _SUM_PLACE}).partition(_SUM_FIELD)
    if _SUM_FIELD in back:
        raise ValueError("a table in the record has a sum like the record's")
    text = b'%s"sum":"%s",%s' % (front, _sum(header, front + back).encode("ascii"), back)
    octets = _LENGTH.pack(len(header) + len(text)) + header + text
    if len(octets) > LARGEST_RECORD:
        raise ValueError("record too large")
    return octets


def decode_record(octets: bytes, offset: int, *, file: str = "", sequence: int = 0) -> Record:
    """The record at `offset`. Raises `Damaged` when it does not fit; its JSON and its chain are not looked at."""
    if offset + SMALLEST_RECORD > len(octets):
        raise Damaged("short", sequence=sequence, offset=offset, file=file)
    (length,) = _LENGTH.unpack_from(octets, offset)
    end = offset + _LENGTH.size + length
    if not SMALLEST_RECORD <= end - offset <= LARGEST_RECORD:
        raise Damaged("length", sequence=sequence, offset=offset, file=file)
    if end > len(octets):
        raise Damaged("short", sequence=sequence, offset=offset, file=file)
    number, utc_us, phase, before = _HEADER.unpack_from(octets, offset + _LENGTH.size)
    text = octets[offset + _LENGTH.size + _HEADER.size : end]
    return Record(number, utc_us, phase, before, text, hashlib.sha256(octets[offset:end]).digest(), end)


def content_of(record: Record) -> dict[str, object]:
    """The record's JSON, checked: canonical, agrees with the header, own sum right. Raises `ValueError` with one word."""
    try:
        content = json.loads(record.json)
        canonical = isinstance(content, dict) and _dumps(content) == record.json
    except (ValueError, RecursionError):
        raise ValueError("json") from None
    if not canonical:
        raise ValueError("json")
    if (content.get("seq"), content.get("utc_us"), content.get("phase")) != (
        record.sequence,
        record.utc_us,
        record.phase,
    ):
        raise ValueError("header_differs")
    header = _HEADER.pack(record.sequence, record.utc_us, record.phase, record.before)
    unsummed = {name: value for name, value in content.items() if name != "sum"}
    if content.get("sum") != _sum(header, _dumps(unsummed)):
        raise ValueError("sum")
    return unsummed


def walk(octets: bytes, header: SegmentHeader, *, file: str = "") -> Iterator[tuple[Record, Content]]:
    """The records of one segment (its whole bytes) with their content, each checked whole: sequence, chain, JSON.

    Raises `Damaged` at the first bad one.
    """
    offset, sequence, before = SEGMENT_HEADER, header.first_sequence, header.before
    while offset < len(octets):
        record = decode_record(octets, offset, file=file, sequence=sequence)
        try:
            content = content_of(record)
        except ValueError as error:
            raise Damaged(str(error), sequence=sequence, offset=offset, file=file) from None
        if record.sequence != sequence:
            raise Damaged("sequence", sequence=sequence, offset=offset, file=file)
        if record.before != before:
            raise Damaged("chain", sequence=sequence, offset=offset, file=file)
        yield record, content
        offset, sequence, before = record.end, sequence + 1, record.hash


def is_torn_tail(octets: bytes, damage: Damaged) -> bool:
    """Whether the damage is what a power cut leaves of the last, never confirmed write: nothing readable stands behind it.

    Records are synced one by one, so at most one can be torn. Where a whole later record still stands behind the bad place,
    or more bytes than one record has, confirmed records are damaged and nothing may be cut off.
    """
    if len(octets) - damage.offset > LARGEST_RECORD:
        return False
    if damage.problem in {"sequence", "chain"}:  # a whole record in the wrong place was written so
        return False
    return not any(_whole_record_at(octets, place, damage.sequence) for place in range(damage.offset + 1, len(octets)))


def _whole_record_at(octets: bytes, offset: int, after: int) -> bool:
    try:
        record = decode_record(octets, offset)
        if not after <= record.sequence <= after + LARGEST_RECORD // SMALLEST_RECORD:
            return False
        content_of(record)
    except (Damaged, ValueError):
        return False
    return True


def _check_holdable(value: object) -> None:
    """Raises `ValueError` where `_dumps` would not write what RFC 8785 asks for."""
    match value:
        case str() | bool() | None:
            return
        case int() if -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            return
        case list() | tuple():
            inside: Iterable[object] = value
        case dict() if {*map(type, value)} <= {str} and "".join(value).isascii():
            inside = value.values()
        case _:
            raise ValueError("a value that no record can hold")
    for each in inside:
        if type(each) is not str:  # most are
            _check_holdable(each)


def _dumps(content: dict[str, object]) -> bytes:
    """RFC 8785 of what records hold (no floats, names of ASCII), ten times as fast as a general program: a start reads a whole segment."""
    return _encode(content).encode("utf-8")


def _sum(header: bytes, text: bytes) -> str:
    return hashlib.sha256(header + text).hexdigest()[:16]
