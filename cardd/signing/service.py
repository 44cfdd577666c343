"""The use case of signing: one PIN, one or more digests, each signature checked before it leaves.

Importing this room brings `cryptography` and asn1crypto, half of the daemon's start: `app` does it after READY.
"""

from cardd.errors import BadRequest, CardWrongKind
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.step import Step
from cardd.japan_time import utc
from cardd.model import CardKind
from cardd.ports import Call, CertificateJudge, Clock
from cardd.signing import digest as digests
from cardd.signing.grants import Grants
from cardd.signing.job import Asked, Judging, SignJob, compare
from cardd.signing.order import SignAnswer, Signed, SignOrder
from cardd.signing.repeats import Made, Repeats


class SigningService:
    """Signs with keys of a card, through the gate alone."""

    def __init__(
        self, gate: Gate, clock: Clock, repeats: Repeats, grants: Grants, judge: CertificateJudge | None = None
    ) -> None:
        self._gate = gate
        self._grants = grants
        self._clock = clock
        self._repeats = repeats
        self._judge = judge

    async def sign(self, call: Call, order: SignOrder) -> SignAnswer:
        """Sign, or give the stored answer for a repeated idempotency key.

        Raises `BadRequest` for wrong lengths, several digests with a resident's key or one document, and a digest that is not the
        document's, `CardWrongKind`, `AlgorithmUnsupported`, `WrongCertificate`, `SignatureMismatch`, `ConsentRefused`, the `cert.*` of
        the judge, the three of `FinishedSignatures.begin`, and all that the gate raises, for a repeat too.
        """
        digests.check_order(order)

        async def make(asked: Asked, mark: bytes | None) -> Made:
            if order.grant is not None:
                await self._repeats.keep(mark)
                return Made(await self._grants.sign(call, order, asked), order)
            return await self._sign(call, order, asked, mark)

        return await self._repeats.once(call, order.idempotency_key, order.hashed(), make)

    async def _sign(self, call: Call, order: SignOrder, asked: Asked, mark: bytes | None) -> Made:
        async def plan(door: Door) -> Signed:
            spec = door.card_type.keys.get(order.key)
            if spec is None:
                raise CardWrongKind()
            if len(order.digests) > 1 and (door.kind is not CardKind.BADGE or spec.pin_always):
                raise BadRequest(field="digests_base64", limit=1)
            known = door.known_certificate(order.key)
            if known is not None:
                compare(order.fingerprint, known)
            judging = Judging(self._judge, door.kind, order.key, order.purpose)
            job = SignJob(door.card_type, order, known, asked, utc(self._clock.utc_us()), judging)
            prepare = job.read_certificate if spec.certificate_pin is None else None
            # Here, behind session and policy: nobody else makes the daemon write to its disk.
            await self._repeats.keep(mark)
            try:
                signed = await door.run(Step(spec.application, job.work, pin=spec.pin, prepare=prepare))
            finally:
                judging.note(door.notes)
            if spec.certificate_pin is None:
                door.remember_certificate(order.key, signed.certificate)
            door.notes.signatures = len(signed.signatures)
            return signed

        return Made(await self._gate.perform(order.request(call), plan), order)
