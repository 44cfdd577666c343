"""Connections for tests: one that answers with a function, and a small card with files and PINs that can be told to misbehave."""

from collections.abc import Callable
from dataclasses import dataclass, field

from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.connection import InsertionNotes
from cardd.model import PinShape

VERIFY, CHANGE, SIGN, SELECT, READ = 0x20, 0x24, 0x2A, 0xA4, 0xB0


class FakeConnection:
    """A connection whose card is one function. Remembers what was sent, without the data of secrets."""

    has_pin_pad = True
    reader_takes_extended = False
    atr = b""

    def __init__(self, answer: Callable[[CommandApdu], ResponseApdu]) -> None:
        self.notes = InsertionNotes()
        self.sent: list[tuple[int, int, int]] = []
        self.pad_blocks: list[int | None] = []
        self._answer = answer

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.sent.append((command.ins, command.p1, command.p2))
        return self._answer(command)

    def check_there(self) -> None:
        """It is there."""

    def verify_on_pad(self, command: CommandApdu, shape: PinShape, *, padded_to: int | None = None) -> ResponseApdu:
        assert not command.data
        assert shape.numeric
        self.pad_blocks.append(padded_to)
        return self.transmit(command)

    def count(self, ins: int) -> int:
        return sum(one == ins for one, _, _ in self.sent)


def says(sw: int, data: bytes = b"") -> Callable[[CommandApdu], ResponseApdu]:
    """A card with one answer to everything."""
    return lambda _: ResponseApdu(data, sw)


@dataclass
class FakeApplication:
    files: dict[int, bytes] = field(default_factory=dict)
    locked: dict[int, int] = field(default_factory=dict)
    """File to the PIN that opens it."""
    pins: dict[int, bytearray] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)
    keys: dict[int, int] = field(default_factory=dict)
    """Key to the PIN that opens it."""


@dataclass
class FakeJapaneseCard:
    """As much of a Japanese card as a driver's rule needs; stricter where a rule of ours is at stake."""

    applications: dict[bytes, FakeApplication]
    sfi: bool = True
    case_1: bool = True
    blocked_sw: int = 0x6984
    step: int = 256
    current: FakeApplication | None = None
    ef: int | None = None
    verified: set[int] = field(default_factory=set)
    signed: list[bytes] = field(default_factory=list)

    def __call__(self, command: CommandApdu) -> ResponseApdu:
        handlers = {
            SELECT: self._select,
            READ: self._read,
            VERIFY: self._verify,
            CHANGE: self._change,
            SIGN: self._sign,
        }
        data, sw = handlers[command.ins](command)
        return ResponseApdu(data, sw)

    def _select(self, command: CommandApdu) -> tuple[bytes, int]:
        if command.p1 == 0x04:
            found = self.applications.get(bytes(command.data))
            if found is None:
                return b"", 0x6A82
            self.current, self.ef = found, None
            self.verified.clear()
            return b"", 0x9000
        ef = int.from_bytes(command.data, "big")
        app = self._app()
        if not any(ef in table for table in (app.files, app.pins, app.keys)):
            return b"", 0x6A82
        self.ef = ef
        return b"", 0x9000

    def _app(self) -> FakeApplication:
        assert self.current is not None, "a command came before SELECT"
        return self.current

    def _read(self, command: CommandApdu) -> tuple[bytes, int]:
        offset = command.p1 << 8 | command.p2
        if command.p1 & 0x80:
            if not self.sfi:
                return b"", 0x6A86
            if command.p1 & 0x1F not in self._app().files:
                return b"", 0x6A82
            self.ef, offset = command.p1 & 0x1F, command.p2
        assert self.ef is not None
        if self._app().locked.get(self.ef, 0) not in {0, *self.verified}:
            return b"", 0x6982
        content = self._app().files[self.ef]
        if offset >= len(content):
            return b"", 0x6B00
        return content[offset : offset + min(command.le or 0, self.step)], 0x9000

    def _reference(self, p2: int) -> int | None:
        if p2 == 0x80:
            return self.ef
        return p2 & 0x1F if self.sfi else None

    def _verify(self, command: CommandApdu) -> tuple[bytes, int]:
        if not command.data and command.le is None and not self.case_1:
            return b"", 0x6700
        ef = self._reference(command.p2)
        if ef is None:
            return b"", 0x6A86
        app = self._app()
        if not command.data:
            return b"", 0x63C0 | app.tries[ef]
        if app.tries[ef] == 0:
            return b"", self.blocked_sw
        if bytes(command.data) != bytes(app.pins[ef]):
            app.tries[ef] -= 1
            return b"", 0x63C0 | app.tries[ef]
        self.verified.add(ef)
        return b"", 0x9000

    def _change(self, command: CommandApdu) -> tuple[bytes, int]:
        ef = self._reference(command.p2)
        if ef not in self.verified or command.p1 != 0x01:
            return b"", 0x6982
        self._app().pins[ef] = bytearray(command.data)
        return b"", 0x9000

    def _sign(self, command: CommandApdu) -> tuple[bytes, int]:
        ef = self._reference(command.p2)
        if ef not in self._app().keys:
            return b"", 0x6A86
        if self._app().keys[ef] not in self.verified:
            return b"", 0x6982
        self.signed.append(bytes(command.data))
        return bytes(256), 0x9000
