"""Two administrators change the policy of a running office with their badges, and nothing else changes it (S9, fault 94)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.office import Office, Person
from tests.e2e.fault_house import take_out
from tests.e2e.programs import alarms
from tests.fixtures.counter import BADGE_SLOT, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox

TAKEN_WITHIN_S = 60.0
EXIT_USAGE_OF_FILE, EXIT_DENIED = 65, 31


def hire_administrators(office: Office) -> None:
    """Ann and Ben; the register names the badges, so that their signatures are found."""
    for name in ("ann", "ben"):
        office.hire(name, name.upper(), "administrator", name_on_badge=name.upper())
    plain = office._register

    def with_badges() -> str:
        text = plain()
        for person in office.people:
            line = f'id = "{person.id}"'
            text = text.replace(line, f'{line}\nguid = "{person.certificates.guid.hex}"')
        return text

    office._register = with_badges  # type: ignore[method-assign]


@pytest.fixture
def town() -> Iterator[Counter]:
    with open_counter(StandInBox, prepare=hire_administrators) as counter:
        yield counter


def person(town: Counter, name: str) -> Person:
    return next(each for each in town.office.people if each.id == name)


def at_the_counter(town: Counter, name: str) -> Person:
    """This person's badge in its reader, and nobody else's; logged in."""
    take_out(town, BADGE_SLOT)
    town.log_in(person(town, name))
    return person(town, name)


def new_policy(town: Counter, version: int = 2, more: str = "") -> Path:
    file = town.folder / "new.toml"
    text = (town.folder / "policy.toml").read_text(encoding="utf-8")
    assert "\nversion = 1\n" in text
    file.write_text(text.replace("\nversion = 1\n", f"\nversion = {version}\n") + more, encoding="utf-8")
    return file


def sign(town: Counter, name: str, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    who = at_the_counter(town, name)
    return town.cardctl("policy", "sign", *more, str(file), pins=[who.pin])


def install(town: Counter, file: Path) -> subprocess.CompletedProcess[str]:
    return town.cardctl("policy", "install", "--incoming", str(town.folder / "state/incoming"), str(file))


def openssl_verifies(town: Counter, file: Path) -> bool:
    given = ("-in", f"{file}.p7s", "-content", str(file), "-CAfile", str(town.folder / "operator-ca.pem"))
    command = ("openssl", "cms", "-verify", "-binary", "-inform", "DER", *given, "-purpose", "any", "-out", "/dev/null")
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.proves("S9", "S7")
def test_two_people_change_the_policy_and_the_next_record_names_the_new_one(town: Counter) -> None:
    file = new_policy(town)
    old = town.call("policy.show")["hash"]
    first = sign(town, "ann", file, "--against", str(town.folder / "policy.toml"))
    assert first.returncode == 0, first.stderr
    assert "Policy, version 2, SHA-256" in first.stdout
    assert "Nothing is decided otherwise." in first.stdout
    assert "Another administrator signs next" in first.stdout
    assert openssl_verifies(town, file)
    second = sign(town, "ben", file)
    assert second.returncode == 0, second.stderr
    assert "Two people signed" in second.stdout
    assert openssl_verifies(town, file)
    done = install(town, file)
    assert (done.returncode, done.stdout) == (0, "Policy, version 2, is in force.\n"), done.stderr
    new = town.call("policy.show")["hash"]
    assert new != old
    assert town.call("session.status")["logged_in"], "the session goes on"
    town.call("card.pin_status", card=town.cards()[0]["card"], purpose="badge_care", case="R8-1", pins=["badge"])
    records = town.records()
    (begun,) = (record for record in records if record.get("subject") == "policy:2")
    assert (begun["event"], begun["content"], begun["policy"]) == ("office.in_force", new, new)
    assert {begun["operator"], begun["approver"]} == {"ann", "ben"}
    intents = [record for record in records if record.get("event") == "card.pin_status"]
    assert [record["policy"] for record in intents if "policy" in record] == [new]
    (asked,) = (record for record in records if record.get("event") == "office.reload")
    assert (asked["operator"], asked["operation"]) == ("ben", "office_files")
    # A restart finds it again.
    town.stop()
    town.start()
    assert town.call("policy.show")["hash"] == new


@pytest.mark.proves("S9", "fault 96")
def test_one_person_is_not_two(town: Counter) -> None:
    file = new_policy(town)
    assert sign(town, "ann", file).returncode == 0
    before = file.with_name("new.toml.p7s").read_bytes()
    again = sign(town, "ann", file)
    assert again.returncode == EXIT_USAGE_OF_FILE
    assert "This badge has signed already" in again.stderr
    assert file.with_name("new.toml.p7s").read_bytes() == before
    refused = install(town, file)
    assert refused.returncode == EXIT_DENIED
    assert "a second administrator must sign too" in refused.stderr
    assert town.call("policy.show")["version"] == 1
    assert alarms(town, "office_file_refused")[-1]["problem"] == "one_signer"


@pytest.mark.proves("S9", "fault 94")
def test_a_file_that_changed_after_the_first_signature_is_signed_anew(town: Counter) -> None:
    file = new_policy(town)
    assert sign(town, "ann", file).returncode == 0
    new_policy(town, more="# one line more\n")
    other = sign(town, "ben", file)
    assert (other.returncode, "over other content" in other.stderr) == (EXIT_USAGE_OF_FILE, True)
    assert sign(town, "ben", file, "--anew").returncode == 0
    assert sign(town, "ann", file).returncode == 0
    third = sign(town, "ben", file)
    assert (third.returncode, "Two people signed already" in third.stderr) == (EXIT_USAGE_OF_FILE, True)
    assert install(town, file).returncode == 0


@pytest.mark.proves("S9", "fault 94")
def test_bad_files_leave_the_old_policy_and_are_told_with_line_and_column(town: Counter) -> None:
    file = new_policy(town)
    for name in ("ann", "ben"):
        assert sign(town, name, file).returncode == 0
    assert install(town, file).returncode == 0
    kept = town.call("policy.show")["hash"]
    # Rolled back: the first policy again, unsigned as mode test allows.
    old = install(town, town.folder / "policy.toml")
    assert (old.returncode, "older" in old.stderr) == (EXIT_DENIED, True), old
    # A mistake in a row: line and column.
    broken = new_policy(town, version=3, more='[[rows]]\nid = "x"\nroles = ["nobody"]\n')
    broken.with_name("new.toml.p7s").unlink()
    done = install(town, broken)
    assert (done.returncode, "policy.toml:" in done.stdout) == (EXIT_DENIED, True), done
    # No TOML at all is told before anything is sent.
    broken.write_text("version = 3\nversion = 4\n")
    done = install(town, broken)
    assert (done.returncode, "line 2, column 12" in done.stderr) == (EXIT_DENIED, True), done
    # A signature that does not fit.
    new_policy(town, version=4)
    for name in ("ann", "ben"):
        assert sign(town, name, file, *(["--anew"] if name == "ann" else [])).returncode == 0
    new_policy(town, version=5)
    assert "do not fit the file" in install(town, file).stderr
    assert town.call("policy.show")["hash"] == kept
    checks = {row["name"]: row for row in town.call("health")["checks"]}
    assert (checks["office_files"]["state"], checks["office_files"]["problem"]) == ("warning", "file_refused")
    assert "ファイル" in town.cardctl("--locale", "ja", "health").stdout


@pytest.mark.proves("S9")
def test_without_anybody_logged_in_the_daemon_looks_by_itself(town: Counter) -> None:
    """Root puts a file there; who may is shown by the signatures."""
    file = new_policy(town)
    for name in ("ann", "ben"):
        assert sign(town, name, file).returncode == 0
    take_out(town, BADGE_SLOT)
    done = install(town, file)
    assert (done.returncode, done.stdout) == (0, "cardd has taken it.\n"), done
    until(lambda: town.call("policy.show")["version"] == 2, TAKEN_WITHIN_S)
    old = install(town, town.folder / "policy.toml")
    assert old.returncode == EXIT_DENIED
    assert "policy.toml is older than the version in force" in old.stderr


@pytest.mark.proves("S7", "S9")
def test_reloading_is_a_right(town: Counter) -> None:
    assert town.fails("office.reload").name == "session.required"
    take_out(town, BADGE_SLOT)
    town.log_in(person(town, "sato"))
    error = town.fails("office.reload")
    assert (error.name, error.data["rule"]) == ("policy.denied", "rights")
    at_the_counter(town, "ann")
    assert town.call("office.reload")["files"] == []
    assert json.loads(town.cardctl("--json", "office", "reload").stdout)["files"] == []


@pytest.mark.proves("S9", "S12")
def test_a_block_list_ends_the_session_of_a_lost_badge_at_once(town: Counter) -> None:
    at_the_counter(town, "ann")
    lost = person(town, "sato").certificates.guid.hex
    file = town.folder / "blocks.toml"
    file.write_text(f'version = 1\nissued = {now()}\nbadges = ["{lost}"]\n')
    for name in ("ann", "ben"):
        signed = sign(town, name, file)
        assert signed.returncode == 0, signed.stderr
    take_out(town, BADGE_SLOT)
    town.log_in(person(town, "sato"))
    assert install(town, file).stdout == "cardd has taken it.\n"
    until(lambda: not town.call("session.status")["logged_in"], TAKEN_WITHIN_S)
    take_out(town, BADGE_SLOT)
    town.insert(person(town, "sato").badge, BADGE_SLOT)
    assert town.fails("session.login", person(town, "sato").pin).name == "auth.failed"


@pytest.mark.proves("S11", "fault 90")
def test_nobody_logs_in_with_a_block_list_of_the_day_before_yesterday(town: Counter) -> None:
    """Mode test takes it unsigned; its age counts all the same."""
    file = town.folder / "blocks.toml"
    at_the_counter(town, "ann")
    for version, hours, state in ((1, 30, "warning"), (2, 73, "bad")):
        file.write_text(f"version = {version}\nissued = {now(-hours)}\n")
        assert install(town, file).returncode == 0
        checks = {row["name"]: row for row in town.call("health")["checks"]}
        assert checks["block_list"]["state"] == state
    assert town.call("session.status")["logged_in"], "who is logged in goes on"
    take_out(town, BADGE_SLOT)
    town.insert(person(town, "ben").badge, BADGE_SLOT)
    error = town.fails("session.login", person(town, "ben").pin)
    assert (error.name, error.data["problem"]) == ("auth.failed", "block_list_too_old")
    assert error.data.get("pin") in (None, {"outcome": "untouched"}), "no PIN was spent"
    file.write_text(f"version = 3\nissued = {now()}\n")
    assert install(town, file).returncode == 0
    assert town.call("session.login", person(town, "ben").pin)["operator"]["id"] == "ben"


def now(hours: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0).isoformat()
