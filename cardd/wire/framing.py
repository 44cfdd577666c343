"""One JSON object a line, and the raw bytes of a secret behind it: octets in, frames out, no I/O. Serves both ends.

The law of this file: what was received lies in one bytearray of our own, and every octet of it is zeroed when it is
consumed. `asyncio.BufferedProtocol` and `socket.recv_into` write straight into it, so that a PIN never becomes a
`bytes` object on its way in. A frame is a line, and, where the line is a *response* whose result is exactly
`{"secret": N}` with 1 ≤ N ≤ 64, the N octets after its newline.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from cardd.wire.strict_json import JsonProblem, dump, parse

REQUEST_LINE = 64 * 1024
"""Longest line to the daemon in octets, newline included (requirement I2)."""
RESPONSE_LINE = 1024 * 1024
"""Longest line from the daemon in octets, newline included."""
LINE_SECONDS = 10.0
"""A frame must be whole this long after its first octet."""
LONGEST_SECRET = 64
"""Octets in one secret."""

_FIRST_CAPACITY = 4096
_NEWLINE = b"\n"


class FramingError(Exception):
    """What came is not a frame; `problem` is one word of ours, never what came.

    `fatal`: the place where the next frame begins is not known for sure any more, so the connection must end: an
    unreadable line may have announced a secret.
    """

    def __init__(self, problem: str, *, fatal: bool = True) -> None:
        self.problem = problem
        self.fatal = fatal
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Frame:
    """One JSON object, and the secret that followed it. Whoever takes the frame wipes the secret."""

    body: dict[str, object] = field(repr=False)
    secret: bytearray | None = field(default=None, repr=False)


def wipe(octets: bytearray | memoryview) -> None:
    """Overwrite with zeros, in place."""
    memoryview(octets)[:] = bytes(len(octets))


def encode(body: Mapping[str, object]) -> bytes:
    """One line, newline included."""
    return dump(body) + _NEWLINE


def encode_with_secret(body: Mapping[str, object], secret: bytearray) -> bytearray:
    """The line and the secret's octets in one buffer, to be sent at once and wiped by the caller."""
    line = encode(body)
    octets = bytearray(len(line) + len(secret))
    view = memoryview(octets)
    view[: len(line)] = line
    view[len(line) :] = secret
    return octets


class FrameReader:
    """Turns octets into frames. Write into `room()`, say `received()`, take `next_frame()` until it gives None."""

    def __init__(self, *, line_limit: int, line_seconds: float = LINE_SECONDS) -> None:
        self._line_limit = line_limit
        self._line_seconds = line_seconds
        self._buffer = bytearray(min(_FIRST_CAPACITY, line_limit + LONGEST_SECRET))
        self._start = 0
        self._end = 0
        self._scanned = 0
        self._begun: float | None = None
        self._last = 0.0
        self._announcing: dict[str, object] | None = None
        self._secret_size = 0
        self._broken = False

    def room(self) -> memoryview:
        """Where the next octets belong; at least one octet long."""
        if self._end == len(self._buffer):
            self._make_room()
        return memoryview(self._buffer)[self._end :]

    def received(self, count: int, now: float) -> None:
        """`count` octets were written into `room()`, at `now` (seconds, any monotonic clock)."""
        self._end += count
        self._last = now
        if self._begun is None:
            self._begun = now
        if self._broken:
            self.wipe()

    @property
    def deadline(self) -> float | None:
        """When the frame that has begun must be whole; None while nothing is waited for."""
        return None if self._begun is None else self._begun + self._line_seconds

    def next_frame(self) -> Frame | None:
        """The next whole frame, or None when more octets are needed. Raises `FramingError`; after a fatal one nothing more comes."""
        if self._broken:
            return None
        try:
            return self._whole_line() if self._announcing is None else self._whole_secret(self._announcing)
        except FramingError as error:
            if error.fatal:
                self._broken = True
                self.wipe()
            raise

    def wipe(self) -> None:
        """Forget everything that has not been taken, and zero it."""
        wipe(self._buffer)
        self._start = self._end = self._scanned = 0
        self._begun = self._announcing = None

    def _whole_line(self) -> Frame | None:
        newline = self._buffer.find(_NEWLINE, self._scanned, self._end)
        length = (self._end if newline < 0 else newline + 1) - self._start
        if length > self._line_limit or (newline < 0 and length == self._line_limit):
            raise FramingError("line_too_long")
        if newline < 0:
            self._scanned = self._end
            return None
        begun = self._begun
        body = self._take_object(newline)
        self._secret_size = _secret_size(body)
        if self._secret_size == 0:
            return Frame(body)
        self._announcing = body
        self._begun = begun
        return self._whole_secret(body)

    def _take_object(self, newline: int) -> dict[str, object]:
        try:
            value = parse(memoryview(self._buffer)[self._start : newline])
        except JsonProblem as error:
            raise FramingError(error.problem) from None
        finally:
            self._consume(newline + 1)
        if not isinstance(value, dict):
            raise FramingError("not_an_object", fatal=False)
        return value

    def _whole_secret(self, body: dict[str, object]) -> Frame | None:
        if self._end - self._start < self._secret_size:
            return None
        self._announcing = None
        secret = bytearray(self._secret_size)
        stop = self._start + self._secret_size
        # Views on both sides: a bytearray's own slice assignment makes a copy on the way that nobody wipes.
        memoryview(secret)[:] = memoryview(self._buffer)[self._start : stop]
        self._consume(stop)
        return Frame(body, secret)

    def _consume(self, stop: int) -> None:
        wipe(memoryview(self._buffer)[self._start : stop])
        self._start = self._scanned = stop
        self._begun = self._last if stop < self._end else None
        if stop == self._end:
            self._start = self._end = self._scanned = 0

    def _make_room(self) -> None:
        """Move what is left to the front; if that gives no room, move it to a larger buffer. The old place is zeroed."""
        left = self._end - self._start
        capacity = len(self._buffer)
        if self._start == 0:
            capacity = min(2 * capacity, self._line_limit + LONGEST_SECRET)
            if capacity == len(self._buffer):
                raise FramingError("line_too_long")
        fresh = bytearray(capacity)
        memoryview(fresh)[:left] = memoryview(self._buffer)[self._start : self._end]
        wipe(self._buffer)
        self._buffer = fresh
        self._scanned -= self._start
        self._start, self._end = 0, left


def _secret_size(body: dict[str, object]) -> int:
    """How many raw octets follow this line; 0 for every line that is not the answer with a secret."""
    if "result" not in body:
        return 0
    if "method" in body:
        raise FramingError("call_and_answer")
    result = body["result"]
    if not isinstance(result, dict) or set(result) != {"secret"}:
        return 0
    size = result["secret"]
    if type(size) is not int or not 1 <= size <= LONGEST_SECRET:
        raise FramingError("secret_size")
    return size
