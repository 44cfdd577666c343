"""The use case of signing: one PIN, one or more digests, each signature checked before it leaves.

Importing this room brings `cryptography` and asn1crypto, half of the daemon's start: `app` does it after READY.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cardd.cards.card_type import CardType, PublicKeyKind
from cardd.errors import BadRequest, CardWrongKind, SignOutcomeUnknown, WrongCertificate
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.gate.step import Step, Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardKind, Operation
from cardd.ports import Call, Clock
from cardd.signatures import PublicKey, check_signature, key_kind, public_key
from cardd.signing import cms
from cardd.signing import digest as digests
from cardd.signing.idempotency import FinishedSignatures, UsedKeys, mark_of
from cardd.signing.order import SignAnswer, Signed, SignOrder

CADES = "cades_b"


class SigningService:
    """Signs with keys of a card, through the gate alone."""

    def __init__(self, gate: Gate, clock: Clock, used_keys: UsedKeys) -> None:
        self._gate = gate
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
            return SignAnswer(await self._sign(call, order, _Asked(), None), repeated=False)
        place = (call.caller.peer.uid, call.caller.seat, order.idempotency_key)
        mark = mark_of(*place)
        if self._used_keys.before_this_start(mark):
            raise SignOutcomeUnknown(field="idempotency_key", problem="restarted")
        stored = self._finished.begin(*place, order.hashed(), self._clock.boottime())
        if stored is not None:
            # With the signature goes the certificate, which names the resident: not to whoever happens to know the key.
            await self._gate.repeat(_request(call, order), stored.result.kind)
            return SignAnswer(stored, repeated=True)
        asked = _Asked()
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

    async def _sign(self, call: Call, order: SignOrder, asked: "_Asked", mark: bytes | None) -> Performed[Signed]:
        async def plan(door: Door) -> Signed:
            spec = door.card_type.keys.get(order.key)
            if spec is None:
                raise CardWrongKind()
            if len(order.digests) > 1 and (door.kind is not CardKind.BADGE or spec.pin_always):
                raise BadRequest(field="digests_base64", limit=1)
            known = door.known_certificate(order.key)
            if known is not None:
                _compare(order, known)
            job = _SignJob(
                door.card_type, order, known, asked, datetime.fromtimestamp(self._clock.utc_us() / 1e6, tz=UTC)
            )
            prepare = job.read_certificate if spec.certificate_pin is None else None
            if mark is not None:
                # Here, behind session and policy: nobody else makes the daemon write to its disk.
                await self._used_keys.keep(mark)
            signed = await door.run(Step(spec.application, job.work, pin=spec.pin, prepare=prepare))
            if spec.certificate_pin is None:
                door.remember_certificate(order.key, signed.certificate)
            door.notes.signatures = len(signed.signatures)
            return signed

        return await self._gate.perform(_request(call, order), plan)


def _request(call: Call, order: SignOrder) -> Request:
    """The order as policy and record see it."""
    return Request(
        call,
        Operation.SIGN,
        order.card,
        order.purpose,
        order.case,
        key=order.key,
        digests=len(order.digests),
        algorithm=f"{order.hash_name}.{order.signature_format}",
        fingerprint_given=order.fingerprint is not None,
        approval=order.approval,
        content=(("digests", order.digests_hash()), ("format", f"{order.hash_name}.{order.signature_format}")),
    )


def _compare(order: SignOrder, certificate: bytes) -> None:
    if order.fingerprint is not None and hashlib.sha256(certificate).hexdigest() != order.fingerprint:
        raise WrongCertificate()


@dataclass(slots=True)
class _Asked:
    """Whether a card was asked to use its key: set on the reader's thread, read when the order has ended."""

    key_used: bool = False


class _SignJob:
    """The part on the reader's thread. The certificate comes before VERIFY where the card allows it, else right after."""

    def __init__(
        self, card_type: CardType, order: SignOrder, certificate: bytes | None, asked: _Asked, now: datetime
    ) -> None:
        self._card_type = card_type
        self._order = order
        self._certificate = certificate
        self._asked = asked
        self._now = now
        self._key: PublicKey | None = None
        """Set once the certificate has passed."""

    def read_certificate(self, card: SmartCardConnection) -> None:
        """Read the certificate unless it is known; refuse another one than was shown to the person, or a key of another kind."""
        if self._certificate is None:
            self._certificate = self._card_type.read_certificate(card, self._order.key)
        _compare(self._order, self._certificate)
        self._key = public_key(self._certificate)
        digests.check_format(self._order.signature_format, key_kind(self._key))

    def work(self, card: SmartCardConnection, _: Unlocked) -> Signed:
        """Sign each digest and check each signature."""
        if self._key is None:
            # This certificate opens only after its PIN; the others were read before it.
            self.read_certificate(card)
        assert self._certificate is not None
        assert self._key is not None
        key, kind = self._key, key_kind(self._key)
        self._asked.key_used = True
        signatures = tuple(self._one(card, key, kind, digest) for digest in self._order.digests)
        kind_of_card = self._card_type.kind
        return Signed(kind_of_card, signatures, self._certificate, hashlib.sha256(self._certificate).hexdigest())

    def _one(self, card: SmartCardConnection, key: PublicKey, kind: PublicKeyKind, digest: bytes) -> bytes:
        assert self._certificate is not None
        hash_name = self._order.hash_name
        if self._order.signature_format != CADES:
            signature = self._card_type.sign(card, self._order.key, hash_name, digest, kind)
            check_signature(key, signature, digest, hash_name)
            return signature
        prepared = cms.prepare(self._certificate, kind, digest, hash_name, self._now)
        signature = self._card_type.sign(card, self._order.key, hash_name, prepared.digest, kind)
        check_signature(key, signature, prepared.digest, hash_name)
        return cms.finish(prepared, signature)
