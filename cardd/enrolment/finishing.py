"""What enrolment and renewal end with: keys made on the badge, certificates, the proof that the badge works, the entry in the book."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from cardd.enrolment.card_steps import CardSteps, HolderPin
from cardd.enrolment.course import MADE_ROLES, MANAGEMENT_KEY, Course, Done, issued_of
from cardd.enrolment.order import Made
from cardd.enrolment.workshop import OpenCa, Workshop, show
from cardd.errors import AuthorityUnavailable, SignatureMismatch
from cardd.gate.door import Door
from cardd.model import KeyRole
from cardd.ports import Call
from cardd.proving.challenge import Challenge
from cardd.register import Operator
from cardd.sessions.table import Session
from cardd.signatures import check_signature, key_kind, public_key
from cardd.state.badges import BadgeBook, LocalBadge, Progress
from certs.ca.authority import BadgeKey, BadgeSubject
from certs.ca.building import fingerprint

ACT = "enrol"
"""What a finished badge signs is a proof of this act and of no other (`Challenge`)."""


@dataclass(frozen=True, slots=True)
class BadgeWork:
    """One badge in the work, and who works on it."""

    shop: Workshop
    call: Call
    door: Door
    course: Course
    steps: CardSteps
    holder: HolderPin
    session: Session

    async def certify(self, ca: OpenCa, operator_id: str, name: str) -> Mapping[KeyRole, bytes]:
        """Make both keys on the badge, let it sign the requests, and have the CA certify them: DER, on disk before they are used.

        Raises `BadgeUnfit`, `AuthorityUnavailable`: also where this very machine would not let such a badge in.
        """
        shop = self.shop
        show(self.call, "badge_keys")
        kind, public = await self.steps.make_keys()
        requests = {role: await self.steps.request(role, kind, public[role], name, self.holder) for role in MADE_ROLES}
        guid = bytes.fromhex(self.course.guid)

        def subject(key: BadgeKey) -> BadgeSubject:
            return BadgeSubject(operator_id, name, shop.office, guid, key)

        now = shop.now()
        issued = await ca.issue(requests, subject, now, shop.valid_months)
        if shop.rules.problem(issued[KeyRole.AUTHENTICATION], now) is not None:
            raise AuthorityUnavailable(problem="not_trusted_here")
        self.course.keep_issued(issued)
        return issued

    async def write(self, issued: Mapping[KeyRole, bytes]) -> None:
        """The certificates onto the badge, unless they are there."""
        show(self.call, "badge_writing")
        if not self.course.has(Done.WRITTEN):
            await self.steps.write(issued)
            self.course.note(Done.WRITTEN)

    async def enter(self, issued: Mapping[KeyRole, bytes], operator: Operator, resumed: bool) -> Made:
        """Let the badge prove itself, and enter it into the book: from then on it counts. Raises `SignatureMismatch`."""
        shop, door, course = self.shop, self.door, self.course
        certificate = issued[KeyRole.AUTHENTICATION]
        marks = {role: fingerprint(der) for role, der in issued.items()}
        await self._prove(certificate)
        door.check_standing()
        ends_us = shop.rules.not_after_us(certificate)
        managed: Literal["own", "factory"] = "own" if course.fact(MANAGEMENT_KEY) == "own" else "factory"
        shop.book.put(
            LocalBadge(
                operator=operator.model_copy(update={"certificates": (marks[KeyRole.AUTHENTICATION],)}),
                register_version=shop.in_force.signed_register.version,
                guid=course.guid,
                expires_us=ends_us,
                management_key=managed,
                enrolled_us=shop.clock.utc_us(),
                requested_by=self.session.operator.id,
                approved_by=course.approver,
            )
        )
        shop.book.finish(course.guid)
        shop.in_force.badges_changed()
        for role, der in issued.items():
            door.remember_certificate(role, der)
        door.notes.badge = shop.gate.pseudonym(marks[KeyRole.AUTHENTICATION])
        door.notes.certificate = "good"
        ends = datetime.fromtimestamp(ends_us / 1e6, tz=UTC)
        return Made(operator.id, course.guid, marks, ends, managed, resumed)

    async def _prove(self, certificate: bytes) -> None:
        """The finished badge signs a fresh challenge with 9A, and the signature holds under the certificate that was issued."""
        show(self.call, "badge_proving")
        key, mark = public_key(certificate), fingerprint(certificate)
        challenge = Challenge.fresh(self.shop.clock.boottime(), ACT)
        signature = await self.steps.sign(challenge.digest(mark), key_kind(key), self.holder)
        try:
            check_signature(key, signature, challenge.digest(mark), "sha256")
        except SignatureMismatch:
            # The key in the badge is not the one that was certified: the next run makes new ones.
            known = self.shop.book.progress(self.course.guid)
            if known is not None:
                block_issued(self.shop.book, known, by=self.session.operator.id)
                self.course.forget_issued()
            raise


def block_issued(book: BadgeBook, progress: Progress, *, by: str) -> None:
    """Certificates that were issued and will never be on a whole badge count nowhere."""
    marks = [fingerprint(der) for der in issued_of(progress).values()]
    if marks:
        book.block(marks, operator_id=progress.operator_id, by=by, reason="replaced")
