"""Heads that witnesses signed reach the database; its check asks for their signatures, and health shows who lags."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest

from cardd.audit.checkpoint import cosign, parse
from cardd.collector.local import Cosigned, LocalLog
from cardd.collector.shipping import Shipment, Shipped
from cardd.fleet import checking, health
from cardd.fleet.checking import Brought
from cardd.fleet.database import SCHEMA
from cardd.fleet.health import Standing
from cardd.fleet.terminals import Enrolled
from cardd.witness.settings import WitnessKey
from tests.e2e import fleet_scene
from tests.e2e.fleet_house import AUDITOR, Fleet
from tests.e2e.fleet_scene import alarms_of, problem_of
from tests.e2e.test_fleet_watching import run
from tests.fixtures.made_log import MadeLog

fleet, terminal, made = fleet_scene.fleet, fleet_scene.terminal, fleet_scene.made
TAKE = "SELECT take_cosigned(%(log)s::uuid, %(note)s::bytea)"
AT_S = 1_800_000_000


@pytest.fixture
def key() -> WitnessKey:
    return WitnessKey.make("witness.example")


def notes_of(made: MadeLog) -> dict[str, list[bytes]]:
    """By day, the notes of the log."""
    return {path.stem: [each.octets for each in LocalLog(made.directory).notes(path.stem, 0) if each.period == path.stem]
            for path in sorted((made.directory / "heads").glob("*.heads"))}  # fmt: skip


def signed(note: bytes, key: WitnessKey, at_s: int = AT_S) -> bytes:
    head = parse(note)
    return head.with_signature(cosign(head, key.verifier_key, key.sign, at_s)).encode()


def left_by_the_sender(made: MadeLog, folder: Path, key: WitnessKey, days: int | None = None) -> Path:
    """The sender's folder: the newest head of each day (the first `days` of them), signed by the witness."""
    place = folder / "heads-of-witnesses" / made.log_id / key.verifier_key.key_id.hex()
    place.mkdir(parents=True, exist_ok=True)
    for day, notes in list(notes_of(made).items())[:days]:
        (place / f"{day}.head").write_bytes(signed(notes[-1], key))
    return folder / "heads-of-witnesses"


def ship(fleet: Fleet, terminal: str, made: MadeLog, folder: Path) -> Shipped:
    with fleet.link(terminal) as link:
        work = Shipment(
            link, LocalLog(made.directory), batch_records=1000, batch_bytes=1 << 20, cosigned=Cosigned(folder)
        )
        return work.round()


def log_of(fleet: Fleet, terminal: str) -> Enrolled:
    (found,) = [each for each in fleet.enrolled() if each.terminal == terminal]
    return found


def standing(fleet: Fleet, terminal: str, *keys: WitnessKey) -> Standing:
    with fleet.link(AUDITOR) as link:
        found = health.standings(link, [str(key.verifier_key) for key in keys])
        return next(each for each in found if each.terminal == terminal)


def check(fleet: Fleet, terminal: str, folder: Path, *keys: WitnessKey) -> checking.Checked:
    with fleet.link(AUDITOR) as link:
        brought = Brought(witnesses=tuple(str(key.verifier_key) for key in keys))
        return checking.check(link, log_of(fleet, terminal), folder, brought)


@pytest.mark.proves("A5", "A6")
def test_what_witnesses_signed_is_shipped_once_and_asked_for_by_the_check(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path, key: WitnessKey
) -> None:
    other = WitnessKey.make("other.example")
    folder = left_by_the_sender(made, tmp_path, key)
    first = ship(fleet, terminal, made, folder)
    days = len(notes_of(made))
    assert first.cosigned == days
    again = ship(fleet, terminal, made, folder)
    assert again.cosigned <= 1  # the newest day is looked at again over a new connection
    with fleet.link(AUDITOR) as link:
        rows = "SELECT count(*), max(size) FROM cosigned WHERE log_id = %(log)s::uuid"
        assert link.one(rows, {"log": made.log_id}) == (days, parse(made.newest_head).head.size)
    good = check(fleet, terminal, tmp_path, key)
    assert good.is_whole, good.verification.said
    assert key.verifier_key.name in good.verification.said["en"]
    for keys in ((other,), (key, other)):
        assert not check(fleet, terminal, tmp_path, *keys).is_whole
    shown = run(fleet, tmp_path, AUDITOR, "verify", "--terminal", terminal, "--witness", str(key.verifier_key))
    assert shown.returncode == 0, shown.stdout + shown.stderr
    shown = run(fleet, tmp_path, AUDITOR, "verify", "--terminal", terminal, "--witness", str(other.verifier_key))
    assert shown.returncode == 1


@pytest.mark.proves("A5")
def test_a_signature_that_does_not_hold_is_found_by_check_and_health(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path, key: WitnessKey
) -> None:
    """The database takes what it cannot check, under the name that stands there; those who have the key find it."""
    liar = WitnessKey.make("witness.example")
    folder = left_by_the_sender(made, tmp_path, key, days=1)
    ship(fleet, terminal, made, folder)
    newest = parse(signed(made.newest_head, liar))
    forged = newest.signatures[1].octets
    told = base64.b64encode(key.verifier_key.key_id + forged).decode()
    note = made.newest_head + f"\u2014 witness.example {told}\n".encode()
    with fleet.link(terminal) as link:
        assert link.one(TAKE, {"log": made.log_id, "note": note})[0] == "taken"
    assert not check(fleet, terminal, tmp_path, key).is_whole
    assert standing(fleet, terminal, key).state == "witness"
    assert standing(fleet, terminal, key).witness_lag_s is None


@pytest.mark.proves("A5")
def test_health_shows_how_far_a_witness_is_behind(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path, key: WitnessKey
) -> None:
    ship(fleet, terminal, made, tmp_path / "nothing")
    assert (standing(fleet, terminal).state, standing(fleet, terminal).witness_lag_s) == ("good", None)
    assert standing(fleet, terminal, key).state == "witness"  # it stands in the settings and signed nothing
    ship(fleet, terminal, made, left_by_the_sender(made, tmp_path, key, days=1))
    day = parse(notes_of(made)[min(notes_of(made))][-1]).head
    with fleet.owner() as link:
        rows = f"SELECT min(utc_us) FROM {SCHEMA}.head WHERE log_id = %(log)s::uuid AND size > %(size)s"
        (behind_us,) = link.one(rows, {"log": made.log_id, "size": day.size})
        for seconds, state in ((60, "good"), (660, "witness")):
            moment = "to_timestamp(%(us)s::bigint / 1000000) + %(s)s * interval '1 second'"
            seen = f"UPDATE {SCHEMA}.log SET seen_at = {moment} WHERE log_id = %(log)s::uuid"
            link.rows(seen, {"us": behind_us, "s": seconds, "log": made.log_id})
            (lag,) = [each.lag_s for each in standing(fleet, terminal, key).witnessed]
            assert lag in (seconds, seconds - 1)
            shown = standing(fleet, terminal, key)
            assert (shown.witness_lag_s or 0) // 600 == seconds // 600
            assert replace(shown, seen_age_s=5).state == state
    ship(fleet, terminal, made, left_by_the_sender(made, tmp_path, key))
    assert (standing(fleet, terminal, key).state, standing(fleet, terminal, key).witness_lag_s) == ("good", 0)


@pytest.mark.proves("A7", "fault 108")
def test_a_witness_that_signed_another_head_is_an_alarm(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path, key: WitnessKey
) -> None:
    """The terminal made its record anew; the database has one history, the witness signed another."""
    ship(fleet, terminal, made, tmp_path / "nothing")
    lines = made.newest_head.split(b"\n")
    lines[2] = base64.b64encode(bytes(32))
    note = signed(b"\n".join(lines), key)
    with fleet.link(terminal) as link:
        assert link.one(TAKE, {"log": made.log_id, "note": note})[0] == "forked"
    assert alarms_of(fleet, terminal) == [("head_forked", parse(note).head.size)]


def test_what_is_no_signed_head_is_refused_or_waits(
    fleet: Fleet, terminal: str, made: MadeLog, tmp_path: Path, key: WitnessKey
) -> None:
    good = signed(made.newest_head, key)
    with fleet.link(terminal) as link:
        assert link.one(TAKE, {"log": made.log_id, "note": good})[0] == "gap"  # its records and head are not here yet
    ship(fleet, terminal, made, tmp_path / "nothing")
    bad = (
        b"", b"\xff", made.newest_head, good.replace(b"\n\xe2\x80\x94 witness", b"\n- witness"),
        good[:-20] + b"\n", good.replace(b"witness.example", b"w/../x"), b"\0" + good,
    )  # fmt: skip
    with fleet.link(terminal) as link:
        for note in bad:
            assert problem_of(lambda note=note: link.one(TAKE, {"log": made.log_id, "note": note})) == "malformed", note
        assert link.one(TAKE, {"log": made.log_id, "note": good})[0] == "taken"
    odd = left_by_the_sender(made, tmp_path, key, days=2)
    place = odd / made.log_id / key.verifier_key.key_id.hex()
    (place / "2099-01-01.head").write_bytes(b"half a he")
    (place / "2099-01-02.head").write_bytes(made.newest_head)
    assert ship(fleet, terminal, made, odd).cosigned == 0
    with fleet.link(AUDITOR) as link:
        days = link.rows("SELECT period FROM cosigned WHERE log_id = %(log)s::uuid", {"log": made.log_id})
    assert days == [(max(notes_of(made)),)]
