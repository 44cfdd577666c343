"""A PIN in memory: short-lived, without text, wiped after use.

Wiping is best effort in Python (pyscard makes a list of ints of its own), so the life of a `Pin` is kept short.
"""

import hmac
from types import TracebackType
from typing import NoReturn, Self


class Pin:
    """The bytes of one PIN, owned by whoever holds the object. Use as a context manager: leaving it wipes the bytes."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytearray) -> None:
        """Take over `octets` (1 to 64 bytes); the caller must not keep another name for them."""
        self._octets = octets

    @property
    def octets(self) -> bytearray:
        """The live buffer, not a copy."""
        return self._octets

    def wipe(self) -> None:
        """Overwrite the bytes with zeros. Harmless when done twice."""
        for place in range(len(self._octets)):
            self._octets[place] = 0
        self._octets.clear()

    def __len__(self) -> int:
        return len(self._octets)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wipe()

    def __eq__(self, other: object) -> bool:
        """Compared in constant time."""
        return isinstance(other, Pin) and hmac.compare_digest(self._octets, other._octets)

    def __hash__(self) -> NoReturn:
        raise TypeError("a Pin has no hash")

    def __repr__(self) -> str:
        return "<Pin>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Pin cannot be copied or stored")
