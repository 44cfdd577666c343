"""An administrator's badge: from the factory to one that works, whatever is pulled or interrupted in between."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from cardd.audit.pseudonym import PseudonymKey
from cardd.audit.records import IntentRecord, OutcomeRecord, Result
from cardd.cards import operator_card, piv_admin
from cardd.cards.card_type import Application
from cardd.cards.piv_admin import BadgeCondition
from cardd.enrolment.card_steps import CardSteps, HolderPin
from cardd.enrolment.course import MADE_ROLES, MANAGEMENT_KEY, Course, Done
from cardd.enrolment.finishing import ACT, block_issued
from cardd.enrolment.new_pin import refuse_weak
from cardd.enrolment.preparing import card_ends, check_factory_pin, holders_pin, own_puk
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import (
    BadgeUnfit,
    CardAbsent,
    CardBadAnswer,
    CardChanged,
    CarddError,
    CardNoAnswer,
    CardRemoved,
    CardUnsupported,
    CardWrongKind,
    ManagementKeyWrong,
    PinFormat,
    PinUnknown,
    PukBlocked,
    ReaderStuck,
    ReaderUnknown,
    SignatureMismatch,
)
from cardd.gate.step import Step, Unlocked
from cardd.iso7816.connection import SmartCardConnection
from cardd.japan_time import day_of
from cardd.model import KeyRole, Operation, PinKind
from cardd.pin import Pin
from cardd.proving.challenge import Challenge
from cardd.register import Operator
from cardd.setup.answers import Person
from cardd.setup.authority import OperatorCa
from cardd.setup.cards import BadgeDoor, Insertion, Readers
from cardd.setup.parts import Parts
from cardd.setup.stopped import Stopped
from cardd.signatures import check_signature, key_kind, public_key
from cardd.state.badges import LocalBadge, Progress
from certs.ca.authority import BadgeKey, BadgeSubject
from certs.ca.building import fingerprint
from certs.ca.names import LONGEST_NAME, fits
from certs.errors import CertificateError, Malformed
from certs.profiles.operator_badge import OPERATOR_BADGE
from certs.validation.validate import parse, validate

GONE = (CardAbsent, CardRemoved, CardChanged, CardNoAnswer, PinUnknown, ReaderStuck, ReaderUnknown)
"""The badge was pulled, or does not answer any more: it is to be put in again."""
UNFIT = (BadgeUnfit, CardBadAnswer, CardUnsupported, CardWrongKind, ManagementKeyWrong, PukBlocked)
"""This badge will not do."""
FIRST_REGISTER = 1
NOBODY = "setup"
"""Who asked for these badges and agreed to them: no operator was there yet."""
NO_CONTENT = "0" * 64


class NotThisBadge(Exception):
    """Another badge is needed. `key`, `facts`: the sentence."""

    def __init__(self, key: str, **facts: object) -> None:
        self.key, self.facts = key, facts
        super().__init__(key)


@dataclass(frozen=True, slots=True)
class Maker:
    """What making badges takes."""

    parts: Parts
    readers: Readers
    ca: OperatorCa
    master: BadgeMasterKey
    pseudonyms: PseudonymKey
    office: str
    role: str
    finished: set[Insertion] = field(default_factory=set)
    """Badges that were made in this run and still lie in a reader."""

    async def make(self, who: Person) -> LocalBadge:
        """The badge of `who`, which then stands in the book. Waits for one until a fitting one is there. Raises `Stopped`."""
        talk = self.parts.talk
        aside = set(self.finished)
        typed = HolderPin()
        try:
            while True:
                self.readers.ask_for_room(talk, aside)
                talk.say("badge.put_in", name=who.name)
                talk.event("wait", of=who.id, what="badge")
                insertion = await self.readers.wait_for_card(aside)
                try:
                    badge = await self._recorded(_AtBadge(self, who, insertion, typed))
                    self.finished.add(insertion)
                    return badge
                except NotThisBadge as error:
                    talk.say(error.key, **error.facts)
                    talk.event("not_this_badge", why=error.key, reader=insertion.reader)
                    aside.add(insertion)
                except GONE:
                    talk.say("badge.gone")
                    talk.event("gone", reader=insertion.reader)
                    if self.readers.is_in(insertion):  # it does not answer, and must be pulled
                        aside.add(insertion)
        finally:
            typed.wipe()

    async def _recorded(self, at: "_AtBadge") -> LocalBadge:
        """On the record before the card is touched, and what came of it."""
        parts = self.parts
        intent = parts.journal.intent(
            IntentRecord(event="setup.badge", operation=Operation.BADGE_ENROL, subject=at.who.id)
        )
        try:
            badge = await at.make()
        except BaseException as error:
            parts.journal.outcome(intent, failure(error, at.door))
            raise
        mark = badge.operator.certificates[0]
        parts.journal.outcome(
            intent,
            OutcomeRecord(
                result=Result.DONE, badge=parts.pseudonym(self.pseudonyms, mark), certificate="good",
                card_outcome=at.door.witness.card,
            ),
        )  # fmt: skip
        return badge


class _AtBadge:
    """One insertion of the badge that is being made."""

    def __init__(self, maker: Maker, who: Person, insertion: Insertion, typed: HolderPin) -> None:
        self._maker = maker
        self._parts = maker.parts
        self._typed = typed
        self._reader = insertion.shown
        self.who = who
        self.door = maker.readers.door(insertion)

    async def make(self) -> LocalBadge:
        """Raises `NotThisBadge`, `Stopped`, and what `GONE` names."""
        parts, talk = self._parts, self._parts.talk
        course = self._course(await self._look())
        try:
            if not course.has(Done.CHUID):
                await self._first_look(course)
            steps = CardSteps(self.door, self._maker.master, course.guid, may_be_ours=course.has(Done.MANAGEMENT_SENT))
            talk.say("badge.seen", reader=self._reader, name=self.who.name)
            pin = self._typed.pin = self._typed.pin or self._new_pin()
            async with talk.working("badge.preparing"):
                await self._prepare(course, steps, pin)
            issued = course.issued() or await self._certify(course, steps)
            async with talk.working("badge.writing"):
                await self._write(course, steps, issued)
                await self._prove(course, steps, issued)
        except UNFIT as error:
            raise NotThisBadge("badge.unfit", why=word_of(error)) from error
        badge = self._enter(course, issued)
        talk.done("badge", name=self.who.name, fingerprint=badge.operator.certificates[0])
        if badge.management_key == "factory":
            talk.say("badge.factory_key")
        parts.talk.event("badge", of=self.who.id, guid=badge.guid)
        return badge

    # --- which badge it is -------------------------------------------------------------------------------------------

    async def _look(self) -> BadgeCondition:
        """What is on it. Raises `NotThisBadge`."""

        def work(card: SmartCardConnection, _: Unlocked) -> tuple[BadgeCondition, str | None]:
            found = piv_admin.condition(card)
            return found, (_holder(card) if KeyRole.AUTHENTICATION in found.certificates else None)

        try:
            found, holder = await self.door.run(Step(Application.PIV, work, changes_identity=True))
        except CardWrongKind as error:
            raise NotThisBadge("badge.no_badge") from error
        except UNFIT as error:
            raise NotThisBadge("badge.unfit", why=word_of(error)) from error
        guid = found.guid.hex() if found.guid is not None else None
        for badge in self._parts.book.operators():
            if guid == badge.guid:
                raise NotThisBadge("badge.of", name=badge.operator.name)
        begun = [each for each in self._parts.book.all_progress() if Done.CHUID in each.done and each.guid == guid]
        if begun and begun[0].operator_id != self.who.id:
            raise NotThisBadge("badge.of", name=begun[0].facts["name"])
        if found.certificates and not begun:
            raise NotThisBadge("badge.of", name=holder) if holder else NotThisBadge("badge.somebodys")
        return found

    def _course(self, found: BadgeCondition) -> Course:
        """The open course of this person, or a new one. Raises `NotThisBadge` where another badge was begun."""
        book, who = self._parts.book, self.who
        known = book.progress(who.id)
        on_card = found.guid.hex() if found.guid is not None else None
        if known is not None and Done.CHUID in known.done and known.guid != on_card:
            if not self._parts.talk.agrees("ask.another_badge", unattended=False, name=who.name):
                raise NotThisBadge("badge.begun_other", name=who.name)
            block_issued(book, known, by=NOBODY)
            book.finish(known.guid)
            known = None
        if known is None:
            known = Progress(
                operator_id=who.id, guid=uuid4().hex, kind="enrol", content_hash=NO_CONTENT, requester=NOBODY,
                approver=NOBODY, done=frozenset(), facts={"name": who.name, "role": self._maker.role}, begun=book.now(),
            )  # fmt: skip
            book.begin(known)
        return Course(book, known)

    async def _first_look(self, course: Course) -> None:
        """Whether the factory's secrets may still hold, before a person types; costs no try. One of ours that was given up goes on."""
        found: list[BadgeCondition] = []
        guid = (await self._condition()).guid
        number = guid.hex() if guid is not None else course.guid
        steps = CardSteps(self.door, self._maker.master, number, may_be_ours=guid is not None)
        if await steps.look(found.append) and guid is not None:
            course.adopt(number)
        else:
            check_factory_pin(self.door.card_type, found[0])

    async def _condition(self) -> BadgeCondition:
        return await self.door.run(
            Step(Application.PIV, lambda card, _: piv_admin.condition(card), changes_identity=True)
        )

    # --- making it ---------------------------------------------------------------------------------------------------

    def _new_pin(self) -> Pin:
        self._parts.talk.say("badge.pin_rules", name=self.who.name)
        return self._parts.talk.new_secret("ask.new_pin", pin_problem, name=self.who.name)

    async def _prepare(self, course: Course, steps: CardSteps, pin: Pin) -> None:
        if not course.has(Done.CHUID):
            ends = card_ends(day_of(self._parts.now()))
            await steps.make_out(ends, lambda found: check_factory_pin(self.door.card_type, found))
            course.note(Done.CHUID)
        if not course.has(Done.PUK):
            await own_puk(course, steps, self._maker.master)
        await holders_pin(course, steps, pin)

    async def _certify(self, course: Course, steps: CardSteps) -> Mapping[KeyRole, bytes]:
        """New keys, and their certificates: on the disk before they go to the badge."""
        maker, parts, who = self._maker, self._parts, self.who
        authority = maker.ca.opened()
        async with parts.talk.working("badge.keys"):
            kind, public = await steps.make_keys()
            asked = {role: await steps.request(role, kind, public[role], who.name, self._typed) for role in MADE_ROLES}
        now, guid = parts.now(), bytes.fromhex(course.guid)
        months = parts.settings.badges.valid_months
        try:
            with parts.account.acting():
                issued = {
                    role: authority.issue_badge(
                        request, BadgeSubject(who.id, who.name, maker.office, guid, BadgeKey(role.value)), now, months
                    )
                    for role, request in asked.items()
                }
        except CertificateError as error:
            raise Stopped("not_issued", why=error.problem) from None
        verdict = validate(issued[KeyRole.AUTHENTICATION], OPERATOR_BADGE, maker.ca.trust(), now, test=parts.test)
        if not verdict.good_but_revocation:
            raise Stopped("not_issued", why=verdict.reason)
        course.keep_issued(issued)
        return issued

    async def _write(self, course: Course, steps: CardSteps, issued: Mapping[KeyRole, bytes]) -> None:
        if not course.has(Done.WRITTEN):
            await steps.write(issued)
            course.note(Done.WRITTEN)
        if not course.has(Done.MANAGEMENT):
            course.note(Done.MANAGEMENT_SENT)
            course.note(Done.MANAGEMENT, **{MANAGEMENT_KEY: await steps.take_over()})

    async def _prove(self, course: Course, steps: CardSteps, issued: Mapping[KeyRole, bytes]) -> None:
        """The badge signs a fresh challenge, and the signature holds under its new certificate."""
        certificate = issued[KeyRole.AUTHENTICATION]
        key, mark = public_key(certificate), fingerprint(certificate)
        digest = Challenge.fresh(self._parts.clock.boottime(), ACT).digest(mark)
        try:
            check_signature(key, await steps.sign(digest, key_kind(key), self._typed), digest, "sha256")
        except SignatureMismatch:
            known = self._parts.book.progress(course.guid)
            if known is not None:
                block_issued(self._parts.book, known, by=NOBODY)
                course.forget_issued()
            raise Stopped("badge_not_proven") from None

    def _enter(self, course: Course, issued: Mapping[KeyRole, bytes]) -> LocalBadge:
        parts, certificate = self._parts, issued[KeyRole.AUTHENTICATION]
        operator = Operator(
            id=self.who.id, name=self.who.name, role=self._maker.role, guid=course.guid,
            certificates=(fingerprint(certificate),),
        )  # fmt: skip
        badge = LocalBadge(
            operator=operator,
            register_version=FIRST_REGISTER,
            guid=course.guid,
            expires_us=int(parse(certificate).not_valid_after_utc.timestamp() * 1e6),
            management_key="own" if course.fact(MANAGEMENT_KEY) == "own" else "factory",
            enrolled_us=parts.clock.utc_us(),
            requested_by=NOBODY,
            approved_by=NOBODY,
        )
        parts.book.put(badge)
        parts.book.finish(course.guid)
        return badge


def failure(error: BaseException, door: BadgeDoor) -> OutcomeRecord:
    """What the record says of something that did not come to its end."""
    witness = door.witness
    known = error.__cause__ if isinstance(error, NotThisBadge) else error
    facts = known.facts if isinstance(known, CarddError) else None
    return OutcomeRecord(
        result=Result.FAILED,
        code=known.code if isinstance(known, CarddError) else None,
        problem=facts.problem
        if facts is not None
        else "interrupted"
        if facts is None and not isinstance(error, Exception)
        else None,
        card_outcome=witness.card,
        pin=PinKind.BADGE if facts is not None and facts.pin is not None else None,
        pin_outcome=facts.pin if facts is not None else None,
        tries_after=facts.tries_left if facts is not None else None,
    )


def word_of(error: CarddError) -> str:
    """Code and word of an error, for whoever looks into it."""
    return f"{error.code}, {error.facts.problem}" if error.facts.problem else error.code


def pin_problem(pin: Pin) -> str | None:
    """What is wrong with a PIN that somebody chose, as a sentence's key."""
    shape = operator_card.PINS[PinKind.BADGE].shape
    if not shape.shortest <= len(pin) <= shape.longest or not pin.octets.isdigit():
        return "bad.pin_shape"
    try:
        refuse_weak(pin)
    except PinFormat as error:
        return f"bad.pin_{error.facts.problem}"
    return None


def name_problem(text: str) -> str | None:
    """What is wrong with the name of a person."""
    return None if fits(text, LONGEST_NAME) else "bad.name"


def _holder(card: SmartCardConnection) -> str | None:
    """The name in a strange badge's certificate."""
    try:
        certificate = parse(operator_card.read_certificate(card, KeyRole.AUTHENTICATION))
    except (CardBadAnswer, Malformed):
        return None
    names = [str(part.value) for part in certificate.subject if part.rfc4514_attribute_name == "CN"]
    return "".join(char for char in names[0] if char.isprintable())[:LONGEST_NAME] if names else None
