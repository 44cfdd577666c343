"""What stands between a program and a resident's last try: no second helping of the same wrong PIN.

The card's own counter is read before every VERIFY (`cardd.gate.step`), consent is asked in `cardd.gate.pin_entry`; here
is what neither the card nor the person can be relied on to remember.
"""

import hashlib
import hmac
import secrets

from cardd.errors import PinRepeated
from cardd.model import PinKind
from cardd.pin import Pin

REPEAT_SECONDS = 30.0


class WrongPins:
    """The wrong PINs of the last 30 seconds, as keyed hashes (requirement P4). The key dies with the process."""

    def __init__(self, seconds: float = REPEAT_SECONDS) -> None:
        self._seconds = seconds
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, float] = {}
        self._doubtful: dict[bytes, tuple[int, float]] = {}

    def mark(self, identity: bytes, which: PinKind, pin: Pin) -> bytes:
        """The keyed hash that stands for this PIN on this card; made while the PIN is still there."""
        keyed = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (identity, which.value.encode(), pin.octets):
            keyed.update(len(part).to_bytes(4, "big"))
            keyed.update(part)
        return keyed.digest()

    def check(self, mark: bytes, which: PinKind, now: float, left: int | None = None) -> None:
        """Raise `PinRepeated` when the PIN behind `mark` was wrong less than 30 seconds (a setting) before `now` (CLOCK_BOOTTIME).

        `left`: the counter as it was just read. A PIN whose VERIFY had no answer was wrong if the counter fell over it.
        """
        self._forget_old(now)
        before, doubted_since = self._doubtful.get(mark, (0, now))
        since = doubted_since if left is not None and left < before else self._seen.get(mark)
        if since is not None:
            raise PinRepeated(which=which, retry_after_s=int(self._seconds - (now - since)) + 1)

    def remember(self, mark: bytes, now: float) -> None:
        """The PIN behind `mark` was wrong."""
        self._seen[mark] = now

    def doubt(self, mark: bytes, before: int, now: float) -> None:
        """The PIN behind `mark` was sent while the counter stood at `before`, and no answer came."""
        self._doubtful[mark] = before, now

    def accepted(self, mark: bytes) -> None:
        """The card took the PIN behind `mark`: whatever its counter falls to from now on, it was not this PIN."""
        self._seen.pop(mark, None)
        self._doubtful.pop(mark, None)

    def _forget_old(self, now: float) -> None:
        self._seen = {mark: since for mark, since in self._seen.items() if now - since < self._seconds}
        self._doubtful = {mark: told for mark, told in self._doubtful.items() if now - told[1] < self._seconds}
