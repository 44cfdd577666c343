"""kill -9 at any moment of the record's writer, 500 rounds: start, heads, change of keys, records (T6)."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.proves("T6", "A2", "fault 124")
@pytest.mark.parametrize("rounds", [500, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.timeout(0)
def test_no_confirmed_record_is_lost_and_the_log_stays_whole(tmp_path: Path, rounds: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.daemon.kill_rounds", str(tmp_path), str(rounds)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    print(f"{rounds} kills: {told}")
    assert told["whole"]
    assert told["confirmed"] >= rounds * 3 // 4, "one at least in each round that waits for the first"
    assert told["records"] >= told["confirmed"]
    assert told["periods"] > rounds // 30, "keys must have changed between kills"
