"""Finds the end of a log that is there already: last record, open intents, torn bytes; and checks the older segments."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cardd.audit.chain import (
    NO_RECORD,
    SEGMENT_HEADER,
    Content,
    Damaged,
    Record,
    SegmentHeader,
    is_torn_tail,
    segment_name,
    segments,
    walk,
)
from cardd.audit.disk import Disk
from cardd.audit.records import Phase


@dataclass(slots=True)
class Tail:
    """The end of the log: where the next record goes."""

    log_id: bytes
    first: int
    """First sequence number of the segment that is written to."""
    sequence: int = 0
    last_hash: bytes = NO_RECORD
    size: int = SEGMENT_HEADER
    """Bytes of the segment up to the end of its last whole record."""
    last_offset: int = SEGMENT_HEADER
    """Where that record begins."""
    open_intents: set[int] = field(default_factory=set)
    torn: bytes = b""
    """What stood behind the last whole record."""
    unused: Path | None = None
    """A newer segment that holds no whole record."""

    def advance(self, sequence: int, record_hash: bytes, length: int) -> None:
        """One more record of `length` bytes is on the disk."""
        self.sequence, self.last_hash = sequence, record_hash
        self.last_offset, self.size = self.size, self.size + length


def read_tail(directory: Path, disk: Disk) -> Tail | None:
    """The end of the log in `directory`; None where there is none. Raises `Damaged`, `OSError`."""
    files = segments(directory)
    if not files:
        return None
    tail = _tail_of(files[-1], disk)
    if tail.sequence >= tail.first or len(files) == 1:
        return tail
    before = _tail_of(files[-2], disk)
    if before.torn or before.sequence + 1 != tail.first:
        raise Damaged("sequence", sequence=before.sequence + 1, offset=before.size, file=files[-2].name)
    before.torn, before.unused = tail.torn, files[-1]
    return before


def _tail_of(path: Path, disk: Disk) -> Tail:
    octets = disk.read(path)
    header = SegmentHeader.decode(octets, path.name)
    if path.name != segment_name(header.first_sequence):
        raise Damaged("segment_name", sequence=header.first_sequence, offset=0, file=path.name)
    tail = Tail(header.log_id, header.first_sequence, header.first_sequence - 1, header.before)
    try:
        for record, content in walk(octets, header, file=path.name):
            _follow(tail, record, content)
    except Damaged as damage:
        if not is_torn_tail(octets, damage):
            raise
        tail.torn = octets[damage.offset :]
    return tail


def _follow(tail: Tail, record: Record, content: Content) -> None:
    """Take one more record into the tail, and into its list of open intents."""
    if record.phase == Phase.INTENT:
        tail.open_intents.add(record.sequence)
    else:
        still_open, closed = content.get("open_intents"), content.get("intent")
        if isinstance(still_open, list) and record.sequence == tail.first:
            tail.open_intents = {number for number in still_open if isinstance(number, int)}
        if isinstance(closed, int):
            tail.open_intents.discard(closed)
    tail.advance(record.sequence, record.hash, record.end - tail.size)


def set_aside(directory: Path, tail: Tail, disk: Disk) -> None:
    """Keep torn bytes beside the log for whoever looks into it: `torn-<sequence they would have had>.bin`."""
    target = directory / f"torn-{tail.sequence + 1:020d}.bin"
    with contextlib.suppress(FileExistsError):  # a start that was cut short has kept them already
        descriptor = disk.create(target)
        with open(descriptor, "wb") as file:
            file.write(tail.torn)
    disk.sync_directory(directory)


def check_log(directory: Path, stop: Callable[[], bool] = lambda: False) -> int:
    """Check every record of the log against the chain; blocks, about 50,000 records a second. Gives the number of records.

    `stop` is asked before each record; once it says yes the number so far is given. Raises `Damaged` at the first bad record,
    also for a file that cannot be read. A torn record at the very end is not looked at: `read_tail` deals with it.
    """
    log_id, sequence, before = b"", 0, NO_RECORD
    files = segments(directory)
    for path in files:
        octets = _readable(path, sequence + 1)
        header = SegmentHeader.decode(octets, path.name)
        if path.name != segment_name(header.first_sequence) or header.first_sequence != sequence + 1:
            raise Damaged("segment_name", sequence=sequence + 1, offset=0, file=path.name)
        if header.before != before or (log_id and header.log_id != log_id):
            raise Damaged("segment_chain", sequence=sequence + 1, offset=0, file=path.name)
        log_id = header.log_id
        try:
            for record, _ in walk(octets, header, file=path.name):
                sequence, before = record.sequence, record.hash
                if stop():
                    return sequence
        except Damaged as damage:
            if path != files[-1] or not is_torn_tail(octets, damage):
                raise
    return sequence


def _readable(path: Path, sequence: int) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Damaged("unreadable", sequence=sequence, offset=0, file=path.name) from error
