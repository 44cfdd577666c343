"""Heads leave the machine with everything real: taken out by hand as a QR code, and brought to a witness by the sender (A5)."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from cardd.audit.checkpoint import VerifierKey, parse, signed_by
from demo.office import Office
from tests.daemon.witness_house import PATIENT_S, SENDER, WitnessProcess
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import BADGE_SLOT, ROOMY, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox
from tests.fixtures.postgres import Authority
from tests.fixtures.terminal import Terminal

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
LINE = re.compile("\x1b\\[38;5;16;48;5;231m([ \u2580\u2584\u2588]+)\x1b\\[0m")
"""One line of the code on a terminal: black on white, whatever the terminal's colours are."""


def hire(office: Office) -> None:
    """Beside `sato` (supervisor)."""
    office.hire("kato", "加藤 次郎", "counter", name_on_badge="KATO JIRO")
    office.hire("suzuki", "鈴木 一郎", "administrator", name_on_badge="SUZUKI ICHIRO")


@pytest.fixture(scope="module")
def office() -> Iterator[Counter]:
    with open_counter(StandInBox, prepare=hire) as opened:
        yield opened


def picture_of(lines: list[str], file: Path) -> Path:
    """What a camera sees of a terminal: two modules a character."""
    picture = Image.new("L", (len(lines[0]), 2 * len(lines)), 255)
    for row, line in enumerate(lines):
        for column, character in enumerate(line):
            for half, dark in enumerate((character in "\u2580\u2588", character in "\u2584\u2588")):
                picture.putpixel((column, 2 * row + half), 0 if dark else 255)
    picture.resize((picture.width * 8, picture.height * 8), Image.Resampling.NEAREST).save(file)
    return file


def decoded(file: Path) -> bytes:
    """By a reader that nobody here wrote (zbar)."""
    done = subprocess.run(["zbarimg", "-q", "--raw", "-Sbinary", str(file)], capture_output=True, check=True)
    return done.stdout


def newest_head_on_disk(counter: Counter) -> bytes:
    file = max((counter.office.audit / "heads").glob("*.heads"))
    return file.read_bytes()


def person(counter: Counter, name: str) -> tuple[str, str]:
    """Put a badge in; its handle and PIN."""
    found = next(each for each in counter.office.people if each.id == name)
    handle = counter.insert(found.badge, BADGE_SLOT, kind="badge")
    return handle, found.pin


@pytest.mark.proves("A5", "fault 117")
def test_a_code_on_the_screen_is_the_head_on_the_disk(office: Counter, tmp_path: Path) -> None:
    handle, pin = person(office, "sato")
    command = [sys.executable, "-m", "cardd.cli", "--locale", "ja", "audit", "export-head", "--badge", handle]
    try:
        with Terminal(command, office.environment, tmp_path) as terminal:
            terminal.wait_for("暗証番号")
            terminal.type(f"{pin}\r")
            assert terminal.ends() == 0
            screen = terminal.screen
    finally:
        office.pull(BADGE_SLOT)
    lines = LINE.findall(screen)
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) <= 80
    head = decoded(picture_of(lines, tmp_path / "screen.png"))
    signed = parse(head)
    assert head + b"\n" in newest_head_on_disk(office)
    assert signed.head.why == "export"
    assert "この端末の外に保管" in screen
    assert f"記録 {signed.head.size} 件" in screen
    key = VerifierKey.parse((office.office.audit / "first.key").read_text())
    assert signed_by(signed, key) == 0
    records = office.records()
    (told,) = [
        each
        for each in records
        if each.get("event") == "audit.export_head" and each.get("head_size") == signed.head.size
    ]
    assert (told["operator"], told["operation"], told["head_root"]) == ("sato", "head_export", signed.head.root.hex())
    covered = [each for each in records if each["seq"] <= signed.head.size]
    (intent,) = (
        each["seq"] for each in covered if each.get("event") == "audit.export_head" and "head_size" not in each
    )
    assert any(each.get("intent") == intent for each in covered), "the head covers the proof of the badge itself"


@pytest.mark.proves("A5")
def test_files_for_the_printer_and_for_programs(office: Counter, tmp_path: Path) -> None:
    handle, pin = person(office, "suzuki")
    files = {kind: tmp_path / f"head.{kind}" for kind in ("png", "svg", "text")}
    options = [word for kind, file in files.items() for word in (f"--{kind}", str(file))]
    try:
        done = office.cardctl("audit", "export-head", "--badge", handle, *options, pins=[pin])
        again = office.cardctl("audit", "export-head", "--badge", handle, "--json", pins=[pin])
        printed = office.cardctl("--locale", "en", "audit", "export-head", "--badge", handle, pins=[pin])
        nowhere = office.cardctl("audit", "export-head", "--badge", handle, "--png", "/nowhere/x.png", pins=[pin])
    finally:
        office.pull(BADGE_SLOT)
    assert done.returncode == 0, done.stderr
    head = files["text"].read_bytes()
    assert decoded(files["png"]) == head
    assert parse(head).head.why == "export"
    assert files["svg"].read_text().startswith("<?xml")
    assert all(str(file) in done.stdout for file in files.values())
    assert again.returncode == 0
    assert '"head":"cardd/' in again.stdout
    lines = [line for line in printed.stdout.splitlines() if set(line) <= set(" \u2580\u2584\u2588")]
    assert parse(decoded(picture_of(lines, tmp_path / "paper.png"))).head.size > parse(head).head.size
    assert (nowhere.returncode, "Traceback" in nowhere.stderr) == (64, False)
    assert "/nowhere/x.png" in nowhere.stderr


@pytest.mark.proves("A5", "fault 123")
def test_a_clerk_has_no_right_to_it_and_is_not_asked_for_a_pin(office: Counter) -> None:
    handle, _ = person(office, "kato")
    before = newest_head_on_disk(office)
    try:
        error = office.fails("audit.export_head", None, badge=handle)
    finally:
        office.pull(BADGE_SLOT)
    assert (error.name, error.data["exit_code"]) == ("policy.denied", 31)
    assert b"why export" not in newest_head_on_disk(office)[len(before) :]


@contextmanager
def witnessed(folder: Path) -> Iterator[tuple[Counter, WitnessProcess, Path]]:
    """A counter whose settings name a witness that does not run yet; and the folder in which the sender leaves its answers."""
    authority, cosigned = Authority(folder), folder / "cosigned"
    witness = WitnessProcess(folder, authority, [])
    certificate, key = authority.make("window-1")
    config = (
        f'[[audit.witnesses]]\nurl = "https://localhost:{witness.port}"\nkey = "{witness.key}"\nca = "{authority.file}"\n'
        f'certificate = "{certificate}"\ncertificate_key = "{key}"\n'
    )

    def prepare(office: object) -> None:
        write = office.write  # type: ignore[attr-defined]

        def with_folder(*given: object, **more: object) -> object:
            made = write(*given, **more)
            text = office.config_file.read_text()  # type: ignore[attr-defined]
            office.config_file.write_text(  # type: ignore[attr-defined]
                text.replace("[audit]\n", f'[audit]\ncosigned_directory = "{cosigned}"\n', 1)
            )
            return made

        office.write = with_folder  # type: ignore[attr-defined]

    with open_counter(StandInBox, config=config + ROOMY, prepare=prepare) as counter:
        yield counter, witness, cosigned


def row(counter: Counter) -> tuple[str, str | None]:
    found = next(each for each in counter.call("health")["checks"] if each["name"] == "witness")
    return found["state"], found["problem"]


@pytest.mark.proves("A5", "A4")
def test_daemon_sender_and_witness_together(tmp_path: Path) -> None:
    """The witness is not there, comes, signs; the daemon notices, on record and in `health`; nobody configured the two to know more."""
    with witnessed(tmp_path) as (counter, witness, cosigned):
        counter.log_in(counter.office.people[0])
        sender = subprocess.Popen([*SENDER, "--config", str(counter.office.config_file)], stderr=subprocess.DEVNULL)
        try:
            until(lambda: any(cosigned.glob("*/*.json")), PATIENT_S)
            until(lambda: row(counter) == ("warning", "unreachable"), PATIENT_S)
            first = (counter.office.audit / "first.key").read_text().strip()
            text = witness.settings.read_text()
            witness.settings.write_text(f'{text}[[logs]]\nname = "窓口"\nkey = "{first}"\n', encoding="utf-8")
            assert tomllib.loads(witness.settings.read_text())["logs"][0]["key"] == first
            assert witness.start()
            try:
                until(lambda: row(counter) == ("good", None), PATIENT_S)
                until(lambda: any(each.get("event") == "head.witnessed" for each in counter.records()), PATIENT_S)
            finally:
                witness.end()
        finally:
            sender.terminate()
            assert sender.wait(PATIENT_S) == 0
        (told,) = [each for each in counter.records() if each.get("event") == "head.witnessed"]
        assert told["witness"] == "witness.example"
        notes = sorted(cosigned.rglob("*.head"))
        assert [signed_by(parse(note.read_bytes()), witness.key) is not None for note in notes] == [True] * len(notes)
        assert told["head_size"] <= parse(notes[-1].read_bytes()).head.size
        verifier = Path(__file__).parents[2] / "cardd" / "audit" / "verifier.py"
        kept = ["--anchor", str(notes[0].parent), "--witness", str(witness.key), "--key", first]
        checked = subprocess.run(
            [sys.executable, str(verifier), str(counter.office.audit), *kept],
            capture_output=True,
            text=True,
            check=False,
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
        alarms = [each for each in counter.records() if str(each.get("event")).startswith("alarm.witness")]
        assert alarms == []


@pytest.mark.proves("fault 118")
def test_a_head_that_somebody_else_signed_is_an_alarm_and_no_more(tmp_path: Path) -> None:
    with witnessed(tmp_path) as (counter, witness, cosigned):
        liar = WitnessProcess(tmp_path, Authority(tmp_path, "liar-ca"), [], "liar")
        first = VerifierKey.parse((counter.office.audit / "first.key").read_text())
        folder = cosigned / first.name.split("/")[1] / witness.key.key_id.hex()
        folder.mkdir(parents=True)
        note = newest_head_on_disk(counter).split(b"\n\n")
        signed = note[-3] + b"\n\n" + note[-2] + b"\n"
        line = str(liar.key).encode()
        (folder / f"{first.name.split('/')[2]}.head").write_bytes(signed + b"\xe2\x80\x94 x " + line[-20:] + b"\n")
        with counter.client() as listener:
            listener.events(topics=["alarm"])
            until(lambda: row(counter)[0] == "bad", PATIENT_S)
        assert row(counter) == ("bad", "form")
        until(
            lambda: (
                [each["problem"] for each in counter.records() if each.get("event") == "alarm.witness_answer"]
                == ["form"]
            ),
            PATIENT_S,
        )
        counter.log_in(counter.office.people[0])
