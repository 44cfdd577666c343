"""A badge from the factory becomes an operator's badge. Pulled at any point, the same order goes on where it stopped.

The PUK is changed before the PIN: whether it took effect can be found out by trying, with one try kept in any case (`course`),
and once it is known, it sets a PIN whose change was lost. So neither is ever locked by going on.
"""

from contextlib import AsyncExitStack
from dataclasses import replace
from uuid import uuid4

from cardd.cards.card_type import Application
from cardd.cards.chuid import guid_of
from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment import whose
from cardd.enrolment.card_steps import CardSteps, HolderPin
from cardd.enrolment.course import APPROVAL, MANAGEMENT_KEY, Course, Done, for_another_order
from cardd.enrolment.finishing import BadgeWork, block_issued
from cardd.enrolment.new_pin import ask_new_pin
from cardd.enrolment.order import Made, NewOperator, Place, hash_of
from cardd.enrolment.preparing import card_ends, check_factory_pin, holders_pin, own_puk
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.enrolment.whose import Holders
from cardd.enrolment.workshop import Workshop, approval_of, opened_ca, show
from cardd.errors import BadgeUnfit, BadRequest
from cardd.gate.door import Door
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed, Request
from cardd.model import Operation
from cardd.pin import Pin
from cardd.ports import Call
from cardd.register import Operator
from cardd.sessions.table import Session
from cardd.state.badges import Progress
from certs.ca.names import LONGEST_NAME, fits


class BadgeEnrolment:
    """`enrol`, from the order to the badge that is let in."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def enrol(self, call: Call, place: Place, who: NewOperator) -> Performed[Made]:
        """Make the badge in `place.card` out to `who`.

        Raises `OperatorExists`, `OperatorUnknown`, `BadRequest`, `BadgeTaken`, `BadgeUnfit`, `ManagementKeyWrong`, `PukBlocked`,
        `AuthorityUnavailable`, `SignatureMismatch`, and all that gate and people raise.
        """
        shop, content = self._shop, hash_of(place, who.content())
        request = Request(
            call,
            Operation.BADGE_ENROL,
            place.card,
            place.purpose,
            place.case,
            approval=place.approval,
            content=who.content(),
            subject=who.id,
        )
        async with refusing(shop.gate, request):
            session = shop.gate.session(call)
            self._check(who)
            request = replace(request, resumes=approval_of(shop, shop.book.progress(who.id), place, content, session))
        run = _Run(shop, call, who, session, content, request.resumes or place.approval)
        return await shop.gate.perform(request, run.make)

    def _check(self, who: NewOperator) -> None:
        """All that can be known before any card and any person is troubled."""
        shop = self._shop
        if not fits(who.name, LONGEST_NAME):
            raise BadRequest(field="name", problem="name")
        shop.need_ca()
        shop.need_master()
        known = shop.book.progress(who.id)
        if known is not None and any(badge.guid == known.guid for badge in shop.book.operators()):
            shop.book.finish(known.guid)  # it was entered, and the power went before that was noted
        whose.check_free(who, shop)


class _Run:
    """One run at the card."""

    def __init__(
        self, shop: Workshop, call: Call, who: NewOperator, session: Session, content: str, approval: str | None
    ) -> None:
        self._shop = shop
        self._call = call
        self._who = who
        self._session = session
        self._content = content
        self._approval = approval
        self._about = {"operator": who.id, "name": who.name}

    async def make(self, door: Door) -> Made:
        """The plan."""
        with self._shop.only_one(self._who.id):
            whose.check_free(self._who, self._shop)  # the second person took some minutes
            return await self._make(door)

    async def _make(self, door: Door) -> Made:
        master = self._shop.need_master()
        on_card = guid_of(door.expected(Application.PIV).identity)
        course, resumed = self._begun(on_card)
        if not course.has(Done.CHUID):
            await self._first_look(door, master, course, on_card)
        steps = CardSteps(door, master, course.guid, may_be_ours=course.has(Done.MANAGEMENT_SENT))
        async with AsyncExitStack() as stack:
            issued = course.issued()
            ca = await stack.enter_async_context(opened_ca(self._shop, door, self._about)) if issued is None else None
            with await ask_new_pin(door, self._about) as pin:
                work = BadgeWork(self._shop, self._call, door, course, steps, HolderPin(pin), self._session)
                await self._prepare(door, course, steps, master, pin)
                if issued is None:
                    assert ca is not None
                    issued = await work.certify(ca, self._who.id, self._who.name)
                    await stack.aclose()
                await work.write(issued)
                if not course.has(Done.MANAGEMENT):
                    course.note(Done.MANAGEMENT_SENT)
                    course.note(Done.MANAGEMENT, **{MANAGEMENT_KEY: await steps.take_over()})
                return await work.enter(issued, self._holder(course), resumed)

    # --- where it stands ---------------------------------------------------------------------------------------------

    def _begun(self, on_card: str | None) -> tuple[Course, bool]:
        """The open course, and whether an earlier run is gone on with. From here on no second approval is needed.

        Raises `BadgeTaken`, `BadgeUnfit` (`other_badge`).
        """
        shop, who = self._shop, self._who
        Holders.now(shop).check_not_taken(on_card, frozenset(), who.id)
        known = shop.book.progress(who.id)
        same = known is not None and known.content_hash == self._content
        kept = known if known is not None and (same or on_card == known.guid) else None
        if kept is not None and Done.CHUID in kept.done and on_card != kept.guid:
            raise BadgeUnfit(problem="other_badge")
        if known is not None and not same:
            block_issued(shop.book, known, by=self._session.operator.id)
            kept = for_another_order(kept) if kept is not None else None
        used = shop.approvals.find(self._approval) if self._approval is not None else None
        progress = Progress(
            operator_id=who.id,
            guid=kept.guid if kept is not None else uuid4().hex,
            kind="enrol",
            content_hash=self._content,
            requester=self._session.operator.id,
            approver=(used.approver if used is not None else None) or "",
            done=kept.done if kept is not None else frozenset(),
            facts=(dict(kept.facts) if kept is not None else {})
            | {"name": who.name, "role": who.role}
            | ({APPROVAL: self._approval} if self._approval is not None else {}),
            begun=kept.begun if kept is not None else shop.moment(),
        )
        shop.book.begin(progress)
        return Course(shop.book, progress), bool(progress.done)

    async def _first_look(self, door: Door, master: BadgeMasterKey, course: Course, on_card: str | None) -> None:
        """Whether this badge will do, before a person is asked for anything. One of ours that was given up keeps its number."""
        found: list[BadgeCondition] = []
        holders = Holders.now(self._shop)

        def check(condition: BadgeCondition) -> None:
            found.append(condition)
            self._check_nobodys(holders, condition)

        steps = CardSteps(door, master, on_card or course.guid, may_be_ours=on_card is not None)
        if await steps.look(check) and on_card is not None:
            course.adopt(on_card)
        else:
            check_factory_pin(door.card_type, found[0])

    def _check_nobodys(self, holders: Holders, found: BadgeCondition) -> None:
        guid = found.guid.hex() if found.guid is not None else None
        holders.check_not_taken(guid, whose.fingerprints(found), self._who.id)

    # --- until the badge is the office's and the holder's ------------------------------------------------------------

    async def _prepare(self, door: Door, course: Course, steps: CardSteps, master: BadgeMasterKey, pin: Pin) -> None:
        show(self._call, "badge_preparing")
        if not course.has(Done.CHUID):
            holders = Holders.now(self._shop)

            def check(found: BadgeCondition) -> None:
                self._check_nobodys(holders, found)
                check_factory_pin(door.card_type, found)

            await steps.make_out(card_ends(whose.today(self._shop)), check)
            course.note(Done.CHUID)
        if not course.has(Done.PUK):
            await own_puk(course, steps, master)
        await holders_pin(course, steps, pin)

    def _holder(self, course: Course) -> Operator:
        who = self._who
        return Operator(
            id=who.id, name=who.name, role=who.role, guid=course.guid, unix_user=who.unix_user, person=who.person
        )
