"""Terminals that lie, logs that are not what they were, and content that wants to be more than text."""

from __future__ import annotations

import base64
import hashlib
import shutil
import zlib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cardd.collector.local import LocalLog
from cardd.fleet import health, rebuilt
from cardd.japan_time import JAPAN
from tests.e2e import fleet_scene
from tests.e2e.fleet_house import AUDITOR, OFFICE, Fleet
from tests.e2e.fleet_scene import TAKE, TAKE_HEADS, alarms_of, all_of, problem_of, stored
from tests.fixtures.made_log import INTENT, RESULT, STATE, LogMaker, MadeLog, made_log, us_of

fleet, terminal, made = fleet_scene.fleet, fleet_scene.terminal, fleet_scene.made


def forked(made: MadeLog, folder: Path, terminal: str) -> Path:
    """The same log id with other records from the beginning of the second segment on: what a restored disk would write."""
    copy = folder / "fork"
    shutil.copytree(made.directory, copy)
    path = sorted(copy.glob("*.seg"))[1]
    octets = bytearray(path.read_bytes())
    octets[68 + 4 + 8 + 7] ^= 1  # the time of its first record
    path.write_bytes(octets)
    return copy


@pytest.mark.proves("A7", "fault 108")
def test_another_record_under_a_number_that_is_there_is_an_alarm(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path
) -> None:
    other = forked(made, tmp_path, terminal)
    fleet.ship(terminal, made.directory)
    first = int(sorted(other.glob("*.seg"))[1].stem)
    octets = next(LocalLog(other).records(first)).octets
    with fleet.link(terminal) as link:
        verdict = link.one(
            TAKE,
            {"log": made.log_id, "octets": [octets]},
        )[0]
    assert verdict == "forked"
    assert alarms_of(fleet, terminal) == [("forked", first)]
    with fleet.link(AUDITOR) as link:
        evidence = link.one("SELECT evidence FROM alarm WHERE log_id = %(log)s::uuid", {"log": made.log_id})[0]
        assert {each.state for each in health.standings(link) if each.terminal == terminal} == {"alarm"}
    assert evidence == octets
    assert stored(fleet, terminal) == all_of(made)


@pytest.mark.proves("A7", "fault 108")
def test_a_log_that_went_on_otherwise_is_found_when_it_ships(fleet: Fleet, terminal: str, tmp_path: Path) -> None:
    ends = []
    for name, case in (("one", "1"), ("two", "2")):
        with LogMaker(tmp_path / name, start_us=us_of(2026, 4, 1), seed=91) as log:
            for number in range(20):
                log.put(log.us + 1000, STATE, {"event": "policy.denied", "case": case if number > 9 else "0"})
            log.head("time")
            ends.append((log.first_key, log.sequence))
    fleet.enrol(terminal, ends[0][0])
    fleet.ship(terminal, tmp_path / "one")
    assert problem_of(lambda: fleet.ship(terminal, tmp_path / "two")) == "forked"
    assert alarms_of(fleet, terminal) == [("forked", ends[0][1])]
    assert len(stored(fleet, terminal)) == ends[0][1]


@pytest.mark.proves("A7", "fault 109")
def test_a_log_that_became_shorter_is_an_alarm(fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path) -> None:
    fleet.ship(terminal, made.directory)
    older = tmp_path / "older"
    shutil.copytree(made.directory, older)
    sorted((older / "heads").iterdir())[-1].unlink()
    size = LocalLog(older).newest_size()
    assert size < made.records
    assert problem_of(lambda: fleet.ship(terminal, older)) == "log_shorter"
    assert alarms_of(fleet, terminal) == [("shorter", size)]


@pytest.mark.proves("A7", "fault 108")
@pytest.mark.parametrize(
    ("line", "text", "word"),
    [(4, "chain " + "0" * 64, "head_differs"), (2, base64.b64encode(bytes(32)).decode(), "head_forked")],
)
def test_a_head_that_does_not_fit_is_kept_and_is_an_alarm(
    fleet: Fleet, terminal: str, made: MadeLog, line: int, text: str, word: str
) -> None:
    fleet.ship(terminal, made.directory)
    lines = made.newest_head.decode().split("\n")
    lines[line] = text
    forged = "\n".join(lines).encode()
    with fleet.link(terminal) as link:
        assert link.one(TAKE_HEADS, {"log": made.log_id, "octets": [made.newest_head, forged]})[0] == "taken"
    assert alarms_of(fleet, terminal) == [(word, made.records)]
    with fleet.link(AUDITOR) as link:
        kept = link.rows(
            "SELECT note FROM head WHERE log_id = %(log)s::uuid ORDER BY number DESC LIMIT 1", {"log": made.log_id}
        )
        assert (
            link.one("SELECT count(*) FROM head WHERE log_id = %(log)s::uuid", {"log": made.log_id})[0]
            == made.heads + 1
        )
    assert kept == [(forged,)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (0, "cardd/" + "0" * 32), (1, "-1"), (1, "1" * 16), (2, "x"), (2, "!" * 44), (3, "time 2026-13-01T00:00:00.000000Z"),
        (3, "time now"),
        (4, "chain 00"), (5, "why Not"), (6, "x"), (7, "— someone AAAA"), (7, ""), (7, "— a b c"),
    ],
)  # fmt: skip
def test_a_head_of_another_form_is_refused(fleet: Fleet, terminal: str, made: MadeLog, line: int, text: str) -> None:
    fleet.ship(terminal, made.directory)
    lines = made.newest_head.decode().split("\n")
    lines[line] = text
    octets = ["\n".join(lines).encode()]
    with fleet.link(terminal) as link:
        assert problem_of(lambda: link.rows(TAKE_HEADS, {"log": made.log_id, "octets": octets})) == "malformed"
    assert alarms_of(fleet, terminal) == []


def test_records_that_do_not_chain_are_not_taken(fleet: Fleet, terminal: str, made: MadeLog) -> None:
    octets = [each.octets for each in LocalLog(made.directory).records(1)][:50]
    bent = bytearray(octets[20])
    bent[-10] ^= 1
    octets[20] = bytes(bent)
    with fleet.link(terminal) as link:
        assert link.one(TAKE, {"log": made.log_id, "octets": octets})[0] == "broken"
    assert stored(fleet, terminal) == []
    assert alarms_of(fleet, terminal) == [("broken", 22)]


@pytest.mark.parametrize("octets", [[b""], [b"x" * 60], [bytes(70_000)], [], [b"\x00\x00\x00\x40" + bytes(64), b"y"]])
def test_what_is_no_record_is_refused(fleet: Fleet, terminal: str, tmp_path: Path, octets: list[bytes]) -> None:
    key = made_log(tmp_path / "log", 10, 1, seed=zlib.crc32(terminal.encode()), terminal=terminal).first_key
    fleet.enrol(terminal, key)
    values = {"log": key.split("/")[1], "octets": octets}
    with fleet.link(terminal) as link:
        assert problem_of(lambda: link.rows(TAKE, values)) == "malformed"
        for notes in ([b"no head"], [b"\x00"], [b"\xff\xfe"]):
            heads = {**values, "octets": notes}
            assert problem_of(lambda heads=heads: link.rows(TAKE_HEADS, heads)) == "malformed"


# --- hostile content --------------------------------------------------------------------------------------------------

HOSTILE = {
    "markup": "<script>alert(1)</script>",
    "newline": "a\nb\r\nc",
    "NUL": "a\x00b",
    "escape": "\x1b[31mred",
    "formula": "=cmd|'/c calc'!A0",
    "direction": "\u202egnp.exe",
    "statement": "'; DROP TABLE record; --",
    "long": "x" * 5_000,
    "beyond": "\U0001f5fe\U0002000b",
    "escaped NUL": "a\\u0000b",
}


@pytest.mark.proves("fault 114")
def test_hostile_text_in_each_field_is_kept_byte_for_byte(fleet: Fleet, terminal: str, tmp_path: Path) -> None:
    with LogMaker(tmp_path / "log", start_us=us_of(2026, 4, 1), seed=92) as log:
        for text in HOSTILE.values():
            fields = {
                name: text
                for name in ("event", "operator", "role", "purpose", "case", "seat", "card", "client", "code")
            }
            intent = log.put(log.us + 1000, INTENT, {**fields, "items": [text, text], "uid": 2**53 - 1})
            log.put(
                log.us + 1000,
                RESULT,
                {"intent": intent, "result": "done", "operator": {"not": ["a", "text"]}, "tries_before": "x"},
            )
        log.put(log.us + 1000, STATE, {"event": "x", "items": {"no": "list"}, "intent": True, "emergency": "yes"})
        log.head("time")
        key, count = log.first_key, log.sequence
    fleet.enrol(terminal, key)
    fleet.ship(terminal, tmp_path / "log")
    copy = tmp_path / "copy"
    copy.mkdir()
    with fleet.link(AUDITOR) as link:
        assert rebuilt.write_log(link, key.split("/")[1], OFFICE, copy) == count
        found = "SELECT readable, case_number FROM record WHERE log_id = %(log)s::uuid AND phase = 1 ORDER BY sequence"
        rows = link.rows(found, {"log": key.split("/")[1]})
    assert all(readable for readable, _ in rows)
    told = [text.replace("\x00", "\ufffd")[:128] for text in HOSTILE.values()]
    assert [case for _, case in rows] == [each.replace("\\u0000", "\\ufffd") for each in told]
    for path in (tmp_path / "log").glob("*.seg"):
        assert (copy / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("text", "readable"),
    [
        (b"[" * 60_000, False), (b'{"a":', False), (b"\xff\xfe", False), (b"\x00\x00", False), (b'{"a":"\\ud800"}', False),
        (b"[1]", True), (b'"x"', True), (b"null", True), (b'{"intent":1e99}', True),
    ],
)  # fmt: skip
def test_what_is_no_json_is_kept_byte_for_byte(
    fleet: Fleet, terminal: str, tmp_path: Path, text: bytes, readable: bool
) -> None:
    key = made_log(tmp_path / "log", 10, 1, seed=zlib.crc32(terminal.encode()), terminal=terminal).first_key
    fleet.enrol(terminal, key)
    octets = record_of(1, us_of(2026, 5, 1), bytes(32), text)
    values = {"log": key.split("/")[1], "octets": [octets]}
    with fleet.link(terminal) as link:
        assert link.one(TAKE, values)[0] == "taken"
    with fleet.link(AUDITOR) as link:
        rows = link.rows("SELECT octets, readable FROM record WHERE log_id = %(log)s::uuid", values)
    assert rows == [(octets, readable)]


def record_of(sequence: int, utc_us: int, before: bytes, text: bytes) -> bytes:
    """A state record with any content."""
    head = sequence.to_bytes(8, "big") + utc_us.to_bytes(8, "big") + b"\x03" + before
    return (len(head) + len(text)).to_bytes(4, "big") + head + text


@pytest.mark.proves("fault 115", "fault 139")
def test_a_clock_that_tells_nonsense_makes_no_partitions(fleet: Fleet, terminal: str, tmp_path: Path) -> None:
    earlier = (datetime.now(JAPAN) - timedelta(days=60)).replace(day=15, hour=12, minute=0)
    later = datetime.now(JAPAN) - timedelta(days=1)
    good, after = (round(each.timestamp()) * 1_000_000 for each in (earlier, later))
    times = [good, us_of(9000, 1, 1), 0, 2**63, 2**64 - 1, good + 1, good - 200 * 86_400_000_000, after]
    before, octets = bytes(32), []
    for number, utc_us in enumerate(times, 1):
        octets.append(record_of(number, utc_us, before, b"{}"))
        before = hashlib.sha256(octets[-1]).digest()
    key = made_log(tmp_path / "log", 10, 1, seed=93, terminal=terminal).first_key
    fleet.enrol(terminal, key, 77)
    values = {"log": key.split("/")[1], "octets": octets}
    with fleet.link(terminal) as link:
        assert link.one(TAKE, values)[0] == "taken"
    with fleet.link(AUDITOR) as link:
        filed = link.rows("SELECT month FROM record WHERE log_id = %(log)s::uuid ORDER BY sequence", values)
        partitions = link.rows("SELECT relname::text FROM pg_class WHERE relname ~ '^record_o77_m[0-9]+$' ORDER BY 1")
    months = [earlier.date().replace(day=1)] * 7 + [later.date().replace(day=1)]
    assert [month for (month,) in filed] == months
    assert [name for (name,) in partitions] == [f"record_o77_m{month:%Y%m}" for month in sorted(set(months))]
