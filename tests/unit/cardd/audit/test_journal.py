"""Intents, results, restarts, and a disk that fails."""

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit.chain import Damaged, SegmentHeader, walk
from cardd.audit.journal import Journal
from cardd.audit.records import StateRecord
from cardd.audit.startup import check_log
from cardd.audit.store import JournalBroken
from cardd.audit.verifier import Report, records, verify
from cardd.errors import AuditUnavailable
from tests.unit.cardd.audit.journals import (
    START_US,
    FailingDisk,
    HandClock,
    a_copy,
    an_intent,
    an_outcome,
    filled,
    journal,
    segment_files,
    settings,
)


def told(directory: Path) -> list[dict]:
    return [record.content for record in records(directory, Report())]


@pytest.mark.proves("A1", "A2")
def test_a_receipt_is_given_only_for_what_is_on_the_disk(tmp_path: Path) -> None:
    disk = FailingDisk()
    log = journal(tmp_path, disk)
    disk.calls.clear()
    receipt = log.intent(an_intent())
    assert disk.calls == ["write", "sync"]
    report = verify(tmp_path)
    assert (report.log_id, report.records, report.last_hash) == (
        receipt.log_id,
        receipt.sequence,
        receipt.record_hash,
    )
    log.close()


def test_every_record_says_when_where_and_by_which_program(tmp_path: Path) -> None:
    filled(tmp_path, pairs=1)
    for content in told(tmp_path):
        assert content["log"] == verify(tmp_path).log_id
        assert (content["terminal"], content["mode"], content["program"], content["format"]) == (
            "window-1",
            "test",
            "0.1.0",
            2,
        )
        assert content["up_us"] - 100_000_000 == content["utc_us"] - START_US - 1_000
        assert content["time_quality"] == "unknown"


def test_every_record_names_the_policy_in_force_and_an_intent_the_one_that_decided_it(tmp_path: Path) -> None:
    in_force = ["a" * 64]
    log = Journal(tmp_path, HandClock(), replace(settings(), policy=lambda: in_force[0]))
    intent = log.intent(an_intent().model_copy(update={"policy": "d" * 64}))
    in_force[0] = "b" * 64
    log.outcome(intent, an_outcome())
    log.state(StateRecord(event="session.ended"))
    log.close()
    assert [content["policy"][0] for content in told(tmp_path)] == ["a", "a", "d", "b", "b"]


def test_a_log_goes_on_over_restarts_and_segments(tmp_path: Path) -> None:
    filled(tmp_path)
    first = verify(tmp_path)
    filled(tmp_path)
    second = verify(tmp_path)
    assert (first.finding, second.finding) == (None, None)
    assert second.log_id == first.log_id
    assert second.records > first.records
    assert second.segments >= 4
    assert check_log(tmp_path) == second.records


@pytest.mark.proves("fault 126", "fault 127")
def test_an_intent_left_open_is_closed_as_unknown_at_the_next_start(tmp_path: Path) -> None:
    log = journal(tmp_path)
    receipt = log.intent(an_intent())
    log.close()
    assert verify(tmp_path).open_intents == [receipt.sequence]
    journal(tmp_path).close()
    last = told(tmp_path)[-1]
    assert (last["intent"], last["result"], last["problem"]) == (receipt.sequence, "unknown", "ended_before_result")
    assert verify(tmp_path).open_intents == []


def test_an_open_intent_is_remembered_over_the_edge_of_segments(tmp_path: Path) -> None:
    log = journal(tmp_path, segment_bytes=3_000)
    receipt = log.intent(an_intent())
    for number in range(10):
        log.outcome(log.intent(an_intent(number)), an_outcome())
    log.close()
    assert len(segment_files(tmp_path)) > 2
    journal(tmp_path, segment_bytes=3_000).close()
    assert told(tmp_path)[-1]["intent"] == receipt.sequence
    assert verify(tmp_path).open_intents == []


def test_a_result_needs_an_intent_that_is_open(tmp_path: Path) -> None:
    log = journal(tmp_path)
    receipt = log.intent(an_intent())
    log.outcome(receipt, an_outcome())
    with pytest.raises(ValueError, match="not open"):
        log.outcome(receipt, an_outcome())
    log.close()


def test_two_processes_cannot_write_one_log(tmp_path: Path) -> None:
    log = journal(tmp_path)
    with pytest.raises(AuditUnavailable) as caught:
        journal(tmp_path)
    assert caught.value.facts.problem == "locked"
    log.close()


@pytest.mark.proves("fault 124")
def test_a_kill_at_any_byte_loses_no_confirmed_record(tmp_path: Path) -> None:
    """The last record is cut at every byte of it: the next start takes it off, says so, and the log is whole."""
    (tmp_path / "whole").mkdir()
    filled(tmp_path / "whole", pairs=2, segment_bytes=1 << 20, headed=False)
    whole = segment_files(tmp_path / "whole")[0].read_bytes()
    ends = [record.end for record, _ in walk(whole, SegmentHeader.decode(whole))]
    confirmed, begin = len(ends) - 1, ends[-2]
    for cut in range(begin + 1, len(whole), 7):
        directory = a_copy(tmp_path / "whole", tmp_path / f"cut-{cut}")
        segment_files(directory)[0].write_bytes(whole[:cut])
        journal(directory).close()
        report = verify(directory)
        assert report.finding is None, cut
        opened = told(directory)[confirmed]
        assert (opened["event"], opened["cut_bytes"]) == ("log.opened", cut - begin)
        assert next(directory.glob("torn-*.bin")).read_bytes() == whole[begin:cut]
        shutil.rmtree(directory)


def test_a_segment_that_holds_no_whole_record_is_made_again(tmp_path: Path) -> None:
    filled(tmp_path, pairs=4, segment_bytes=1_500, headed=False)
    newest = segment_files(tmp_path)[-1]
    newest.write_bytes(newest.read_bytes()[: 68 + 30])
    journal(tmp_path, segment_bytes=1_500).close()
    report = verify(tmp_path)
    assert report.finding is None
    assert told(tmp_path)[-1]["event"] in {"log.opened", "log.segment"}


@pytest.mark.proves("fault 133")
def test_damage_in_the_middle_refuses_the_start_and_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path, pairs=5, segment_bytes=1 << 20)
    path = segment_files(tmp_path)[0]
    octets = bytearray(path.read_bytes())
    octets[900] ^= 1
    path.write_bytes(octets)
    with pytest.raises(Damaged):
        journal(tmp_path)
    assert path.read_bytes() == bytes(octets)


def test_damage_in_an_older_segment_is_found_by_the_check_of_all(tmp_path: Path) -> None:
    filled(tmp_path)
    path = segment_files(tmp_path)[0]
    octets = bytearray(path.read_bytes())
    octets[900] ^= 1
    path.write_bytes(octets)
    log = journal(tmp_path)
    with pytest.raises(Damaged):
        check_log(tmp_path)
    log.refuse("log_damaged")
    with pytest.raises(AuditUnavailable) as caught:
        log.intent(an_intent())
    assert caught.value.facts.problem == "log_damaged"
    assert log.problem == "log_damaged"
    log.close()


class TestFailingDisk:
    def opened(self, directory: Path) -> tuple[Journal, FailingDisk]:
        disk = FailingDisk()
        return journal(directory, disk), disk

    @pytest.mark.proves("A1")
    @pytest.mark.parametrize(
        ("number", "word"),
        [(errno.EIO, "io_error"), (errno.EROFS, "read_only"), (errno.EACCES, "no_permission"), (errno.EMFILE, None)],
        ids=["EIO", "EROFS", "EACCES", "EMFILE"],
    )
    def test_a_write_that_fails_refuses_and_the_next_one_works(
        self, tmp_path: Path, number: int, word: str | None
    ) -> None:
        log, disk = self.opened(tmp_path)
        disk.fail("write", number)
        with pytest.raises(AuditUnavailable) as caught:
            log.intent(an_intent())
        assert caught.value.facts.problem == (word or f"errno_{number}")
        assert log.problem == caught.value.facts.problem
        log.outcome(log.intent(an_intent()), an_outcome())
        assert log.problem is None
        assert verify(tmp_path).finding is None
        log.close()

    def test_a_disk_that_stays_read_only_refuses_again_and_again(self, tmp_path: Path) -> None:
        log, disk = self.opened(tmp_path)
        disk.fail("write", errno.EROFS)
        disk.fail("open_append", errno.EROFS, times=3)
        for _ in range(4):
            with pytest.raises(AuditUnavailable):
                log.intent(an_intent())
        log.intent(an_intent())
        assert verify(tmp_path).finding is None
        log.close()

    def test_half_a_write_is_taken_back(self, tmp_path: Path) -> None:
        log, disk = self.opened(tmp_path)
        disk.room = 100
        with pytest.raises(AuditUnavailable):
            log.intent(an_intent())
        disk.room = None
        log.intent(an_intent())
        assert verify(tmp_path).finding is None
        log.close()

    @pytest.mark.proves("A3", "fault 129")
    def test_a_failed_sync_is_never_repeated_on_the_same_open_file(self, tmp_path: Path) -> None:
        log, disk = self.opened(tmp_path)
        before = log.last
        disk.calls.clear()
        disk.fail("sync", errno.EIO)
        with pytest.raises(AuditUnavailable) as caught:
            log.intent(an_intent())
        assert caught.value.facts.problem == "io_error"
        assert disk.calls == ["write", "sync", "open_append", "truncate", "sync"]
        assert verify(tmp_path).last_hash == before.record_hash
        log.intent(an_intent())
        assert verify(tmp_path).finding is None
        log.close()

    @pytest.mark.proves("A3", "fault 129")
    @pytest.mark.parametrize("call", ["sync", "open_append", "truncate"])
    def test_a_second_failure_while_reopening_ends_it(self, tmp_path: Path, call: str) -> None:
        log, disk = self.opened(tmp_path)
        disk.fail("sync", errno.EIO, times=2 if call == "sync" else 1)
        if call != "sync":
            disk.fail(call, errno.EIO)
        with pytest.raises(JournalBroken):
            log.intent(an_intent())
        log.close()

    @pytest.mark.proves("A3")
    def test_a_second_failed_sync_without_a_record_in_between_ends_it(self, tmp_path: Path) -> None:
        log, disk = self.opened(tmp_path)
        disk.failures["sync"] = [errno.EIO]
        with pytest.raises(AuditUnavailable):
            log.intent(an_intent())
        disk.failures["sync"] = [errno.EIO]
        with pytest.raises(JournalBroken):
            log.intent(an_intent())
        log.close()

    @pytest.mark.proves("A3")
    def test_confirmed_records_that_are_gone_after_a_failed_sync_end_it(self, tmp_path: Path) -> None:
        class ForgetfulDisk(FailingDisk):
            def open_append(self, path: Path) -> int:
                path.write_bytes(path.read_bytes()[:200])
                return super().open_append(path)

        disk = ForgetfulDisk()
        log = journal(tmp_path, disk)
        log.intent(an_intent())
        disk.fail("sync", errno.EIO)
        with pytest.raises(JournalBroken):
            log.intent(an_intent())
        log.close()

    @pytest.mark.proves("fault 130")
    def test_a_full_disk_refuses_before_the_card_is_touched_but_lets_results_be_written(self, tmp_path: Path) -> None:
        log, disk = self.opened(tmp_path)
        running = log.intent(an_intent())
        disk.room = 0
        with pytest.raises(AuditUnavailable) as caught:
            log.intent(an_intent())
        assert caught.value.facts.problem == "disk_full"
        reserve = Path(tmp_path / "reserve")
        assert reserve.exists()
        original = disk.sync_directory

        def freed(path: Path) -> None:
            original(path)
            disk.room = 64 * 1024  # what the reserve gave back

        disk.sync_directory = freed  # type: ignore[method-assign]
        log.outcome(running, an_outcome())
        assert not reserve.exists()
        assert log.problem == "disk_full"
        with pytest.raises(AuditUnavailable) as caught:
            log.intent(an_intent())
        assert caught.value.facts.problem == "disk_full"
        log.state(StateRecord(event="daemon.stopped"))
        disk.room = None
        log.intent(an_intent())
        assert log.problem is None
        assert reserve.stat().st_blocks * 512 >= 64 * 1024
        assert verify(tmp_path).finding is None
        log.close()


def test_a_log_of_an_unknown_version_is_refused(tmp_path: Path) -> None:
    filled(tmp_path, pairs=1)
    path = segment_files(tmp_path)[0]
    octets = bytearray(path.read_bytes())
    octets[11] = 2
    path.write_bytes(octets)
    with pytest.raises(Damaged) as caught:
        journal(tmp_path)
    assert caught.value.problem == "segment_version"


@pytest.mark.parametrize(("call", "word"), [("create", "read_only"), ("write", "read_only"), ("sync", "read_only")])
def test_a_start_on_a_disk_that_cannot_be_written_is_refused(tmp_path: Path, call: str, word: str) -> None:
    disk = FailingDisk()
    disk.fail(call, errno.EROFS, times=9)
    with pytest.raises(AuditUnavailable) as caught:
        journal(tmp_path, disk)
    assert caught.value.facts.problem == word
    journal(tmp_path).close()


def test_a_start_whose_syncs_all_fail_is_refused_and_leaves_no_lock(tmp_path: Path) -> None:
    class NeverSynced(FailingDisk):
        def sync(self, descriptor: int) -> None:
            if "write" in self.calls:
                raise OSError(errno.EIO, "sync")
            super().sync(descriptor)

    journal(tmp_path).close()
    with pytest.raises(AuditUnavailable) as caught:
        journal(tmp_path, NeverSynced())
    assert caught.value.facts.problem == "broken"
    journal(tmp_path).close()
    assert verify(tmp_path).finding is None


def test_files_are_closed_to_others(tmp_path: Path) -> None:
    filled(tmp_path, pairs=1)
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o007 == 0, path.name


def test_the_table_of_a_record_is_plain_json(tmp_path: Path) -> None:
    filled(tmp_path, pairs=1)
    assert json.loads(json.dumps(told(tmp_path)[2]))["items"] == ["name", "address"]
