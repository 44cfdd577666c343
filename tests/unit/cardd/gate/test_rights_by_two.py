"""Rights that nobody uses alone: records are taken out and cut off only when somebody else has agreed to exactly that (S9)."""

from typing import Any

import pytest

from cardd.errors import ApprovalInvalid, ApprovalRequired, LockedDown, PolicyDenied
from cardd.gate.request import NO_CARD, Request
from cardd.model import Operation
from tests.unit.cardd.gate.admission_house import KATO, Desk

CONTENT = (("hash", "5" * 64),)


class Auditors(Desk):
    """`sato` is an auditor, `kato` a supervisor, under the shipped policy."""

    def __init__(self, role: str = "auditor") -> None:
        super().__init__(role=role)

    def export(self, **more: Any) -> Request:
        order: dict[str, Any] = {"operation": Operation.AUDIT_EXPORT, "card": NO_CARD, "content": CONTENT, **more}
        return Request(self.call(), **order)

    async def agreed(self, **more: Any) -> str:
        with pytest.raises(ApprovalRequired) as told:
            await self.gate.allow_by_two(self.export(**more))
        number = told.value.facts.approval
        waiting = self.approvals.find(number or "")
        assert number is not None
        assert waiting is not None
        self.approvals.give(number, KATO, waiting.content_hash, b"proof")
        return number


@pytest.fixture
async def desk() -> Auditors:
    return Auditors()


@pytest.mark.proves("S9")
async def test_nobody_takes_records_out_alone(desk: Auditors) -> None:
    with pytest.raises(ApprovalRequired):
        await desk.gate.allow_by_two(desk.export())
    (asked,) = desk.journal.states
    assert (asked.code, asked.operation, asked.operator) == ("approval.required", Operation.AUDIT_EXPORT, "sato")


@pytest.mark.proves("S9")
async def test_who_agreed_is_told_to_whoever_puts_it_on_record(desk: Auditors) -> None:
    number = await desk.agreed()
    waiting = desk.approvals.find(number)
    session, second = await desk.gate.allow_by_two(desk.export(approval=number))
    assert waiting is not None
    assert session is desk.session
    assert second == {"approval": number, "approver": "kato", "content": waiting.content_hash}


@pytest.mark.proves("S9", "fault 97")
async def test_it_serves_once_and_for_that_content_alone(desk: Auditors) -> None:
    number = await desk.agreed()
    with pytest.raises(ApprovalInvalid) as other:
        await desk.gate.allow_by_two(desk.export(approval=number, content=(("hash", "6" * 64),)))
    assert other.value.facts.problem == "other_content"
    await desk.gate.allow_by_two(desk.export(approval=number))
    with pytest.raises(ApprovalInvalid) as again:
        await desk.gate.allow_by_two(desk.export(approval=number))
    assert again.value.facts.problem == "used"


@pytest.mark.proves("S9")
async def test_an_approval_for_taking_out_does_not_cut(desk: Auditors) -> None:
    number = await desk.agreed()
    with pytest.raises(PolicyDenied):
        await desk.gate.allow_by_two(desk.export(approval=number, operation=Operation.AUDIT_CUT))


@pytest.mark.proves("fault 123")
async def test_a_clerk_is_refused_before_anybody_is_asked() -> None:
    desk = Auditors(role="counter")
    with pytest.raises(PolicyDenied) as refused:
        await desk.gate.allow_by_two(desk.export())
    assert (refused.value.facts.rule, refused.value.facts.problem) == ("rights", "no_right")
    assert desk.approvals.open() == ()


@pytest.mark.proves("S9")
async def test_the_emergency_stop_stops_it_too(desk: Auditors) -> None:
    desk.lockdown.engage("kato", "drill")
    with pytest.raises(LockedDown):
        await desk.gate.allow_by_two(desk.export())
