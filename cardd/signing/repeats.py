"""One order under one idempotency key: done once, its answer given again to whoever may have it, a doubt named as a doubt."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from cardd.errors import SignOutcomeUnknown
from cardd.gate.gate import Gate
from cardd.gate.request import Performed
from cardd.ports import Call, Clock
from cardd.signing.idempotency import FinishedSignatures, UsedKeys, mark_of
from cardd.signing.job import Asked
from cardd.signing.order import SignAnswer, Signed, SignOrder


@dataclass(frozen=True, slots=True)
class Made:
    """What was done, and the order as policy and record see it."""

    performed: Performed[Signed]
    order: SignOrder


Make = Callable[[Asked, bytes | None], Awaitable[Made]]
"""Does the work. Given the mark of the idempotency key, to be kept (`Repeats.keep`) behind session and policy, before the card is asked."""


class Repeats:
    """The answers of all ways of signing: a key that was used for one is used for all. Lives on the event loop."""

    def __init__(self, gate: Gate, clock: Clock, used_keys: UsedKeys) -> None:
        self._gate = gate
        self._clock = clock
        self._used_keys = used_keys
        self._finished: FinishedSignatures[Made] = FinishedSignatures()

    async def keep(self, mark: bytes | None) -> None:
        """That this key was used is on the disk. Raises `AuditUnavailable`."""
        if mark is not None:
            await self._used_keys.keep(mark)

    async def once(self, call: Call, key: str | None, params: bytes, make: Make) -> SignAnswer:
        """`make`, or its stored answer. `params`: SHA-256 of all that the key stands for, 32 bytes.

        Raises `SignOutcomeUnknown`, `IdempotencyMismatch`, `DuplicateId`, what `make` raises, and for a repeat what the gate does.
        """
        if key is None:
            return SignAnswer((await make(Asked(), None)).performed, repeated=False)
        place = (call.caller.peer.uid, call.caller.seat, key)
        mark = mark_of(*place)
        if self._used_keys.before_this_start(mark):
            raise SignOutcomeUnknown(field="idempotency_key", problem="restarted")
        stored = self._finished.begin(*place, params, self._clock.boottime())
        if stored is not None:
            # With the signature goes the certificate, which names the resident: not to whoever happens to know the key.
            await self._gate.repeat(stored.order.request(call), stored.performed.result.kind)
            return SignAnswer(stored.performed, repeated=True)
        asked = Asked()
        try:
            made = await make(asked, mark)
        except BaseException:
            # Whatever ended it, the caller's going included: as long as the key was not used, the order may come again.
            if asked.key_used:
                self._finished.fail(*place)
            else:
                self._finished.forget(*place)
            raise
        self._finished.finish(*place, replace(made, order=made.order.without_name()))
        return SignAnswer(made.performed, repeated=False)
