"""The PIN pad of a virtual reader: PC/SC v2 part 10 verify and modify blocks, and the person who types.

Source: PC/SC Workgroup, Interoperability Specification part 10 revision 2.02.09, 2.5.2 (PIN_VERIFY), 2.5.3 (PIN_MODIFY)
and USB CCID 1.1, 6.1.11 (meaning of the format bytes). Numbers in the blocks are in host byte order, as pcsc-lite has it.
"""

from __future__ import annotations

import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import Enum, IntFlag

from applets_spec.pcscd.profile import PadProfile

TIME_OUT = bytes.fromhex("6400")
CANCELLED = bytes.fromhex("6401")
NEW_PINS_DIFFER = bytes.fromhex("6402")
BAD_LENGTH = bytes.fromhex("6403")
BAD_BLOCK = bytes.fromhex("6B80")

_VERIFY_BLOCK = struct.Struct("=BBBBBHBBHB3sI")  # 19 bytes, then the command template
_MODIFY_BLOCK = struct.Struct("=BBBBBBBHBBBHBBB3sI")  # 24 bytes, then the command template
_APDU_HEADER = 4
_PIN_FILL = 0xFF


class BadBlock(Exception):
    """A verify or modify block that makes no sense: the reader answers 6B80."""


class Encoding(Enum):
    """How digits become bytes (bmFormatString, bits 1 and 0)."""

    BINARY = 0
    BCD = 1
    ASCII = 2


class Confirm(IntFlag):
    """bConfirmPIN of a modify block."""

    NEW_TWICE = 0x01
    OLD_TOO = 0x02


@dataclass(frozen=True)
class PinFormat:
    """Where and how the digits go into the command; counts in bytes, `offset` from the first data byte."""

    encoding: Encoding
    right_justified: bool
    offset: int
    block_size: int
    min_digits: int
    max_digits: int
    length_bits: int
    length_offset: int


@dataclass(frozen=True)
class PinBlock:
    """A verify or modify block, read."""

    time_out: float
    format: PinFormat
    template: bytes
    confirm: Confirm | None = None
    old_offset: int = 0
    new_offset: int = 0


def read_verify_block(data: bytes) -> PinBlock:
    """A PIN_VERIFY block: 19 fixed bytes and the command template (4 bytes or more). Raises `BadBlock`."""
    fixed, template = _split(_VERIFY_BLOCK, data)
    time_out, _, form, block, length, digits = fixed[:6]
    return PinBlock(float(time_out), _read_format(form, block, length, digits), template)


def read_modify_block(data: bytes) -> PinBlock:
    """A PIN_MODIFY block: 24 fixed bytes and the command template. Raises `BadBlock`."""
    fixed, template = _split(_MODIFY_BLOCK, data)
    time_out, _, form, block, length, old_offset, new_offset, digits, confirm = fixed[:9]
    if confirm > 3:
        raise BadBlock("bConfirmPIN")
    return PinBlock(
        float(time_out), _read_format(form, block, length, digits), template, Confirm(confirm), old_offset, new_offset
    )


def _split(layout: struct.Struct, data: bytes) -> tuple[tuple[int, ...], bytes]:
    if len(data) < layout.size:
        raise BadBlock("shorter than its fixed part")
    fixed, template = layout.unpack_from(data), data[layout.size :]
    if fixed[-1] != len(template) or len(template) < _APDU_HEADER:
        raise BadBlock("ulDataLength")
    return fixed, template


def _read_format(form: int, block: int, length: int, digits: int) -> PinFormat:
    try:
        encoding = Encoding(form & 0x03)
    except ValueError:
        raise BadBlock("bmFormatString") from None
    minimum, maximum = digits >> 8, digits & 0xFF
    if minimum > maximum:
        raise BadBlock("wPINMaxExtraDigit")
    in_bytes = bool(form & 0x80)
    position = form >> 3 & 0x0F
    if not in_bytes and position % 8:
        raise BadBlock("a PIN that begins inside a byte")
    length_position = length & 0x0F
    return PinFormat(
        encoding=encoding,
        right_justified=bool(form & 0x04),
        offset=position if in_bytes else position // 8,
        block_size=block & 0x0F,
        min_digits=minimum,
        max_digits=maximum,
        length_bits=block >> 4,
        length_offset=length_position if length & 0x10 else length_position // 8,
    )


def encode_pin(digits: str, how: PinFormat) -> bytes:
    """The digits as bytes, filled with FF to the block size when there is one. Raises `BadBlock` if they do not fit."""
    if how.encoding is Encoding.ASCII:
        plain = digits.encode("ascii")
    elif how.encoding is Encoding.BCD:
        plain = bytes.fromhex(digits + "F" * (len(digits) % 2))
    else:
        plain = bytes(int(digit) for digit in digits)
    if not how.block_size:
        return plain
    if len(plain) > how.block_size:
        raise BadBlock("more digits than the PIN block holds")
    fill = bytes([_PIN_FILL]) * (how.block_size - len(plain))
    return fill + plain if how.right_justified else plain + fill


def build_command(block: PinBlock, pins: list[tuple[int, str]]) -> bytes:
    """The command APDU: the template with each PIN laid in at its offset in the data field.

    With a block size the template's padding stays around the PIN; without one the data field ends with the last PIN
    and Lc follows. Raises `BadBlock`.
    """
    header, data = block.template[:_APDU_HEADER], bytearray(block.template[_APDU_HEADER + 1 :])
    how = block.format
    if how.block_size == 0:
        del data[pins[0][0] :]
    for offset, digits in pins:
        encoded = encode_pin(digits, how)
        if how.length_bits and how.length_offset < len(data):
            data[how.length_offset] |= len(digits) & ((1 << how.length_bits) - 1)
        if len(data) < offset:
            data.extend([_PIN_FILL] * (offset - len(data)))
        data[offset : offset + len(encoded)] = encoded
    if not 0 < len(data) <= 0xFF:
        raise BadBlock("data field")
    return header + bytes([len(data)]) + bytes(data)


class _Key(Enum):
    CANCEL = "cancel"
    WALK_AWAY = "walk away"


_Entry = str | _Key


@dataclass
class PinPad:
    """The pad and its person. Entries typed before the reader asks are kept and used in order."""

    profile: PadProfile
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)
    _entries: deque[_Entry] = field(default_factory=deque, repr=False)
    _asking: bool = False
    _interrupted: bool = False

    def type(self, digits: str) -> None:
        """A person types digits and OK. Raises ValueError for anything but digits."""
        if not (digits.isascii() and digits.isdigit()) and digits != "":
            raise ValueError("a PIN pad has digits only")
        self._add(digits)

    def cancel(self) -> None:
        """A person presses the cancel key."""
        self._add(_Key.CANCEL)

    def walk_away(self) -> None:
        """Nobody types: the entry times out at once, without the wait."""
        self._add(_Key.WALK_AWAY)

    def clear(self) -> None:
        """Forget entries that have not been used."""
        with self._changed:
            self._entries.clear()

    def interrupt(self) -> None:
        """The card is pulled: an entry in progress ends."""
        with self._changed:
            self._interrupted = self._asking
            self._changed.notify_all()

    @property
    def asking(self) -> bool:
        """Whether the reader is waiting for a person to type."""
        return self._asking

    def wait_until_asking(self, seconds: float) -> bool:
        """Wait until the reader asks for a PIN; False when it did not within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._asking, seconds)

    def enter(self, block: PinBlock) -> bytes | None:
        """Run one entry: the command to send, two bytes that are the reader's own answer, or None if interrupted."""
        deadline = time.monotonic() + (block.time_out or self.profile.default_time_out)
        with self._changed:
            self._asking, self._interrupted = True, False
            self._changed.notify_all()
            try:
                return self._run(block, deadline)
            except BadBlock:
                return BAD_BLOCK
            finally:
                self._asking = False
                self._changed.notify_all()

    def _run(self, block: PinBlock, deadline: float) -> bytes | None:
        wanted = _steps(block)
        typed: list[str] = []
        for _ in wanted:
            entry = self._next(deadline)
            if not isinstance(entry, str):
                return entry.value if isinstance(entry, _Outcome) else None
            low = max(block.format.min_digits, 1)
            high = min(block.format.max_digits, self.profile.max_digits)
            if not low <= len(entry) <= high:
                return BAD_LENGTH
            typed.append(entry)
        if wanted[-1] == "again" and typed[-1] != typed[-2]:
            return NEW_PINS_DIFFER
        return build_command(block, _places(block, wanted, typed))

    def _next(self, deadline: float) -> str | _Outcome | None:
        while not self._entries:
            if self._interrupted:
                return None
            left = deadline - time.monotonic()
            if left <= 0:
                return _Outcome.TIME_OUT
            self._changed.wait(left)
        entry = self._entries.popleft()
        if isinstance(entry, str):
            return entry
        return _Outcome.CANCELLED if entry is _Key.CANCEL else _Outcome.TIME_OUT

    def _add(self, entry: _Entry) -> None:
        with self._changed:
            self._entries.append(entry)
            self._changed.notify_all()


class _Outcome(Enum):
    TIME_OUT = TIME_OUT
    CANCELLED = CANCELLED


def _steps(block: PinBlock) -> list[str]:
    """What the person is asked for, in order."""
    if block.confirm is None:
        return ["pin"]
    steps = ["old"] if Confirm.OLD_TOO in block.confirm else []
    steps.append("new")
    return [*steps, "again"] if Confirm.NEW_TWICE in block.confirm else steps


def _places(block: PinBlock, wanted: list[str], typed: list[str]) -> list[tuple[int, str]]:
    offsets = {"pin": block.format.offset, "old": block.old_offset, "new": block.new_offset}
    return [(offsets[step], digits) for step, digits in zip(wanted, typed, strict=True) if step != "again"]
