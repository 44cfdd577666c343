"""A passphrase or PIN, typed without echo or read from a descriptor: into a bytearray, never into text that nobody can wipe."""

import os
import select
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from certs.ca.errors import CaKeyError

LONGEST = 64
_LINE_FEED, _CARRIAGE_RETURN = 0x0A, 0x0D


def wipe(octets: bytearray) -> None:
    """Overwrite with zeros."""
    octets[:] = bytes(len(octets))


def from_descriptor(descriptor: int) -> bytearray:
    """One line without its end (LF or CR LF). Raises `CaKeyError`: `secret_missing`, `secret_long` (more than 64 bytes)."""
    line = bytearray(LONGEST + 2)  # made whole beforehand: growing would leave copies behind
    cell = bytearray(1)
    length = 0
    try:
        while os.readv(descriptor, [cell]) == 1 and cell[0] != _LINE_FEED:
            if length == len(line):
                raise CaKeyError("secret_long")
            line[length] = cell[0]
            length += 1
        if length and line[length - 1] == _CARRIAGE_RETURN:
            length -= 1
        if not 1 <= length <= LONGEST:
            raise CaKeyError("secret_long" if length else "secret_missing")
    except OSError:
        wipe(line)
        raise CaKeyError("secret_missing") from None
    except BaseException:
        wipe(line)
        raise
    finally:
        cell[0] = 0
    del line[length:]
    return line


def from_terminal(question: str) -> bytearray:
    """Asks at the program's terminal, from the main thread. Raises `CaKeyError`: `no_terminal`, and as above."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        raise CaKeyError("no_terminal") from None
    try:
        before = termios.tcgetattr(terminal)
        silent = termios.tcgetattr(terminal)
        silent[3] &= ~(termios.ECHO | termios.ECHONL)
        # what was typed ahead is thrown away, and echo is off, before the question is on the screen
        termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        try:
            with _signals() as heard:
                os.write(terminal, f"{question}: ".encode())
                _until_typed(terminal, heard)
            return from_descriptor(terminal)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
            os.write(terminal, b"\n")
    finally:
        os.close(terminal)


@contextmanager
def _signals() -> Iterator[int]:
    """A descriptor that is readable when a signal has come: Ctrl-C just before a read has begun would be seen with the next key only."""
    hears, tells = os.pipe()
    os.set_blocking(tells, False)
    before = signal.set_wakeup_fd(tells)
    try:
        yield hears
    finally:
        signal.set_wakeup_fd(before)
        os.close(tells)
        os.close(hears)


def _until_typed(terminal: int, heard: int) -> None:
    """A terminal gives whole lines (termios(3), canonical mode): reading does not wait afterwards. Raises what a signal's handler does."""
    while terminal not in select.select([terminal, heard], [], [])[0]:
        os.read(heard, 64)


def new_from_terminal(question: str) -> bytearray:
    """Asks twice, since nobody sees what was typed. Raises `CaKeyError`: `secrets_differ`, and as above."""
    first = from_terminal(question)
    try:
        again = from_terminal(f"{question}, once more")
        same = first == again
        wipe(again)
        if not same:
            raise CaKeyError("secrets_differ")
    except BaseException:
        wipe(first)
        raise
    return first
