"""What somebody could do to a log on the disk: each kind changes the files at random and says where the first bad record is.

A kind is a function of `Files` that changes them and gives an `Expected`. None of them uses the verifier or the code that writes logs.
"""

import base64
import hashlib
import json
import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fixtures.made_log import INTENT, RESULT, STATE, Key, LogMaker, head_text, record_of, us_of

SEGMENT_HEADER = 68
SEED = hashlib.sha256(b"made log 7 window-1").digest()
_sha = hashlib.sha256


def a_town_in_small(directory: Path) -> LogMaker:
    """About 100 records in 4 segments over 4 days, one of them without work; 19 heads. Every record is under a head."""
    with LogMaker(directory, start_us=us_of(2026, 4, 1, 1), seed=7, segment_bytes=12_000, keep_hashes=True) as log:
        for day in (1, 2, 4):
            log.put(us_of(2026, 4, day, 1, 30), STATE, {"event": "daemon.started"})
            log.head("start")
            for number in range(13):
                work = {"event": "card.read", "operator": "op-11", "seat": "counter", "case": f"受付-{day}-{number}"}
                intent = log.put(log.us + 60_000_000, INTENT, work)
                log.put(log.us + 900_000, RESULT, {"intent": intent, "result": "done", "items": ["name"]})
                if number % 5 == 4:
                    log.head("time")
            log.put(log.us + 1_000_000, STATE, {"event": "daemon.stopped"})
            log.head("stop")
    return log


@dataclass(frozen=True)
class Expected:
    """Where the verifier must point: the record lies in its `sequence` to `until`; or the note that it names lies in `heads_file`."""

    record: int | None = None
    heads_file: str | None = None
    words: frozenset[str] = frozenset()
    anchor: bytes = b""
    """A head that was kept elsewhere, without which this cannot be found."""


@dataclass
class Files:
    """The log's files in memory. `changed`: what must be written back to the disk; None: removed."""

    chance: random.Random
    segments: dict[str, bytes]
    heads: dict[str, bytes]
    log_id: str
    newest_head: bytes
    changed: dict[str, bytes | None] = field(default_factory=dict)

    def put(self, name: str, octets: bytes | None) -> None:
        self.changed[name] = octets

    def a_segment(self) -> tuple[str, bytes]:
        return self.chance.choice(list(self.segments.items()))

    def a_heads_file(self) -> tuple[str, bytes]:
        return self.chance.choice(list(self.heads.items()))

    def last_sequence(self) -> int:
        return sum(len(spans(each)) for each in self.segments.values())


def spans(octets: bytes) -> list[tuple[int, int]]:
    """Begin and end of each record of a segment."""
    found, place = [], SEGMENT_HEADER
    while place < len(octets):
        end = place + 4 + struct.unpack_from(">I", octets, place)[0]
        found.append((place, end))
        place = end
    return found


def record_at(name: str, octets: bytes, place: int) -> int:
    """Number of the record that has this byte; of the first for the segment's header, of the next one for the end of the file."""
    first, every = int(name[:20]), spans(octets)
    return first + next((index for index, (_, end) in enumerate(every) if place < end), len(every))


def notes_of(octets: bytes) -> list[bytes]:
    """Each with the empty line behind it."""
    parts = octets.split(b"\n\n")[:-1]
    return [parts[at] + b"\n\n" + parts[at + 1] + b"\n\n" for at in range(0, len(parts), 2)]


def size_of(note: bytes) -> int:
    return int(note.split(b"\n")[1])


# --- bytes -----------------------------------------------------------------------------------------------------------


def flip_bit(files: Files) -> Expected:
    name, octets = files.a_segment()
    place = files.chance.randrange(len(octets))
    files.put(name, flipped(files.chance, octets, place))
    return Expected(record_at(name, octets, place))


def flipped(chance: random.Random, octets: bytes, place: int) -> bytes:
    changed = bytearray(octets)
    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut_inside(files: Files) -> Expected:
    name, octets = files.a_segment()
    begin, end = files.chance.choice(spans(octets))
    files.put(name, octets[: files.chance.randrange(begin + 1, end)])
    return Expected(record_at(name, octets, begin))


def insert_bytes(files: Files) -> Expected:
    name, octets = files.a_segment()
    place = files.chance.randrange(len(octets) + 1)
    return inserted(files, name, place, files.chance.randbytes(files.chance.randrange(1, 90)))


def inserted(files: Files, name: str, place: int, added: bytes) -> Expected:
    """Bytes put in before this place of a segment. What begins as the rest does leaves that much as it was written: with a `}`
    before the last byte of a record, which is one, this record is whole, and the next one the first that is bad."""
    octets = files.segments[name]
    now = octets[:place] + added + octets[place:]
    files.put(name, now)
    differs = next((at for at in range(len(octets)) if octets[at] != now[at]), len(octets))
    return Expected(record_at(name, octets, differs))


# --- records ---------------------------------------------------------------------------------------------------------


def delete_record(files: Files) -> Expected:
    name, octets = files.a_segment()
    begin, end = files.chance.choice(spans(octets))
    files.put(name, octets[:begin] + octets[end:])
    return Expected(record_at(name, octets, begin))


def duplicate_record(files: Files) -> Expected:
    name, octets = files.a_segment()
    begin, end = files.chance.choice(spans(octets))
    files.put(name, octets[:end] + octets[begin:end] + octets[end:])
    return Expected(record_at(name, octets, end))


def move_record(files: Files) -> Expected:
    """A copy of one record before another one, anywhere but where it would be a duplicate."""
    name, octets = files.a_segment()
    other, source = files.a_segment()
    begin, end = files.chance.choice(spans(source))
    place, _ = files.chance.choice(spans(octets))
    if other == name and place in (begin, end):
        return delete_record(files)
    files.put(name, octets[:place] + source[begin:end] + octets[place:])
    return Expected(record_at(name, octets, place))


def swap_records(files: Files) -> Expected:
    name, octets = files.a_segment()
    (a, b), (c, d) = sorted(files.chance.sample(spans(octets), 2))
    files.put(name, octets[:a] + octets[c:d] + octets[b:c] + octets[a:b] + octets[d:])
    return Expected(record_at(name, octets, a))


def lose_segment(files: Files) -> Expected:
    name, _ = files.a_segment()
    files.put(name, None)
    return Expected(int(name[:20]))


def exchange_segments(files: Files) -> Expected:
    first, second = sorted(files.chance.sample(list(files.segments), 2))
    files.put(first, files.segments[second])
    files.put(second, files.segments[first])
    return Expected(int(first[:20]))


def truncate(files: Files) -> Expected:
    """The end is cut off cleanly; the heads stay."""
    keep = files.chance.randrange(1, files.last_sequence())
    _cut_behind(files, keep)
    return Expected(keep + 1, words=frozenset({"head_ahead", "segment_name", "no_log"}))


def truncate_with_heads(files: Files) -> Expected:
    """The end is cut off together with the heads over it: an earlier state of the disk. A head kept elsewhere tells."""
    sizes = sorted({size_of(note) for octets in files.heads.values() for note in notes_of(octets)})
    keep = files.chance.choice(sizes[:-1])
    _cut_behind(files, keep)
    heads_until(files, keep)
    return Expected(keep + 1, anchor=files.newest_head, words=frozenset({"anchor_ahead"}))


def _cut_behind(files: Files, keep: int) -> None:
    for name, octets in files.segments.items():
        first = int(name[:20])
        if first > keep:
            files.put(name, None)
        else:
            end = ([SEGMENT_HEADER] + [end for _, end in spans(octets)])[min(keep - first + 1, len(spans(octets)))]
            files.put(name, octets[:end])


def heads_until(files: Files, keep: int) -> None:
    for name, octets in files.heads.items():
        kept = b"".join(note for note in notes_of(octets) if size_of(note) <= keep)
        files.put(name, kept or None)


# --- somebody who knows the form -------------------------------------------------------------------------------------


def taken_apart(octets: bytes) -> tuple[int, int, int, bytes, dict[str, Any]]:
    """Sequence, time, phase, hash before and fields of a record."""
    sequence, us, phase, before = struct.unpack_from(">QQB32s", octets, 4)
    fields = json.loads(octets[53:])
    for name in ("seq", "utc_us", "phase", "sum"):
        del fields[name]
    return sequence, us, phase, before, fields


def changed_fields(files: Files, fields: dict[str, Any]) -> dict[str, Any]:
    return {**fields, "program": f"0.{files.chance.randrange(10**9)}"}


def rewrite_with_right_sum(files: Files) -> Expected:
    name, octets = files.a_segment()
    begin, end = files.chance.choice(spans(octets))
    sequence, us, phase, before, fields = taken_apart(octets[begin:end])
    files.put(
        name, octets[:begin] + record_of(sequence, us, phase, before, changed_fields(files, fields)) + octets[end:]
    )
    return Expected(sequence)


def reseal(files: Files) -> Expected:
    """One record is changed and everything behind it made anew, so that numbers, sums, chain and trees agree."""
    number = files.chance.randrange(1, files.last_sequence() + 1)
    made_anew(files, number)
    return Expected(number)


def drop_and_reseal(files: Files) -> Expected:
    """One record is taken out, all later ones are numbered and sealed anew."""
    number = files.chance.randrange(1, files.last_sequence() + 1)
    made_anew(files, number, drop=True)
    return Expected(number)


def reseal_with_newer_key(files: Files) -> Expected:
    """The same, by somebody who has the key of the last day: every head is signed anew with it, in the name of its own day."""
    number = files.chance.randrange(1, files.last_sequence() + 1)
    roots = made_anew(files, number)
    days = list(files.heads)
    stolen = Key.of(files.log_id, days[-1][6:16], SEED)
    for name, octets in files.heads.items():
        notes = []
        for note in notes_of(octets):
            size, day = size_of(note), name[6:16]
            if size < number or name == days[-1]:
                notes.append(note)
                continue
            text = head_again(note, *roots[size])
            told = line(
                Key.of(files.log_id, day, SEED).name, Key.of(files.log_id, day, SEED).key_id, stolen.private.sign(text)
            )
            notes.append(text + b"\n" + told + b"\n")
        files.put(name, b"".join(notes))
    return Expected(number)


def exchange_key_record(files: Files) -> Expected:
    """A record that names the next key names another one; everything behind is made anew."""
    keys = [size_of(note) for octets in files.heads.values() for note in notes_of(octets) if b"\nwhy key\n" in note]
    number = files.chance.choice(keys)
    made_anew(files, number, change={"key_public": files.chance.randbytes(32).hex()})
    return Expected(number)


def old_times_under_a_new_key(files: Files) -> Expected:
    """Who has today's key puts a record of yesterday behind the log and signs it: the key's day tells (CVE-2023-31439)."""
    name, octets = list(files.segments.items())[-1]
    begin, end = spans(octets)[-1]
    sequence, us, _, _, fields = taken_apart(octets[begin:end])
    fields |= {"event": "card.read", "operator": "op-12"}
    earlier = us - 86_400_000_000 * files.chance.randrange(1, 3)
    added = record_of(sequence + 1, earlier, STATE, _sha(octets[begin:end]).digest(), fields)
    files.put(name, octets + added)
    day, heads = list(files.heads.items())[-1]
    key, tree = Key.of(files.log_id, day[6:16], SEED), peaks_with(files, added)
    text = head_text(f"cardd/{files.log_id}", sequence + 1, root(tree), us + 1, _sha(added).digest(), "time")
    files.put(day, heads + key.note(text) + b"\n")
    return Expected(sequence + 1, words=frozenset({"period"}))


def made_anew(
    files: Files, number: int, *, drop: bool = False, change: dict[str, Any] | None = None
) -> dict[int, tuple[bytes, bytes]]:
    """Root and chain at each size, after all records from `number` on were sealed anew."""
    before, peaks, count, told = bytes(32), list[bytes](), 0, {}
    for name, octets in files.segments.items():
        link, made = before, list[bytes]()
        for begin, end in spans(octets):
            record = octets[begin:end]
            sequence, us, phase, _, fields = taken_apart(record)
            if sequence == number and drop:
                continue
            if sequence >= number:
                if sequence == number:
                    fields = fields | change if change else changed_fields(files, fields)
                if "tree" in fields:
                    fields["tree"] = [each.hex() for each in peaks]
                record = record_of(count + 1, us, phase, before, fields)
            before, count = _sha(record).digest(), count + 1
            add(peaks, count - 1, record)
            told[count] = (root(peaks), before)
            made.append(record)
        first = int(name[:20])
        if drop and first > number:
            files.put(name, None)
            files.put(f"{first - 1:020d}.seg", octets[:28] + struct.pack(">Q", first - 1) + link + b"".join(made))
        elif first + len(spans(octets)) > number:
            files.put(name, octets[:36] + link + b"".join(made))
    return told


def peaks_with(files: Files, added: bytes) -> list[bytes]:
    peaks, count = list[bytes](), 0
    for octets in files.segments.values():
        for begin, end in spans(octets):
            add(peaks, count, octets[begin:end])
            count += 1
    add(peaks, count, added)
    return peaks


def add(peaks: list[bytes], count: int, record: bytes) -> None:
    node = _sha(b"\x00" + record).digest()
    while count & 1:
        node, count = _sha(b"\x01" + peaks.pop() + node).digest(), count >> 1
    peaks.append(node)


def root(peaks: list[bytes]) -> bytes:
    found = peaks[-1]
    for peak in reversed(peaks[:-1]):
        found = _sha(b"\x01" + peak + found).digest()
    return found


def head_again(note: bytes, root: bytes, chain: bytes) -> bytes:
    """The text of a head with another root and chain."""
    lines = note.split(b"\n\n")[0].split(b"\n")
    lines[2], lines[4] = base64.b64encode(root), b"chain " + chain.hex().encode()
    return b"\n".join(lines) + b"\n"


def line(name: str, key_id: bytes, signature: bytes) -> bytes:
    return f"\u2014 {name} {base64.b64encode(key_id + signature).decode()}\n".encode()
