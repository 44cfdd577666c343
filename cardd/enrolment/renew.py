"""New keys and certificates for a badge that is in the register: the same number, the same holder, the same PIN.

Making a key takes the old one away, so from then on the badge lets nobody in until this is finished; the same order goes on
where it stopped. The old certificate counts until the new one is proven, and can do nothing without its key.
"""

from contextlib import AsyncExitStack
from dataclasses import replace

from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment import whose
from cardd.enrolment.card_steps import CardSteps, HolderPin
from cardd.enrolment.course import APPROVAL, MANAGEMENT_KEY, Course, Done
from cardd.enrolment.finishing import BadgeWork, block_issued
from cardd.enrolment.order import Content, Made, Place, hash_of
from cardd.enrolment.workshop import Workshop, approval_of, opened_ca
from cardd.errors import OperatorUnknown
from cardd.gate.door import Door
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed, Request
from cardd.model import Operation, PinKind
from cardd.ports import Call
from cardd.register import Operator
from cardd.sessions.table import Session
from cardd.state.badges import Progress


class BadgeRenewal:
    """`renew`, from the order to the new certificate in the book."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def renew(self, call: Call, place: Place, operator_id: str) -> Performed[Made]:
        """Renew the badge of an operator.

        Raises `OperatorUnknown`, `BadgeTaken`, `BadgeUnfit`, `ManagementKeyWrong`, `AuthorityUnavailable`, `SignatureMismatch`,
        and all that gate and people raise.
        """
        shop = self._shop
        content: Content = (("operator", operator_id),)
        hashed = hash_of(place, content)
        request = Request(
            call,
            Operation.BADGE_RENEW,
            place.card,
            place.purpose,
            place.case,
            pins=(PinKind.BADGE,),
            approval=place.approval,
            content=content,
            subject=operator_id,
        )
        async with refusing(shop.gate, request):
            session = shop.gate.session(call)
            operator = known_operator(shop, operator_id)
            shop.need_ca()
            shop.need_master()
            request = replace(
                request, resumes=approval_of(shop, shop.book.progress(operator_id), place, hashed, session)
            )
        run = _Run(shop, call, operator, session, hashed, request.resumes or place.approval)
        return await shop.gate.perform(request, run.make)


class _Run:
    """One run at the card."""

    def __init__(
        self, shop: Workshop, call: Call, operator: Operator, session: Session, content: str, approval: str | None
    ) -> None:
        self._shop = shop
        self._call = call
        self._operator = operator
        self._session = session
        self._content = content
        self._approval = approval
        self._about = {"operator": operator.id, "name": operator.name}

    async def make(self, door: Door) -> Made:
        """The plan."""
        with self._shop.only_one(self._operator.id):
            return await self._make(door)

    async def _make(self, door: Door) -> Made:
        shop, holder = self._shop, HolderPin()
        guid, ours = await look_at_holders(shop, door, self._operator)
        course, resumed = self._begun(guid, "own" if ours else "factory")
        steps = CardSteps(door, shop.need_master(), guid)
        try:
            async with AsyncExitStack() as stack:
                issued = course.issued()
                ca = await stack.enter_async_context(opened_ca(shop, door, self._about)) if issued is None else None
                await steps.verify_holder(holder)
                work = BadgeWork(shop, self._call, door, course, steps, holder, self._session)
                if issued is None:
                    assert ca is not None
                    issued = await work.certify(ca, self._operator.id, self._operator.name)
                    await stack.aclose()
                await work.write(issued)
                return await work.enter(issued, self._operator.model_copy(update={"guid": guid}), resumed)
        finally:
            holder.wipe()

    def _begun(self, guid: str, management_key: str) -> tuple[Course, bool]:
        shop, known = self._shop, self._shop.book.progress(self._operator.id)
        if known is not None and (known.content_hash != self._content or known.guid != guid or known.kind != "renew"):
            block_issued(shop.book, known, by=self._session.operator.id)
            known = None
        used = shop.approvals.find(self._approval) if self._approval is not None else None
        progress = Progress(
            operator_id=self._operator.id,
            guid=guid,
            kind="renew",
            content_hash=self._content,
            requester=self._session.operator.id,
            approver=(used.approver if used is not None else None) or "",
            done=known.done if known is not None else frozenset({Done.CHUID}),
            facts=(dict(known.facts) if known is not None else {})
            | {MANAGEMENT_KEY: management_key}
            | ({APPROVAL: self._approval} if self._approval is not None else {}),
            begun=known.begun if known is not None else shop.moment(),
        )
        shop.book.begin(progress)
        return Course(shop.book, progress), known is not None


def known_operator(shop: Workshop, operator_id: str) -> Operator:
    """Raises `OperatorUnknown`, also for one who may not come in any more."""
    operator = shop.in_force.register.by_id(operator_id)
    if operator is None:
        raise OperatorUnknown(field="operator")
    if not whose.may_come_in(operator, whose.today(shop)):
        raise OperatorUnknown(field="operator", problem="not_active")
    return operator


async def look_at_holders(shop: Workshop, door: Door, operator: Operator) -> tuple[str, bool]:
    """Whether the badge in the reader is this operator's: its number, and whether it takes our management key.

    Raises `BadgeTaken`, `BadgeUnfit`, `ManagementKeyWrong`.
    """
    guids, holders = list[str](), whose.Holders.now(shop)

    def check(found: BadgeCondition) -> None:
        guids.append(holders.check_holder(found, operator))

    number = whose.number_of(door)
    ours = await CardSteps(door, shop.need_master(), number).look(check)
    return guids[0], ours
