"""The daemon's side of a question: put there whole, waited for no longer than allowed, taken away, and not asked of who is silent."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cardd.revocation import asking as module
from cardd.revocation.asking import QUIET_SECONDS, Asking
from tests.unit.cardd.revocation.list_house import TurnedClock
from tests.unit.cardd.revocation.ocsp_house import FINGERPRINT, LONG_S, Desk

QUESTION = b"\x30\x03\x02\x01\x05"
STEM = f"jpki-{FINGERPRINT}"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def ask(desk: Desk, name: str = "jpki", fingerprint: str = FINGERPRINT) -> bool:
    return desk.asking.ask(name, fingerprint, QUESTION)


@pytest.mark.proves("K2", "H2")
def test_a_question_is_the_request_alone_for_the_group_to_read_and_is_taken_away(desk: Desk) -> None:
    found: list[tuple[bytes, int, int]] = []

    def does(stem: str, content: bytes) -> None:
        modes = [(path.stat().st_mode & 0o7777) for path in (desk.asked / f"{stem}.ask", desk.asked)]
        found.append((content, modes[0] & ~0o640, modes[1] & ~0o750))
        desk.put(f"{stem}.ocsp", b"answer")

    with desk.helper(does):
        assert ask(desk)
    assert (found, desk.seen, desk.questions) == ([(QUESTION, 0, 0)], [f"{STEM}.ask"], [])
    assert desk.asking.checks() == (("ocsp", "good", None),)


@pytest.mark.proves("K2")
def test_an_answer_that_lay_there_before_is_not_taken_for_the_answer(desk: Desk) -> None:
    desk.put(f"{STEM}.ocsp", b"old")
    desk.put(f"{STEM}.silent", b"")
    with desk.helper(lambda stem, _: desk.put(f"{stem}.ocsp", b"new")):
        assert ask(desk)
    assert (desk.answers / f"{STEM}.ocsp").read_bytes() == b"new"


@pytest.mark.proves("K2", "fault 154")
def test_a_note_of_silence_ends_the_wait_and_the_next_do_not_wait(desk: Desk) -> None:
    with desk.helper(lambda stem, _: desk.put(f"{stem}.silent", b"")):
        assert not ask(desk)
        assert desk.asking.checks() == (("ocsp", "warning", "ocsp_silent"),)
        desk.clock.boot_s += QUIET_SECONDS - 1
        assert not ask(desk, fingerprint="b7" * 32)
        assert len(desk.seen) == 1, "left alone for a while"
        desk.clock.boot_s += 1
        assert not ask(desk)
        assert len(desk.seen) == 2
    desk.clock.boot_s += QUIET_SECONDS
    with desk.helper(lambda stem, _: desk.put(f"{stem}.ocsp", b"answer")):
        assert ask(desk)
    assert desk.asking.checks() == (("ocsp", "good", None),)


def test_silence_of_one_responder_is_not_that_of_another(desk: Desk) -> None:
    with desk.helper(lambda stem, _: desk.put(f"{stem}.{'silent' if stem.startswith('jpki') else 'ocsp'}", b"")):
        assert not ask(desk)
        assert ask(desk, "badges")
    assert desk.asking.checks() == (("ocsp", "warning", "ocsp_silent"),)


@pytest.mark.proves("K2", "fault 154")
def test_without_a_helper_it_waits_as_long_as_it_may_and_takes_its_question_away(tmp_path: Path) -> None:
    desk = Desk(tmp_path, wait_s=0.2)
    assert not ask(desk)
    assert (desk.questions, desk.asking.checks()[0][2]) == ([], "ocsp_silent")


def test_who_does_not_wait_leaves_the_question_there_and_what_is_old_is_swept(tmp_path: Path) -> None:
    desk = Desk(tmp_path, wait_s=0)
    assert not ask(desk)
    assert desk.questions == [f"{STEM}.ask"]
    old = time.time() - module.DROPPED_SECONDS - 5
    os.utime(desk.asked / f"{STEM}.ask", (old, old))
    (desk.asked / "of-somebody-else").write_bytes(b"")
    desk.put(f"{STEM}.silent", b"")
    other = "b7" * 32
    assert not ask(desk, fingerprint=other)
    assert desk.questions == [f"jpki-{other}.ask", "of-somebody-else"]
    assert desk.asking.checks() == (("ocsp", "good", None),), "about that other certificate nobody was silent"
    assert not ask(desk)
    assert desk.asking.checks() == (("ocsp", "warning", "ocsp_silent"),)
    (desk.answers / f"{STEM}.silent").unlink()
    assert not ask(desk)
    assert desk.asking.checks() == (("ocsp", "good", None),)


def test_what_an_earlier_run_left_is_swept_with_the_first_question(desk: Desk) -> None:
    desk.asked.mkdir(0o750)
    for name in (f"jpki-{'0c' * 32}.ask", f".jpki-{'0c' * 32}.ask.new", f".{STEM}.ask.new"):
        (desk.asked / name).write_bytes(b"left")
    with desk.helper(lambda stem, _: desk.put(f"{stem}.ocsp", b"answer")):
        assert ask(desk)
    assert desk.questions == []


@pytest.mark.proves("K2")
def test_two_that_want_to_know_the_same_ask_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = threading.Event()

    class Waited(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            joined.set()
            return super().wait(timeout)

    original = module._Question
    monkeypatch.setattr(module, "_Question", lambda: original(done=Waited()))

    def does(stem: str, _: bytes) -> None:
        assert joined.wait(LONG_S)
        desk.put(f"{stem}.ocsp", b"answer")

    with desk.helper(does), ThreadPoolExecutor() as threads:
        asked = [threads.submit(ask, desk) for _ in range(2)]
        assert [each.result(LONG_S) for each in asked] == [True, True]
    assert len(desk.seen) == 1


def test_a_stop_ends_every_wait_and_nobody_asks_again(desk: Desk) -> None:
    with desk.helper(lambda *_: desk.asking.stop()):
        assert not ask(desk)
    assert not ask(desk)
    assert (len(desk.seen), desk.questions) == (1, [])
    assert desk.asking.checks() == (("ocsp", "good", None),), "nobody was silent"


def test_more_questions_than_a_machine_has_readers_are_not_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 1)
    answered: list[bool] = []

    def does(stem: str, _: bytes) -> None:
        answered.append(ask(desk, fingerprint="b7" * 32))
        desk.put(f"{stem}.ocsp", b"answer")

    with desk.helper(does):
        assert ask(desk)
    assert answered == [False]


# --- folders that are not as they should be -----------------------------------------------------------------------------


def _linked(desk: Desk) -> None:
    desk.asked.symlink_to(desk.answers)


def _writable(desk: Desk) -> None:
    desk.asked.mkdir()
    desk.asked.chmod(0o777)


def _file(desk: Desk) -> None:
    desk.asked.write_bytes(b"")


@pytest.mark.proves("H2")
@pytest.mark.parametrize("make", [_linked, _writable, _file])
def test_a_folder_that_is_not_the_daemon_s_own_is_not_written_to(desk: Desk, make: Callable[[Desk], None]) -> None:
    make(desk)
    assert not ask(desk)
    assert list(desk.answers.iterdir()) == []
    assert desk.asking.checks() == (("ocsp", "bad", "ocsp_not_asked"),)
    desk.asked.rmdir() if desk.asked.is_dir() and not desk.asked.is_symlink() else desk.asked.unlink()
    with desk.helper(lambda stem, _: desk.put(f"{stem}.ocsp", b"answer")):
        assert ask(desk)
    assert desk.asking.checks() == (("ocsp", "good", None),)


@pytest.mark.proves("H2")
def test_a_folder_of_another_account_is_not_written_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.asked.mkdir(0o750)
    monkeypatch.setattr(os, "geteuid", lambda: os.stat(desk.asked).st_uid + 1)
    assert not ask(desk)
    assert desk.questions == []


@pytest.mark.proves("H2", "K2")
def test_no_link_pipe_or_folder_is_an_answer(tmp_path: Path) -> None:
    desk = Desk(tmp_path, wait_s=0.3)

    def does(stem: str, _: bytes) -> None:
        (desk.answers / f"{stem}.ocsp").symlink_to("/etc/hostname")
        os.mkfifo(desk.answers / f"{stem}.silent")

    with desk.helper(does):
        assert not ask(desk)


def test_a_folder_whose_parent_is_not_there_is_told(tmp_path: Path) -> None:
    asking = Asking(tmp_path / "none" / "asked", tmp_path, LONG_S, TurnedClock().boottime)
    assert not asking.ask("jpki", FINGERPRINT, QUESTION)
    assert asking.checks() == (("ocsp", "bad", "ocsp_not_asked"),)


# --- while a card waits too ----------------------------------------------------------------------------------------------


class Pulled(Exception):
    """The card has gone."""


@pytest.mark.proves("C4", "fault 1")
def test_a_wait_ends_with_what_is_no_longer_there_and_nobody_was_silent(desk: Desk) -> None:
    asked: list[str] = []

    def still() -> None:
        if asked:
            raise Pulled

    with desk.helper(lambda stem, _: asked.append(stem)), pytest.raises(Pulled):
        desk.asking.ask("jpki", FINGERPRINT, QUESTION, still)
    assert (desk.questions, desk.asking.checks()) == ([], (("ocsp", "good", None),))
    with desk.helper(lambda stem, _: desk.put(f"{stem}.ocsp", b"answer")):
        assert ask(desk), "the next one is asked as ever"


@pytest.mark.proves("C4")
def test_who_joined_a_question_goes_when_their_own_card_does(desk: Desk) -> None:
    joined = threading.Event()

    def still() -> None:
        joined.set()
        raise Pulled

    def does(stem: str, _: bytes) -> None:
        assert joined.wait(LONG_S)
        desk.put(f"{stem}.ocsp", b"answer")

    with desk.helper(does), ThreadPoolExecutor() as threads:
        first = threads.submit(ask, desk)
        while not desk.seen:
            time.sleep(0.005)
        with pytest.raises(Pulled):
            desk.asking.ask("jpki", FINGERPRINT, QUESTION, still)
        assert first.result(LONG_S)
