"""Typing a PIN at a terminal: without echo, into a bytearray of our own, never into a str (decision 6)."""

import os
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cardd.cli import content, screen, shown_document
from cardd.cli.texts import Speech
from cardd.wire.fault import Locale
from cardd.wire.framing import wipe

LONGEST_SECRET = 64
LONGEST_LINE = LONGEST_SECRET + 2
"""With CR LF behind it, so that these do not stay for the next question."""
AGREED = ("はい", "yes")
"""What a yes is, in so many words."""
_LOWER = range(ord("a"), ord("z") + 1)
_LINE_FEED, _CARRIAGE_RETURN = 0x0A, 0x0D


class PinSource:
    """Answers the daemon's PIN requests from the terminal, or from a file descriptor handed over with `--pin-fd`.

    The descriptor gives one PIN a line, in the order in which they are asked for.
    """

    def __init__(self, speech: Speech, descriptor: int | None, shown: Mapping[str, str] | None = None) -> None:
        """`shown`: the content of an approval that this person has just been shown; any other is shown with the question."""
        self._speech = speech
        self._descriptor = descriptor
        self._shown = shown

    def pin(self, request: Mapping[str, Any]) -> bytearray | None:
        """The PIN for `agent.pin`, or None when the person gave none."""
        if self._descriptor is not None:
            return line_of(self._descriptor)
        if not sys.stdin.isatty():
            sys.stderr.write(self._speech("no_terminal") + "\n")
            return None
        try:
            with no_echo(sys.stdin.fileno()):  # before the question is on the screen
                self._explain(request)
                octets = line_of(sys.stdin.fileno())
        except KeyboardInterrupt:
            octets = None  # Ctrl-C at the question is the answer "no": the daemon is told, and no try is used
        sys.stderr.write("\n")
        if octets is not None and request["shape"]["alphabet"] == "upper_alnum" and capitalise(octets):
            sys.stderr.write(self._speech("upper") + "\n")
        return octets

    def agrees(self, request: Mapping[str, Any]) -> bool:
        """The answer to `agent.confirm`: whether the person says yes, in so many words. Never from a descriptor: it is a human's act.

        What a later daemon asks beyond these two is not understood here, and is a no.
        """
        if request["question"] == "last_try":
            return answered_yes(f"{self._speech('pin.' + request['which'])}: {self._speech('last_try')}")
        if request["question"] == "document":
            return self._agrees_to_document(request)
        return False

    def _agrees_to_document(self, request: Mapping[str, Any]) -> bool:
        if not sys.stdin.isatty():
            sys.stderr.write(self._speech("no_terminal_to_agree") + "\n")
            return False
        sys.stderr.write(self._speech("document.shown") + "\n")
        sys.stderr.writelines(f"  {line}\n" for line in shown_document.lines(self._speech, request))
        return answered_yes(self._speech("document.agree"))

    def _explain(self, request: Mapping[str, Any]) -> None:
        say = self._speech
        about = request.get("about") or {}
        if about and about != self._shown and request["step"] != "repeat":
            if request["operation"] == "approve":
                sys.stderr.write(say("approval_by_typing") + "\n")
            sys.stderr.writelines(f"  {line}\n" for line in content.lines(say, about, {}))
        document = request.get("document")
        if document is not None and request["step"] == "enter":
            sys.stderr.write(say("document.at_pin", name=screen.visible(document["name"])) + "\n")
        if request.get("purpose"):
            sys.stderr.write(say("purpose", purpose=request["purpose"], case=request["case"]) + "\n")
        tries = request.get("tries_left")
        left = f" [{say('tries', n=tries)}]" if tries is not None else ""
        asked = say(f"step.{request['step']}", pin=say(f"pin.{request['which']}"))
        sys.stderr.write(f"{asked}{left}: ")
        sys.stderr.flush()


def answered_yes(question: str) -> bool:
    """Whether the person at the terminal says yes in so many words; any other answer, and no terminal, is a no."""
    if not sys.stdin.isatty():
        return False
    # What was typed before the question is no answer to it; what is typed as soon as it can be read is one.
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in AGREED


def at_terminal(locale: Locale = "en") -> Callable[[Mapping[str, Any]], bytearray | None]:
    """A `pin_prompt` for `cardd.client.connect`: asks at this program's terminal, without echo."""
    return PinSource(Speech(locale), None).pin


def line_of(descriptor: int) -> bytearray | None:
    """One line without its end (LF or CR LF), read byte by byte so that nothing of the next one is taken. None for an empty line."""
    line = bytearray(LONGEST_LINE)  # made whole beforehand: growing would leave copies behind
    cell = bytearray(1)
    length = 0
    try:
        while length < LONGEST_LINE and os.readv(descriptor, [cell]) == 1 and cell[0] != _LINE_FEED:
            line[length] = cell[0]
            length += 1
    except BaseException:
        wipe(line)
        raise
    finally:
        cell[0] = 0
    if length and line[length - 1] == _CARRIAGE_RETURN:
        length -= 1
    del line[min(length, LONGEST_SECRET) :]
    return line or None


@contextmanager
def no_echo(terminal: int) -> Iterator[None]:
    """Echo goes off, and what was typed ahead is thrown away. Raises `termios.error` where it is no terminal."""
    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~(termios.ECHO | termios.ECHONL)
    termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def capitalise(octets: bytearray) -> bool:
    """Turn lower case (ASCII) into capitals, in place. Whether anything was turned."""
    changed = False
    for place, octet in enumerate(octets):
        if octet in _LOWER:
            octets[place] = octet - 0x20
            changed = True
    return changed
