"""The store's own time: goes while the machine runs, counts the time off by UTC, and never goes back."""

from pathlib import Path

import pytest

from tests.unit.cardd.state.house import BOOT, OTHER_BOOT, TurnedClock, as_if_killed, open_state

YEARS_S = 10 * 365 * 86_400.0


@pytest.mark.proves("fault 139")
@pytest.mark.parametrize("set_by", [-YEARS_S, YEARS_S], ids=["back", "forward"])
def test_a_clock_that_is_set_while_the_machine_runs_changes_nothing(tmp_path: Path, set_by: float) -> None:
    clock = TurnedClock()
    store = open_state(tmp_path, clock)
    since, own = store.now(), store.own_us()
    clock.pass_s(10.0)
    clock.set_utc(set_by)
    clock.pass_s(10.0)
    assert store.elapsed_s(since) == 20.0
    store.close()
    clock.pass_s(10.0)
    store = open_state(tmp_path, clock)
    assert store.elapsed_s(since) == 30.0
    assert store.own_us() - own == 30_000_000
    assert store.this_boot(since)


@pytest.mark.proves("fault 139")
def test_time_off_counts_as_utc_says(tmp_path: Path) -> None:
    clock = TurnedClock()
    store = open_state(tmp_path, clock)
    since = store.now()
    clock.pass_s(100.0)
    as_if_killed(store)
    clock.reboot(off_s=1000.0)
    store = open_state(tmp_path, clock, boot_id=OTHER_BOOT)
    assert store.elapsed_s(since) == 100.0 + 1000.0 + 20.0
    assert not store.this_boot(since)
    clock.pass_s(5.0)
    assert store.elapsed_s(since) == 1125.0


@pytest.mark.proves("fault 139")
def test_a_clock_set_back_across_a_reboot_counts_the_time_off_as_nothing_and_running_time_in_full(
    tmp_path: Path,
) -> None:
    clock = TurnedClock()
    store = open_state(tmp_path, clock)
    since = store.now()
    elapsed = 0.0
    for number in range(5):
        clock.pass_s(3600.0)
        store.close()
        elapsed += 3600.0
        clock.reboot(off_s=43_200.0)
        clock.set_utc(-YEARS_S)
        store = open_state(tmp_path, clock, boot_id=f"{number:032x}")
        assert store.elapsed_s(since) == elapsed


@pytest.mark.proves("fault 139")
def test_a_clock_that_was_wrong_and_is_put_right_holds_nothing_up(tmp_path: Path) -> None:
    clock = TurnedClock()
    open_state(tmp_path, clock).close()
    clock.reboot()
    clock.set_utc(YEARS_S)
    store = open_state(tmp_path, clock, boot_id=OTHER_BOOT)
    since = store.now()
    store.close()
    clock.reboot(off_s=100.0)
    clock.set_utc(-YEARS_S)  # right again: for ten years it is earlier than what the store has seen
    store = open_state(tmp_path, clock, boot_id="d" * 32)
    assert store.elapsed_s(since) == 0.0
    store.close()
    clock.reboot(off_s=43_200.0)
    store = open_state(tmp_path, clock, boot_id="e" * 32)
    assert store.elapsed_s(since) == 43_220.0


def test_a_moment_that_is_still_to_come_is_no_time_ago(tmp_path: Path) -> None:
    clock = TurnedClock()
    store = open_state(tmp_path, clock)
    clock.pass_s(50.0)
    later = store.now()
    clock.seconds -= 50.0
    assert store.elapsed_s(later) == 0.0
    assert later.boot_id == BOOT
