"""Putting a backup in place: all or nothing, repeatable, and what may never come back does not."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from cardd.audit import continuing
from cardd.audit.chain import Damaged, segments
from cardd.audit.continuing import Continues, Judge
from cardd.audit.journal import Journal
from cardd.audit.records import StateRecord
from cardd.audit.startup import check_log
from cardd.errors import LockedDown
from cardd.keeping import backup, places
from cardd.keeping.recovery import BackupKey
from cardd.keeping.restore import BESIDE, Given, restore
from cardd.keeping.stopped import Stopped
from cardd.office.record_order import Office
from cardd.policy.rules import Policy
from cardd.register import Register
from cardd.state.approvals import Approvals
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.versions import Versions
from tests.unit.cardd.audit.journals import HandClock, filled, settings
from tests.unit.cardd.keeping.installation import House, build, open_state, silent

GUARDS = ("login_subjects", "login_failures", "wrong_pins", "blocks", "versions", "badges")
"""Tables that say no, or say what was."""


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build(tmp_path / "root")


def everything(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def lost(house: House) -> tuple[Path, dict[str, bytes]]:
    """The archive, and all that was there; the machine is gone."""
    archive, _ = backup.take(house.here, house.out)
    kept = archive.rename(archive.parent.parent.parent / archive.name)
    root = house.here.config.parent.parent
    before = everything(root)
    shutil.rmtree(root)
    return kept, before


def log_record_of(directory: Path) -> str:
    """The log id, from its first segment."""
    return segments(directory)[0].read_bytes()[12:28].hex()


def judge(house: House) -> Judge:
    """Of the daemon; who is in the register is not asked where a backup was opened."""
    here = house.here
    return Office(here.settings, here.config, cast(Policy, None), cast(Register, None)).judge


def test_an_installation_is_there_again_with_a_closed_record(house: House) -> None:
    log_id = log_record_of(house.audit)
    archive, before = lost(house)
    done = restore(Given(archive, house.opened), house.here.owner)
    root = house.here.config.parent.parent
    after = everything(root)
    closed = f"log/audit/closed/{log_id}"
    for name, octets in before.items():
        if (
            name in ("log/audit.key", "log/audit.key.head")
            or name.endswith(("lock", "reserve"))
            or name == "lib/state.db"
        ):
            continue
        assert after.get(name.replace("log/audit", closed)) == octets, name
    assert "log/audit.key" not in after
    assert done.closed == house.audit / "closed" / log_id
    assert not [name for name in after if BESIDE in name]
    assert (root / "etc/keys/pseudonym.key").stat().st_mode & 0o777 == 0o400
    assert (root / "etc/keys").stat().st_mode & 0o777 == 0o700


@pytest.mark.proves("A7")
def test_the_record_goes_on_under_a_new_id_that_names_the_old_one(house: House) -> None:
    log_id, last = log_record_of(house.audit), check_log(house.audit)
    archive, _ = lost(house)
    restore(Given(archive, house.opened), house.here.owner)
    log = Journal(house.audit, HandClock(), replace(settings(), continues=judge(house)))
    assert log.log_id != log_id
    log.state(StateRecord(event="daemon.started"))
    log.close()
    from cardd.audit.entries import entries

    first = next(entry for entry, _ in entries(house.audit))
    told = continuing.read(house.audit)
    assert told is not None
    assert (first.event, first.content["previous_log"], first.content["reason"]) == (
        "log.continued",
        log_id,
        "restored",
    )
    assert (first.content["last_sequence"], first.content["last_hash"]) == (last, told.last_hash)
    assert continuing.all_logs(house.audit) == [house.audit / "closed" / log_id, house.audit]
    assert check_log(house.audit / "closed" / log_id) == last


def _told(house: House) -> Continues:
    told = continuing.read(house.audit)
    assert told is not None
    return told


def _closed(house: House) -> Path:
    return continuing.closed_place(house.audit, _told(house).previous_log)


def _other_end(house: House) -> None:
    continuing.write(house.audit, replace(_told(house), last_sequence=1))


def _cut(house: House) -> None:
    newest = segments(_closed(house))[-1]
    newest.write_bytes(newest.read_bytes()[:-100])


def _one_more(house: House) -> None:
    shutil.copy(segments(_closed(house))[-1], _closed(house) / f"{10**6:020d}.seg")


def _forged(house: House) -> None:
    """The archive's words with another end, sealed by a machine that nobody knows."""
    place, other = _closed(house), BackupKey("age1", bytes(32))
    octets = (place / "backup.json").read_bytes().replace(b'"last_sequence":', b'"last_sequence":1')
    (place / "backup.json").write_bytes(octets)
    (place / "backup.sig").write_bytes(other.sign(octets))


def _changed_words(house: House) -> None:
    path = _closed(house) / "backup.json"
    path.write_bytes(path.read_bytes().replace(b"mihon-01", b"mihon-02"))


def _no_machine_key(house: House) -> None:
    (house.here.config.parent / places.PUBLIC).unlink()


LESS: dict[str, tuple[Callable[[House], object], str]] = {
    "nothing that the archive said": (lambda house: (_closed(house) / "backup.json").unlink(), "unsigned"),
    "no seal": (lambda house: (_closed(house) / "backup.sig").unlink(), "unsigned"),
    "another end": (_other_end, "order"),
    "a record cut off": (_cut, "closed"),
    "a segment more": (_one_more, "closed"),
    "no first key": (lambda house: (_closed(house) / "first.key").unlink(), "closed"),
    "a closed log that is gone": (lambda house: shutil.rmtree(_closed(house)), "unsigned"),
    "another machine's seal": (_forged, "signers"),
    "changed words": (_changed_words, "signers"),
    "no key of this machine": (_no_machine_key, "signers"),
}


@pytest.mark.proves("A7", "S9", "fault 109")
@pytest.mark.parametrize("name", LESS)
def test_a_new_record_begins_only_behind_what_an_opened_archive_said(house: House, name: str) -> None:
    """Who can write the log's directory alone cannot pretend that the machine was lost: the seal is root's, the archive is encrypted."""
    archive, _ = lost(house)
    restore(Given(archive, house.opened), house.here.owner)
    assert judge(house)(_told(house)) is None
    change, problem = LESS[name]
    change(house)
    assert judge(house)(_told(house)) == problem
    with pytest.raises(Damaged) as caught:
        Journal(house.audit, HandClock(), replace(settings(), continues=judge(house)))
    assert caught.value.problem == f"continues_{problem}"
    assert not segments(house.audit)


def test_a_record_that_was_restored_once_is_kept_over_the_next_restoration(house: House) -> None:
    first_id = log_record_of(house.audit)
    archive, _ = lost(house)
    restore(Given(archive, house.opened), house.here.owner)
    Journal(house.audit, HandClock(), replace(settings(), continues=judge(house))).close()
    filled(house.audit)
    second_id = log_record_of(house.audit)
    house.out.mkdir()
    again, _ = lost(house)
    restore(Given(again, house.opened), house.here.owner)
    assert continuing.all_logs(house.audit) == [
        house.audit / "closed" / first_id,
        house.audit / "closed" / second_id,
        house.audit,
    ]


@pytest.mark.proves("S5", "S9")
def test_what_says_no_survives_and_what_allows_does_not(house: House) -> None:
    store = open_state(house.state)
    assert Approvals(store, silent).find("a-0123456789abcdef") is not None
    assert BadgeBook(store).all_progress()
    assert store.rows("SELECT vote_person FROM lockdown") != [(None,)]
    guards = [store.rows(f"SELECT * FROM {table}") for table in GUARDS]
    assert all(guards)
    store.close()
    archive, _ = lost(house)
    restore(Given(archive, house.opened), house.here.owner)
    assert (house.state / "state.db").stat().st_mode & 0o777 == 0o600
    store = open_state(house.state)
    assert not store.created
    lockdown = Lockdown(store, silent)
    with pytest.raises(LockedDown):
        lockdown.check()
    assert store.rows("SELECT vote_person, vote_marks, vote_boot, vote_own_us FROM lockdown") == [(None,) * 4]
    assert [store.rows(f"SELECT * FROM {table}") for table in GUARDS] == guards
    assert BadgeBook(store).blocked() == {"e" * 32}
    assert Versions(store).highest("policy") == (7, "1" * 64)
    assert Approvals(store, silent).find("a-0123456789abcdef") is None
    assert BadgeBook(store).all_progress() == ()
    store.close()


def test_a_machine_that_is_not_empty_is_left_as_it_is(house: House) -> None:
    archive, _ = backup.take(house.here, house.out)
    root = house.here.config.parent.parent
    before = everything(root)
    with pytest.raises(Stopped, match="not_empty"):
        restore(Given(archive, house.opened), house.here.owner)
    assert everything(root) == before


@pytest.mark.parametrize(
    "name", ["etc/policy.toml", "etc/keys/pseudonym.key", "lib/office/policy.toml", "lib/state.db"]
)
def test_another_file_in_the_way_stops_it_before_anything_is_written(house: House, name: str) -> None:
    archive, _ = lost(house)
    root = house.here.config.parent.parent
    (root / name).parent.mkdir(parents=True)
    (root / name).write_bytes(b"somebody else's")
    with pytest.raises(Stopped) as caught:
        restore(Given(archive, house.opened), house.here.owner)
    assert (caught.value.key, caught.value.facts["path"]) == ("not_empty", root / name)
    assert everything(root) == {name: b"somebody else's"}


def test_files_that_are_there_already_with_the_same_bytes_are_no_hindrance(house: House) -> None:
    """A spare machine has the municipality's pseudonym key from its installation."""
    archive, before = lost(house)
    root = house.here.config.parent.parent
    key = root / "etc/keys/pseudonym.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(before["etc/keys/pseudonym.key"])
    assert restore(Given(archive, house.opened), house.here.owner).already == 1


class PowerCut(Exception):
    """The machine is gone, with whatever had been done."""


@pytest.mark.proves("fault 124")
def test_it_can_be_cut_at_any_rename_and_repeated(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, _ = lost(house)
    root = house.here.config.parent.parent
    given = Given(archive, house.opened)
    restore(given, house.here.owner)
    whole = {name for name in everything(root) if not name.endswith("state.db")}
    shutil.rmtree(root)
    real, left = Path.replace, [0]

    def perhaps(self: Path, target: Path) -> Path:
        left[0] -= 1
        if left[0] < 0:
            raise PowerCut
        return real(self, target)

    cuts = 0
    while True:
        left[0] = cuts
        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", perhaps)
            try:
                restore(given, house.here.owner)
            except PowerCut:
                # without its settings no daemon starts on what is there
                assert not house.here.config.exists()
            else:
                break
        restore(given, house.here.owner)
        found = everything(root)
        assert {name for name in found if not name.endswith("state.db")} == whole, cuts
        open_state(house.state).close()
        cuts += 1
        shutil.rmtree(root)
    assert cuts > 15


def test_nothing_is_left_of_a_restoration_that_the_disk_did_not_take(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, _ = lost(house)
    root = house.here.config.parent.parent
    real, left = os.fsync, [6]

    def full(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            restore(Given(archive, house.opened), house.here.owner)
    assert everything(root) == {}
    restore(Given(archive, house.opened), house.here.owner)


def test_a_damaged_archive_changes_nothing(house: House) -> None:
    archive, _ = lost(house)
    octets = bytearray(archive.read_bytes())
    octets[len(octets) // 2] ^= 4
    archive.write_bytes(octets)
    with pytest.raises(Stopped, match="archive_damaged"):
        restore(Given(archive, house.opened), house.here.owner)
    assert not house.here.config.parent.parent.exists()


def test_a_state_of_a_newer_form_is_refused_by_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    import sqlite3

    db = sqlite3.connect(house.state / "state.db")
    db.execute("PRAGMA user_version = 9999")
    db.close()
    with pytest.raises(Stopped, match="newer_state"):
        backup.take(house.here, house.out)
    from cardd.keeping import state_copy

    with monkeypatch.context() as patched:
        patched.setattr(state_copy, "UPGRADES", ((),) * 9999)
        archive, _ = lost(house)
    with pytest.raises(Stopped, match="newer_state"):
        restore(Given(archive, house.opened), house.here.owner)
    assert everything(house.here.config.parent.parent) == {}


def test_the_restored_machine_makes_backups_that_the_same_people_open(house: House) -> None:
    archive, _ = lost(house)
    restore(Given(archive, house.opened), house.here.owner)
    house.out.mkdir()
    Journal(house.audit, HandClock(), replace(settings(), continues=judge(house))).close()
    filled(house.audit)
    again, _ = backup.take(house.here, house.out)
    assert Given(again, house.opened).check().terminal == "mihon-01"
    assert places.backup_key_places(house.here.settings, house.here.config)[1].exists()
