"""Old records are cut off over the whole daemon: a log of eight years, two badges, `cardctl`, and what reads the log after it."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from demo.office import Office
from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.people_house import SECOND_SLOT, Town, hire, three_readers
from tests.fixtures.counter import ROOMY, open_counter
from tests.unit.cardd.audit.journals import key_of
from tests.unit.cardd.auditing.long_life import old_log

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
TODAY = datetime.now(UTC).date()
BEFORE = TODAY.replace(year=TODAY.year - 7, day=min(TODAY.day, 28)).isoformat()


def with_an_old_log(office: Office) -> None:
    """A terminal that has run since 2018: its record, and the key of its last day."""
    hire(office)
    old_log(office.audit, until_us=int(time.time() - 3600) * 1_000_000)
    shutil.move(key_of(office.audit), office.folder / "state" / "log.key")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_counter(three_readers, config=ROOMY, prepare=with_an_old_log) as counter:
        yield Town(counter)


def segments(town: Town) -> list[Path]:
    return sorted(town.counter.office.audit.glob("*.seg"))


def cardctl(town: Town, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cardd.cli", "--socket", str(town.counter.socket), "--locale", "en", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ))


@pytest.mark.proves("A8", "fault 120")
def test_a_clerk_cuts_nothing(town: Town) -> None:
    files = segments(town)
    town.log_in("sato")
    error = failing("policy.denied", lambda: town.call("audit.cut", before=BEFORE))
    assert error.data["problem"] == "no_right"
    assert segments(town) == files


@pytest.mark.proves("A8", "S9", "fault 120")
def test_two_people_cut_and_the_house_works_on(town: Town) -> None:
    files = segments(town)
    town.log_in("suzuki")
    young = failing("audit.cut_refused", lambda: town.call("audit.cut", before=TODAY.isoformat()))
    assert young.data["problem"] == "too_young"
    preview = cardctl(town, "audit", "cut", "--before", BEFORE, "--dry-run")
    assert preview.returncode == 0, preview.stderr
    assert "Nothing is gone yet" in preview.stdout
    asked = cardctl(town, "audit", "cut", "--before", BEFORE)
    assert asked.returncode == 34
    number = next(word for word in asked.stderr.split() if word.startswith("a-"))
    assert f"audit cut --before {BEFORE} --approval {number}" in asked.stderr
    assert segments(town) == files
    content = town.waiting(number)["content"]
    town.badge("kato", SECOND_SLOT)
    town.give(number, "kato")
    take_out(town.counter, SECOND_SLOT)
    done = cardctl(town, "audit", "cut", "--before", BEFORE, "--approval", number)
    assert done.returncode == 0, done.stderr
    assert f"records 1 to {content['last_record']}" in done.stdout
    left = segments(town)
    assert int(left[0].stem) == int(content["last_record"]) + 1
    assert (town.counter.office.audit / "cut.json").exists()
    town.restart()
    assert segments(town)[0] == left[0]
    town.log_in("sato")
    assert town.call("health")
    question = {"event": "card.read", "order": "oldest", "limit": 5}
    uses = town.call("audit.query", **question)["uses"]
    assert uses[0]["sequence"] > int(content["last_record"]), "what was cut off is no longer told"
