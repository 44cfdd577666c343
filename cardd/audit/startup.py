"""Finds the end of a log that is there already: last record, open intents, torn bytes, tree; and checks the older segments."""

import contextlib
from collections.abc import Callable, Iterator
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
from cardd.audit.cutting import first_kept
from cardd.audit.disk import Disk, read_plain
from cardd.audit.records import Phase
from cardd.audit.tree import Peaks, leaf_hash


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A record `log.key`: where it stands, the day and the public key (64 hex digits) that it names."""

    sequence: int
    period: str
    public: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What the log was after `size` records: root of its tree, hash of its last record."""

    size: int
    root: bytes
    chain: bytes


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
    peaks: Peaks = field(default_factory=Peaks)
    """The tree over all records."""
    has_tree: bool = True
    """False for a segment of format 1, which does not say what came before it: `peaks` count for nothing."""
    format: int = 0
    """Of the newest record."""
    utc_us: int = 0
    """When it was written."""
    key_record: KeyRecord | None = None
    """The newest one in what was read."""
    mark: Mark | None = None
    """What the log was at the number of records that was asked for."""

    def advance(self, record: Record, octets: bytes) -> None:
        """One more record, these whole bytes, is on the disk."""
        self.sequence, self.last_hash, self.utc_us = record.sequence, record.hash, record.utc_us
        self.last_offset, self.size = self.size, self.size + len(octets)
        self.peaks.append(leaf_hash(octets))


def read_tail(directory: Path, disk: Disk, mark: int | None = None) -> Tail | None:
    """The end of the log in `directory`; None where there is none. Raises `Damaged`, `OSError`.

    `mark`: a number of records; as many older segments are read as it takes to say what the log was then (`Tail.mark`, None
    when it never had so many), and to see each `log.key` since.
    """
    files = segments(directory)
    if not files:
        return None
    tail = _tail_of(files[-1], disk, mark)
    if tail.sequence < tail.first and len(files) > 1:
        before = _tail_of(files[-2], disk, mark)
        if before.torn or before.sequence + 1 != tail.first:
            raise Damaged("sequence", sequence=before.sequence + 1, offset=before.size, file=files[-2].name)
        before.torn, before.unused = tail.torn, files.pop()
        tail = before
    if not tail.has_tree:
        tail.peaks = _whole_tree(files, disk)
    if mark is not None:
        _look_back(tail, files[:-1], disk, mark)
    return tail


def _look_back(tail: Tail, older: list[Path], disk: Disk, mark: int) -> None:
    """Read older segments until the record with number `mark` is among them."""
    first = tail.first
    for path in reversed(older):
        if first <= mark:
            return
        found = _tail_of(path, disk, mark)
        if found.torn or found.sequence + 1 != first:
            raise Damaged("sequence", sequence=found.sequence + 1, offset=found.size, file=path.name)
        first = found.first
        tail.mark, tail.key_record = found.mark or tail.mark, tail.key_record or found.key_record


def _whole_tree(files: list[Path], disk: Disk) -> Peaks:
    """From the first record on: once, after the upgrade from format 1."""
    peaks = Peaks()
    for path in files:
        octets = disk.read(path)
        try:
            for record, offset in _places(octets, path.name):
                peaks.append(leaf_hash(octets[offset : record.end]))
        except Damaged as damage:
            if path != files[-1] or not is_torn_tail(octets, damage):
                raise
    return peaks


def _places(octets: bytes, file: str) -> Iterator[tuple[Record, int]]:
    """The records of a segment with the offset of each."""
    header, offset = SegmentHeader.decode(octets, file), SEGMENT_HEADER
    for record, _ in walk(octets, header, file=file):
        yield record, offset
        offset = record.end


def _tail_of(path: Path, disk: Disk, mark: int | None) -> Tail:
    octets = disk.read(path)
    header = SegmentHeader.decode(octets, path.name)
    if path.name != segment_name(header.first_sequence):
        raise Damaged("segment_name", sequence=header.first_sequence, offset=0, file=path.name)
    tail = Tail(header.log_id, header.first_sequence, header.first_sequence - 1, header.before)
    tail.has_tree = tail.first == 1
    try:
        for record, content in walk(octets, header, file=path.name):
            if record.sequence == tail.first:
                _begin(tail, content, path.name)
            _follow(tail, record, content, octets[tail.size : record.end])
            if record.sequence == mark and tail.has_tree:
                tail.mark = Mark(mark, tail.peaks.root(), record.hash)
    except Damaged as damage:
        if not is_torn_tail(octets, damage):
            raise
        tail.torn = octets[damage.offset :]
    return tail


def _begin(tail: Tail, content: Content, file: str) -> None:
    """What the first record of a segment says of all before it."""
    still_open, tree = content.get("open_intents"), content.get("tree")
    if isinstance(still_open, list):
        tail.open_intents = {number for number in still_open if isinstance(number, int)}
    if tail.first > 1 and isinstance(tree, list):
        try:
            tail.peaks = Peaks(tail.first - 1, [bytes.fromhex(each) for each in tree])
        except (ValueError, TypeError):
            raise Damaged("tree", sequence=tail.first, offset=SEGMENT_HEADER, file=file) from None
        tail.has_tree = True


def _follow(tail: Tail, record: Record, content: Content, octets: bytes) -> None:
    """Take one more record into the tail, and into its list of open intents."""
    if record.phase == Phase.INTENT:
        tail.open_intents.add(record.sequence)
    elif isinstance(closed := content.get("intent"), int):
        tail.open_intents.discard(closed)
    if content.get("event") == "log.key":
        tail.key_record = KeyRecord(record.sequence, str(content.get("key_period")), str(content.get("key_public")))
    told = content.get("format")
    tail.format = told if isinstance(told, int) else 0
    tail.advance(record, octets)


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
    also for a file that cannot be read; a log that was cut begins where `cut.json` says. A torn record at the very end is not
    looked at: `read_tail` deals with it.
    """
    log_id, sequence, before = b"", 0, NO_RECORD
    files = segments(directory)
    for path in files:
        octets = _readable(path, sequence + 1)
        header = SegmentHeader.decode(octets, path.name)
        if path == files[0] and path.name == segment_name(header.first_sequence):
            sequence, before = first_kept(directory, header)
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
        return read_plain(path)
    except OSError as error:
        raise Damaged("unreadable", sequence=sequence, offset=0, file=path.name) from error
