"""Taking the newest head out by hand, where no witness is reached: badge and PIN of somebody with the right, no session (A5)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from cardd.audit.checkpoint import SignedHead
from cardd.errors import PolicyDenied
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Performed, Request
from cardd.model import CardHandle, Operation, PinKind
from cardd.ports import Call
from cardd.proving.prover import BadgeProver, Proven
from cardd.register import Operator

WHY = "export"


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """The head, and who took it out."""

    signed: SignedHead
    operator: Operator


class HeadExport:
    """The use case."""

    def __init__(
        self,
        gate: Gate,
        prover: BadgeProver,
        sign: Callable[[str], Awaitable[SignedHead]],
        exported: Callable[[int], None],
    ) -> None:
        """`sign` gives a head over all records, durable, for a word that says why; `exported` is told how many records it has."""
        self._gate, self._prover, self._sign, self._exported = gate, prover, sign, exported

    async def export(self, call: Call, badge: CardHandle | None) -> Performed[ExportedHead]:
        """A new head over everything so far, the proof of this badge included; on record before it is given.

        Raises `PolicyDenied` without the right `head_export`, `AuditUnavailable`, and what gate and proof raise. It is given also
        while logins are refused because nothing left the machine: this is what ends that.
        """
        handle = badge or await self._badge(call)
        request = Request(call, Operation.HEAD_EXPORT, handle, pins=(PinKind.BADGE,))

        async def plan(door: Door) -> Proven:
            return await self._prover.prove(door, "head_export", fits=self._fits)

        operator = (await self._gate.perform(request, plan)).result.operator
        signed = await self._sign(WHY)
        head = signed.head
        receipt = await self._gate.note(
            call,
            operator,
            operation=Operation.HEAD_EXPORT,
            head_size=head.size,
            head_root=head.root.hex(),
        )
        self._exported(head.size)
        return Performed(ExportedHead(signed, operator), receipt)

    async def _badge(self, call: Call) -> CardHandle:
        async with refusing(self._gate, Request(call, Operation.HEAD_EXPORT, NO_CARD)):
            return await self._gate.badge_at(call.caller.seat)

    def _fits(self, operator: Operator) -> None:
        if not self._gate.has_right(operator, Operation.HEAD_EXPORT):
            raise PolicyDenied(rule="rights", problem="no_right")
