"""The dialogue with pinentry: one that misbehaves in every way, and Debian's real ones on a pseudo-terminal."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cardd.wire.framing import wipe
from terminal.agent import assuan, prompting
from terminal.agent.pinentry import Pinentry
from terminal.agent.prompting import PinAsked, PromptUnavailable, Question
from terminal.agent.tty import TerminalPrompter
from tests.fixtures.counter import READY_SECONDS, until
from tests.fixtures.pinentry import ScriptedPinentry

PARAMS: dict[str, Any] = {
    "prompt": "p", "which": "card_info", "step": "enter", "tries_left": 3, "card_kind": "my_number", "reader": "Reader 100%",
    "shape": {"shortest": 4, "longest": 4, "alphabet": "digits", "needs_letter_and_digit": False}, "operation": "read",
    "purpose": "identity_check", "case": "R8-0042", "client": "tests", "locale": "ja", "seconds": 60,
}  # fmt: skip
DOCUMENT = {"name": "転出届.pdf", "size": 48211, "sha256": "0123456789abcdef" * 4, "pages": 2}


def pin(**more: Any) -> PinAsked:
    return prompting.pin_asked({**PARAMS, **more})


def question(**more: Any) -> Question:
    return prompting.question(
        {**PARAMS, "question": "document", "which": None, "document": DOCUMENT, "key": "signature", **more}
    )


def typed(folder: Path, script: dict[str, list[str]] | None = None, asked: PinAsked | None = None) -> bytearray | None:
    window = ScriptedPinentry(folder, script)
    return asyncio.run(Pinentry(str(window.path)).pin(asked or pin()))


def unavailable(folder: Path, script: dict[str, list[str]]) -> str:
    with pytest.raises(PromptUnavailable) as refusal:
        typed(folder, script)
    return refusal.value.word


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["D 1234", "OK"], b"1234"),
        (["S PASSWORD_FROM_CACHE", "# a comment", "D 1234", "S BUTTON_INFO close", "OK done"], b"1234"),
        (["D 12", "D 34", "OK"], b"1234"),
        (["D a%25b%0Ac%0dd", "OK"], b"a%b\nc\rd"),
        (["D ", "OK"], b""),
        (["OK"], b""),
        (["D 1234", "ERR 83886179 cancelled"], None),
        (["ERR 83886142 Timeout <Pinentry>"], None),
        (["ERR 99"], None),
    ],
)
def test_what_comes_back(tmp_path: Path, lines: list[str], expected: bytes | None) -> None:
    assert typed(tmp_path, {"GETPIN": [repr(lines)]}) == expected


@pytest.mark.parametrize(
    ("script", "word"),
    [
        ({"greeting": ["['HELLO']"]}, "pinentry_broken"),
        ({"greeting": ["['ERR 1 no display']"]}, "pinentry_broken"),
        ({"greeting": ["end()"]}, "pinentry_ended"),
        ({"SETDESC": ["['ERR 83886355 Unknown command']"]}, "pinentry_broken"),
        ({"SETDESC": ["end()"]}, "pinentry_ended"),
        ({"GETPIN": ["end()"]}, "pinentry_ended"),
        ({"GETPIN": ["['ERR 83886254 No pinentry']"]}, "pinentry_broken"),
        ({"GETPIN": ["['ERR']"]}, "pinentry_broken"),
        ({"GETPIN": ["['ERR 0']"]}, "pinentry_broken"),
        ({"GETPIN": ["['D 12%3', 'OK']"]}, "pinentry_broken"),
        ({"GETPIN": ["['D 12%zz', 'OK']"]}, "pinentry_broken"),
        ({"GETPIN": ["['D ' + '1' * 300, 'OK']"]}, "pinentry_broken"),
        ({"GETPIN": ["['D ' + '1' * 5000, 'OK']"]}, "pinentry_broken"),
        ({"GETPIN": ["['1234']"]}, "pinentry_broken"),
        ({"GETPIN": ["['INQUIRE PASSPHRASE']"]}, "pinentry_broken"),
        ({"GETPIN": ["[bytes([0, 255, 254])]"]}, "pinentry_broken"),
    ],
)
def test_one_that_misbehaves_is_a_no_with_a_name(tmp_path: Path, script: dict[str, list[str]], word: str) -> None:
    assert unavailable(tmp_path, script) == word


def test_one_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("terminal.agent.pinentry.COMMAND_SECONDS", 0.5)
    with pytest.raises(PromptUnavailable, match="pinentry_hangs"):
        asyncio.run(_in_time(tmp_path))


async def _in_time(folder: Path) -> None:
    window = ScriptedPinentry(folder, {"SETTITLE": ["hang()"]})
    prompter = Pinentry(str(window.path))
    talk = prompter.pin(pin())
    async with asyncio.timeout(READY_SECONDS):
        await talk


def test_commands_that_only_decorate_may_be_unknown(tmp_path: Path) -> None:
    unknown = ["['ERR 83886355 Unknown command']"]
    script = {word: unknown for word in ("OPTION", "SETTIMEOUT", "SETTITLE", "SETOK", "SETCANCEL", "SETERROR")}
    assert typed(tmp_path, {**script, "GETPIN": ["['D 1234', 'OK']"]}) == b"1234"


@pytest.mark.parametrize("path", ["/nowhere/pinentry", "/etc/passwd", "/"])
def test_one_that_cannot_be_run_is_missing(path: str) -> None:
    with pytest.raises(PromptUnavailable) as refusal:
        asyncio.run(Pinentry(path).pin(pin()))
    assert (refusal.value.word, refusal.value.program) == ("pinentry_missing", path)


def test_what_it_is_told(tmp_path: Path) -> None:
    window = ScriptedPinentry(tmp_path, {"GETPIN": ["['OK']"]})
    asyncio.run(Pinentry(str(window.path), {"GPG_TTY": "/dev/pts/99", "TERM": "vt100", "SECRET": "x"}).pin(pin()))
    assert window.told("OPTION") == ["lc-ctype=C.UTF-8", "ttyname=/dev/pts/99", "ttytype=vt100"]
    assert window.told("SETTIMEOUT") == ["60"]
    (text,) = window.told("SETDESC")
    assert "カードリーダー：Reader 100%" in text.split("\n")
    assert next(line for line in window.lines if line.startswith("SETDESC")).count("%25") == 1
    assert not set(" ".join(window.told("ENVIRONMENT")).split()) - {"GPG_TTY", "TERM", "LC_CTYPE", "PWD"}
    assert window.lines[-2:] == ["GETPIN", "BYE"]


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [("['OK']", True), ("['ERR 83886194 Not confirmed']", False), ("['ERR 83886179 cancelled']", False)],
)
def test_a_document_is_agreed_to_by_a_button_that_says_so(tmp_path: Path, answer: str, agreed: bool) -> None:
    window = ScriptedPinentry(tmp_path, {"CONFIRM": [answer]})
    assert asyncio.run(Pinentry(str(window.path)).agrees(question())) is agreed
    assert window.told("SETOK")[-1] == "同意する"
    assert window.told("SETCANCEL")[-1] == "同意しない"
    (text,) = window.told("SETDESC")
    assert "0123 4567 89ab cdef 0123 4567 89ab cdef" in text
    assert "転出届.pdf" in text


def test_what_does_not_fit_is_not_asked(tmp_path: Path) -> None:
    about = {f"word{number}": "内容" * 50 for number in range(10)}
    with pytest.raises(PromptUnavailable, match="too_long"):
        typed(tmp_path, {}, pin(about=about))


def test_a_document_with_the_longest_name_still_fits(tmp_path: Path) -> None:
    window = ScriptedPinentry(tmp_path, {"CONFIRM": ["['OK']"]})
    long = question(document={**DOCUMENT, "name": "長" * 255 + ".pdf"}, case="R8-" + "9" * 60, client="c" * 64)
    assert asyncio.run(Pinentry(str(window.path)).agrees(long))


def test_a_window_that_is_cancelled_is_closed(tmp_path: Path) -> None:
    window = ScriptedPinentry(tmp_path, {"GETPIN": ["hang()"]})

    async def cancelled() -> None:
        task = asyncio.ensure_future(Pinentry(str(window.path)).pin(pin()))
        while "GETPIN" not in window.lines:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(cancelled())
    (pid,) = window.pids
    assert not Path(f"/proc/{pid}").exists()


def test_the_buffers_of_the_dialogue_are_wiped() -> None:
    reading, writing = os.pipe()
    dialogue = assuan.Dialogue(reading, writing)
    os.write(writing, b"D 4711\nOK\nD 0815")
    try:
        assert asyncio.run(dialogue._answer()).good
        taken = dialogue.take()
        assert taken == b"4711"
        assert b"4711" not in dialogue._buffer + dialogue.data
        dialogue.close()
        assert not any(dialogue._buffer)
        wipe(taken)
    finally:
        os.close(reading)
        os.close(writing)


# --- real ones, and the agent's own prompt, on a pseudo-terminal -------------------------------------------------------


class Screen:
    """A pseudo-terminal: what stands on it, and a person's keys."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        self.path = os.ttyname(slave)
        self._slave = slave
        self.shown = bytearray()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                part = os.read(self.master, 4096)
            except OSError:
                return
            if not part:
                return
            self.shown += part

    def text(self) -> str:
        return self.shown.decode("utf-8", "replace")

    def wait_for(self, text: str) -> None:
        until(lambda: text in self.text(), READY_SECONDS)

    def type(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def modes(self) -> list[Any]:
        return termios.tcgetattr(self._slave)

    @property
    def echoes(self) -> bool:
        return bool(self.modes()[3] & termios.ECHO)

    def close(self) -> None:
        os.close(self._slave)
        self._reader.join(READY_SECONDS)
        os.close(self.master)


@pytest.fixture
def screen() -> Iterator[Screen]:
    opened = Screen()
    yield opened
    opened.close()


@contextmanager
def person(act: Callable[[], None]) -> Iterator[None]:
    thread = threading.Thread(target=act)
    thread.start()
    try:
        yield
    finally:
        thread.join(READY_SECONDS)


def real(program: str, screen: Screen) -> Pinentry:
    return Pinentry(program, {"GPG_TTY": screen.path, "TERM": "vt100", "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})


@pytest.mark.parametrize("program", ["/usr/bin/pinentry-tty", "/usr/bin/pinentry-curses"])
def test_debians_pinentry_brings_a_pin(screen: Screen, program: str) -> None:
    before = screen.modes()

    def act() -> None:
        screen.wait_for("R8-0042")
        until(lambda: not screen.echoes, READY_SECONDS)
        screen.type("1234\r")

    with person(act):
        assert asyncio.run(real(program, screen).pin(pin(locale="en"))) == b"1234"
    assert "1234" not in screen.text()
    assert screen.modes() == before


@pytest.mark.parametrize("program", ["/usr/bin/pinentry-tty", "/usr/bin/pinentry-curses"])
def test_debians_pinentry_leaves_the_terminal_as_it_was_when_it_is_killed(screen: Screen, program: str) -> None:
    before = screen.modes()

    async def cancelled() -> None:
        task = asyncio.ensure_future(real(program, screen).pin(pin(locale="en")))
        while "R8-0042" not in screen.text():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(asyncio.wait_for(cancelled(), READY_SECONDS))
    assert screen.modes() == before


def test_debians_pinentry_can_be_used(screen: Screen) -> None:
    asyncio.run(real("/usr/bin/pinentry-tty", screen).usable())


def test_the_terminal_asks_without_echo(screen: Screen) -> None:
    def act() -> None:
        screen.wait_for("暗証番号: ")
        screen.type("1234\r")

    before = screen.modes()
    with person(act):
        assert asyncio.run(TerminalPrompter(screen.path).pin(pin())) == b"1234"
    assert "R8-0042" in screen.text()
    assert "1234" not in screen.text()
    assert screen.modes() == before


@pytest.mark.parametrize("keys", ["\r", "\x04", "12\x04"], ids=["empty line", "Ctrl-D", "Ctrl-D behind something"])
def test_an_empty_line_is_a_no(screen: Screen, keys: str) -> None:
    def act() -> None:
        screen.wait_for("暗証番号: ")
        screen.type(keys)

    with person(act):
        assert asyncio.run(TerminalPrompter(screen.path).pin(pin())) is None


@pytest.mark.parametrize(
    ("said", "agreed"), [("はい", True), ("yes", True), ("y", False), ("いいえ", False), ("", False)]
)
def test_only_a_whole_yes_agrees(screen: Screen, said: str, agreed: bool) -> None:
    def act() -> None:
        screen.wait_for("［はい／いいえ］: ")
        screen.type(said + "\r")

    with person(act):
        assert asyncio.run(TerminalPrompter(screen.path).agrees(question())) is agreed


def test_a_terminal_prompt_that_is_cancelled_gives_the_echo_back(screen: Screen) -> None:
    before = screen.modes()

    async def cancelled() -> None:
        task = asyncio.ensure_future(TerminalPrompter(screen.path).pin(pin()))
        while "暗証番号: " not in screen.text():
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(asyncio.wait_for(cancelled(), READY_SECONDS))
    assert screen.modes() == before


@pytest.mark.parametrize("path", ["/dev/null", "/nowhere"])
def test_what_is_no_terminal_is_told(path: str) -> None:
    with pytest.raises(PromptUnavailable) as refusal:
        asyncio.run(TerminalPrompter(path).usable())
    assert (refusal.value.word, refusal.value.program) == ("no_terminal", path)
