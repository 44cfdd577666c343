"""The PIN as pam_exec hands it over: octets on standard input, without an end of line, then the end of the file.

Linux-PAM 1.5 writes what was typed, at most 511 octets, and nothing behind it; older ones wrote its NUL as well.
"""

import os
import string
from collections.abc import Mapping
from typing import Any, Final

from cardd.wire.framing import LONGEST_SECRET, wipe

_NUL: Final = 0
_ALPHABETS: Mapping[str, frozenset[int]] = {
    "digits": frozenset(string.digits.encode()),
    "upper_alnum": frozenset((string.digits + string.ascii_uppercase).encode()),
    "printable": frozenset(range(0x20, 0x7F)),
}


class TypedPin:
    """What a person typed, once. It goes to the daemon at most one time, and only as the PIN of a badge that logs in or unlocks."""

    def __init__(self, octets: bytearray) -> None:
        """`octets` are this object's from now on."""
        self._octets = octets
        self._given = False
        self.problem: str | None = None
        """Why the daemon was given nothing: `empty`, `shape`, `again`, `other_question`."""

    def answer(self, asked: Mapping[str, Any]) -> bytearray | None:
        """What `cardd.client` asks a `pin_prompt` for; `asked`: parameters of `agent.pin`. None where it must not leave."""
        self.problem = self._why_not(asked)
        if self.problem is not None:
            return None
        self._given = True
        copy = bytearray(len(self._octets))
        # A view: a bytearray's own slice assignment makes a copy on the way that nobody wipes.
        memoryview(copy)[:] = self._octets
        self.wipe()
        return copy

    def wipe(self) -> None:
        """Overwrite it."""
        wipe(self._octets)

    def _why_not(self, asked: Mapping[str, Any]) -> str | None:
        if (asked.get("which"), asked.get("step")) != ("badge", "enter") or asked.get("operation") not in _OPERATIONS:
            return "other_question"
        if self._given:
            return "again"
        if not self._octets:
            return "empty"
        return None if _fits(self._octets, asked["shape"]) else "shape"


_OPERATIONS: Final = ("login", "unlock")


def read_pin(descriptor: int) -> TypedPin:
    """Read to the end of the file, or one octet more than any PIN has: nobody gets this program to hold a megabyte.

    Raises `OSError` where the descriptor cannot be read.
    """
    octets = bytearray(LONGEST_SECRET + 1)
    length = 0
    try:
        while length < len(octets):
            count = os.readv(descriptor, [memoryview(octets)[length:]])
            if count == 0:
                break
            length += count
    except BaseException:
        wipe(octets)
        raise
    if length and octets[length - 1] == _NUL:
        length -= 1
    del octets[length:]
    return TypedPin(octets)


def _fits(octets: bytearray, shape: Mapping[str, Any]) -> bool:
    """Whether it can be the PIN that is asked for. One octet too many for any PIN stays one too many here."""
    return shape["shortest"] <= len(octets) <= shape["longest"] and _ALPHABETS[shape["alphabet"]].issuperset(octets)
