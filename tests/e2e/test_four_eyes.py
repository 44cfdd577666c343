"""Four eyes over the whole daemon: one reader or two, another seat, one person with two badges, and what the proof is worth."""

import hashlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.people_house import IN_A_HURRY, SECOND_SLOT, Town, open_town, three_readers, until
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, RESIDENT_SLOT, ROOMY
from tests.fixtures.terminal import Terminal

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
AUTHENTICATION = 0x9A
TWO_SEATS = ROOMY + "".join(
    f'\n[[seats]]\nname = "{name}"\nbadge_reader = {{ name = "Stand-in Reader {badge} 00 00" }}\n{more}'
    for name, badge, more in (
        ("left", BADGE_SLOT, f'resident_readers = [{{ name = "Stand-in Reader {RESIDENT_SLOT} 00 00" }}]\n'),
        ("right", SECOND_SLOT, ""),
    )
)


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_town(ROOMY, three_readers) as opened:
        yield opened


def asked(town: Town, **more: Any) -> str:
    """The number under which what `sato` wants waits for a second person."""
    return str(failing("approval.required", lambda: town.read(**more)).data["approval"])


@pytest.mark.proves("S9", "fault 96")
def test_two_people_with_one_reader_swap_their_badges(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    commands = town.card.commands
    number = asked(town)
    assert town.card.commands == commands, "no card contact before the second person"
    assert town.waiting(number)["requester"] == "sato"
    town.badge("kato")
    given = town.give(number, "kato")
    assert given["approver"] == "kato"
    town.log_in("sato")
    assert town.read(approval=number)["items"][0]["item"] == "name"
    (record,) = [each for each in town.outcomes("card.read") if each.get("approval") == number]
    assert (record["operator"], record["approver"], record["result"], record["rule"]) == (
        "sato", "kato", "done", "resident_code_work",
    )  # fmt: skip
    error = failing("approval.invalid", lambda: town.read(approval=number))
    assert error.data["problem"] == "used"


@pytest.mark.proves("S9", "fault 96")
def test_two_people_with_two_readers_at_one_seat(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    number = asked(town, case="R8-two-readers")
    town.badge("kato", SECOND_SLOT)
    town.give(number, "kato")
    assert town.counter.call("session.status")["logged_in"], "sato works on"
    assert town.read(approval=number, case="R8-two-readers")["pins_used"] == ["card_info"]
    take_out(town.counter, SECOND_SLOT)


@pytest.mark.proves("S9", "fault 96")
def test_one_person_is_not_two(town: Town) -> None:
    """Their own badge, also named by its handle; and their day badge, which is the same person in the register."""
    take_out(town.counter, SECOND_SLOT)
    own = town.log_in("sato")
    number = asked(town, case="R8-one-person")
    assert failing("card.absent", lambda: town.give(number, "sato")).data["problem"] == "no_badge"
    for badge in (own, town.badge("day-1", SECOND_SLOT)):
        error = failing("approval.invalid", lambda: town.give(number, "sato", badge=badge))  # noqa: B023
        assert error.data["problem"] == "same_person"
        assert error.data.get("pin", {}).get("outcome") in (None, "untouched")
    assert town.waiting(number)["state"] == "asked"
    records = [each for each in town.outcomes("approval.give") if each["approval"] == number]
    assert {(each["result"], each["problem"]) for each in records} == {("refused", "same_person")}
    administrator = town.badge("suzuki", SECOND_SLOT)
    error = failing("approval.invalid", lambda: town.give(number, "suzuki", badge=administrator))
    assert error.data["problem"] == "role"
    take_out(town.counter, SECOND_SLOT)


@pytest.mark.proves("S9", "fault 97")
def test_another_content_is_another_request(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    number = asked(town, case="R8-other")
    town.badge("kato", SECOND_SLOT)
    shown = "0" * 64
    error = failing("approval.invalid", lambda: town.give(number, "kato", content_hash=shown))
    assert error.data["problem"] == "other_content"
    refused = [each for each in town.states("approval.give") if each.get("approval") == number]
    assert [(each["problem"], each["content"]) for each in refused] == [("other_content", shown)]
    town.give(number, "kato")
    for other in ({"case": "R8-Other"}, {"items": ["name", "sex"]}, {"items": ["sex"]}):
        error = failing("approval.invalid", lambda: town.read(**{"case": "R8-other", **other, "approval": number}))  # noqa: B023
        assert error.data["problem"] == "other_content"
    resident = town.counter.office.resident(number=2)
    take_out(town.counter, RESIDENT_SLOT)
    other_card = town.counter.insert(resident.card, RESIDENT_SLOT)
    error = failing("approval.invalid", lambda: town.read(case="R8-other", card=other_card, approval=number))
    assert error.data["problem"] == "other_content"
    take_out(town.counter, RESIDENT_SLOT)
    town.handle = town.counter.insert(town.card, RESIDENT_SLOT)
    assert town.read(case="R8-other", approval=number)["items"], "the same card under a new handle"
    take_out(town.counter, SECOND_SLOT)


@pytest.mark.proves("S9")
def test_an_outsider_can_check_who_agreed_to_what(town: Town) -> None:
    """Nonce and signature are in state.db; openssl checks them with the badge's certificate over exactly the content."""
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    number = asked(town, case="R8-proof")
    town.badge("kato", SECOND_SLOT)
    town.give(number, "kato")
    with town.state() as database:
        content, hashed, approver, proof = database.execute(
            "SELECT content, content_hash, approver, proof FROM approvals WHERE id = ?", (number,)
        ).fetchone()
    assert (approver, hashlib.sha256(content.encode()).hexdigest()) == ("kato", hashed)
    assert content.encode() == rfc8785.dumps(town.waiting(number)["content"])
    certificate = town.people["kato"].certificates.slots[AUTHENTICATION].certificate
    message = b"cardd badge approve v1\0" + hashlib.sha256(certificate).digest() + bytes.fromhex(hashed) + proof[:32]
    assert openssl_says(town.counter.folder, certificate, message, proof[32:])
    other = message.replace(bytes.fromhex(hashed), hashlib.sha256(b"other").digest())
    assert not openssl_says(town.counter.folder, certificate, other, proof[32:])
    take_out(town.counter, SECOND_SLOT)


def openssl_says(folder: Path, certificate: bytes, message: bytes, signature: bytes) -> bool:
    """Whether openssl finds that the badge signed this."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, octets in (("key.pem", pem), ("message", message), ("signature", signature)):
        (folder / name).write_bytes(octets)
    command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "message"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


@pytest.mark.proves("S9")
def test_who_asked_takes_it_back_and_it_is_over(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    number = asked(town, case="R8-back")
    town.call("approval.refuse", approval=number)
    assert failing("approval.invalid", lambda: town.read(case="R8-back", approval=number)).data["problem"] == "refused"
    assert asked(town, case="R8-back") != number


@pytest.mark.proves("S9", "S10")
def test_the_override_is_for_its_case_and_is_loud(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    disaster = {"purpose": "disaster_identity", "case": "R8-quake"}
    assert failing("policy.denied", lambda: town.read(**disaster)).data["problem"] == "no_row"
    town.call("emergency.override", reason="disaster", **disaster)
    assert town.read(**disaster)["items"]
    failing("policy.denied", lambda: town.read(purpose="disaster_identity", case="R8-other"))
    (read,) = [each for each in town.outcomes("card.read") if each.get("emergency")]
    assert (read["case"], read["rule"]) == ("R8-quake", "disaster")
    (taken,) = town.states("emergency.override")
    assert (taken["operator"], taken["problem"]) == ("sato", "disaster")
    assert [each["operator"] for each in town.states("alarm.emergency_override")] == ["sato"]
    town.log_in("sato")
    failing("policy.denied", lambda: town.read(**disaster))


# --- at a terminal ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
def test_cardctl_says_what_to_do_next_and_that_is_what_works(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    pin = town.resident.holder.pins.card_info
    said = town.counter.cardctl(
        "--locale", "ja", "read", "name", "--purpose", "resident_code", "--case", "R8 次", pins=[pin]
    )
    assert said.returncode == 34, said.stderr
    give, repeat = [line.strip() for line in said.stderr.splitlines() if line.strip().startswith("cardctl ")]
    number = give.removeprefix("cardctl approvals give ")
    assert repeat.endswith(f"--purpose resident_code --case 'R8 次' --approval {number}")
    town.badge("kato", SECOND_SLOT)
    listed = town.counter.cardctl("--locale", "ja", "approvals", "list")
    line = next(line for line in listed.stdout.splitlines() if number in line)
    assert "承認待ち" in line
    assert "住民票コードの変更請求・開示 (resident_code)" in line
    command = ["python", "-m", "cardd.cli", "--locale", "ja", *give.split()[1:]]
    with Terminal(command, town.counter.environment, Path.cwd()) as terminal:
        terminal.wait_for("承認しますか [はい/いいえ]")
        for told in ("操作", "カードの読み取り", "依頼した職員", "sato", "R8 次", "氏名", "マイナンバーカード"):
            assert told in terminal.screen
        terminal.type("はい\n")
        terminal.wait_for("職員カードの暗証番号")
        assert terminal.screen.count("カードの読み取り") == 1, "what was looked at is not shown twice"
        assert not terminal.echoes
        terminal.type(f"{town.people['kato'].pin}\n")
        assert terminal.ends() == 0, terminal.screen
    assert "kato が" in terminal.screen
    done = town.counter.cardctl(
        "read", "name", "--purpose", "resident_code", "--case", "R8 次", "--approval", number, pins=[pin]
    )
    assert done.returncode == 0, done.stderr
    take_out(town.counter, SECOND_SLOT)


@pytest.mark.proves("S9")
@pytest.mark.parametrize("answer", ["いいえ", "", "y", "承認"])
def test_nobody_agrees_by_anything_but_a_yes(town: Town, answer: str) -> None:
    take_out(town.counter, SECOND_SLOT)
    if not town.counter.call("session.status")["logged_in"]:
        town.log_in("sato")
    number = asked(town, case="R8-no")
    command = ["python", "-m", "cardd.cli", "--locale", "ja", "approvals", "give", number]
    with Terminal(command, town.counter.environment, Path.cwd()) as terminal:
        terminal.wait_for("承認しますか")
        terminal.type(f"{answer}\n")
        assert terminal.ends() == 3, terminal.screen
    assert town.waiting(number)["state"] == "asked"


@pytest.mark.proves("S9")
def test_a_program_agrees_to_what_it_says_it_has_looked_at(town: Town) -> None:
    take_out(town.counter, SECOND_SLOT)
    town.log_in("sato")
    number = asked(town, case="R8-program")
    town.badge("kato", SECOND_SLOT)
    give = ("--json", "approvals", "give", number)
    pins = [town.people["kato"].pin]
    assert town.counter.cardctl(*give, pins=pins).returncode == 64, "no terminal, and no --yes"
    assert town.counter.cardctl(*give, "--yes", pins=pins).returncode == 64, "what of?"
    shown = town.waiting(number)["content_hash"]
    done = town.counter.cardctl(*give, "--yes", "--content-hash", shown, pins=pins)
    assert done.returncode == 0, done.stdout
    take_out(town.counter, SECOND_SLOT)


# --- other offices ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("S9", "fault 76", "fault 103")
def test_the_second_person_agrees_at_another_seat_where_they_work() -> None:
    with open_town(TWO_SEATS, three_readers, home="left") as town:
        town.log_in("sato", seat="left")
        town.log_in("kato", seat="right", slot=SECOND_SLOT)
        number = str(
            failing("approval.required", lambda: town.call("card.read", **ask(town), seat="left")).data["approval"]
        )
        # Here, where nobody else is refused: like refusals of a minute are on record as a total (fault 150).
        give = ("--seat", "right", "--json", "approvals", "give", number, "--yes", "--content-hash", "0" * 64)
        wrong = town.counter.cardctl(*give, pins=[town.people["kato"].pin])
        assert (wrong.returncode, '"other_content"' in wrong.stdout) == (34, True), wrong.stdout
        assert town.give(number, "kato", seat="right")["approver"] == "kato"
        pin = town.resident.holder.pins.card_info
        assert town.call("card.read", pin, **ask(town), approval=number, seat="left")["items"]
        error = failing("card.wrong_reader", lambda: town.call("card.read", **ask(town), seat="right"))
        assert error.data["problem"] == "other_seat"
        (record,) = [each for each in town.outcomes("approval.give") if each["result"] == "done"]
        assert (record["seat"], record["subject"]) == ("right", "sato")


def ask(town: Town) -> dict[str, Any]:
    return {"card": town.handle, "items": ["name"], "purpose": "resident_code", "case": "R8-0042"}


@pytest.mark.proves("S6", "S9", "fault 97")
def test_time_runs_out_for_giving_for_using_and_for_the_pin() -> None:
    """Ten seconds each here, which is the shortest that can be set."""
    with open_town(IN_A_HURRY, three_readers) as town:
        town.badge("kato", SECOND_SLOT)  # before the time runs that there is for giving
        town.log_in("sato")
        late, given = asked(town, case="R8-late"), asked(town, case="R8-given")
        town.give(given, "kato")
        shown = town.waiting(late)["content_hash"]
        begun = time.monotonic()
        until(lambda: time.monotonic() > begun + 10.2, READY_SECONDS)
        give = {"approval": late, "content_hash": shown}
        error = failing("approval.invalid", lambda: town.call("approval.give", town.people["kato"].pin, **give))
        assert error.data["problem"] == "expired"
        assert failing("session.pin_required", lambda: town.read(case="R8-given", approval=given)).data["limit"] == 10
        the_unlock_is_offered_at_a_terminal_and_nowhere_else(town)
        error = failing("approval.invalid", lambda: town.read(case="R8-given", approval=given))
        assert error.data["problem"] == "expired"
        _no_personal_data(town)


@pytest.mark.proves("S9", "fault 97")
def test_a_restart_of_the_daemon_ends_no_approval() -> None:
    with open_town(ROOMY, three_readers) as town:
        town.log_in("sato")
        given = asked(town, case="R8-given")
        town.badge("kato", SECOND_SLOT)
        town.give(given, "kato")
        town.restart()
        town.call("session.login", town.people["sato"].pin, badge=town.handle_in(BADGE_SLOT))
        assert town.read(case="R8-given", approval=given)["items"]
        _no_personal_data(town)


def the_unlock_is_offered_at_a_terminal_and_nowhere_else(town: Town) -> None:
    """What a program asked for fails as it is; a person types the badge's PIN and the same command goes on."""
    read = ["--locale", "ja", "read", "name", "--purpose", "resident_code", "--case", "R8-unlock"]
    said = town.counter.cardctl("--json", *read, pins=[town.people["sato"].pin])
    assert (said.returncode, '"session.pin_required"' in said.stdout) == (30, True)
    with Terminal(["python", "-m", "cardd.cli", *read], town.counter.environment, Path.cwd()) as terminal:
        terminal.wait_for("職員カードの暗証番号（数字6〜8桁）")
        assert "続けるには" in terminal.screen
        terminal.type(f"{town.people['sato'].pin}\n")
        assert terminal.ends() == 34, "and now a second person is all that is missing"
    assert "--case R8-unlock --approval a-" in terminal.screen


def _no_personal_data(town: Town) -> None:
    """What waits for a second person holds the case number and words of ours, nothing of the resident."""
    with town.state() as database:
        dumped = "\n".join(database.iterdump())
    assert "R8-given" in dumped
    assert town.resident.holder.name not in dumped
