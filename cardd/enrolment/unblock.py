"""A new PIN for a badge whose PIN is blocked or forgotten: by means of its PUK, which is derived and which nobody types."""

from cardd.enrolment.card_steps import CardSteps
from cardd.enrolment.new_pin import ask_new_pin
from cardd.enrolment.order import Place
from cardd.enrolment.renew import known_operator, look_at_holders
from cardd.enrolment.workshop import Workshop
from cardd.errors import BadgeUnfit, PukRejected
from cardd.gate.door import Door
from cardd.gate.refusing import refusing
from cardd.gate.request import Performed, Request
from cardd.model import Operation
from cardd.ports import Call


class BadgeUnblocking:
    """`unblock`: the holder types a new PIN twice."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._refused: set[str] = set()
        """GUIDs of badges that refused our PUK while the daemon runs: a second try could be their last but one."""

    async def unblock(self, call: Call, place: Place, operator_id: str) -> Performed[None]:
        """A new PIN for the badge of an operator.

        Raises `OperatorUnknown`, `BadgeTaken`, `BadgeUnfit` (`not_made_here`, `puk_refused_before`), `ManagementKeyWrong`, `PukBlocked`,
        `PukRejected`, `PinFormat`, `AuthorityUnavailable`, and all that gate and people raise.
        """
        shop = self._shop
        request = Request(
            call,
            Operation.BADGE_UNBLOCK,
            place.card,
            place.purpose,
            place.case,
            approval=place.approval,
            content=(("operator", operator_id),),
            subject=operator_id,
        )
        async with refusing(shop.gate, request):
            shop.gate.session(call)
            operator = known_operator(shop, operator_id)
            shop.need_master()

        async def plan(door: Door) -> None:
            guid, ours = await look_at_holders(shop, door, operator)
            self._check_puk_is_known(guid, ours)
            about = {"operator": operator.id, "name": operator.name}
            with await ask_new_pin(door, about) as pin:
                try:
                    await CardSteps(door, shop.need_master(), guid).reset_pin(pin)
                except PukRejected:
                    self._refused.add(guid)
                    raise

        return await shop.gate.perform(request, plan)

    def _check_puk_is_known(self, guid: str, ours: bool) -> None:
        """A try of the PUK is sent only where the badge is known to have the derived one: it took our management key, or has no
        command for that and was made here."""
        if guid in self._refused:
            raise BadgeUnfit(problem="puk_refused_before")
        if not ours and not any(badge.guid == guid for badge in self._shop.book.operators()):
            raise BadgeUnfit(problem="not_made_here")
