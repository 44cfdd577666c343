"""The client's half of the Assuan protocol over two pipes, as pinentry speaks it (libassuan manual, "Client requests", "Server responses").

One command a line, answered by `OK` or `ERR`; before that come `S ` (status) and `#` (comment) lines, which say nothing here, and `D `
lines with data. What a `D ` line holds is a PIN: it is read into a buffer of our own, decoded in place, and never becomes bytes or str.
"""

import os
from dataclasses import dataclass
from typing import Final

from cardd.wire.framing import wipe
from terminal.agent.descriptors import readable

LONGEST_LINE: Final = 1000
"""Octets of a line without its end (libassuan manual: "limited to 1000 bytes")."""
LONGEST_DATA: Final = 256
"""Octets. Our choice: a PIN has 64 at most; what is longer is no PIN, and the person is told so."""
_BUFFER: Final = 2048
_LINE_FEED, _PERCENT = 0x0A, 0x25
_DATA: Final = b"D "
_HEX: Final = {ord(digit): value for value, digit in enumerate("0123456789ABCDEF")} | {
    ord(digit): value for value, digit in enumerate("abcdef", 10)
}


class AssuanEnded(Exception):
    """The other side hung up."""


class AssuanBroken(Exception):
    """The other side says something that is not Assuan."""


class TooLong(Exception):
    """A command does not fit into a line."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`OK` (code 0) or `ERR`. `code`: the low 16 bits of gpg-error's number (gpg-error.h)."""

    code: int

    @property
    def good(self) -> bool:
        return self.code == 0


def command(word: str, text: str = "") -> bytes:
    """One line: `%`, CR and LF of `text` escaped. Raises `TooLong`."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    line = f"{word} {escaped}".rstrip(" ").encode()
    if len(line) > LONGEST_LINE:
        raise TooLong(word)
    return line + b"\n"


class Dialogue:
    """The pipe's reading end is read without blocking; commands are short enough for any pipe's buffer."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing = writing
        self._buffer = bytearray(_BUFFER)
        self._filled = 0
        self.data = bytearray(LONGEST_DATA)
        """What `D ` lines held since the last `ask`, up to `data_length`. Whoever takes it wipes it; `close` does too."""
        self.data_length = 0

    async def greeting(self) -> None:
        """The first line. Raises `AssuanEnded`, `AssuanBroken`."""
        if not (await self._answer()).good:
            raise AssuanBroken

    async def ask(self, word: str, text: str = "") -> Answer:
        """Send a command and wait for its `OK` or `ERR`. Raises `AssuanEnded`, `AssuanBroken`, `TooLong`."""
        self.forget()
        line = command(word, text)
        try:
            os.write(self._writing, line)
        except OSError:  # EPIPE, or EAGAIN of one that does not read: both are over
            raise AssuanEnded from None
        return await self._answer()

    def take(self) -> bytearray:
        """The data of the last answer, decoded; the buffer here is wiped. The caller wipes what it is given."""
        taken = bytearray(self.data_length)
        for place in range(self.data_length):
            taken[place] = self.data[place]
        self.forget()
        return taken

    def forget(self) -> None:
        """Wipe the data of the last answer."""
        wipe(self.data)
        self.data_length = 0

    def close(self) -> None:
        """Wipe everything that was read."""
        self.forget()
        wipe(self._buffer)

    async def _answer(self) -> Answer:
        while True:
            end = await self._line()
            answer = self._read_line(end)
            self._drop(end + 1)
            if answer is not None:
                return answer

    def _read_line(self, end: int) -> Answer | None:
        """The line in the buffer up to `end`; None where it is not the last of an answer."""
        if self._begins(_DATA, end):
            self._keep_data(len(_DATA), end)
            return None
        line = bytes(self._buffer[:end])  # no data line: nothing in it is secret
        word, _, rest = line.partition(b" ")
        if word == b"OK":
            return Answer(0)
        if word == b"ERR":
            number = rest.partition(b" ")[0]
            if not number.isdigit() or not int(number):
                raise AssuanBroken
            return Answer(int(number) & 0xFFFF or 1)
        if word == b"S" or line.startswith(b"#") or not line:
            return None
        raise AssuanBroken

    def _begins(self, with_: bytes, end: int) -> bool:
        return end >= len(with_) and all(self._buffer[place] == octet for place, octet in enumerate(with_))

    def _keep_data(self, start: int, end: int) -> None:
        place = start
        while place < end:
            octet = self._buffer[place]
            if octet == _PERCENT:
                high, low = (self._hex(place + step, end) for step in (1, 2))
                octet, place = high << 4 | low, place + 2
            if self.data_length == LONGEST_DATA:
                raise AssuanBroken
            self.data[self.data_length] = octet
            self.data_length += 1
            place += 1

    def _hex(self, place: int, end: int) -> int:
        value = _HEX.get(self._buffer[place]) if place < end else None
        if value is None:
            raise AssuanBroken
        return value

    async def _line(self) -> int:
        """Where the first line of the buffer ends. Reads more where there is none yet."""
        while True:
            for place in range(self._filled):
                if self._buffer[place] == _LINE_FEED:
                    return place
            if self._filled > LONGEST_LINE:
                raise AssuanBroken
            await readable(self._reading)
            with memoryview(self._buffer) as whole, whole[self._filled :] as room:
                try:
                    got = os.readv(self._reading, [room])
                except BlockingIOError:
                    continue
            if not got:
                raise AssuanEnded
            self._filled += got

    def _drop(self, octets: int) -> None:
        """The first octets of the buffer are done with: what follows moves there, cell by cell, so that no copy is left anywhere."""
        rest = self._filled - octets
        for place in range(rest):
            self._buffer[place] = self._buffer[octets + place]
        for place in range(rest, self._filled):
            self._buffer[place] = 0
        self._filled = rest
