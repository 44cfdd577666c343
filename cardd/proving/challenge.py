"""The challenge that a badge signs: 32 fresh bytes, single use, at most 30 seconds old (requirement S1)."""

import hashlib
import secrets
from dataclasses import dataclass, field

CHALLENGE_BYTES = 32
CHALLENGE_SECONDS = 30.0

# Keeps such a signature from ever being one over a document: the badge signs this text, not the bare challenge.
_CONTEXT = b"cardd badge %b v1\x00"


@dataclass(slots=True)
class Challenge:
    """One challenge for one proof.

    act      what the holder agrees to, one word (`login`, `approve`, …), so that no proof serves for another act.
    about    SHA-256 of the exact content that is agreed to, 32 bytes, or empty.
    """

    nonce: bytes = field(repr=False)
    made_at: float
    act: str
    about: bytes = field(default=b"", repr=False)
    spent: bool = False

    @classmethod
    def fresh(cls, now: float, act: str, about: bytes = b"") -> "Challenge":
        """A new one from the system's random source; `now` in seconds of CLOCK_BOOTTIME."""
        return cls(secrets.token_bytes(CHALLENGE_BYTES), now, act, about)

    def message(self, badge_fingerprint: str) -> bytes:
        """The bytes that are hashed and signed: bound to act, content and the badge's certificate."""
        return _CONTEXT % self.act.encode("ascii") + bytes.fromhex(badge_fingerprint) + self.about + self.nonce

    def digest(self, badge_fingerprint: str) -> bytes:
        """SHA-256 over `message`, 32 bytes."""
        return hashlib.sha256(self.message(badge_fingerprint)).digest()

    def spend(self, now: float) -> bool:
        """Whether an answer that arrives `now` counts. True at most once, and only within 30 seconds."""
        fits = not self.spent and 0 <= now - self.made_at <= CHALLENGE_SECONDS
        self.spent = True
        return fits
