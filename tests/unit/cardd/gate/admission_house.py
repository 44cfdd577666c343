"""What the admission tests share: somebody at work, a second person, and requests that need one or the other."""

from typing import Any

import pytest

from cardd.cards.card_type import Application
from cardd.errors import ApprovalRequired
from cardd.gate.door import Door
from cardd.gate.request import Performed, Request
from cardd.gate.step import Step
from cardd.model import CardKind, Item, Operation, PinKind
from cardd.register import Operator, Register
from tests.unit.cardd.gate.gate_house import GateHouse

STRICT = {"purpose": "resident_code", "case": "R8-1", "items": (Item.NAME,)}
"""Needs a second person, and a PIN of the last minutes."""
PLAIN = {"purpose": "identity_check", "case": "R8-1", "items": (Item.NAME,)}
DISASTER = {"purpose": "disaster_identity", "case": "R8-1", "items": (Item.NAME,)}
"""Allowed under the override alone."""
KATO = Operator(id="kato", name="加藤", role="supervisor", certificates=("e" * 64,))
SUZUKI = Operator(id="suzuki", name="鈴木", role="counter", certificates=("d" * 64,))


class Desk(GateHouse):
    """`sato` is logged in; `kato` may approve, `suzuki` may not."""

    def __init__(self, *, role: str = "supervisor", kind: CardKind = CardKind.MY_NUMBER) -> None:
        super().__init__(role=role, kind=kind)
        self.put_register(KATO, SUZUKI)

    def put_register(self, *others: Operator) -> None:
        sato = Operator(id="sato", name="佐藤", role="supervisor", certificates=("f" * 64,))
        self.in_force.put_register(Register(1, (sato, *others)))

    def request(self, **more: Any) -> Request:
        order: dict[str, Any] = {"operation": Operation.READ, "card": self.entry.ref.handle, **STRICT, **more}
        return Request(self.call(), **order)

    async def ask(self, plan: Any = None, **more: Any) -> Performed[Any]:
        return await self.gate.perform(self.request(**more), plan or nothing)

    async def asked(self, **more: Any) -> str:
        """What a request that lacks a second person was given as the number to ask for."""
        with pytest.raises(ApprovalRequired) as told:
            await self.ask(**more)
        assert told.value.facts.approval is not None
        return told.value.facts.approval

    async def approved(self, by: Operator = KATO, **more: Any) -> str:
        """An approval that was asked for and given."""
        number = await self.asked(**more)
        waiting = self.approvals.find(number)
        assert waiting is not None
        self.approvals.give(number, by, waiting.content_hash, b"proof")
        return number

    def pass_s(self, seconds: float) -> None:
        """Time passes and somebody works on, so that the session does not lock."""
        self.clock.now += seconds
        if self.session is not None and self.sessions.still(self.session):
            self.sessions.activity(self.session)


async def nothing(_: Door) -> str:
    return "result"


def with_pin(which: PinKind = PinKind.CARD_INFO, application: Application = Application.CARD_INFO) -> Any:
    """A plan with one PIN."""

    async def plan(door: Door) -> None:
        await door.run(Step(application, lambda _card, _unlocked: None, pin=which))

    return plan
