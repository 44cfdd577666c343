"""PINs and PUKs with retry counters: the value and the counter are persistent, the verified flag is volatile."""

import hmac
from dataclasses import dataclass
from enum import Enum, auto, unique
from typing import Any, Self


@unique
class Verdict(Enum):
    """What one try at a PIN came to."""

    RIGHT = auto()
    WRONG = auto()
    WAS_BLOCKED = auto()


@dataclass(slots=True, repr=False)
class ReferenceData:
    """One PIN. `tries` left counts down to 0 = blocked; a right try sets it back to `max_tries`."""

    value: bytes
    max_tries: int
    tries: int
    verified: bool = False

    @classmethod
    def fresh(cls, value: bytes, max_tries: int) -> Self:
        """A PIN with its full counter."""
        return cls(value, max_tries, max_tries)

    @property
    def blocked(self) -> bool:
        return self.tries == 0

    def verify(self, candidate: bytes) -> Verdict:
        """One try. A blocked PIN is not compared at all. A wrong try takes the verified flag away."""
        if self.blocked:
            return Verdict.WAS_BLOCKED
        if not hmac.compare_digest(candidate, self.value):
            self.tries -= 1
            self.verified = False
            return Verdict.WRONG
        self.tries = self.max_tries
        self.verified = True
        return Verdict.RIGHT

    def change(self, value: bytes) -> None:
        """Put a new value in; the counter starts anew."""
        self.value = value
        self.tries = self.max_tries

    def forget(self) -> None:
        """Volatile state goes: power off, another application."""
        self.verified = False

    def to_state(self) -> dict[str, Any]:
        """For the card file. The value is text, one character per byte (the FF padding of PIV becomes U+00FF)."""
        return {"value": self.value.decode("latin-1"), "max_tries": self.max_tries, "tries": self.tries}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises `ValueError` when the counter lies outside 0 to `max_tries`."""
        reference = cls(state["value"].encode("latin-1"), state["max_tries"], state["tries"])
        if not 0 <= reference.tries <= reference.max_tries <= 255:
            raise ValueError("retry counter outside its limits")
        return reference

    def __repr__(self) -> str:
        return f"<ReferenceData {self.tries}/{self.max_tries}>"
