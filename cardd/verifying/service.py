"""`certificate.check`: a certificate that the caller brings along is judged by the anchors and lists of this machine.

Through the gate like all else: somebody is logged in, the policy has a row for it, and the answer is on record before it is given,
as one word and the age of the list; nothing of the certificate is.
"""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from cardd.errors import BadRequest, CarddError, Internal
from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Request
from cardd.model import CardKind, Operation
from cardd.ports import Call, Clock
from cardd.verifying.order import CertificateOrder, Judged

Judge = Callable[[CertificateOrder, datetime], Judged]
"""Judges at a time; blocks for some milliseconds. Raises `CertificateUnknown` where the clock cannot be right (K6)."""
ANY_KIND = "any"
_HOLDERS = {"operator_badge": CardKind.BADGE, "operator_signature": CardKind.BADGE}


class VerifyingService:
    """The use case."""

    def __init__(self, gate: Gate, judge: Judge, clock: Clock) -> None:
        self._gate, self._judge, self._clock = gate, judge, clock
        self._one_at_a_time = asyncio.Lock()
        """Whoever asks much waits for itself, not the others' threads."""

    async def check(self, call: Call, order: CertificateOrder) -> Performed[Judged]:
        """Judge `order`. Raises `SessionRequired`, `SessionLocked`, `PolicyDenied`, `ApprovalRequired`, `ApprovalInvalid`,
        `BadRequest` (a moment that is still to come), `CertificateUnknown` (`clock_behind_list`), `AuditUnavailable`. A
        session that ends meanwhile is a `SessionRequired`.
        """
        request = Request(
            call,
            Operation.CERTIFICATE_CHECK,
            NO_CARD,
            order.purpose,
            order.case,
            approval=order.approval,
            content=(("certificate_kind", order.kind or ANY_KIND), ("certificate", _fingerprint(order))),
        )
        # Without a kind it may be a resident's: the row must be one about residents' cards.
        session, agreed = await self._gate.allow_by_two(request, _HOLDERS.get(order.kind or "", CardKind.MY_NUMBER))
        try:
            judged = await self._judged(order)
            # Whoever asked may have gone meanwhile: then nobody is told.
            self._gate.check_session(session)
        except CarddError as error:
            await self._gate.refuse(request, error)
            raise
        except Exception:
            # A fault of ours is on record like every other end; what the dispatcher makes of it stands in the log.
            await self._gate.refuse(request, Internal())
            raise
        receipt = await self._gate.note(
            call,
            session,
            operation=Operation.CERTIFICATE_CHECK,
            purpose=order.purpose,
            case=order.case,
            certificate=judged.result,
            problem=None if judged.reason == judged.result else judged.reason,
            list_age_s=judged.list_age_s,
            **agreed,
        )
        return Performed(judged, receipt)

    async def _judged(self, order: CertificateOrder) -> Judged:
        now = datetime.fromtimestamp(self._clock.utc_us() / 1_000_000, UTC)
        at = now if order.at is None else order.at
        if at > now:
            raise BadRequest(field="params.at", problem="in_the_future")
        async with self._one_at_a_time:
            judging = asyncio.ensure_future(asyncio.to_thread(self._judge, order, at))
            try:
                return await asyncio.shield(judging)
            except asyncio.CancelledError:
                # A thread cannot be stopped: who asks and goes, again and again, must not have one for each.
                await asyncio.wait([judging])
                if not judging.cancelled():
                    judging.exception()  # nobody is left who would hear of it
                raise


def _fingerprint(order: CertificateOrder) -> str:
    return hashlib.sha256(order.certificate).hexdigest()
