"""What a plan may do once the gate has let it in: run steps on one insertion of one card, with the PIN asked in between.

The order of a PIN operation is decision 3: counter (lease A, left out when known), prompt without any lease, then
counter again, VERIFY and work (lease B).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from cardd.cards.card_type import Application, CardType, PadEntry
from cardd.errors import AuditUnavailable, CardNoAnswer, CardRemoved, PinChanged, PinUnknown, PinWasBlocked, ReaderBusy
from cardd.gate.guard import WrongPins
from cardd.gate.pin_entry import PinEntry
from cardd.gate.request import Notes, Request
from cardd.gate.step import Expected, PinTerms, Step, Unlocked, Witness, look_at_counter, run_step
from cardd.model import CardKind, CardOutcome, CardRef, KeyRole, PinKind, PinOutcome, PinShape, SeatName
from cardd.pin import Pin
from cardd.ports import Clock, Job, Progress, Publish
from cardd.readers.entries import CardEntry
from cardd.readers.lease import LeaseDesk

T = TypeVar("T")

PROMPTS_PER_STEP = 2
"""The counter may move between prompt and card once; then somebody else is at work on this card."""
PAD_SECONDS = 60.0
"""Human time at a PIN pad, on top of the time for the card."""


@dataclass(frozen=True, slots=True)
class DoorTools:
    """What doors share."""

    desk: LeaseDesk
    wrong_pins: WrongPins
    clock: Clock
    publish: Publish
    operation_s: float
    """Longest job on a card, without human time."""
    consent_s: float = 60.0
    """How long a resident's consent to the last try holds (decision 5)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the caller may do at this door. `check` is asked before each contact with the card."""

    may_spend_last_try: bool
    check: Callable[[], None]
    """Raises when what was allowed at the beginning is not allowed any more."""
    guard: Callable[[PinKind], None]
    """Asked before a person is asked for a PIN of a resident. Raises `PinGuard` when cardd's own counts say no (P5)."""
    spent: Callable[[PinKind], None]
    """Told of each wrong PIN, and each whose outcome is not known."""
    human: Callable[[], None]
    """Told when a person has typed."""
    consented: Callable[[PinKind], Awaitable[None]]
    """Puts a resident's consent to the last try on record. Raises `AuditUnavailable`: then the try is not made."""
    document_agreed: Callable[[], Awaitable[None]]
    """Puts on record that a person agreed to sign the document. Raises `AuditUnavailable`: then no PIN is asked."""


class Door:
    """One admitted operation on one card. Collects what record and errors must say about card and PIN."""

    def __init__(
        self, tools: DoorTools, request: Request, entry: CardEntry, card_type: CardType, standing: Standing
    ) -> None:
        self._tools = tools
        self._request = request
        self._entry = entry
        self._standing = standing
        self._people = PinEntry(request, entry, card_type, tools.wrong_pins, tools.clock, tools.publish)
        self.card_type = card_type
        self.notes = Notes()
        self.witness = Witness()
        self.pin: PinKind | None = None
        self.pin_pad: bool | None = None
        self.last_try_agreed: bool | None = None
        self._document_asked = False

    @property
    def ref(self) -> CardRef:
        return self._entry.ref

    @property
    def seat(self) -> SeatName:
        """The caller's seat."""
        return self._request.call.caller.seat

    @property
    def kind(self) -> CardKind:
        return self._entry.kind

    @property
    def identity(self) -> bytes | None:
        """The card's identity bytes of its first look."""
        return self._entry.identity

    def known_certificate(self, key: KeyRole) -> bytes | None:
        """A certificate read before in this insertion, DER, or None."""
        return self._entry.memory.certificates.get(key)

    def remember_certificate(self, key: KeyRole, der: bytes) -> None:
        """Keep a certificate that opens without a PIN until the card is pulled."""
        self._entry.memory.certificates[key] = der

    def remember_tries(self, which: PinKind, count: int | None) -> None:
        """Keep what a counter said, until the card is pulled or the counter is seen to move."""
        if count is None:
            self._entry.memory.tries.pop(which, None)
        else:
            self._entry.memory.tries[which] = count

    def expected(self, application: Application) -> Expected:
        """How this insertion's card is known again in `application`."""
        identity = self._entry.memory.identities.get(application)
        if identity is None and application in self.card_type.same_identity:
            identity = self._entry.identity
        return Expected(identity, self._entry.identity)

    def remember_identity(self, application: Application, identity: bytes) -> None:
        """Keep what `visit` gave, until the card is pulled."""
        self._entry.memory.identities[application] = identity

    def check_standing(self) -> None:
        """Raise when the operation may not go on: its session has ended."""
        self._standing.check()

    async def run(self, step: Step[T]) -> T:
        """Run one step, asking for consent to a document and for its PIN before. Raises what people, guard, card, driver and work raise."""
        if step.pin is None:
            await self._about_document()
            # What became of a PIN in an earlier step of this operation stays said.
            self.witness = replace(self.witness, identity=None)
            return await self._on_card(step, Unlocked(), None)
        self.pin = step.pin
        if step.pin is not PinKind.BADGE:
            self._standing.guard(step.pin)
        for prompt in range(1, PROMPTS_PER_STEP + 1):
            self._new_witness()
            shown = await self._shown_tries(step, step.pin)
            await self._about_document()
            terms = await self._terms(step.pin, shown)
            self.pin_pad = self._people.on_pad(step, step.pin) or None
            unlocked = await self._people.ask(step, step.pin, shown)
            if self.pin_pad is None:
                self._standing.human()
            try:
                return await self._with_pin(step, step.pin, unlocked, terms)
            except PinChanged:
                if prompt == PROMPTS_PER_STEP:
                    raise
            finally:
                unlocked.wipe()
                if self.pin_pad and self.witness.pin in (PinOutcome.ACCEPTED, PinOutcome.SPENT):
                    # Only now: a pad at which nobody stood would else keep a session open for whatever program asks it.
                    self._standing.human()
        raise AssertionError("unreachable")

    async def secret(self, which: PinKind, shape: PinShape, about: Mapping[str, str] | None = None) -> Pin:
        """Ask a person for a secret that this step's own PIN is not; nobody holds the card meanwhile. Whoever gets it wipes it.

        Raises what `Prompter.pin` raises.
        """
        typed = await self._people.secret(which, shape, about or {})
        self._standing.human()
        return typed

    async def new_secret(self, which: PinKind, shape: PinShape, about: Mapping[str, str] | None = None) -> Pin:
        """The same for a new secret, typed twice. Raises `PinFormat` (`repeat_differs`) as well."""
        typed = await self._people.new_secret(which, shape, about or {})
        self._standing.human()
        return typed

    # --- before the PIN ----------------------------------------------------------------------------------------------

    async def _shown_tries(self, step: Step[T], which: PinKind) -> int | None:
        """The counter that the person is shown. Lease A, unless it was read before in this insertion."""
        shown = self._entry.memory.tries.get(which)
        if shown is None and self.card_type.pins[which].tries is not None:
            witness, expected = self._new_witness(), self.expected(step.application)
            left = await self._lease(lambda card: look_at_counter(card, self.card_type, step, expected, witness))
            assert left.count is not None  # look_at_counter raises otherwise
            shown = left.count
            self._learn_identity(step.application, witness)
            self.remember_tries(which, shown)
        if shown == 0:
            raise PinWasBlocked(which=which, tries_left=0)
        return shown

    async def _about_document(self) -> None:
        """Once: a person who must say yes sees what is signed, and the yes is on the disk, before a PIN is asked or a key used."""
        if self._document_asked:
            return
        self._document_asked = True
        if await self._people.agrees_to_document():
            self.check_standing()
            await self._standing.document_agreed()

    async def _terms(self, which: PinKind, shown: int | None) -> PinTerms:
        """Under which terms VERIFY may be sent, after the resident's consent where the last try is at stake."""
        self.last_try_agreed = None
        agreed = await self._people.consent(which, shown, role_may=self._standing.may_spend_last_try)
        if agreed:
            # On disk before the try goes: a daemon that is killed over it must not leave a blocked card without a word.
            await self._standing.consented(which)
        self.last_try_agreed = agreed or None
        clock, until = self._tools.clock, self._tools.clock.boottime() + self._tools.consent_s
        return PinTerms(shown, lambda: agreed and clock.boottime() <= until)

    # --- the card --------------------------------------------------------------------------------------------------

    async def _with_pin(self, step: Step[T], which: PinKind, unlocked: Unlocked, terms: PinTerms) -> T:
        mark = self._people.mark(which, unlocked.pin) if isinstance(unlocked.pin, Pin) else None
        self._request.call.progress(Progress("signing" if self._request.key is not None else "reading"))
        try:
            self._new_witness()
            return await self._on_card(step, unlocked, terms)
        finally:
            # Whoever waits for the result: also when the caller has gone, a wrong PIN stays wrong and a try is gone.
            if mark is not None:
                self._remember_pin(mark)
            self._learn_tries(which)
            self._people.tell(which, self.witness.pin.value, self.witness.tries_after)
            if which is not PinKind.BADGE and self.witness.pin in (PinOutcome.SPENT, PinOutcome.MAY_BE_SPENT):
                self._count_spent(which)

    def _count_spent(self, which: PinKind) -> None:
        try:
            self._standing.spent(which)
        except AuditUnavailable as error:
            # What became of the PIN and its counter is what the caller must hear. The count waits in memory, and until the
            # disk takes it nobody is asked for a PIN; that somebody must look at the disk is an alarm.
            self._tools.publish("alarm", "count_not_kept", {"seat": self.seat, "problem": error.facts.problem})

    async def _on_card(self, step: Step[T], unlocked: Unlocked, terms: PinTerms | None) -> T:
        witness, expected = self.witness, self.expected(step.application)
        patience = step.patience_s + (PAD_SECONDS if isinstance(unlocked.pin, PadEntry) else 0.0)
        try:
            result = await self._lease(
                lambda card: run_step(card, self.card_type, step, unlocked, terms, expected, witness),
                patience,
                step.pin if terms is not None else None,
            )
        except CardNoAnswer as error:
            # The job is still on its thread, in front of a silent card: what it had sent is all that is known.
            if witness.pin is PinOutcome.MAY_BE_SPENT:
                raise PinUnknown(which=step.pin, reader=error.facts.reader, problem="card_no_answer") from error
            raise
        self._learn_identity(step.application, witness)
        if step.changes_identity and witness.identity is not None:
            # From here on this is the card that lies there: whoever asks in this insertion finds it made out.
            self._entry.recognition = replace(self._entry.recognition, identity=witness.identity)
        return result

    async def _lease(self, job: Job[T], patience: float = 0.0, which: PinKind | None = None) -> T:
        """`which`: the PIN that the job will send."""
        call = self._request.call
        try:
            async with self._tools.desk.lease(
                self._entry.ref,
                uid=call.caller.peer.uid,
                client=call.caller.client,
                operation=self._request.operation.value,
                deadline=call.deadline,
                progress=call.progress,
            ) as lease:
                self._standing.check()
                if which not in (None, PinKind.BADGE):
                    # Asked here, with the card in hand: others may have tried this card while the person typed, or waited.
                    self._standing.guard(which)
                return await _to_its_end(lease.run(job, limit_s=self._tools.operation_s + patience))
        except ReaderBusy as error:
            # Nobody but cardd should use the readers (requirement C12), so somebody has to look.
            self._tools.publish(
                "alarm",
                "foreign_program",
                {"reader": self._entry.reader.shown, "seat": call.caller.seat, "problem": error.code},
            )
            raise
        except CardRemoved:
            self.witness.card = CardOutcome.REMOVED
            raise

    def _new_witness(self) -> Witness:
        """For the next contact with the card. What became of the card before stays said until something else does."""
        self.witness = Witness(card=self.witness.card)
        return self.witness

    def _learn_identity(self, application: Application, witness: Witness) -> None:
        if witness.identity is not None:
            self.remember_identity(application, witness.identity)

    def _remember_pin(self, mark: bytes) -> None:
        witness, now = self.witness, self._tools.clock.boottime()
        if witness.pin is PinOutcome.SPENT:
            self._tools.wrong_pins.remember(mark, now)
        elif witness.pin is PinOutcome.MAY_BE_SPENT and witness.tries_before is not None:
            self._tools.wrong_pins.doubt(mark, witness.tries_before, now)
        elif witness.pin is PinOutcome.ACCEPTED:
            self._tools.wrong_pins.accepted(mark)

    def _learn_tries(self, which: PinKind) -> None:
        """Keep the counter for the next prompt; not when the card was not reached, or an answer is missing."""
        if self.witness.tries_before is not None:
            self.remember_tries(which, self.witness.tries_after)


async def _to_its_end(job: Awaitable[T]) -> T:
    """Await a card job. When the caller goes away meanwhile, the job still runs to its end (half a sequence cannot be
    taken back) and its result is dropped; the job has time limits of its own."""
    task = asyncio.ensure_future(job)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise
