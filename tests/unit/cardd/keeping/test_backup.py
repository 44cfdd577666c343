"""Backups: what goes in, what stays out, and that an archive is believed only whole and from the right machine."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.audit.chain import segments
from cardd.keeping import archive, backup, places, recovery, state_copy
from cardd.keeping.recovery import Recovery
from cardd.keeping.restore import Given
from cardd.keeping.stopped import Stopped
from cardd.pin import Pin
from tests.unit.cardd.audit.journals import an_intent, journal
from tests.unit.cardd.keeping.installation import House, build, open_state


@pytest.fixture
def house(tmp_path: Path) -> House:
    return build(tmp_path)


def pins(*texts: str) -> list[Pin]:
    return [Pin(bytearray(text.encode())) for text in texts]


def contents(house: House, path: Path) -> dict[str, bytes]:
    """Every file of an archive by its path."""
    found: dict[int, bytes] = {}

    def take(number: int, pieces: Iterator[bytes]) -> None:
        found[number] = b"".join(pieces)

    given = Given(path, house.opened)
    manifest = given.check()
    given.take(manifest, take)
    return {row.path: found[number] for number, row in enumerate(manifest.files)}


def test_everything_that_an_installation_needs_goes_in_and_no_key_of_the_day(house: House, tmp_path: Path) -> None:
    path, manifest = backup.take(house.here, house.out)
    inside = contents(house, path)
    for name in (
        "etc/cardd.toml", "etc/policy.toml", "etc/policy.toml.p7s", "etc/register.toml", "etc/operator-ca.pem", "etc/keys/pseudonym.key",
        "etc/keys/badge-master.key", "etc/keys/backup-seal.key", "etc/backup.pub", "lib/ca/operator-ca.pem", "lib/ca/operator-ca.key",
        "lib/ca/issued.jsonl", "lib/office/policy.toml", "lib/office/policy.toml.p7s", "lib/cosigned/newest",
    ):  # fmt: skip
        assert inside[str(tmp_path / name)] == (tmp_path / name).read_bytes(), name
    for segment in segments(house.audit):
        assert inside[segment.name] == segment.read_bytes()
    (heads,) = (house.audit / "heads").iterdir()
    assert inside[f"heads/{heads.name}"] == heads.read_bytes()
    assert inside["first.key"] == (house.audit / "first.key").read_bytes()
    assert str(tmp_path / "lib/state.db") in inside
    key_of_the_day = house.audit.with_name("audit.key").read_bytes().split()[-1]
    assert not any(key_of_the_day in octets for octets in inside.values())
    assert not {"lock", "reserve"} & set(inside)
    assert manifest.state_format == 1
    assert path.stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "lib/backup/state.db").exists()


def test_nothing_of_it_can_be_read_without_the_key(house: House) -> None:
    path, _ = backup.take(house.here, house.out)
    octets = path.read_bytes()
    assert octets.startswith(b"age-encryption.org/v1\n-> X25519 ")
    for plain in (b"mihon-01", b"cardd.toml", b"CARDDLOG", b"SQLite"):
        assert plain not in octets


@pytest.mark.proves("A2")
def test_the_record_goes_in_up_to_its_last_whole_record_while_it_is_written(house: House) -> None:
    newest = segments(house.audit)[-1]
    whole = newest.read_bytes()
    with newest.open("ab") as file:
        file.write(b"\x00\x00\x01\x00 half a record")
    path, manifest = backup.take(house.here, house.out)
    assert contents(house, path)[newest.name] == whole
    log = journal(house.audit)
    receipt = log.intent(an_intent())
    log.close()
    _, later = backup.take(house.here, house.out)
    assert later.log.last_sequence == receipt.sequence
    assert later.log.last_hash == receipt.record_hash
    assert manifest.log.last_sequence < receipt.sequence


def test_a_damaged_record_is_not_taken_for_a_good_backup(house: House) -> None:
    newest = segments(house.audit)[-1]
    octets = bytearray(newest.read_bytes())
    octets[200] ^= 1
    newest.write_bytes(octets)
    with pytest.raises(Stopped, match="record_broken"):
        backup.take(house.here, house.out)
    assert list(house.out.iterdir()) == []


def test_a_running_daemon_is_asked_for_its_state(house: House) -> None:
    """The file is held exclusively: nobody reads it beside the daemon, and the copy is of one moment."""
    store = open_state(house.state)
    wanted = house.state / "backup" / "wanted"
    asked = []

    def daemon() -> None:
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if wanted.exists():
                asked.append(True)
                return
            time.sleep(0.01)

    waiting = threading.Thread(target=daemon)
    waiting.start()
    with pytest.raises(Stopped, match="no_answer"):
        state_copy.take(house.state, house.here.owner, wait_s=2.0)
    waiting.join()
    assert asked
    assert not wanted.exists()
    with store.transaction() as db:
        db.execute("UPDATE lockdown SET reason = 'changed'")
    target = house.state / "backup" / "state.db"
    store.copy_to(target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert state_copy.format_of(target) == 1
    copied = sqlite3.connect(target)
    assert copied.execute("SELECT reason FROM lockdown").fetchall() == [("changed",)]
    copied.close()
    store.close()


def test_only_so_many_archives_of_this_machine_are_kept(house: House) -> None:
    others = [
        house.out / name
        for name in ("mihon-01-x.cardd-backup", "mihon-01-b-20260101T000000Z.cardd-backup", "notes.txt")
    ]
    old = [house.out / f"mihon-01-2026010{day}T000000Z.cardd-backup" for day in range(1, 5)]
    for path in (*others, *old):
        path.write_bytes(b"")
    path, _ = backup.take(house.here, house.out, keep=2)
    assert set(house.out.iterdir()) == {*others, old[-1], path}


# --- believed only whole and from the right machine ------------------------------------------------------------------


def test_one_changed_byte_anywhere_is_found(house: House) -> None:
    path, _ = backup.take(house.here, house.out)
    whole = path.read_bytes()
    for place in [*range(0, 250, 7), *range(250, len(whole), max(1, len(whole) // 60)), len(whole) - 1]:
        octets = bytearray(whole)
        octets[place] ^= 0x01
        path.write_bytes(octets)
        with pytest.raises(Stopped) as caught:
            Given(path, house.opened).check()
        assert caught.value.key in ("archive_damaged", "wrong_recovery"), place


def test_a_cut_archive_is_found(house: House) -> None:
    path, _ = backup.take(house.here, house.out)
    whole = path.read_bytes()
    for length in (0, 10, 200, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(Stopped) as caught:
            Given(path, house.opened).check()
        assert caught.value.key in ("archive_damaged", "wrong_recovery"), length


def test_an_archive_that_somebody_else_made_for_the_public_key_is_refused(house: House) -> None:
    """The recipient is public: who has it can encrypt. The seal is what they do not have."""
    public, seal = places.backup_key_places(house.here.settings, house.here.config)
    forged = recovery.another(public.read_bytes())
    for path, octets in ((seal, forged.seed), (public, forged.public_text())):
        path.chmod(0o600)
        path.write_bytes(octets)
    path, _ = backup.take(house.here, house.out)
    with pytest.raises(Stopped) as caught:
        Given(path, house.opened).check()
    assert caught.value.key == "wrong_seal"
    told = str(caught.value.facts["fingerprint"])
    assert told == recovery.fingerprint(forged.seal)
    typed = recovery.read_fingerprint(told.lower().replace(" ", ""))
    assert Given(path, house.opened, typed).check().terminal == "mihon-01"
    with pytest.raises(Stopped, match="wrong_seal"):
        Given(path, house.opened, recovery.fingerprint(bytes(32))).check()


def test_a_key_for_another_office_opens_nothing(house: House) -> None:
    path, _ = backup.take(house.here, house.out)
    other = Recovery(recovery.age().x25519.Identity.generate(), house.opened.seal)
    with pytest.raises(Stopped, match="wrong_recovery"):
        Given(path, other).check()


def test_an_archive_of_a_newer_form_is_refused_by_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    class Newer(archive.Manifest):
        format: int  # type: ignore[assignment]

    with monkeypatch.context() as patched:
        patched.setattr(archive, "Manifest", Newer)
        patched.setattr(archive, "FORMAT", 2)
        path, _ = backup.take(house.here, house.out)
    with pytest.raises(Stopped, match="newer_archive"):
        Given(path, house.opened).check()


# --- the recovery key ------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
def test_the_recovery_key_opens_with_both_passphrases_and_is_made_once(house: House, tmp_path: Path) -> None:
    for path in places.backup_key_places(house.here.settings, house.here.config):
        path.unlink()
    with pytest.raises(Stopped, match="no_backup_key"):
        backup.take(house.here, house.out)
    told = backup.new_key(house.here, tmp_path / "recovery.age", *pins("correct horse battery", "staple of the second"))
    public, seal = places.backup_key_places(house.here.settings, house.here.config)
    assert told == recovery.fingerprint(recovery.read_public(public.read_bytes())[1])
    assert (seal.stat().st_mode & 0o777, (tmp_path / "recovery.age").stat().st_mode & 0o777) == (0o400, 0o600)
    with pytest.raises(Stopped, match="key_exists"):
        backup.new_key(house.here, tmp_path / "second.age", *pins("correct horse battery", "staple of the second"))
    with pytest.raises(Stopped, match="key_exists"):
        backup.add_key(house.here, public)
    path, _ = backup.take(house.here, house.out)
    octets = (tmp_path / "recovery.age").read_bytes()
    one, two = pins("correct horse battery", "staple of the second")
    assert Given(path, recovery.open_recovery(octets, two, one)).check().terminal == "mihon-01"
    with pytest.raises(Stopped, match="wrong_passphrases"):
        recovery.open_recovery(octets, two, two)  # the outer one alone
    with pytest.raises(Stopped, match="same_passphrase"):
        recovery.make(two, two)


def test_an_installation_without_a_record_has_nothing_to_keep(house: House) -> None:
    for segment in segments(house.audit):
        segment.unlink()
    with pytest.raises(Stopped, match="no_record"):
        backup.take(house.here, house.out)


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "backup_key_broken"),
        (b"cardd backup key 1\n", "backup_key_broken"),
        (b"cardd backup key 2\nsomething else\n", "newer_key"),
    ],
)
def test_a_backup_key_of_another_form_is_refused(octets: bytes, problem: str) -> None:
    with pytest.raises(Stopped, match=problem):
        recovery.read_public(octets)


def test_no_secret_is_in_a_repr(house: House) -> None:
    key = backup._key(house.here)
    assert key.seed.hex() not in repr(key)
    assert "AGE-SECRET" not in repr(house.opened)
    assert "AGE-SECRET" not in repr(Given(Path("x"), house.opened))
