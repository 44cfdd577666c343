"""The rules of docs/audit-log.md about heads and keys, asked of a log by hand, and of the verifier: two readers who share nothing."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pymerkle import InmemoryTree

from cardd.audit.chain import SegmentHeader, walk
from cardd.audit.checkpoint import SignedHead, VerifierKey, log_key, parse, signed_by, split
from cardd.audit.verifier import verify

SLACK_US = 2_000_000
OWN = "log."


@dataclass
class Seen:
    """One record: its octets, time and content."""

    octets: bytes
    utc_us: int
    hash: bytes
    content: dict


def records_of(directory: Path) -> list[Seen]:
    found, offset = [], 68
    for path in sorted(directory.glob("*.seg")):
        octets, offset = path.read_bytes(), 68
        for record, content in walk(octets, SegmentHeader.decode(octets)):
            found.append(Seen(octets[offset : record.end], record.utc_us, record.hash, dict(content)))
            offset = record.end
    return found


def heads_of(directory: Path) -> dict[str, list[SignedHead]]:
    """By the day of their key."""
    files = sorted((directory / "heads").glob("*.heads"))
    return {path.stem: [parse(note) for note in split(path.read_bytes())] for path in files}


def words(directory: Path) -> dict[str, list[str]]:
    """The `why` of each head, by day."""
    return {day: [head.head.why for head in heads] for day, heads in heads_of(directory).items()}


def check(directory: Path, *, upgraded: bool = False) -> None:
    """All rules, here and by the verifier; `upgraded`: the log began with format 1. Fails with an assertion."""
    assert verify(directory).finding is None
    records, heads = records_of(directory), heads_of(directory)
    tree, roots = InmemoryTree(algorithm="sha256"), {}
    for number, record in enumerate(records, start=1):
        tree.append_entry(record.octets)
        roots[number] = tree.get_root()
    first = VerifierKey.parse((directory / "first.key").read_text())
    assert first.name.endswith(next(iter(heads)))
    days = [date.fromisoformat(day) for day in heads]
    assert days == [days[0] + timedelta(number) for number in range(len(days))]
    key, before, named = first, None, []
    for number, (day, signed) in enumerate(heads.items()):
        newest = number == len(heads) - 1
        for at, each in enumerate(signed):
            head = each.head
            assert signed_by(each, key) == 0
            assert (head.root, head.chain) == (roots[head.size], records[head.size - 1].hash)
            assert before is None or head.size >= before.size
            assert (head.why in ("period", "empty")) == (at == 0)
            assert (head.why == "key") == (at == len(signed) - 1 and not newest) or (newest and head.why == "key")
            if at == 0 and before is not None:
                assert (before.why, before.size) == ("key", head.size)
            if signed[0].head.why == "empty":
                assert head.why in ("empty", "key")
                assert all(of_a_change(each) for each in records[before.size if before else 0 : head.size])
            check_times(records, before.size if before else 0, head, day, upgraded=upgraded)
            before = head
        if not newest:
            record = records[before.size - 1].content if before else {}
            assert (record["event"], record["key_period"]) == ("log.key", str(days[number + 1]))
            key = log_key(before.log_id, record["key_period"], bytes.fromhex(record["key_public"])) if before else key
        named.append(day)
    assert [each.content["key_period"] for each in records if each.content.get("event") == "log.key"] == named
    for at, each in enumerate(records):
        if each.content.get("event") == "log.segment" and "tree" in each.content:
            assert peaks_root(each.content["tree"]) == roots[at]


def check_times(records: list[Seen], start: int, head, day: str, *, upgraded: bool) -> None:
    begin = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000
    end = begin + 86_400_000_000
    stepped = any(each.content.get("event") == "clock.step" for each in records)
    if stepped or (upgraded and start == 0):
        return
    for each in records[start : head.size]:
        assert str(each.content.get("event")).startswith(OWN) or begin - SLACK_US <= each.utc_us < end + SLACK_US
    assert head.utc_us >= begin - SLACK_US
    assert head.utc_us < end + SLACK_US or head.why in ("key", "empty")


def of_a_change(record: Seen) -> bool:
    return record.content.get("event") in ("log.key", "log.segment")


def peaks_root(peaks: list[str]) -> bytes:
    """Folded by hand: the smallest trees first."""

    found = bytes.fromhex(peaks[-1])
    for peak in reversed(peaks[:-1]):
        found = hashlib.sha256(b"\x01" + bytes.fromhex(peak) + found).digest()
    return found
