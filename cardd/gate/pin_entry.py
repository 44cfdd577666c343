"""How a PIN gets from a person into one operation: consent to a last try, an agent or the reader's pad, a new PIN twice.

No lease is held while a person thinks. Everything typed is wiped here when it does not reach the card.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from cardd.cards.card_type import CardType, PadEntry
from cardd.errors import CarddError, ConsentRefused, PinFormat, PinGuard, PinWasBlocked
from cardd.gate.guard import WrongPins
from cardd.gate.request import Request
from cardd.gate.step import Step, Unlocked
from cardd.model import Operation, PinKind, PinShape
from cardd.pin import Pin
from cardd.ports import Clock, DocumentPrompt, PinPrompt, Progress, Publish
from cardd.readers.entries import CardEntry

T = TypeVar("T")


class PinEntry:
    """Asks the person of one request about one card."""

    def __init__(
        self,
        request: Request,
        entry: CardEntry,
        card_type: CardType,
        wrong_pins: WrongPins,
        clock: Clock,
        tell: Publish,
    ) -> None:
        self._request = request
        self._entry = entry
        self._card_type = card_type
        self._wrong_pins = wrong_pins
        self._clock = clock
        self._publish = tell

    async def consent(self, which: PinKind, shown: int | None, *, role_may: bool) -> bool:
        """Whether the last try may go; False where it is not the last. Raises `PinGuard` for a no, `PinWasBlocked` for a badge."""
        if shown is None or shown > 1:
            return False
        if which is PinKind.BADGE:
            # An operator's badge with one try left counts as blocked: its owner goes to the administrator (decision 5).
            raise PinWasBlocked(which=which, tries_left=shown, problem="last_try_kept")
        if not role_may:
            raise PinGuard(which=which, tries_left=shown, problem="role")
        if not await self._request.call.prompter.agrees_to_last_try(self._prompt(which, "enter", shown)):
            raise PinGuard(which=which, tries_left=shown, problem="not_agreed")
        return True

    async def agrees_to_document(self) -> bool:
        """Whether a person was shown a document and agrees to sign it; False where there is none to ask about. Raises `ConsentRefused`."""
        request = self._request
        if request.document is None or request.document_agreed:
            return False
        request.call.progress(Progress("waiting_for_consent"))
        prompt = DocumentPrompt(
            request.document, self._entry.kind, self._entry.ref.reader, request.key, request.purpose, request.case
        )
        if not await request.call.prompter.agrees_to_document(prompt):
            raise ConsentRefused()
        return True

    def on_pad(self, step: Step[T], which: PinKind) -> bool:
        """Whether the reader's pad takes this PIN. A change needs three PINs, of which pads know little: an agent asks."""
        return self._entry.traits.pin_pad and self._card_type.pins[which].shape.numeric and not step.new_pin

    async def ask(self, step: Step[T], which: PinKind, shown: int | None) -> Unlocked:
        """The PIN, and the new one where the step changes it. Whoever gets it wipes it.

        Raises `PinRepeated`, `PinFormat`, and what `Prompter.pin` raises.
        """
        if self.on_pad(step, which):
            self._begun("waiting_for_pad", which, shown)
            return Unlocked(PadEntry())
        self._begun("waiting_for_pin", which, shown)
        pin = await self._typed(which, "enter", shown)
        try:
            self._wrong_pins.check(self.mark(which, pin), which, self._clock.boottime(), shown)
            return Unlocked(pin, await self._new_pin(which, pin) if step.new_pin else None)
        except BaseException:
            pin.wipe()
            raise

    async def secret(self, which: PinKind, shape: PinShape, about: Mapping[str, str], step: str = "enter") -> Pin:
        """A secret beside the PIN of a step, e.g. what opens the operator CA. Raises what `Prompter.pin` raises."""
        self._request.call.progress(Progress("waiting_for_pin"))
        prompt = replace(self._prompt(which, step, None, shape), about=about)
        return await self._request.call.prompter.pin(prompt)

    async def new_secret(self, which: PinKind, shape: PinShape, about: Mapping[str, str]) -> Pin:
        """A new secret, typed twice. Raises `PinFormat` (`repeat_differs`) as well."""
        new = await self.secret(which, shape, about, "new")
        try:
            with await self.secret(which, shape, about, "repeat") as again:
                if new != again:
                    raise PinFormat(which=which, problem="repeat_differs")
        except BaseException:
            new.wipe()
            raise
        return new

    def mark(self, which: PinKind, pin: Pin) -> bytes:
        """What stands for this PIN on this card; the same after the card was taken out and put back."""
        return self._wrong_pins.mark(self._entry.identity or self._entry.ref.handle.encode(), which, pin)

    def tell(self, which: PinKind, change: str, tries_left: int | None) -> None:
        """Publish what became of a PIN."""
        # `uid` makes it an event for this user alone: nobody else need know that a PIN is being typed here.
        uid = self._request.call.caller.peer.uid
        facts: dict[str, str | int | None] = {
            "uid": uid,
            "card": self._entry.ref.handle,
            "which": which.value,
            "tries_left": tries_left,
        }
        self._publish("pin", change, facts)

    async def _new_pin(self, which: PinKind, old: Pin) -> Pin:
        new = await self._typed(which, "new", None)
        try:
            if new == old:
                raise PinFormat(which=which, problem="same_as_old")
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
            self.tell(which, "cancelled", shown)
            raise

    def _prompt(self, which: PinKind, step: str, shown: int | None, shape: PinShape | None = None) -> PinPrompt:
        request = self._request
        shape = shape or self._card_type.pins[which].shape
        where, kind = self._entry.ref.reader, self._entry.kind
        about = dict(request.content) if request.operation is Operation.APPROVE else {}
        return PinPrompt(
            which, step, shape, shown, kind, where, request.operation, request.purpose, request.case, about,
            request.document,
        )  # fmt: skip

    def _begun(self, state: str, which: PinKind, shown: int | None) -> None:
        self._request.call.progress(Progress(state))
        self.tell(which, "asked", shown)
