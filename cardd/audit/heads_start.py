"""At start: whether log, heads and key belong together, before anything is written (fault 109).

Whoever puts an older copy of the log back, or takes heads or the key away, is told here where he forgot one of the three. It is no proof
against somebody who puts back all of them: that takes a witness.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from cardd.audit.chain import (
    LARGEST_RECORD,
    SEGMENT_HEADER,
    Content,
    Damaged,
    SegmentHeader,
    content_of,
    decode_record,
    segment_name,
)
from cardd.audit.checkpoint import BadNote, SignedHead, VerifierKey, signed_by
from cardd.audit.continuing import NAME, Continues, ContinuesBroken, Judge
from cardd.audit.continuing import read as read_continues
from cardd.audit.disk import open_plain, read_plain
from cardd.audit.head_files import FOLDER, HeadFiles, missing_period, periods
from cardd.audit.heads import ALL_BEHIND, FIRST_KEY, Keys
from cardd.audit.log_key import BadLogKey, HeadMark, KeyFile, LogKey
from cardd.audit.startup import Tail

MOST_HEAD_RECORDS = 100
"""The most that `audit.head_records` may be, so also what an earlier run may have had."""
OF_A_ROLL_OVER = 10
MOST_BEHIND = MOST_HEAD_RECORDS + ALL_BEHIND + OF_A_ROLL_OVER
"""Records that no head covers after a crash; beyond them no record was taken."""
FORMAT_WITH_HEADS = 2


@dataclass(slots=True)
class Found:
    """What lies on the disk beside the records."""

    present: LogKey | None
    next: LogKey | None
    newest: SignedHead | None
    mark: HeadMark | None
    """How far the heads went, as noted beside the key."""
    wiped: bool
    """The present key's file holds zeros: a roll-over was in its fourth step."""


def look(directory: Path, keys: KeyFile, files: HeadFiles) -> Found:
    """Keys and newest head; a torn head is cut off. `directory`: the log's. Raises `Damaged`, `OSError`."""
    wiped, present = False, None
    try:
        mark = keys.read_mark()
        waiting = keys.read_next()
        present = keys.read()
    except BadLogKey as error:
        if str(error) != "wiped":
            raise _wrong(f"log_key_{error}", keys.path.name) from None
        wiped = True
    return Found(present, waiting, _newest(directory, files), mark, wiped)


def _newest(directory: Path, files: HeadFiles) -> SignedHead | None:
    days = periods(directory)
    if missing_period(days) is not None:
        raise _wrong("heads_missing", FOLDER)
    newest = None
    for day in reversed(days[-2:]):  # the newest file may hold nothing but a torn first head
        if newest is None and (heads := files.open(day)):
            newest = heads[-1]
    if newest is not None:
        _check_first(directory, files, days[0])
    return newest


def _check_first(directory: Path, files: HeadFiles, day: date) -> None:
    """The log's first head is of the day of `first.key`, and signed by it."""
    try:
        key = VerifierKey.parse(read_plain(directory / FIRST_KEY).decode("ascii"))
    except (FileNotFoundError, ValueError):
        raise _wrong("first_key_missing", FIRST_KEY) from None
    if key.name.rpartition("/")[2] != day.isoformat():
        raise _wrong("heads_missing", FOLDER)
    first = files.first(day)
    try:
        holds = first is not None and signed_by(first, key) is not None
    except BadNote:
        holds = False
    if not holds:
        raise _wrong("first_key_wrong", FIRST_KEY)


def check_new(directory: Path, found: Found) -> None:
    """There are no records. Raises `Damaged` (`log_missing`) when keys or heads say that there should be some."""
    if found.newest is None and found.present is None and not found.wiped:
        return
    if found.newest is None and found.present is not None and found.present.log_id == _previous_log(directory):
        return
    raise _wrong("log_missing", directory.name)


def continues_of(directory: Path) -> Continues | None:
    """The log that this one takes the place of. Raises `Damaged`."""
    try:
        return read_continues(directory)
    except ContinuesBroken as error:
        raise _wrong(f"continues_{error.problem}", error.file.name) from None


def check_beginning(directory: Path, tail: Tail | None, judge: Judge) -> None:
    """What `continues.json` says of the log before: ordered by two people before a new log begins, and later still what record 1 says.

    Raises `Damaged`: `continues_` and the word of `judge`; `continues_differs`, also for a file that was put there or taken away
    later: closed logs that nobody finds any more are left out of every answer.
    """
    told = continues_of(directory)
    if tail is None or not tail.sequence:
        problem = judge(told) if told is not None else None
        if problem is not None:
            raise _wrong(f"continues_{problem}", NAME)
        return
    first = _first_content(directory)
    if first is None:
        return
    record = told.record().model_dump(mode="json", exclude_none=True) if told is not None else {}
    words = ("previous_log", "last_sequence", "last_hash", "reason", "content", "operator", "approver")
    if any(first.get(word) != record.get(word) for word in words):
        raise _wrong("continues_differs", NAME)


def _first_content(directory: Path) -> Content | None:
    """Record 1, as far as it says what the log goes on from; None where it was cut off, or is damaged, which the check of the log names."""
    name = segment_name(1)
    try:
        with open(open_plain(directory / name), "rb") as file:
            octets = file.read(SEGMENT_HEADER + LARGEST_RECORD)
    except FileNotFoundError:
        return None
    try:
        SegmentHeader.decode(octets, name)
        content = content_of(decode_record(octets, SEGMENT_HEADER, file=name, sequence=1))
    except (Damaged, ValueError):
        return None
    return content if content.get("event") == "log.continued" else {}


def _previous_log(directory: Path) -> str | None:
    told = continues_of(directory)
    return told.previous_log if told is not None else None


def keys_of(directory: Path, tail: Tail, found: Found) -> Keys | None:
    """The keys to go on with; None for a log of format 1, which gets its first key now. Raises `Damaged`."""
    log_id = tail.log_id.hex()
    if found.next is not None and found.next.log_id != log_id:
        found.next = None  # of a log that was never begun
    if found.newest is None:
        beginning = _beginning(directory, tail, found)
        _check_mark(tail, found)
        return beginning
    keys = _keys_under(tail, found, found.newest)
    _check_mark(tail, found)
    return keys


def _keys_under(tail: Tail, found: Found, newest: SignedHead) -> Keys:
    """The keys to go on with behind this head. Raises `Damaged`."""
    log_id = tail.log_id.hex()
    _check_head(tail, newest)
    waiting = _recorded(tail, found.next)
    if waiting is not None and tail.sequence > waiting:
        raise _wrong("heads_behind", FOLDER)  # until a change of keys is finished nothing else is recorded
    if found.wiped:
        if waiting is None:
            raise _wrong("log_key_missing")
        return Keys(None, found.next, waiting)
    present = found.present
    if present is None:
        raise _wrong("log_key_missing")
    if present.log_id != log_id:
        raise _wrong("log_key_other_log")
    _check_key(tail, present, newest, changing=waiting is not None)
    return Keys(present, found.next if waiting is not None else None, waiting)


def _beginning(directory: Path, tail: Tail, found: Found) -> Keys | None:
    """No head yet: the log's first key is on its way, or a log of format 1 has none, or somebody took them away."""
    log_id = tail.log_id.hex()
    own = found.present is not None and found.present.log_id == log_id
    if found.present is not None and not own and found.present.log_id != _previous_log(directory):
        raise _wrong("log_key_other_log")
    if own:
        recorded = _recorded(tail, found.present)
        if recorded is None or recorded != tail.sequence:
            raise _wrong("heads_missing", FOLDER)
        return Keys(found.present, None, recorded)
    if found.next is not None:
        return Keys(None, found.next, _recorded(tail, found.next))
    if tail.sequence and tail.format < FORMAT_WITH_HEADS:
        return None
    raise _wrong("log_key_missing")


def _check_head(tail: Tail, newest: SignedHead) -> None:
    head = newest.head
    if head.log_id != tail.log_id.hex():
        raise _wrong("heads_other_log", FOLDER)
    if head.size > tail.sequence:
        raise Damaged("head_ahead", sequence=tail.sequence, offset=0, file=FOLDER)
    mark = tail.mark
    if mark is None or mark.chain != head.chain:
        raise Damaged("head_chain", sequence=head.size, offset=0, file=FOLDER)
    if mark.root != head.root:
        raise Damaged("head_root", sequence=head.size, offset=0, file=FOLDER)
    if tail.sequence - head.size > MOST_BEHIND:
        raise Damaged("heads_behind", sequence=head.size, offset=0, file=FOLDER)


def _check_mark(tail: Tail, found: Found) -> None:
    """The heads go at least as far as they once did. Log and heads stand in one directory: an older copy of both agrees with itself."""
    mark, newest = found.mark, found.newest
    if mark is None or mark.log_id != tail.log_id.hex():
        return
    if newest is None or newest.head.size < mark.size:
        raise Damaged("heads_older", sequence=mark.size, offset=0, file=FOLDER)
    if newest.head.size == mark.size and newest.head.root != mark.root:
        raise Damaged("head_root", sequence=mark.size, offset=0, file=FOLDER)


def _check_key(tail: Tail, present: LogKey, newest: SignedHead, *, changing: bool) -> None:
    """The key must be the one that signed the newest head, or the one that this head hands over to."""
    name = newest.signatures[0].name
    day, own = name.rpartition("/")[2], present.period.isoformat()
    if day == own:
        try:
            holds = signed_by(newest, present.verifier_key) is not None
        except BadNote:
            holds = False
        if not holds:
            raise _wrong("log_key_wrong")
        if newest.head.why == "key" and not changing:
            raise _wrong("log_key_missing")  # the next key was named, and is gone
        return
    before = (present.period - timedelta(days=1)).isoformat()
    named = tail.key_record
    if newest.head.why == "key" and day == before and named is not None and named.public == present.public.hex():
        if tail.sequence > named.sequence:
            raise _wrong(
                "heads_behind", FOLDER
            )  # the new key's heads are gone: nothing is recorded before its first one
        return
    raise _wrong("log_key_old" if own < day else "heads_behind" if own > day else "log_key_wrong")


def _recorded(tail: Tail, key: LogKey | None) -> int | None:
    """The number of the record that names this key."""
    named = tail.key_record
    return named.sequence if key is not None and named is not None and named.public == key.public.hex() else None


def _wrong(problem: str, file: str = "log.key") -> Damaged:
    return Damaged(problem, sequence=0, offset=0, file=file)
