"""`cardctl setup`: from a bare machine and two blank badges to an office that works, whatever happens in between."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter as Counted
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from applets_spec.card import VirtualCard
from applets_spec.fault_script import Fault, Kind
from applets_spec.faults import FaultyCard
from applets_spec.piv.personalise import make_blank_badge
from applets_spec.piv.quirks import PivQuirks
from tests.e2e.badge_house import badge_of, issued
from tests.e2e.setup_house import PASSPHRASE, PINS, Ended, Event, Machine, bare_machine, tries
from tests.fixtures.softhsm import LABEL, SoftHsm
from tests.fixtures.terminal import Terminal, shows

BOUNDARIES = [
    "settings", "folders", "log_key", "policy", "ca", "pseudonym_key", "master_key", "badge", "badge", "register",
    "signature", "signature", "in_place",
]  # fmt: skip
BOUNDARIES_REACHED = [(what, BOUNDARIES[: place + 1].count(what)) for place, what in enumerate(BOUNDARIES[:-2])] + [
    ("signature", 1),
    ("in_place", 1),
]
"""Each boundary, and the how-manieth of its name it is in a run. Of two signatures the second is the only one of its run."""
INTENT, RESULT = 1, 2
NEW_PIN = "471108"


@pytest.fixture
def machine() -> Iterator[Machine]:
    with bare_machine() as made:
        yield made


def when_made(what: str) -> Callable[[Event], bool]:
    """At the first of these that this run makes."""
    return lambda event: (event["event"], event.get("what")) == ("done", what)


def openssl_verifies(folder: Path, content: Path) -> subprocess.CompletedProcess[bytes]:
    """`content` with the signatures that lie in `folder`, against its CA."""
    return subprocess.run(
        ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any",
         "-in", f"{folder / content.name}.p7s", "-content", str(content),
         "-CAfile", str(folder / "operator-ca.pem"), "-out", os.devnull],
        capture_output=True, check=False,
    )  # fmt: skip


@contextmanager
def running(machine: Machine) -> Iterator[None]:
    """The real daemon runs on what was made."""
    machine.empty()
    machine.daemon.start()
    try:
        yield
    finally:
        assert machine.daemon.stop() == 0


def both_log_in(machine: Machine) -> None:
    """The daemon lets both administrators in."""
    for who in PINS:
        operator = machine.log_in(who)["operator"]
        assert (operator["id"], operator["role"]) == (who, "administrator")


# --- one office, set up once and then looked at ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def office() -> Iterator[tuple[Machine, Ended]]:
    with bare_machine() as made:
        yield made, made.run()


@pytest.mark.proves("S9", "S12", "A1")
def test_from_bare_machine_to_working_office(office: tuple[Machine, Ended]) -> None:
    machine, ended = office
    assert ended.code == 0, ended.said
    assert ended.made == [*BOUNDARIES, "check"]
    events = [record["event"] for record in machine.records() if "event" in record]
    wanted = [
        "setup.begun",
        "setup.ca_made",
        "setup.badge",
        "setup.badge",
        "setup.sign",
        "setup.sign",
        "setup.signed",
    ]
    assert [event for event in events if event in wanted] == wanted
    for file in machine.folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            assert PASSPHRASE.encode() not in content, file
            assert not any(shows(content, pin) for pin in PINS.values()), file


def test_openssl_verifies_both_files_and_no_changed_one(office: tuple[Machine, Ended], tmp_path: Path) -> None:
    folder = office[0].config.parent
    for name in ("policy.toml", "register.toml"):
        judged = openssl_verifies(folder, folder / name)
        assert judged.returncode == 0, judged.stderr
        changed = tmp_path / name
        changed.write_bytes((folder / name).read_bytes() + b"\n")
        assert openssl_verifies(folder, changed).returncode != 0


@pytest.mark.proves("S9", "H6")
def test_production_finds_nothing_left_to_do_by_hand(office: tuple[Machine, Ended]) -> None:
    machine, _ = office
    production = machine.config.with_name("production.toml")
    production.write_text(machine.config.read_text().replace('mode = "test"', 'mode = "production"'))
    checked = machine.check_config(production)
    assert (checked.returncode, checked.stderr) == (0, "")
    production.write_text(production.read_text().replace("/register.toml", "/operator-ca.pem"))
    assert machine.check_config(production).returncode == 78


def test_the_second_run_has_nothing_to_do(office: tuple[Machine, Ended]) -> None:
    machine, _ = office
    files = {path: path.read_bytes() for path in machine.folder.rglob("*.toml*")}
    again = machine.run()
    assert (again.code, again.of("secret"), again.of("wait")) == (0, [], [])
    assert again.of("nothing_to_do")
    assert {path: path.read_bytes() for path in machine.folder.rglob("*.toml*")} == files


# --- what happens on the way -------------------------------------------------------------------------------------------


def test_one_reader_is_enough_and_nobody_comes_more_than_twice() -> None:
    """And the daemon that starts with it holds the set-up off, and what it had in force is never made anew."""
    with bare_machine(readers=1) as machine:
        ended = machine.run()
        assert ended.code == 0, ended.said
        assert machine.insertions == ["suzuki", "ito", "suzuki"]
        register, kept = (folder / "register.toml" for folder in (machine.config.parent, machine.state / "office"))
        with running(machine):
            both_log_in(machine)
            for path in (register, kept):
                path.rename(path.with_suffix(".away"))
            assert machine.run().why == "daemon_runs"
        assert machine.run().why == "was_set_up"


@pytest.mark.timeout(120)
@pytest.mark.proves("S12", "A3")
def test_killed_at_each_boundary_it_goes_on(machine: Machine) -> None:
    """One office, killed thirteen times: what was done is never done or asked for again."""
    runs = []
    for boundary, times in BOUNDARIES_REACHED:
        left = [times]

        def reached(event: Event, what: str = boundary, left: list[int] = left) -> bool:
            left[0] -= event["event"] in ("done", "skipped") and event["what"] == what
            return left[0] == 0

        runs.append(machine.run(reached))
        # Whoever is killed late has done more: at worst all of it, before the last boundary.
        assert runs[-1].code == -9 or boundary == "in_place", (boundary, runs[-1].said)
    runs.append(machine.run())
    assert runs[-1].code == 0, runs[-1].said
    made = Counted(what for run in runs for what in run.made)
    assert all(made[what] <= BOUNDARIES.count(what) for what in BOUNDARIES), made
    asked = Counted(event["which"] for run in runs for event in run.of("secret"))
    assert (asked["ask.new_passphrase"], asked["ask.new_pin"], asked["ask.pin_to_sign"]) == (1, 2, 2)
    assert machine.insertions == ["suzuki", "ito"]
    for card in machine.blank.values():
        assert (tries(card), tries(card, "piv.puk")) == (3, 3)
    records = machine.records()
    closed = {record["intent"] for record in records if record["phase"] == RESULT}
    assert not [record for record in records if record["phase"] == INTENT and record["seq"] not in closed]
    with running(machine):
        both_log_in(machine)


@pytest.mark.proves("C4", "S12")
def test_a_badge_that_is_pulled_again_and_again(machine: Machine) -> None:
    """Each time it stays in for eleven commands more: no PUK and no PIN comes near its end, and it works at last."""
    pulled = FaultyCard(machine.blank["suzuki"], [])
    machine.badges["suzuki"] = pulled
    stays = iter(range(9, 400, 11))
    put_in = machine.put_in

    def put_in_for_a_while(who: str, card: object = None) -> None:
        if who == "suzuki":
            pulled.inserted()
            pulled.follow([Fault(Kind.DROP_MID_COMMAND, at=next(stays))])
        put_in(who)

    machine.put_in = put_in_for_a_while  # type: ignore[method-assign, assignment]
    ended = machine.run()
    assert ended.code == 0, ended.said
    assert len(ended.of("gone")) > 5
    assert [event["which"] for event in ended.of("secret")].count("ask.new_pin") == 2
    for which in ("piv.pin", "piv.puk"):
        assert tries(machine.blank["suzuki"], which) == 3
    pulled.follow([])
    with running(machine):
        both_log_in(machine)


@pytest.mark.proves("P3")
def test_a_wrong_pin_is_asked_for_again_and_the_last_try_is_nobodys(machine: Machine) -> None:
    wrong = iter(["111222", "333444"])
    shown: list[str] = []

    def typed(event: Event) -> str | None:
        if event["which"] == "ask.pin_to_sign" and event["name"] == "鈴木 次郎":
            shown.append(event["n"])
            return next(wrong, None)
        return None

    machine.typed = typed
    ended = machine.run(lambda event: event["event"] == "signed" and event["of"] == "ito")
    assert shown == ["3", "2"]
    assert tries(machine.blank["suzuki"]) == 1, "nobody asked for the last try"
    assert ended.code == -9
    assert [record for record in machine.records() if record.get("code") == "pin.rejected"]


def test_what_a_person_may_not_choose_is_asked_for_again(machine: Machine) -> None:
    chosen = iter(["123456", "777777", "12", "805173", "805174", "805173", "805173"])

    def typed(event: Event) -> str | None:
        mine = event["which"].startswith("ask.new_pin") and event["name"] == "鈴木 次郎"
        return next(chosen) if mine else None

    machine.typed = typed
    ended = machine.run(when_made("badge"))
    assert next(chosen, None) is None
    for sentence in ("factory's PIN", "Not all digits", "6 to 8 digits", "not the same"):
        assert sentence in ended.said


def test_a_short_passphrase_makes_no_key(machine: Machine) -> None:
    typed = iter(["elevenchars", PASSPHRASE, PASSPHRASE])
    machine.typed = lambda event: next(typed) if "passphrase" in event["which"] else None
    ended = machine.run(when_made("ca"))
    assert "at least 12" in ended.said
    assert next(typed, None) is None


@pytest.mark.proves("S12")
def test_a_badge_that_is_somebodys_is_left_as_it_is(machine: Machine) -> None:
    others = badge_of(issued(-30))
    before = others.to_state()
    machine.box.insert(others, 0)
    machine.inside[0] = "somebody"
    ended = machine.run(when_made("badge"))
    assert ended.made[-1] == "badge"
    assert ended.of("not_this_badge")[0]["why"] == "badge.of"
    assert "TESTER 70" in ended.said
    assert others.to_state() == before


def test_a_badge_whose_pin_was_tried_will_not_do(machine: Machine) -> None:
    used = make_blank_badge(number=7)
    used.references()["piv.pin"].verify(b"wrong")
    machine.box.insert(used, 0)
    machine.inside[0] = "nobody"
    ended = machine.run(when_made("badge"))
    assert ended.made[-1] == "badge"
    assert "pin_not_factory" in ended.said
    assert tries(used) == 2


def test_a_badge_that_can_gets_a_management_key_of_its_own(machine: Machine) -> None:
    machine.badges["suzuki"] = make_blank_badge(number=8, quirks=PivQuirks(set_management_key=True))
    ended = machine.run(lambda event: event["event"] == "wait" and event["of"] == "ito")
    assert "badge of 鈴木 次郎" in ended.said
    assert "keeps the factory's" not in ended.said


def test_another_blank_badge_does_not_take_the_place_of_the_one_that_was_begun(machine: Machine) -> None:
    begun, other = FaultyCard(machine.blank["suzuki"], [Fault(Kind.DROP, at=60)]), make_blank_badge(number=9)
    before = other.to_state()
    order: Iterator[VirtualCard] = iter([begun, other, machine.blank["suzuki"]])
    put_in = machine.put_in
    machine.put_in = lambda who, card=None: put_in(who, next(order) if who == "suzuki" else card)  # type: ignore[method-assign]
    ended = machine.run(when_made("badge"))
    assert [event["why"] for event in ended.of("not_this_badge")] == ["badge.begun_other"]
    assert other.to_state() == before
    assert next(order, None) is None


def test_the_ca_may_live_in_a_token(machine: Machine) -> None:
    token = SoftHsm(machine.folder)
    token.make_token()
    machine.environment["SOFTHSM2_CONF"] = str(token.configuration)
    place = ("--pkcs11-module", str(token.module), "--token", LABEL, "--key-label", "operator-ca")
    begun = machine.run(when_made("ca"), *place)
    assert begun.made[-1] == "ca", begun.said
    ended = machine.run(when_made("signature"), *place)
    assert ended.made.count("badge") == 2, ended.said
    assert not (machine.state / "ca" / "operator-ca.key").exists()


def test_a_ca_certificate_with_another_key_stops_it(machine: Machine) -> None:
    machine.run(when_made("ca"))
    with bare_machine() as other:
        other.run(when_made("ca"))
        key = Path("ca") / "operator-ca.key"
        (machine.state / key).write_bytes((other.state / key).read_bytes())
    ended = machine.run()
    assert (ended.code, ended.why) == (1, "ca_unusable")
    assert "not the one of this certificate" in ended.said
    assert machine.insertions == []


def test_a_person_at_the_terminal(machine: Machine) -> None:
    """In Japanese, with everything asked, a PIN forgotten and set anew; no secret stands on the screen."""
    for who in PINS:
        machine.put_in(who)
    environment = {**machine.environment, "LC_ALL": "ja_JP.UTF-8", "PYTHONUTF8": "1"}
    program = ["cardctl", "--locale", "ja", *machine.command]
    with Terminal(program, environment, machine.folder) as terminal:
        answers = [
            ("合っていますか", "はい"), ("動作モード", "prod"), ("production か test", ""), ("動作モード", "test"),
            ("端末の名前", "madoguchi-1"), ("ユーザー", "root"), ("役所の名前", "見本町"), ("認証局の名前", ""),
            ("合言葉（12", PASSPHRASE), ("もう一度、合言葉", PASSPHRASE),
            ("1人目の管理者の職員番号", "suzuki"), ("1人目の管理者の氏名", "鈴木 次郎"),
            ("鈴木 次郎 さん: 新しい", PINS["suzuki"]), ("鈴木 次郎 さん: もう一度", PINS["suzuki"]),
            ("2人目の管理者の職員番号", "suzuki"), ("別の人", ""), ("2人目の管理者の職員番号", "ito"),
            ("2人目の管理者の氏名", "伊藤 三郎"),
            ("伊藤 三郎 さん: 新しい", PINS["ito"]), ("伊藤 三郎 さん: もう一度", PINS["ito"]),
            ("鈴木 次郎 さん: 署名", "111222"), ("残り 2 回", ""),
            ("鈴木 次郎 さん: 署名", "333444"), ("残り 1 回", ""), ("新しい暗証番号を決めますか", "はい"),
            ("鈴木 次郎 さん: 新しい", NEW_PIN), ("鈴木 次郎 さん: もう一度", NEW_PIN),
            ("鈴木 次郎 さん: 署名の暗証番号（残り 3 回）", NEW_PIN), ("伊藤 三郎 さん: 署名", PINS["ito"]),
        ]  # fmt: skip
        seen = ""
        for question, answer in answers:
            if question == "合っていますか" and Path("/run/systemd/timesync/synchronized").exists():
                continue
            terminal.wait_for(question)
            seen += terminal.screen
            terminal.screen = terminal.screen.partition(question)[2]
            if answer or question == "認証局の名前":
                terminal.type(f"{answer}\n")
        assert terminal.ends() == 0, terminal.screen
        assert PASSPHRASE not in seen + terminal.screen
        assert not any(shows(seen + terminal.screen, pin) for pin in (NEW_PIN, *PINS.values()))
        assert re.search("systemctl enable --now", terminal.screen)
