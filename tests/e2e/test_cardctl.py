"""cardctl against a running daemon: every command as JSON that fits its schema, typed PINs, and every way to end."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from applets_spec.holder import Holder
from cardd.wire.catalogue import METHODS
from cardd.wire.faults import ErrorData
from cardd.wire.methods.events_subscribe import Changed, Result
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, counter
from tests.fixtures.terminal import Terminal, shows

__all__ = ["counter"]
RESULTS: dict[str, type[BaseModel]] = {words.name: words.result for words in METHODS}
CONTEXT = ("--purpose", "identity_check", "--case", "R8-0042")
SIGN_CONTEXT = ("--purpose", "online_signature", "--case", "R8-0042")
CHANGE_CONTEXT = ("--purpose", "certificate_issue", "--case", "R8-0042")
BADGE_PROMPT = "Badge PIN"
CARD_INFO_PROMPT = "Card information PIN"


def told(counter: Counter, method: str, *arguments: str, pins: Sequence[str] = ()) -> dict[str, Any]:
    """One command with --json: its result, after the model of the method has accepted it."""
    done = counter.cardctl("--json", *arguments, pins=pins)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    RESULTS[method].model_validate_json(line)
    result: dict[str, Any] = json.loads(line)
    return result


def refused(counter: Counter, *arguments: str, pins: Sequence[str] = ()) -> tuple[int, dict[str, Any]]:
    """One command with --json that must fail: exit status and error."""
    done = counter.cardctl("--json", *arguments, pins=pins)
    (line,) = done.stdout.splitlines()
    error: dict[str, Any] = json.loads(line)["error"]
    assert done.returncode == error["exit_code"] != 0
    return done.returncode, error


def typed(counter: Counter, *arguments: str) -> Terminal:
    """One command on a terminal."""
    return Terminal([sys.executable, "-m", "cardd.cli", *arguments], counter.environment, counter.folder)


@pytest.fixture
def served(counter: Counter) -> Counter:
    """Badge and resident's card are in, the operator is logged in."""
    sato = counter.office.people[0]
    counter.log_in(sato)
    counter.insert(counter.office.resident().card, RESIDENT_SLOT, kind="my_number")
    return counter


@pytest.mark.proves("I1", "S1", "S8")
def test_a_whole_day_as_json(counter: Counter) -> None:
    sato, resident = counter.office.people[0], counter.office.resident()
    pins, folder = resident.holder.pins, counter.folder
    document = folder / "application.xml"
    document.write_text("<申請>転入届</申請>", encoding="utf-8")
    with Following(counter) as changes:
        counter.insert(sato.badge, BADGE_SLOT, kind="badge")
        counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
        assert len(told(counter, "readers.list", "readers")["readers"]) == 2
        assert {row["kind"] for row in told(counter, "cards.list", "cards")["cards"]} == {"badge", "my_number"}
        assert told(counter, "session.login", "login", pins=[sato.pin])["operator"]["name"] == "佐藤 花子"
        assert told(counter, "session.status", "status")["logged_in"]
        read = told(counter, "card.read", "read", *CONTEXT, "name", "address", pins=[pins.card_info])
        assert [field["text"] for field in read["items"]] == [resident.holder.name, resident.holder.address]
        told(counter, "card.certificate", "certificate", *SIGN_CONTEXT, "--out", str(folder / "a.der"))
        told(counter, "card.token_info", "token-info", *CONTEXT)
        states = told(counter, "card.pin_status", "pin", "status", *CONTEXT)["pins"]
        assert {state["state"] for state in states} == {"ready"}
        change = ("pin", "change", *CHANGE_CONTEXT, "card_info")
        assert told(counter, "card.change_pin", *change, pins=[pins.card_info, "2468", "2468"])["changed"]
        told(counter, "card.read", "read", *CONTEXT, "sex", pins=["2468"])
        sign = ("sign", *SIGN_CONTEXT, "--key", "authentication", "--format", "pkcs1v15", str(document))
        signed = told(counter, "sign.digest", *sign, pins=[pins.authentication])
        told(counter, "queue.show", "queue")
        told(counter, "whoami", "whoami")
        assert told(counter, "health", "health")["mode"] == "test"
        told(counter, "errors.list", "errors")
        told(counter, "rpc.discover", "discover")
        told(counter, "session.logout", "logout")
        lines = changes(until="ended")
    assert openssl_verifies(folder, document)
    assert signed["receipt"]["sequence"] in {record["seq"] for record in counter.records()}
    assert [line["change"] for line in lines if line["topic"] == "session"] == ["started", "ended"]
    assert {"inserted", "identified"} <= {line["change"] for line in lines if line["topic"] == "card"}


class Following:
    """`cardctl --json events` beside everything else. Called, it gives the changes up to one named `until`, each checked."""

    def __init__(self, counter: Counter) -> None:
        # A shell that started the tests in the background has them, and their children, ignore Ctrl-C.
        self._command = ["env", "--default-signal=INT", sys.executable, "-m", "cardd.cli", "--json", "events"]
        self._environment = counter.environment

    def __enter__(self) -> "Following":
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self._lines = self._process.stdout
        self.snapshot = Result.model_validate_json(self._lines.readline())
        return self

    def __call__(self, until: str) -> list[dict[str, Any]]:
        changes, before = [], self.snapshot.number
        for line in self._lines:
            change = Changed.model_validate_json(line)
            assert change.after == before, "a change is missing"
            before = change.number
            changes.append(json.loads(line))
            if change.change == until and change.topic == "session":
                return changes
        raise AssertionError("the events ended")

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(60) == 0, "Ctrl-C is the way to end it"
        self._lines.close()


def openssl_verifies(folder: Path, document: Path) -> bool:
    """Whether OpenSSL accepts the signature beside the document with the certificate that was written."""
    certificate = ["openssl", "x509", "-inform", "DER", "-in", "a.der", "-pubkey", "-noout", "-out", "a.pub"]
    subprocess.run(certificate, cwd=folder, check=True)
    verify = ["openssl", "dgst", "-sha256", "-verify", "a.pub", "-signature", f"{document.name}.sig", document.name]
    return (
        subprocess.run(verify, cwd=folder, check=True, capture_output=True, text=True).stdout.strip() == "Verified OK"
    )


@pytest.mark.proves("P4", "P6")
def test_a_typed_pin_is_never_on_the_screen(counter: Counter) -> None:
    sato = counter.office.people[0]
    counter.insert(sato.badge, BADGE_SLOT, kind="badge")
    with typed(counter, "login") as terminal:
        terminal.wait_for(BADGE_PROMPT)
        assert not terminal.echoes, "echo must be off before the question stands there"
        terminal.type(f"{sato.pin}\n")
        assert terminal.ends() == 0
        assert terminal.echoes
        assert "佐藤 花子" in terminal.screen
        assert not shows(terminal.screen, sato.pin)


@pytest.mark.proves("P4")
def test_ctrl_c_at_the_question_cancels_and_gives_the_terminal_back(counter: Counter) -> None:
    sato = counter.office.people[0]
    badge = counter.insert(sato.badge, BADGE_SLOT, kind="badge")
    with typed(counter, "login") as terminal:
        terminal.wait_for(BADGE_PROMPT)
        terminal.type(sato.pin[:3])
        terminal.interrupt()
        assert terminal.ends() == 3
        assert terminal.echoes
        assert "pin.cancelled" in terminal.screen
        assert "Traceback" not in terminal.screen
    assert counter.call("session.login", sato.pin, badge=badge)["operator"]["id"] == "sato"


@pytest.mark.proves("P4")
def test_what_was_typed_ahead_is_no_pin(counter: Counter) -> None:
    sato = counter.office.people[0]
    counter.insert(sato.badge, BADGE_SLOT, kind="badge")
    with typed(counter, "login") as terminal:
        terminal.type("999999\n")
        terminal.wait_for(BADGE_PROMPT)
        terminal.type(f"{sato.pin}\n")
        assert terminal.ends() == 0


def test_a_changed_pin_is_asked_for_three_times(served: Counter) -> None:
    with typed(served, "pin", "change", *CHANGE_CONTEXT, "card_info") as terminal:
        for prompt, pin in ((CARD_INFO_PROMPT, "5678"), (f"New: {CARD_INFO_PROMPT}", "1357"), ("once more", "1357")):
            terminal.wait_for(prompt)
            terminal.type(f"{pin}\n")
        assert terminal.ends() == 0
        assert not shows(terminal.screen, "1357")


def test_without_a_terminal_nothing_is_asked_and_no_try_is_used(counter: Counter) -> None:
    counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
    done = counter.cardctl("login")
    assert done.returncode == 3
    assert "--pin-fd" in done.stderr
    assert "pin.cancelled" in done.stderr


@pytest.mark.proves("S8")
@pytest.mark.parametrize(
    ("locale", "reason"),
    [
        pytest.param("en", "only under a purpose that rests on the number law", id="en"),
        pytest.param("ja", "番号法に基づく利用目的でなければ読み取れません", id="ja"),
    ],
)
def test_a_refusal_says_why_in_the_persons_language(served: Counter, locale: str, reason: str) -> None:
    done = served.cardctl("--locale", locale, "read", *CONTEXT, "my_number")
    assert done.returncode == 31
    assert done.stdout == ""
    assert reason in done.stderr


def test_an_error_as_json_has_the_facts_of_the_answer(served: Counter) -> None:
    code, error = refused(served, "read", *CONTEXT, "name", pins=["0000"])
    assert code == 20
    assert ErrorData.model_validate({**error}).pin is not None
    assert error["name"] == "pin.rejected"
    assert error["pin"] == {"outcome": "spent", "tries_left": 2}


def test_json_may_stand_behind_the_command(counter: Counter) -> None:
    done = counter.cardctl("cards", "--json")
    RESULTS["cards.list"].model_validate_json(done.stdout)


WRONG_USES = (
    pytest.param(("reed",), id="no-such-command"),
    pytest.param(("read", "name"), id="no-purpose"),
    pytest.param(("read", *CONTEXT, "shoe_size"), id="no-such-item"),
    pytest.param(("read", *CONTEXT, "age_over"), id="age-missing"),
    pytest.param(("sign", *SIGN_CONTEXT), id="nothing-to-sign"),
    pytest.param(("sign", *SIGN_CONTEXT, "--digest", "xyz"), id="digest-not-hex"),
    pytest.param(("sign", *SIGN_CONTEXT, "--digest", "00", "--digest", "11", "--out", "x"), id="two-digests-one-file"),
    pytest.param(("--pin-fd", "999", "cards"), id="no-such-descriptor"),
    pytest.param(("cards", "--pin", "1234"), id="a-pin-is-no-option"),
)


@pytest.mark.parametrize("arguments", WRONG_USES)
def test_wrong_use_is_64_and_json_where_asked(counter: Counter, arguments: tuple[str, ...]) -> None:
    code, error = refused(counter, *arguments)
    assert code == 64
    assert error["name"] == "usage"
    plain = counter.cardctl(*arguments)
    assert plain.returncode == 64
    assert plain.stdout == ""
    assert "Traceback" not in plain.stderr
    assert not shows(error["message"] + plain.stderr, "1234")


def test_without_a_card_it_says_so_and_asks_for_no_pin(counter: Counter) -> None:
    assert refused(counter, "read", *CONTEXT, "name", pins=["5678"])[0] == 10


def test_a_signature_that_cannot_be_kept_is_not_made(served: Counter) -> None:
    before = len(served.records())
    target = str(served.folder / "nowhere" / "x.p7s")
    code, error = refused(served, "sign", *SIGN_CONTEXT, "--digest", "00" * 32, "--out", target, pins=["ABC123"])
    assert (code, error["name"]) == (73, "output.not_written")
    assert len(served.records()) == before


def test_files_with_personal_data_are_for_their_owner_alone(served: Counter) -> None:
    number = Holder.example("long_address").verification_b
    done = served.cardctl("read", *CONTEXT, "--images", str(served.folder / "i"), "photo", pins=[number])
    assert done.returncode == 0, done.stderr
    (photo,) = (served.folder / "i").iterdir()
    assert photo.stat().st_mode & 0o777 == 0o600


def test_no_daemon_is_69_in_words_and_as_json(counter: Counter) -> None:
    counter.stop()
    code, error = refused(counter, "cards")
    assert (code, error["name"]) == (69, "daemon.unreachable")
    done = counter.cardctl("--locale", "ja", "cards")
    assert "cardd に接続できません" in done.stderr


def test_a_daemon_that_dies_in_the_middle_is_told_without_a_traceback(counter: Counter) -> None:
    counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
    with typed(counter, "login") as terminal:
        terminal.wait_for(BADGE_PROMPT)
        counter.stop(signal.SIGKILL)
        terminal.type("246813\n")
        assert terminal.ends() == 69
        assert "daemon.gone" in terminal.screen
        assert "Traceback" not in terminal.screen


def test_a_closed_pipe_ends_it_without_a_word(counter: Counter) -> None:
    command = [sys.executable, "-m", "cardd.cli", "--json", "events"]
    process = subprocess.Popen(
        command, env=counter.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with closing(process.stdout), closing(process.stderr):
        process.stdout.readline()
        process.stdout.close()
        counter.box.insert(counter.office.people[0].badge, BADGE_SLOT)  # something to write about
        assert process.wait(60) == 1
        assert process.stderr.read() == ""


def test_a_script_of_many_commands_is_served_at_the_daemons_own_pace(counter: Counter) -> None:
    counter.stop()
    counter.office.write(counter.socket, extra_config="[limits]\nrequests_per_second = 4\n")
    counter.start()
    for _ in range(4):
        assert counter.cardctl("status").returncode == 0


def test_completion_offers_commands(counter: Counter) -> None:
    done = subprocess.run(
        ["cardctl"],
        env={
            **counter.environment,
            "_CARDCTL_COMPLETE": "bash_complete",
            "COMP_WORDS": "cardctl rea",
            "COMP_CWORD": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.partition(",")[2] for line in done.stdout.splitlines()} == {"readers", "read"}


def test_a_pin_in_the_environment_or_in_an_argument_is_not_looked_at(counter: Counter) -> None:
    counter.insert(counter.office.people[0].badge, BADGE_SLOT, kind="badge")
    counter.environment = {**counter.environment, "CARDD_PIN": "246813", "CARDCTL_PIN_FD": "0", "PIN": "246813"}
    assert counter.cardctl("login").returncode == 3
