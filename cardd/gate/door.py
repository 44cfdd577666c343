"""What a plan may do once the gate has let it in: run steps on one insertion of one card, with the PIN asked in between.

The order of a PIN operation is decision 3: counter (lease A, left out when known), prompt without any lease, then
counter again, VERIFY and work (lease B).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from cardd.cards.card_type import CardType, PadEntry
from cardd.errors import (
    CarddError,
    CardNoAnswer,
    CardUnsupported,
    PinChanged,
    PinFormat,
    PinGuard,
    PinNowBlocked,
    PinRejected,
    PinUnknown,
    PinWasBlocked,
)
from cardd.gate.guard import WrongPins
from cardd.gate.request import Notes, Request
from cardd.gate.step import PinTerms, Step, Unlocked, Witness, look_at_counter, run_step
from cardd.model import CardKind, CardOutcome, CardRef, KeyRole, PinKind, PinOutcome
from cardd.pin import Pin
from cardd.ports import Clock, Job, PinPrompt, Progress, Publish
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


class Door:
    """One admitted operation on one card. Collects what record and errors must say about card and PIN."""

    def __init__(
        self, tools: DoorTools, request: Request, entry: CardEntry, card_type: CardType, *, may_spend_last_try: bool
    ) -> None:
        self._tools = tools
        self._request = request
        self._entry = entry
        self._may_spend_last_try = may_spend_last_try
        self.card_type = card_type
        self.notes = Notes()
        self.witness = Witness()
        self.pin: PinKind | None = None
        self.pin_pad: bool | None = None
        self.last_try_agreed: bool | None = None
        self._identities: dict[str, bytes] = {}

    @property
    def ref(self) -> CardRef:
        return self._entry.ref

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

    async def run(self, step: Step[T]) -> T:
        """Run one step, asking for its PIN before. Raises what people, guard, card, driver and work raise."""
        if step.pin is None:
            return await self._on_card(step, Unlocked(), None)
        self.pin = step.pin
        for prompt in range(1, PROMPTS_PER_STEP + 1):
            shown = await self._shown_tries(step, step.pin)
            agreed = await self._consent(step.pin, shown)
            unlocked = await self._ask(step, step.pin, shown)
            try:
                return await self._with_pin(step, step.pin, unlocked, PinTerms(shown, agreed))
            except PinChanged:
                if prompt == PROMPTS_PER_STEP:
                    raise
            finally:
                unlocked.wipe()
        raise AssertionError("unreachable")

    # --- the person ------------------------------------------------------------------------------------------------

    async def _shown_tries(self, step: Step[T], which: PinKind) -> int:
        shown = self._entry.memory.tries.get(which)
        if shown is None:
            # Lease A: nobody is asked for a PIN before its counter is known.
            left = await self._lease(
                lambda card: look_at_counter(card, self.card_type, step, self._known_identity(step), self.witness)
            )
            shown = left.count
            self.remember_tries(which, shown)
        if shown is None:
            raise CardUnsupported(which=which, problem="counter_unreadable")
        if shown == 0:
            raise PinWasBlocked(which=which, tries_left=0)
        return shown

    async def _consent(self, which: PinKind, shown: int) -> bool:
        if shown > 1:
            return False
        if which is PinKind.BADGE:
            # An operator's badge with one try left counts as blocked: its owner goes to the administrator (decision 5).
            raise PinWasBlocked(which=which, tries_left=shown, problem="last_try_kept")
        if not self._may_spend_last_try:
            raise PinGuard(which=which, tries_left=shown, problem="role")
        self.last_try_agreed = await self._request.call.prompter.agrees_to_last_try(self._prompt(which, "enter", shown))
        if not self.last_try_agreed:
            raise PinGuard(which=which, tries_left=shown)
        return True

    async def _ask(self, step: Step[T], which: PinKind, shown: int) -> Unlocked:
        if self._entry.traits.pin_pad and self.card_type.pins[which].shape.numeric and not step.new_pin:
            self.pin_pad = True
            self._tell("waiting_for_pad", which, "asked", shown)
            return Unlocked(PadEntry())
        self._tell("waiting_for_pin", which, "asked", shown)
        pin = await self._typed(which, "enter", shown)
        try:
            self._tools.wrong_pins.check(self._mark(which, pin), which, self._tools.clock.boottime())
            return Unlocked(pin, await self._new_pin(which) if step.new_pin else None)
        except BaseException:
            pin.wipe()
            raise

    async def _new_pin(self, which: PinKind) -> Pin:
        new = await self._typed(which, "new", None)
        try:
            with await self._typed(which, "repeat", None) as again:
                if new != again:
                    raise PinFormat(which=which, problem="repeat_differs")
        except BaseException:
            new.wipe()
            raise
        return new

    async def _typed(self, which: PinKind, step: str, shown: int | None) -> Pin:
        try:
            return await self._request.call.prompter.pin(self._prompt(which, step, shown))
        except (CarddError, asyncio.CancelledError):
            self._publish_pin(which, "cancelled", shown)
            raise

    def _prompt(self, which: PinKind, step: str, shown: int | None) -> PinPrompt:
        request = self._request
        shape = self.card_type.pins[which].shape
        where = self._entry.ref.reader
        return PinPrompt(which, step, shape, shown, self.kind, where, request.operation, request.purpose, request.case)

    # --- the card --------------------------------------------------------------------------------------------------

    async def _with_pin(self, step: Step[T], which: PinKind, unlocked: Unlocked, terms: PinTerms) -> T:
        mark = self._mark(which, unlocked.pin) if isinstance(unlocked.pin, Pin) else None
        self._request.call.progress(Progress("signing" if self._request.key is not None else "reading"))
        try:
            result = await self._on_card(step, unlocked, terms)
        except (PinRejected, PinNowBlocked):
            if mark is not None:
                self._tools.wrong_pins.remember(mark, self._tools.clock.boottime())
            raise
        finally:
            self._publish_pin(which, self.witness.pin.value, self.witness.tries_after)
        return result

    async def _on_card(self, step: Step[T], unlocked: Unlocked, terms: PinTerms | None) -> T:
        witness = self.witness = Witness(pin=self._worst_so_far())
        try:
            result = await self._lease(
                lambda card: run_step(card, self.card_type, step, unlocked, terms, self._known_identity(step), witness),
                patient=isinstance(unlocked.pin, PadEntry),
            )
        except CardNoAnswer as error:
            # The job is still on its thread, in front of a silent card: what it had sent is all that is known.
            if witness.pin is PinOutcome.MAY_BE_SPENT:
                raise PinUnknown(which=step.pin, reader=error.facts.reader, problem="card_no_answer") from error
            raise
        finally:
            if terms is not None and step.pin is not None:
                self._learn(step.pin, witness)
        if witness.identity is not None:
            self._identities[step.application] = witness.identity
        return result

    async def _lease(self, job: Job[T], *, patient: bool = False) -> T:
        call = self._request.call
        async with self._tools.desk.lease(
            self._entry.ref,
            uid=call.caller.peer.uid,
            client=call.caller.client,
            operation=self._request.operation.value,
            deadline=call.deadline,
            progress=call.progress,
        ) as lease:
            return await _to_its_end(
                lease.run(job, limit_s=self._tools.operation_s + (PAD_SECONDS if patient else 0.0))
            )

    def _known_identity(self, step: Step[T]) -> bytes | None:
        return self._identities.get(step.application)

    def _worst_so_far(self) -> PinOutcome:
        """A PIN accepted in an earlier step of this operation stays said, also when a later step needs none."""
        return self.witness.pin if self.witness.pin is PinOutcome.ACCEPTED else PinOutcome.UNTOUCHED

    def _learn(self, which: PinKind, witness: Witness) -> None:
        untouched = witness.pin is PinOutcome.UNTOUCHED
        self.remember_tries(which, witness.tries_before if untouched else witness.tries_after)

    def _mark(self, which: PinKind, pin: Pin) -> bytes:
        return self._tools.wrong_pins.mark(self._entry.identity or self.ref.handle.encode(), which, pin)

    # --- what is told ----------------------------------------------------------------------------------------------

    def _tell(self, state: str, which: PinKind, change: str, shown: int | None) -> None:
        self._request.call.progress(Progress(state))
        self._publish_pin(which, change, shown)

    def _publish_pin(self, which: PinKind, change: str, tries_left: int | None) -> None:
        # `uid` makes it an event for this user alone: nobody else need know that a PIN is being typed here.
        uid = self._request.call.caller.peer.uid
        facts = {"uid": uid, "card": self.ref.handle, "which": which.value, "tries_left": tries_left}
        self._tools.publish("pin", change, facts)

    @property
    def card_outcome(self) -> CardOutcome:
        return self.witness.card

    @property
    def pin_outcome(self) -> PinOutcome:
        return self.witness.pin


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


PlanOf = Callable[[Door], Awaitable[T]]
"""A use case's work once it is admitted."""
