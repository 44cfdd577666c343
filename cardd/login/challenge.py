"""The login challenge: 32 fresh bytes, single use, at most 30 seconds old (requirement S1)."""

import hashlib
import secrets
from dataclasses import dataclass, field

CHALLENGE_BYTES = 32
CHALLENGE_SECONDS = 30.0

# Keeps a login signature from ever being one over a document: the badge signs this text, not the bare challenge.
_CONTEXT = b"cardd badge login v1\x00"


@dataclass(slots=True)
class Challenge:
    """One challenge for one login. `spend` gives the digest to be signed, once."""

    nonce: bytes = field(repr=False)
    made_at: float
    spent: bool = False

    @classmethod
    def fresh(cls, now: float) -> "Challenge":
        """A new one from the system's random source; `now` in seconds of CLOCK_BOOTTIME."""
        return cls(secrets.token_bytes(CHALLENGE_BYTES), now)

    def message(self, badge_fingerprint: str) -> bytes:
        """The bytes that are hashed and signed: bound to the badge's certificate and to this daemon's purpose."""
        return _CONTEXT + bytes.fromhex(badge_fingerprint) + self.nonce

    def digest(self, badge_fingerprint: str) -> bytes:
        """SHA-256 over `message`, 32 bytes."""
        return hashlib.sha256(self.message(badge_fingerprint)).digest()

    def spend(self, now: float) -> bool:
        """Whether an answer that arrives `now` counts. True at most once, and only within 30 seconds."""
        fits = not self.spent and 0 <= now - self.made_at <= CHALLENGE_SECONDS
        self.spent = True
        return fits
