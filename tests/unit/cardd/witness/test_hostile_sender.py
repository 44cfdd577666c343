"""What a sender that was taken over can do with its folder: it can say nothing, and it can silence nobody (A5, fault 118)."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.witness.backlog import newest_export
from cardd.witness.cosigned import Cosigned
from tests.unit.cardd.witness.test_leaving import HOUR_S, Machine


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def nowhere(path: Path) -> None:
    path.symlink_to(path.name)


def rubbish(octets: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(octets)

    return put


FILES = [a_pipe, a_folder, a_device, nowhere, rubbish(b""), rubbish(b"\x00" * 200_000), rubbish(b"[" * 60_000)]
STANDINGS = [
    *FILES,
    rubbish(b"{}"),
    rubbish(b'{"problem": [], "size": 1, "tried_s": 1}'),
    rubbish(b'{"problem": {}, "size": 1, "tried_s": 1}'),
    rubbish(b'{"problem": null, "size": true, "tried_s": true}'),
    rubbish(b'{"problem": null, "size": ' + b"9" * 5000 + b', "tried_s": 1}'),
]


def an_hours(folder: Path) -> Machine:
    """A machine on which nobody logs in when nothing left for an hour."""
    machine = Machine(folder)
    machine.rules = replace(machine.rules, login_s=HOUR_S)
    machine.leaving = machine.started()
    return machine


async def grows_and_stops_logins(machine: Machine) -> None:
    """In spite of all: the alarm after ten minutes, no login when the limit (here an hour) is over."""
    machine.work()
    await machine.passes(700)
    assert "witness_overdue:no_witness" in machine.alarms
    await machine.passes(HOUR_S)
    assert not machine.may_log_in()


@pytest.mark.proves("A5", "fault 118")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", range(len(FILES)))
async def test_no_file_in_the_place_of_a_head_silences_the_alarm(tmp_path: Path, number: int) -> None:
    machine = an_hours(tmp_path)
    folder = machine.folder_of().path
    folder.mkdir(parents=True)
    FILES[number](folder / "9999-12-31.head")
    await grows_and_stops_logins(machine)


@pytest.mark.proves("A5", "fault 118")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("number", range(len(STANDINGS)))
async def test_no_word_about_its_tries_ends_the_looking(tmp_path: Path, number: int) -> None:
    machine = an_hours(tmp_path)
    folder = machine.folder_of().path
    folder.mkdir(parents=True)
    STANDINGS[number](folder.with_suffix(".json"))
    await grows_and_stops_logins(machine)


@pytest.mark.proves("A5", "fault 118")
async def test_an_old_answer_under_a_new_name_and_ten_thousand_others_cover_nothing(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.work()
    old = machine.leaves()
    await machine.passes(60)
    covered = machine.leaving.covered
    assert covered == old.head.size
    folder = machine.folder_of().path
    for day in range(10_000):
        (folder / f"{2100 + day // 365}-rubbish-{day}.head").write_bytes(b"x")
    (folder / "9999-12-31.head").write_bytes(old.encode())
    machine.work()
    await machine.passes(700)
    assert "witness_overdue:no_witness" in machine.alarms
    assert machine.leaving.covered == covered


@pytest.mark.proves("A5")
def test_a_record_of_a_head_that_could_not_have_been_covers_nothing(tmp_path: Path) -> None:
    """Whoever can add a record behind the last head does not free the machine of its lag for years."""
    machine = Machine(tmp_path)
    for _ in range(5):
        machine.work()
    machine.log.state("audit.export_head", head_size=5)
    assert newest_export(machine.log.directory) == 5
    machine.log.state("audit.export_head", head_size=10**9)
    assert newest_export(machine.log.directory) == 5


@pytest.mark.proves("fault 118")
def test_what_is_no_plain_file_is_an_error_at_once(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    folder = Cosigned(tmp_path / "cosigned", machine.log.log_id, machine.keys[0].verifier_key)
    folder.path.mkdir(parents=True)
    a_pipe(folder.path / "2026-11-22.head")
    with pytest.raises(OSError, match="Invalid argument"):
        folder.newest()
