"""No order of calls, lies, pulled cards and killed daemons spends a resident's last try without consent on record (P3, fault 100).

Judged by the reference cards' own counters. A short day with every change, many long ones with `./dev fuzz`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox
from tests.fuzz.last_try_day import CONFIG, Day, Verdict, hire, judge

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SEEDS = range(1, 61) if LONG else (1, 2)
ACTS = 1000 if LONG else 280
MUST_HAPPEN = ("ok", "pin.rejected", "pin.guard", "request.bad")


def three_readers(folder: Path) -> StandInBox:
    return StandInBox(folder, readers=3)


@pytest.mark.timeout(0 if LONG else 120)
@pytest.mark.proves("P3", "P4", "fault 100")
@pytest.mark.parametrize("seed", SEEDS)
def test_no_last_try_goes_without_consent_on_record(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    with open_counter(three_readers, config=CONFIG, prepare=hire) as counter:
        day = Day(counter, seed)
        day.passes(ACTS)
        verdict = judge(day)
        assert day.broken == []
        assert verdict.wrongs == [], "\n".join(verdict.wrongs)
        with capsys.disabled():
            print(
                f"\nlast try, seed {seed}: {len(day.uses)} uses, {verdict.spent} last tries went, each with consent on record"
            )
        assert verdict.spent >= 1, "and with consent it does go"
        assert [end for end in MUST_HAPPEN if not day.ends[end]] == [], day.ends


@pytest.mark.timeout(120)
@pytest.mark.proves("P3")
@pytest.mark.parametrize("carelessness", ["takes any answer for a yes", "asks nobody", "records nothing"])
def test_a_careless_daemon_is_found_out(carelessness: str) -> None:
    """The same day with a daemon that has the bug: the judge must see it."""

    def start(counter: Counter) -> None:
        with (counter.folder / "cardd.log").open("ab") as sink:
            counter.process = subprocess.Popen(
                [sys.executable, "-m", "tests.fuzz.careless_cardd", "--config", str(counter.office.config_file)],
                env={**counter.environment, "CARELESS": carelessness},
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stderr=sink,
            )
        until(counter.socket.exists, 60.0)

    def verdict() -> Verdict:
        with open_counter(three_readers, config=CONFIG, prepare=hire) as counter:
            counter.stop()
            start(counter)
            day = Day(counter, 1, start)
            day.passes(70)
            return judge(day)

    assert verdict().wrongs != []
