"""Heads and the keys of the days: when they are signed, what a crash or a full disk leaves, and what a wrong clock does."""

import errno
from pathlib import Path

import pytest

from cardd.audit.disk import Disk
from cardd.audit.heads import ALL_BEHIND, INTENTS_BEHIND
from cardd.audit.journal import Journal
from cardd.audit.log_key import LogKey, day_of
from cardd.audit.records import OutcomeRecord, Result, StateRecord
from cardd.errors import AuditUnavailable
from cardd.model import Operation
from tests.unit.cardd.audit.head_rules import check, heads_of, records_of, words
from tests.unit.cardd.audit.journals import (
    DAY_S,
    START_US,
    FailingDisk,
    HandClock,
    an_intent,
    key_of,
    opened,
    use,
)


def last_word(log: Journal) -> str:
    assert log.heads.newest is not None
    return log.heads.newest.head.why


@pytest.mark.proves("A4")
def test_a_new_log_names_its_first_key_and_signs_with_it(tmp_path: Path) -> None:
    opened(tmp_path, HandClock()).close()
    assert [each.content["event"] for each in records_of(tmp_path)] == ["log.created", "log.key"]
    assert words(tmp_path) == {"2026-11-22": ["period"]}
    assert key_of(tmp_path).stat().st_mode & 0o777 == 0o600
    check(tmp_path)


@pytest.mark.proves("A4")
def test_a_head_after_so_many_records_and_after_so_much_time(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock, head_records=10)
    use(log, 20)
    assert words(tmp_path)["2026-11-22"].count("count") == 4
    assert log.heads.uncovered < 10
    clock.pass_s(59)
    use(log)
    clock.pass_s(0.9)
    log.keep()
    assert last_word(log) == "count"
    clock.pass_s(0.2)
    assert log.due
    log.keep()
    assert (last_word(log), log.heads.uncovered, log.heads.seconds_left) == ("time", 0, None)
    clock.pass_s(600)
    log.keep()
    assert words(tmp_path)["2026-11-22"].count("time") == 1  # nothing new: no head
    log.close()
    check(tmp_path)


@pytest.mark.proves("A4", "fault 135")
@pytest.mark.parametrize(
    ("event", "why"),
    [
        ("daemon.started", "start"),
        ("daemon.stopped", "stop"),
        ("session.logout", "logout"),
        ("session.ended", "logout"),
        ("session.locked", None),
    ],
)
def test_states_that_want_a_head_at_once(tmp_path: Path, event: str, why: str | None) -> None:
    log = opened(tmp_path, HandClock())
    log.state(StateRecord(event=event))
    log.keep()
    assert last_word(log) == (why or "period")
    log.close()


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("result", "why"), [(Result.DONE, "login"), (Result.REFUSED, "period")])
def test_a_login_that_succeeded_is_under_a_head_at_once(tmp_path: Path, result: Result, why: str) -> None:
    log = opened(tmp_path, HandClock())
    receipt = log.intent(an_intent().model_copy(update={"operation": Operation.LOGIN, "items": None}))
    log.outcome(receipt, OutcomeRecord(result=result))
    log.keep()
    assert last_word(log) == why
    log.close()


def test_no_caller_waits_for_a_head(tmp_path: Path) -> None:
    """The disk is asked for one write and one sync before the receipt; what the head takes comes with `keep`."""
    disk = FailingDisk()
    log = opened(tmp_path, HandClock(), disk, segment_bytes=1 << 20)
    disk.calls.clear()
    log.state(StateRecord(event="daemon.started"))
    assert disk.calls == ["write", "sync"]
    log.keep()
    assert disk.calls[2:] == ["open_append", "write", "sync"]
    log.close()


@pytest.mark.proves("A4", "fault 111", "fault 112")
def test_the_key_changes_before_the_first_record_of_a_day(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log, 3)
    first = key_of(tmp_path).read_text()
    clock.pass_s(DAY_S)
    use(log, 3)  # nobody asked `keep` at midnight
    clock.pass_s(DAY_S)
    assert log.due
    log.keep()  # a day's first moment, and no record
    log.close()
    assert words(tmp_path) == {
        "2026-11-22": ["period", "key"],
        "2026-11-23": ["period", "key"],
        "2026-11-24": ["period"],
    }
    seed = first.splitlines()[3]
    assert all(seed not in path.read_text() for path in tmp_path.parent.glob("*.key*"))
    check(tmp_path)


@pytest.mark.proves("A4", "fault 112")
@pytest.mark.parametrize("days", [1, 2, 9, 40])
def test_days_on_which_the_machine_was_off_have_heads_too(tmp_path: Path, days: int) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log, 2)
    log.close()
    clock.pass_s(days * DAY_S)
    log = opened(tmp_path, clock, time_quality=lambda: "synchronised")
    use(log, 2)
    log.close()
    found = words(tmp_path)
    assert len(found) == days + 1
    assert list(found.values()) == [["period", "key"], *[["empty", "key"]] * (days - 1), ["period"]]
    check(tmp_path)


# --- the clock -------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A10", "fault 115", "fault 139")
@pytest.mark.parametrize(
    ("step_s", "told"), [(1.9, False), (-1.9, False), (2.1, True), (-2.1, True), (-3 * DAY_S, True)]
)
def test_a_step_of_the_clock_is_on_record_before_the_next_record(tmp_path: Path, step_s: float, told: bool) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log)
    clock.us += int(step_s * 1_000_000)
    log.state(StateRecord(event="test.after"))
    log.state(StateRecord(event="test.later"))
    log.close()
    contents = [each.content for each in records_of(tmp_path)]
    steps = [each["step_us"] for each in contents if each.get("event") == "clock.step"]
    assert len(steps) == told
    if told:
        assert abs(steps[0] - step_s * 1_000_000) < 20_000
        assert [each.get("event") for each in contents[-3:]] == ["clock.step", "test.after", "test.later"]
    assert list(words(tmp_path)) == ["2026-11-22"]  # a key never goes back
    check(tmp_path)


@pytest.mark.proves("A10")
def test_small_steps_add_up_until_they_are_told(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    for _ in range(4):
        clock.us += 1_500_000
        log.keep()
    log.close()
    steps = [each.content["step_us"] for each in records_of(tmp_path) if each.content.get("event") == "clock.step"]
    assert [round(each / 1e6) for each in steps] == [3, 3]


@pytest.mark.proves("A10")
def test_a_clock_that_went_back_while_the_machine_was_off_is_told(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log)
    log.close()
    opened(tmp_path, HandClock(clock.us - 3_600_000_000)).close()
    found = [each.content for each in records_of(tmp_path)][-2:]
    assert [each["event"] for each in found] == ["clock.step", "log.opened"]
    assert round(found[0]["step_us"] / 1e6) == -3600


@pytest.mark.proves("fault 139", "fault 168")
def test_a_clock_that_is_years_ahead_is_not_believed(tmp_path: Path) -> None:
    clock = HandClock()
    log = opened(tmp_path, clock)
    use(log)
    clock.us += 3650 * DAY_S * 1_000_000
    with pytest.raises(AuditUnavailable) as caught:
        log.intent(an_intent())
    assert (caught.value.facts.problem, log.problem) == ("clock_far_ahead", "clock_far_ahead")
    clock.us -= 3650 * DAY_S * 1_000_000
    log.keep()
    use(log)
    assert log.problem is None
    log.close()
    with pytest.raises(AuditUnavailable) as caught:
        opened(tmp_path, HandClock(clock.us + 401 * DAY_S * 1_000_000))
    assert caught.value.facts.problem == "clock_far_ahead"
    assert list(words(tmp_path)) == ["2026-11-22"]
    check(tmp_path)


def test_the_last_day_of_all_calendars() -> None:
    assert str(day_of(-1)) == "1969-12-31"
    assert str(day_of(2**62)) == "9999-12-31"


# --- a disk that says no ---------------------------------------------------------------------------------------------


class NoHeads(FailingDisk):
    """Takes records, and no heads while `shut`."""

    shut = False

    def open_append(self, path: Path) -> int:
        if self.shut and path.suffix == ".heads":
            raise OSError(errno.EROFS, "read only")
        return super().open_append(path)


@pytest.mark.proves("A4")
def test_heads_that_cannot_be_written_are_a_problem_and_are_tried_again(tmp_path: Path) -> None:
    disk = NoHeads()
    log = opened(tmp_path, HandClock(), disk, 1 << 20, head_records=10)
    disk.shut = True
    use(log, 6)
    assert log.problem == "heads_read_only"
    assert last_word(log) == "period"
    disk.shut = False
    log.keep()
    assert (log.problem, last_word(log)) == (None, "count")
    log.close()
    check(tmp_path)


@pytest.mark.proves("A5")
def test_without_heads_intents_stop_first_and_then_all_records(tmp_path: Path) -> None:
    disk = NoHeads()
    log = opened(tmp_path, HandClock(), disk, 1 << 20, head_records=10)
    disk.shut = True
    while log.heads.uncovered < 10 + INTENTS_BEHIND:
        log.state(StateRecord(event="test.one"))
    with pytest.raises(AuditUnavailable) as caught:
        log.intent(an_intent())
    assert caught.value.facts.problem == "heads_behind"
    while log.heads.uncovered < 10 + ALL_BEHIND:
        log.state(StateRecord(event="test.one"))
    with pytest.raises(AuditUnavailable):
        log.state(StateRecord(event="test.one"))
    log.close()
    disk.shut = False
    log = opened(tmp_path, HandClock(START_US + 60_000_000), head_records=10)  # as far behind as a crash can leave it
    use(log)
    log.close()
    check(tmp_path)


@pytest.mark.proves("fault 130")
def test_a_full_disk_gives_its_reserve_for_a_change_of_keys(tmp_path: Path) -> None:
    class Full(FailingDisk):
        def write(self, descriptor: int, octets: bytes) -> int:
            if self.full and (tmp_path / "reserve").exists():
                raise OSError(errno.ENOSPC, "full")
            return super().write(descriptor, octets)

        full = False

    disk, clock = Full(), HandClock()
    log = opened(tmp_path, clock, disk)
    use(log)
    disk.full = True
    clock.pass_s(DAY_S)
    log.keep()
    assert (last_word(log), log.heads.problem) == ("period", None)
    assert not (tmp_path / "reserve").exists()
    log.close()
    check(tmp_path)


@pytest.mark.parametrize("call", ["create_private", "rename", "open_inside", "write", "sync", "create"])
@pytest.mark.parametrize("skipped", [0, 1])
def test_a_change_of_keys_that_the_disk_refused_is_finished_by_the_next_try(
    tmp_path: Path, call: str, skipped: int
) -> None:
    class Refusing(Disk):
        left = -1

    def refuse(self: Refusing, *given: object) -> object:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.EIO, "no")
        return getattr(Disk, call)(self, *given)

    setattr(Refusing, call, refuse)
    disk, clock = Refusing(), HandClock()
    log = opened(tmp_path, clock, disk)
    use(log)
    clock.pass_s(2 * DAY_S)
    disk.left = 1 + skipped
    with pytest.raises(AuditUnavailable):
        log.state(StateRecord(event="test.refused"))
    assert log.problem is not None
    log.state(StateRecord(event="test.taken"))
    log.keep()
    assert log.problem is None
    log.close()
    assert [each.content.get("event") for each in records_of(tmp_path)].count("test.refused") == 0
    check(tmp_path)


# --- other texts -----------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 121")
def test_a_note_of_ours_is_signed_and_can_never_be_a_head(tmp_path: Path) -> None:
    log = opened(tmp_path, HandClock())
    text = f"cardd/{log.log_id}/export\nrecords 3\n".encode()
    note = log.heads.sign_note(text)
    key = heads_of(tmp_path)["2026-11-22"][0].signatures[0]
    assert note.startswith(text + b"\n\xe2\x80\x94 " + key.name.encode())
    for bad in (f"cardd/{log.log_id}\n3\n".encode(), b"cardd/other/export\n", text[:-1], text + b"\nmore\n"):
        with pytest.raises(ValueError, match="cannot be signed"):
            log.heads.sign_note(bad)
    log.close()


def test_a_key_says_nothing_of_itself() -> None:
    key = LogKey.make("0" * 32, day_of(START_US))
    assert key.seed.hex() not in repr(key)
    assert repr(key.seed)[2:-1] not in repr(key)
