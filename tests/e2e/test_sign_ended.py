"""cardctl sign is ended from outside, may not write, or has no room: nothing half-written, no PIN for nothing, and clear words."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence

import pytest

from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running
from tests.fixtures.counter import RESIDENT_SLOT, Counter, open_counter
from tests.fixtures.made_pdf import plain
from tests.fixtures.pcscd import StandInBox
from tests.fixtures.terminal import Terminal

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
USE = ("--purpose", "online_signature", "--case", "R8-0042")
AGREE, PROMPT = "[yes/no]: ", "Signature PIN"
PDF, XML, TEXT = "documents/転入届.pdf", "documents/申請.xml", "documents/本文.txt"
LARGE = 200_000
"""Bytes of the text: more than the room that `CRAMPED` leaves."""
CRAMPED = ("sh", "-c", 'ulimit -f 128; exec "$@"', "sh")
"""No file of more than 128 blocks of 512 or 1,024 bytes (POSIX and bash count differently): the disk is full behind them."""
WAYS = (("pades", PDF), ("xades", XML), ("cades", TEXT), ("jws", TEXT))
UNTRUSTED = ("setpriv", "--bounding-set", "-dac_override", "--") if os.geteuid() == 0 else ()
"""Without the right of root to write anywhere (capabilities(7))."""


@pytest.fixture(autouse=True)
def hears_a_hang_up() -> Iterator[None]:
    """Whoever runs the tests under nohup hands on that SIGHUP is ignored, and cardctl keeps to that as programs do."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture(scope="module")
def desk() -> Iterator[Counter]:
    """An operator is logged in, a resident's card is in."""
    with open_counter(StandInBox) as counter:
        counter.log_in(counter.office.people[0])
        counter.insert(counter.office.resident().card, RESIDENT_SLOT, kind="my_number")
        yield counter


@pytest.fixture
def served(desk: Counter) -> Iterator[Counter]:
    """And there are documents."""
    folder = desk.folder / "documents"
    folder.mkdir()
    (desk.folder / PDF).write_bytes(plain(2))
    (desk.folder / XML).write_text('<申請書 xmlns="urn:example:mihon"><氏名>見本</氏名></申請書>', encoding="utf-8")
    (desk.folder / TEXT).write_bytes(b"a" * LARGE)
    yield desk
    folder.chmod(0o700)
    shutil.rmtree(folder)


def standing(served: Counter) -> dict[str, bytes]:
    """Every file in the folder of the documents."""
    return {each.name: each.read_bytes() for each in (served.folder / "documents").iterdir()}


def signs(served: Counter, *arguments: str, before: Sequence[str] = ()) -> Terminal:
    command = [*before, sys.executable, "-m", "cardd.cli", "sign", *USE, *arguments]
    return Terminal(command, {**served.environment, "PYTHONDONTWRITEBYTECODE": "1"}, served.folder)


@pytest.mark.proves("P6")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize(("form", "file"), WAYS[:2], ids=["pades", "xades"])
def test_told_to_end_at_the_pin_it_leaves_no_file_and_a_terminal_that_echoes(
    served: Counter, form: str, file: str, number: signal.Signals
) -> None:
    before = standing(served)
    with signs(served, "--format", form, file) as terminal:
        terminal.wait_for(AGREE)
        terminal.type("yes\n")
        terminal.wait_for(PROMPT)
        assert not terminal.echoes
        assert form != "pades" or standing(served) != before, "the copy that is to be signed lies beside the document"
        terminal.kill(number)
        assert terminal.ends() == 128 + number, terminal.screen
        assert terminal.echoes
    assert standing(served) == before
    assert "Traceback" not in terminal.screen


@pytest.mark.proves("P1")
@pytest.mark.parametrize(("form", "file"), WAYS)
def test_where_a_file_stands_already_nobody_is_asked_and_it_stays(served: Counter, form: str, file: str) -> None:
    out = served.folder / "documents" / "signed"
    out.write_bytes(b"somebody's signature")
    with signs(served, "--format", form, "--out", str(out), file) as terminal:
        assert terminal.ends() == 73, terminal.screen
    assert "output.exists" in terminal.screen
    assert AGREE not in terminal.screen
    assert PROMPT not in terminal.screen
    assert out.read_bytes() == b"somebody's signature"


@pytest.mark.proves("P1")
@pytest.mark.parametrize(("form", "file"), WAYS)
def test_a_folder_that_takes_no_file_is_seen_before_anybody_is_asked(served: Counter, form: str, file: str) -> None:
    before = standing(served)
    (served.folder / "documents").chmod(0o500)
    for out in ((), ("--out", "nowhere/signed")):
        with signs(served, "--format", form, *out, file, before=UNTRUSTED) as terminal:
            assert terminal.ends() == 73, terminal.screen
        assert "output.not_written" in terminal.screen
        assert AGREE not in terminal.screen
    assert standing(served) == before


@pytest.mark.proves("P1")
def test_no_room_for_the_signed_file_says_that_the_card_has_signed(served: Counter) -> None:
    before = standing(served)
    holder = served.office.resident().holder
    for form, layout in (("cades", "enveloping"), ("jws", "enveloping")):
        with signs(served, "--format", form, "--layout", layout, TEXT, before=CRAMPED) as terminal:
            terminal.wait_for(AGREE)
            terminal.type("yes\n")
            terminal.wait_for(PROMPT)
            terminal.type(f"{holder.pins.signature}\n")
            assert terminal.ends() == 73, terminal.screen
        said = " ".join(terminal.screen.split())
        assert "output.not_written" in said
        assert "The card has signed, and that is on record, but the signature is in no file." in said
        assert "It was right." in said
        assert standing(served) == before


@pytest.mark.proves("P1")
def test_no_room_for_the_copy_of_a_pdf_is_seen_before_anybody_is_asked(served: Counter) -> None:
    (served.folder / PDF).write_bytes(plain(60))
    before = standing(served)
    with signs(served, "--format", "pades", PDF, before=CRAMPED) as terminal:
        assert terminal.ends() == 65, terminal.screen
    assert "document.work_failed" in terminal.screen
    assert AGREE not in terminal.screen
    assert standing(served) == before
