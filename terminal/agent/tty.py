"""Asking a person at a terminal: the one that this program was started at, or another by its path.

Without echo, into a bytearray of our own, as cardctl does it (`cardd.cli.pin_entry`), but without ever blocking the event loop.
"""

import contextlib
import os
import termios
from collections.abc import Iterator, Sequence
from typing import Final

from cardd.cli.pin_entry import AGREED, line_of, no_echo
from cardd.wire.framing import wipe
from terminal.agent.descriptors import readable
from terminal.agent.prompting import PinAsked, PromptUnavailable, Question
from terminal.agent.sentences import Sentences

CONTROLLING: Final = "/dev/tty"


class TerminalPrompter:
    """Implements `Prompter`. An empty line is a no."""

    def __init__(self, path: str = CONTROLLING) -> None:
        self.program = path

    async def pin(self, asked: PinAsked) -> bytearray | None:
        """The line that was typed, None for an empty one."""
        say = Sentences(asked)
        problem = say.problem()
        with self._opened() as terminal:
            try:
                with no_echo(terminal):
                    lines = [problem] if problem else say.pin_lines()
                    _show(terminal, lines, say.word("ask.label"))
                    return await _typed(terminal)
            finally:
                _write(terminal, "\n")

    async def agrees(self, asked: Question) -> bool:
        """Whether the line says yes, in so many words."""
        say = Sentences(asked)
        with self._opened() as terminal:
            lines = say.question_lines()
            # What was typed before the question is no answer to it.
            termios.tcflush(terminal, termios.TCIFLUSH)
            _show(terminal, lines, say.word("ask.type_yes"))
            typed = await _typed(terminal)
        if typed is None:
            return False
        said = typed.decode("utf-8", "replace").strip().lower()
        wipe(typed)
        return said in AGREED

    async def usable(self) -> None:
        """Raises `PromptUnavailable` where nobody could be asked there."""
        with self._opened():
            return

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        try:
            terminal = os.open(self.program, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            raise PromptUnavailable("no_terminal", self.program) from None
        try:
            if not os.isatty(terminal):
                raise PromptUnavailable("no_terminal", self.program)
            if not _in_front(terminal):
                raise PromptUnavailable("in_background", self.program)
            yield terminal
        finally:
            os.close(terminal)


def _in_front(terminal: int) -> bool:
    """Whether this process may read there: reading from the background stops a process, and with it the lock (termios(3), TOSTOP)."""
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:  # ENOTTY: not our controlling terminal, so there is no job control over us
        return True


def _show(terminal: int, lines: Sequence[str], label: str) -> None:
    _write(terminal, "\n" + "".join(f"{line}\n" for line in lines) + f"{label}: ")


def _write(terminal: int, text: str) -> None:
    """A terminal that takes no more is stopped (Ctrl-S): the person sees nothing new, and the question ends with its time."""
    with contextlib.suppress(BlockingIOError):
        os.write(terminal, text.encode())


async def _typed(terminal: int) -> bytearray | None:
    """One line, once it is whole: a terminal gives lines (termios(3), canonical mode)."""
    await readable(terminal)
    try:
        return line_of(terminal)
    except BlockingIOError:
        return None  # Ctrl-D in the middle of a line: it was not meant to be sent
