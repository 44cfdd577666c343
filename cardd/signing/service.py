"""The use case of signing: one PIN, one or more digests, each signature checked before it leaves.

Importing this room brings `cryptography` and asn1crypto, half of the daemon's start: `app` does it after READY.
"""

from cardd.errors import BadRequest, CardWrongKind, SignOutcomeUnknown
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed
from cardd.gate.step import Step
from cardd.japan_time import utc
from cardd.model import CardKind
from cardd.ports import Call, Clock
from cardd.signing import digest as digests
from cardd.signing.grants import Grants
from cardd.signing.idempotency import FinishedSignatures, UsedKeys, mark_of
from cardd.signing.job import Asked, SignJob, compare
from cardd.signing.order import SignAnswer, Signed, SignOrder


class SigningService:
    """Signs with keys of a card, through the gate alone."""

    def __init__(self, gate: Gate, clock: Clock, used_keys: UsedKeys, grants: Grants) -> None:
        self._gate = gate
        self._grants = grants
        self._clock = clock
        self._used_keys = used_keys
        self._finished: FinishedSignatures[Performed[Signed]] = FinishedSignatures()

    async def sign(self, call: Call, order: SignOrder) -> SignAnswer:
        """Sign, or give the stored answer for a repeated idempotency key.

        Raises `BadRequest` for wrong lengths or several digests with a resident's key, `CardWrongKind`,
        `AlgorithmUnsupported`, `WrongCertificate`, `SignatureMismatch`, the three of `FinishedSignatures.begin`, and
        all that the gate raises, for a repeat too.
        """
        for digest in order.digests:
            digests.check_digest(order.hash_name, digest)
        if order.idempotency_key is None:
            return SignAnswer(await self._sign(call, order, Asked(), None), repeated=False)
        place = (call.caller.peer.uid, call.caller.seat, order.idempotency_key)
        mark = mark_of(*place)
        if self._used_keys.before_this_start(mark):
            raise SignOutcomeUnknown(field="idempotency_key", problem="restarted")
        stored = self._finished.begin(*place, order.hashed(), self._clock.boottime())
        if stored is not None:
            # With the signature goes the certificate, which names the resident: not to whoever happens to know the key.
            await self._gate.repeat(order.request(call), stored.result.kind)
            return SignAnswer(stored, repeated=True)
        asked = Asked()
        try:
            performed = await self._sign(call, order, asked, mark)
        except BaseException:
            # Whatever ended it, the caller's going included: as long as the key was not used, the order may come again.
            if asked.key_used:
                self._finished.fail(*place)
            else:
                self._finished.forget(*place)
            raise
        self._finished.finish(*place, performed)
        return SignAnswer(performed, repeated=False)

    async def _sign(self, call: Call, order: SignOrder, asked: Asked, mark: bytes | None) -> Performed[Signed]:
        if order.grant is not None:
            if mark is not None:
                await self._used_keys.keep(mark)
            return await self._grants.sign(call, order, asked)

        async def plan(door: Door) -> Signed:
            spec = door.card_type.keys.get(order.key)
            if spec is None:
                raise CardWrongKind()
            if len(order.digests) > 1 and (door.kind is not CardKind.BADGE or spec.pin_always):
                raise BadRequest(field="digests_base64", limit=1)
            known = door.known_certificate(order.key)
            if known is not None:
                compare(order, known)
            job = SignJob(door.card_type, order, known, asked, utc(self._clock.utc_us()))
            prepare = job.read_certificate if spec.certificate_pin is None else None
            if mark is not None:
                # Here, behind session and policy: nobody else makes the daemon write to its disk.
                await self._used_keys.keep(mark)
            signed = await door.run(Step(spec.application, job.work, pin=spec.pin, prepare=prepare))
            if spec.certificate_pin is None:
                door.remember_certificate(order.key, signed.certificate)
            door.notes.signatures = len(signed.signatures)
            return signed

        return await self._gate.perform(order.request(call), plan)
