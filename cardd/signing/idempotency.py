"""Finished signatures, kept for 10 minutes, so that a repeat after a dropped connection never signs twice.

The answers live in memory. That a key was used at all is on the disk before the card is asked, so that a repeat after a
restart of the daemon is told `sign.outcome_unknown` instead of signing again.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from cardd.errors import DuplicateId, IdempotencyMismatch, SignOutcomeUnknown

T = TypeVar("T")
KEEP_SECONDS = 600.0
MOST_KEPT = 1024
"""Bound on memory: the oldest go first. A CAdES answer is about 3 KiB."""


class UsedKeys(Protocol):
    """The idempotency keys of the last 10 minutes, as marks (SHA-256, 32 bytes) that outlive the daemon."""

    def before_this_start(self, mark: bytes) -> bool:
        """Whether an earlier run of the daemon was asked under this key, and cannot say what became of it."""
        ...

    async def keep(self, mark: bytes) -> None:
        """Durable on return. Raises `AuditUnavailable`: then nothing may be signed under this key."""
        ...


def mark_of(uid: int, seat: str, key: str) -> bytes:
    """What stands for a key on the disk."""
    return hashlib.sha256(f"{uid}\0{seat}\0{key}".encode()).digest()


@dataclass(slots=True)
class _Entry(Generic[T]):
    params: bytes
    since: float
    answer: T | None = None
    failed: bool = False


class FinishedSignatures(Generic[T]):
    """Answers by (uid, seat, idempotency key). Signatures only, never card data."""

    def __init__(self) -> None:
        self._entries: OrderedDict[tuple[int, str, str], _Entry[T]] = OrderedDict()

    def begin(self, uid: int, seat: str, key: str, params: bytes, now: float) -> T | None:
        """The stored answer of an earlier call, or None: the caller goes on and says `finish` or `fail`.

        `now`: seconds of CLOCK_BOOTTIME. Raises `IdempotencyMismatch` for other parameters under the same key,
        `DuplicateId` while the first call is still running, `SignOutcomeUnknown` when it was broken off after the
        card had been asked.
        """
        self._forget_old(now)
        entry = self._entries.get((uid, seat, key))
        if entry is None:
            self._entries[uid, seat, key] = _Entry(params, now)
            return None
        if entry.params != params:
            raise IdempotencyMismatch(field="idempotency_key")
        if entry.failed:
            raise SignOutcomeUnknown(field="idempotency_key")
        if entry.answer is None:
            raise DuplicateId(field="idempotency_key")
        return entry.answer

    def finish(self, uid: int, seat: str, key: str, answer: T) -> None:
        """Keep the answer of a call that was begun, unless so many came after it that it was dropped."""
        entry = self._entries.get((uid, seat, key))
        if entry is not None:
            entry.answer = answer

    def forget(self, uid: int, seat: str, key: str) -> None:
        """The call ended before the card made a signature: the key is free again."""
        self._entries.pop((uid, seat, key), None)

    def fail(self, uid: int, seat: str, key: str) -> None:
        """The call was broken off after the card had been asked to sign: nobody knows what became of it."""
        entry = self._entries.get((uid, seat, key))
        if entry is not None:
            entry.failed = True

    def _forget_old(self, now: float) -> None:
        while self._entries:
            oldest = next(iter(self._entries))
            if len(self._entries) < MOST_KEPT and now - self._entries[oldest].since <= KEEP_SECONDS:
                return
            del self._entries[oldest]
