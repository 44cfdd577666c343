"""The whole life of a badge, as handlers ask for it."""

from cardd.enrolment.enrol import BadgeEnrolment
from cardd.enrolment.listing import BadgeList
from cardd.enrolment.loss import LossReports
from cardd.enrolment.order import Blocked, Made, NewOperator, Page, Place
from cardd.enrolment.renew import BadgeRenewal
from cardd.enrolment.unblock import BadgeUnblocking
from cardd.enrolment.workshop import Workshop
from cardd.gate.request import Performed
from cardd.ports import Call


class EnrolmentService:
    """One function for each method of the API; what they do stands in their own files."""

    def __init__(self, shop: Workshop) -> None:
        self._enrolment = BadgeEnrolment(shop)
        self._renewal = BadgeRenewal(shop)
        self._unblocking = BadgeUnblocking(shop)
        self._losses = LossReports(shop)
        self._list = BadgeList(shop)

    async def enrol(self, call: Call, place: Place, who: NewOperator) -> Performed[Made]:
        """A badge from the factory becomes an operator's. Raises as `BadgeEnrolment.enrol`."""
        return await self._enrolment.enrol(call, place, who)

    async def renew(self, call: Call, place: Place, operator_id: str) -> Performed[Made]:
        """New keys and certificates. Raises as `BadgeRenewal.renew`."""
        return await self._renewal.renew(call, place, operator_id)

    async def unblock(self, call: Call, place: Place, operator_id: str) -> Performed[None]:
        """A new PIN by means of the PUK. Raises as `BadgeUnblocking.unblock`."""
        return await self._unblocking.unblock(call, place, operator_id)

    async def block(self, call: Call, operator_id: str, reason: str) -> Blocked:
        """A loss report. Raises as `LossReports.block`."""
        return await self._losses.block(call, operator_id, reason)

    async def page(self, call: Call, cursor: str | None, limit: int) -> Page:
        """Operators and their badges. Raises as `BadgeList.page`."""
        return await self._list.page(call, cursor, limit)
