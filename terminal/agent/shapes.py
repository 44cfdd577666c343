"""Whether a PIN has the shape asked for, looked at before it leaves: a wrong shape never costs a try (decided by the card's table)."""

from collections.abc import Mapping
from typing import Final, Literal

from cardd.cli import pin_entry
from terminal.agent.prompting import Shape

Misshapen = Literal["alphabet", "length", "letter_and_digit"]

_DIGITS: Final = frozenset(b"0123456789")
_CAPITALS: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ALPHABETS: Final[Mapping[str, frozenset[int]]] = {
    "digits": _DIGITS,
    "upper_alnum": _DIGITS | _CAPITALS,
    "printable": frozenset(range(0x20, 0x7F)),
}


def problem(octets: bytearray, shape: Shape) -> Misshapen | None:
    """What is wrong with a PIN, in one word, or None. Every allowed character is one octet of ASCII; the daemon checks the same."""
    if not _ALPHABETS[shape.alphabet].issuperset(octets):
        return "alphabet"
    if not shape.shortest <= len(octets) <= shape.longest:
        return "length"
    if shape.needs_letter_and_digit and (_DIGITS.isdisjoint(octets) or _CAPITALS.isdisjoint(octets)):
        return "letter_and_digit"
    return None


def capitalise(octets: bytearray, shape: Shape) -> bool:
    """Turn lower case into capitals, in place, where only capitals are allowed. Whether anything was turned."""
    return shape.alphabet == "upper_alnum" and pin_entry.capitalise(octets)
