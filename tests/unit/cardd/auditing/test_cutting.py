"""`audit.cut`: two people, only what is old enough, on record first, and a log that works afterwards."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cardd.audit import verifier
from cardd.audit.chain import Damaged, segments
from cardd.audit.cutting import read_book
from cardd.audit.disk import Disk
from cardd.audit.entries import entries, start_of
from cardd.audit.startup import check_log
from cardd.auditing.cutting import CutRules, Cutting
from cardd.errors import ApprovalRequired, AuditCutRefused, PolicyDenied
from cardd.gate.gate import Gate
from cardd.history.questions import Filters
from cardd.japan_time import today
from cardd.ports import Call
from cardd.report.data import Month, Opening, ReportData
from cardd.report.source import read_month
from cardd.report.summary import findings
from tests.unit.cardd.audit.journals import START_US, an_intent, an_outcome
from tests.unit.cardd.auditing.long_life import BEFORE, TwoPeopleGate, old_log, opened
from tests.unit.cardd.history.logs import following

CALL = cast(Call, SimpleNamespace(caller=SimpleNamespace(private_sector=False)))


class House:
    """One installation."""

    def __init__(self, directory: Path, *, needs_outside: bool = False, disk: Disk | None = None) -> None:
        self.directory = directory
        self.journal = opened(directory)
        self.gate = TwoPeopleGate(self.journal)
        self.now_us = START_US
        rules = CutRules(directory, 7, needs_outside)
        self.cutting = Cutting(cast(Gate, self.gate), self.journal, rules, lambda: self.now_us, disk or Disk())

    def events(self) -> list[dict[str, Any]]:
        return [entry.content for entry, _ in entries(self.directory)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return old_log(tmp_path_factory.mktemp("made") / "log")


@pytest.fixture
async def house(made: Path, tmp_path: Path) -> AsyncIterator[House]:
    found = House(copied(made, tmp_path))
    yield found
    await found.journal.close()


def copied(made: Path, tmp_path: Path) -> Path:
    from tests.unit.cardd.audit.journals import a_copy

    return a_copy(made, tmp_path / "log")


async def problem_of(work: Any) -> str | None:
    with pytest.raises(AuditCutRefused) as caught:
        await work
    return caught.value.facts.problem


@pytest.mark.proves("A8", "S9")
async def test_two_people_cut_what_is_old_and_the_log_works_on(house: House) -> None:
    before = {content["seq"] for content in house.events()}
    done = await house.cutting.cut(CALL, BEFORE, "a-1")
    after = house.events()
    plan = done.plan
    assert done.cut
    assert {content["seq"] for content in after} >= {number for number in before if number > plan.last_sequence}
    assert min(content["seq"] for content in after) == plan.last_sequence + 1
    record = next(content for content in after if content.get("event") == "log.cut")
    assert record["seq"] == done.receipt.sequence
    assert (record["first_sequence"], record["last_sequence"], record["count"]) == (1, plan.last_sequence, plan.count)
    assert (record["approver"], record["approval"], record["last_hash"]) == ("kansa", "a-1", plan.last_hash)
    assert record["head_size"] >= plan.last_sequence
    book = read_book(house.directory)
    assert book is not None
    assert sum(each.count for each in book.counts) == plan.count
    keys = [number for number, _ in book.keys]
    assert keys == sorted(keys)
    assert len(keys) > 300  # a key a day
    intent = await house.journal.intent(an_intent())
    await house.journal.outcome(intent, an_outcome())
    assert await house.journal.check_all() == house.events()[-1]["seq"]


@pytest.mark.proves("A8", "S9")
async def test_the_second_person_sees_exactly_what_goes(house: House) -> None:
    plan = (await house.cutting.preview(CALL, BEFORE)).plan
    await house.cutting.cut(CALL, BEFORE, "a-1")
    assert dict(house.gate.asked[-1].content) == {
        "before": BEFORE.isoformat(),
        "first_record": "1",
        "last_record": str(plan.last_sequence),
        "records": str(plan.count),
        "last_hash": plan.last_hash,
    }
    assert house.gate.asked[-1].approval == "a-1"


async def test_a_preview_removes_nothing_and_is_on_record(house: House) -> None:
    files = segments(house.directory)
    done = await house.cutting.preview(CALL, BEFORE)
    assert not done.cut
    assert done.plan.count > 100
    assert segments(house.directory) == files
    assert not house.gate.asked
    noted = house.events()[-1]
    assert (noted["seq"], noted["problem"]) == (done.receipt.sequence, "previewed")


@pytest.mark.proves("fault 120")
async def test_without_a_second_person_nothing_goes(house: House) -> None:
    files = segments(house.directory)
    house.gate.agreed = False
    with pytest.raises(ApprovalRequired):
        await house.cutting.cut(CALL, BEFORE, None)
    assert segments(house.directory) == files
    assert not any(content["event"] == "log.cut" for content in house.events() if "event" in content)


@pytest.mark.proves("fault 120", "fault 123")
async def test_whoever_has_no_right_learns_nothing_of_the_log(house: House) -> None:
    house.gate.right = False
    for work in (house.cutting.cut(CALL, BEFORE, "a-1"), house.cutting.preview(CALL, BEFORE)):
        with pytest.raises(PolicyDenied):
            await work
    assert [request.content for request in house.gate.asked] == [(), ()]


@pytest.mark.proves("fault 120", "fault 139")
async def test_inside_the_years_and_with_a_clock_ahead_nothing_goes(house: House) -> None:
    files = segments(house.directory)
    assert await problem_of(house.cutting.cut(CALL, date(2019, 11, 24), "a-1")) == "too_young"
    house.now_us += 10 * 365 * 86_400_000_000
    assert (await house.cutting.preview(CALL, date(2029, 11, 1))).plan.last_utc_us < START_US - 7 * 365 * 86_400_000_000
    assert segments(house.directory) == files
    assert house.gate.refused == [("audit.cut_refused", "too_young")]


@pytest.mark.proves("A8")
async def test_a_damaged_log_is_not_cut(house: House) -> None:
    path = segments(house.directory)[-2]
    octets = bytearray(path.read_bytes())
    octets[-40] ^= 1
    path.write_bytes(octets)
    files = segments(house.directory)
    assert await problem_of(house.cutting.cut(CALL, BEFORE, "a-1")) == "damaged"
    assert segments(house.directory) == files
    assert read_book(house.directory) is None


@pytest.mark.proves("A5", "A8")
async def test_where_heads_must_leave_one_must_have_left(made: Path, tmp_path: Path) -> None:
    house = House(copied(made, tmp_path), needs_outside=True)
    assert await problem_of(house.cutting.cut(CALL, BEFORE, "a-1")) == "not_outside"
    assert house.gate.refused[-1] == ("audit.cut_refused", "not_outside")
    head = house.journal.newest_head()
    assert head is not None
    await house.gate.note(
        CALL, house.gate.session(CALL), event="head.witnessed", head_size=head.head.size, witness="pref"
    )
    assert (await house.cutting.cut(CALL, BEFORE, "a-1")).cut
    await house.journal.close()


class FullDisk(Disk):
    """Takes no new file; or removes only so many."""

    removals: int | None = None

    def create(self, path: Path) -> int:
        if self.removals is None:
            raise OSError(28, "no room")
        return super().create(path)

    def unlink(self, path: Path) -> None:
        assert self.removals is not None
        if self.removals == 0:
            raise OSError(5, "worn out")
        self.removals -= 1
        super().unlink(path)


@pytest.mark.proves("A8")
async def test_a_disk_that_takes_nothing_leaves_everything(made: Path, tmp_path: Path) -> None:
    house = House(copied(made, tmp_path), disk=FullDisk())
    files = segments(house.directory)
    assert await problem_of(house.cutting.cut(CALL, BEFORE, "a-1")) == "not_written"
    assert segments(house.directory)[: len(files)] == files
    await house.journal.close()
    assert check_log(house.directory) == house.events()[-1]["seq"]


@pytest.mark.proves("A8", "fault 124")
async def test_a_cut_that_stopped_half_way_is_gone_on_with_at_the_next_start(made: Path, tmp_path: Path) -> None:
    disk = FullDisk()
    disk.removals = 2
    house = House(copied(made, tmp_path), disk=disk)
    assert await problem_of(house.cutting.cut(CALL, BEFORE, "a-1")) == "not_finished"
    await house.journal.close()
    book = read_book(house.directory)
    assert book is not None
    place = start_of(house.directory)
    assert place is not None
    assert 1 < place.sequence <= book.last.last_sequence
    again = opened(house.directory)
    place = start_of(house.directory)
    assert place is not None
    assert place.sequence == book.last.last_sequence + 1
    await again.check_all()
    await again.close()


async def test_a_check_of_the_whole_log_never_meets_a_cut(house: House) -> None:
    last = house.events()[-1]["seq"]
    checks = [asyncio.ensure_future(house.journal.check_all()) for _ in range(3)]
    done = await house.cutting.cut(CALL, BEFORE, "a-1")
    try:
        found = await asyncio.gather(*checks)
    except Damaged as damage:
        pytest.fail(str(damage))
    # Each has seen the whole log, of before the cut or of after it.
    assert all(last <= sequence <= house.events()[-1]["seq"] for sequence in found), found
    assert house.events()[0]["seq"] == done.plan.last_sequence + 1
    assert house.journal.problem is None


@pytest.mark.proves("A8")
async def test_a_second_cut_goes_on_where_the_first_ended(house: House) -> None:
    first = (await house.cutting.cut(CALL, date(2018, 12, 1), "a-1")).plan
    second = (await house.cutting.cut(CALL, BEFORE, "a-1")).plan
    assert second.first_sequence == first.last_sequence + 1
    book = read_book(house.directory)
    assert book is not None
    assert [cut.last_sequence for cut in book.cuts] == [first.last_sequence, second.last_sequence]
    await house.journal.check_all()


def verified(directory: Path) -> tuple[int, str]:
    """What the verifier says, as an auditor starts it: by its path."""
    ended = subprocess.run(
        [sys.executable, verifier.__file__, str(directory), "--locale", "en"],
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.proves("A6", "A8")
async def test_the_verifier_accepts_a_cut_log_and_finds_what_was_changed_in_it(made: Path, tmp_path: Path) -> None:
    house = House(copied(made, tmp_path))
    await house.cutting.cut(CALL, date(2018, 12, 1), "a-1")
    last = (await house.cutting.cut(CALL, BEFORE, "a-1")).plan.last_sequence
    await house.journal.close()
    code, said = verified(house.directory)
    assert code == 0, said
    assert f"up to {last} were cut off" in said
    path = house.directory / "cut.json"
    octets = path.read_bytes()
    key = json.loads(octets)["keys"][50]["record"]
    *before, behind = octets.split(b'"last_hash":"')
    other = b"ff" if behind.startswith(b"00") else b"00"
    for change in (
        octets.replace(key.encode(), key[:200].encode() + b"AAAA" + key[204:].encode()),
        b'"last_hash":"'.join((*before, other + behind[2:])),
    ):
        path.write_bytes(change)
        code, said = verified(house.directory)
        assert code == 1, said
    path.unlink()
    assert verified(house.directory)[0] == 1


@pytest.mark.proves("A6", "A8")
async def test_the_verifier_accepts_a_cut_that_stopped_half_way(made: Path, tmp_path: Path) -> None:
    disk = FullDisk()
    disk.removals = 2
    house = House(copied(made, tmp_path), disk=disk)
    assert await problem_of(house.cutting.cut(CALL, BEFORE, "a-1")) == "not_finished"
    await house.journal.close()
    code, said = verified(house.directory)
    assert code == 0, said


@pytest.mark.proves("A8", "A11")
async def test_a_question_says_what_was_cut_off_and_which_record_let_it_go(house: House, tmp_path: Path) -> None:
    """By the log itself: `cut.json` may say what it likes."""
    with following(house.directory, tmp_path / "index", house.journal.log_id) as book:
        assert book.follower.catch_up(20)
        (kept,) = book.beginnings()
        assert (kept.sequence, kept.cut) == (1, None)
        earliest = date(2019, 3, 1)
        for before in (earliest, BEFORE):
            done = await house.cutting.cut(CALL, before, "a-1")
            assert book.follower.catch_up(20)
            (kept,) = book.beginnings()
            first = next(entries(house.directory))[0]
            assert (kept.sequence, kept.utc_us) == (done.plan.last_sequence + 1, first.utc_us)
            assert kept.cut is not None
            assert (kept.cut.sequence, kept.cut.number("last_sequence")) == (done.receipt.sequence, kept.sequence - 1)
        path = house.directory / "cut.json"
        lying = json.loads(path.read_bytes())
        for each in lying["cuts"]:
            each["last_utc_us"] = each["first_utc_us"] = 1
        path.write_text(json.dumps(lying))
        assert book.beginnings() == [kept]
        assert book.page(Filters(until_us=kept.utc_us)).uses == (), "nothing is told of what went"


@pytest.mark.proves("A8", "A9")
async def test_a_report_of_a_month_that_was_cut_off_does_not_say_that_nothing_was_done(house: House) -> None:
    whole = {month: read_month(house.directory, Month(2019, month), Opening()) for month in (8, 9, 10)}
    assert all(each.uses.total and not each.cut_until_us for each in whole.values())
    await house.cutting.cut(CALL, BEFORE, "a-1")
    first = next(entries(house.directory))[0]
    for month, before in whole.items():
        figures = read_month(house.directory, Month(2019, month), Opening())
        data = ReportData(Month(2019, month), "", START_US, figures)
        told = [each.values["day"] for each in findings(data) if each.key == "sum.cut"]
        if figures.uses.total < before.uses.total:
            assert figures.cut_until_us == first.utc_us
        assert told == ([today(first.utc_us).isoformat()] if figures.cut_until_us else [])
    assert not read_month(house.directory, Month(2019, 8), Opening()).uses.total, "all of it went"
    assert not read_month(house.directory, Month(2020, 1), Opening()).cut_until_us, "whole"
