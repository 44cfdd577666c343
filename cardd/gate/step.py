"""One step of a card operation, as it runs on the reader's thread: identity, counter, VERIFY, work, identity, clear.

Everything between SCardBeginTransaction and power-off happens in `run_step`, in one order, for every use of a card.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cardd.cards.card_type import Application, CardType, PadEntry, TriesLeft
from cardd.errors import (
    CardBadAnswer,
    CardChanged,
    CarddError,
    CardNoAnswer,
    CardRemoved,
    PcscDown,
    PinCancelled,
    PinChanged,
    PinFormat,
    PinGuard,
    PinNowBlocked,
    PinRejected,
    PinTimeout,
    PinUnknown,
    PinWasBlocked,
)
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import CardOutcome, PinKind, PinOutcome
from cardd.pin import Pin

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The PINs of this step, for work that needs them once more (a change of PIN). Wiped when the step ends."""

    pin: Pin | PadEntry | None = None
    new_pin: Pin | None = None

    @property
    def typed(self) -> Pin:
        """The PIN as typed at an agent: a change of PIN is never done on a pad."""
        assert isinstance(self.pin, Pin)
        return self.pin

    @property
    def typed_new(self) -> Pin:
        assert self.new_pin is not None
        return self.new_pin

    def wipe(self) -> None:
        """Overwrite both."""
        for pin in (self.pin, self.new_pin):
            if isinstance(pin, Pin):
                pin.wipe()


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What is to be done with one application of a card while it is ours.

    prepare   runs before VERIFY and may refuse, so that a wrong card costs no try.
    work      runs after VERIFY (or right away without a PIN) and gives the result. The application is selected.
    new_pin   a new PIN is asked for as well, twice.
    """

    application: Application
    work: Callable[[SmartCardConnection, Unlocked], T]
    pin: PinKind | None = None
    prepare: Callable[[SmartCardConnection], None] | None = None
    new_pin: bool = False


@dataclass(slots=True)
class Witness:
    """What has happened so far in one step: read by the event loop for record and error, also when the step failed."""

    card: CardOutcome = CardOutcome.UNTOUCHED
    pin: PinOutcome = PinOutcome.UNTOUCHED
    identity: bytes | None = None
    tries_before: int | None = None
    tries_after: int | None = None


@dataclass(frozen=True, slots=True)
class PinTerms:
    """Under which terms one VERIFY may be sent: the counter the person was shown, and whether the last try may go."""

    shown_tries: int | None
    last_try_agreed: bool


# Errors after which the counter is known to be untouched: VERIFY never reached the card.
_NOT_SENT = (PinFormat, PinCancelled, PinTimeout)


def run_step(
    connection: SmartCardConnection,
    card_type: CardType,
    step: Step[T],
    unlocked: Unlocked,
    terms: PinTerms | None,
    known_identity: bytes | None,
    witness: Witness,
) -> T:
    """Run `step` and leave the card cleared. `terms` is given exactly when the step has a PIN.

    Raises what card, driver and work raise, `CardChanged` when the identity is not `known_identity` or moved meanwhile,
    `PinGuard`, `PinChanged`, `PinWasBlocked` before VERIFY, and `PinUnknown` when VERIFY was sent without an answer.
    """
    witness.card = CardOutcome.UNKNOWN
    try:
        witness.identity = card_type.select(connection, step.application)
        if known_identity is not None and witness.identity != known_identity:
            raise CardChanged()
        if step.prepare is not None:
            step.prepare(connection)
        if step.pin is not None and terms is not None and unlocked.pin is not None:
            _check_counter(connection, card_type, step, terms, witness)
            _verify(connection, card_type, step.pin, unlocked.pin, witness)
        result = step.work(connection, unlocked)
        if card_type.reread(connection, step.application) != witness.identity:
            raise CardChanged()
        return result
    except CardRemoved:
        witness.card = CardOutcome.REMOVED
        raise
    finally:
        if witness.card is not CardOutcome.REMOVED:
            witness.card = _clear(connection, card_type)


def look_at_counter(
    connection: SmartCardConnection, card_type: CardType, step: Step[T], known_identity: bytes | None, witness: Witness
) -> TriesLeft:
    """Lease A: identity and counter without any VERIFY, then clear (decision 3). Raises as `run_step`."""
    return run_step(
        connection,
        card_type,
        Step(step.application, lambda card, _: _honest_tries(card, card_type, step), prepare=step.prepare),
        Unlocked(),
        None,
        known_identity,
        witness,
    )


def _honest_tries(connection: SmartCardConnection, card_type: CardType, step: Step[T]) -> TriesLeft:
    assert step.pin is not None
    left = card_type.tries_left(connection, step.pin)
    if left.verified:
        # We did not verify in this operation, so somebody else's PIN state is still on the card: drop it, ask again.
        card_type.clear(connection)
        card_type.select(connection, step.application)
        left = card_type.tries_left(connection, step.pin)
    return left


def _check_counter(
    connection: SmartCardConnection, card_type: CardType, step: Step[T], terms: PinTerms, witness: Witness
) -> None:
    left = _honest_tries(connection, card_type, step)
    witness.tries_before = witness.tries_after = left.count
    if left.count is None:
        raise CardBadAnswer(command="VERIFY", which=step.pin, problem="counter_unreadable")
    if left.blocked:
        raise PinWasBlocked(which=step.pin, tries_left=0)
    if left.count == 1 and not terms.last_try_agreed:
        raise PinGuard(which=step.pin, tries_left=1)
    if terms.shown_tries is not None and left.count != terms.shown_tries:
        raise PinChanged(which=step.pin, tries_left=left.count)


def _verify(
    connection: SmartCardConnection, card_type: CardType, which: PinKind, pin: Pin | PadEntry, witness: Witness
) -> None:
    witness.pin = PinOutcome.MAY_BE_SPENT
    try:
        card_type.verify(connection, which, pin)
    except _NOT_SENT:
        witness.pin = PinOutcome.UNTOUCHED
        raise
    except (PinRejected, PinNowBlocked) as error:
        witness.pin = PinOutcome.SPENT
        witness.tries_after = error.facts.tries_left
        raise
    except PinWasBlocked:
        witness.pin = PinOutcome.UNTOUCHED
        witness.tries_after = 0
        raise
    except (CardRemoved, CardNoAnswer, PcscDown) as error:
        witness.tries_after = None
        if isinstance(error, CardRemoved):
            witness.card = CardOutcome.REMOVED
        raise PinUnknown(which=which, reader=error.facts.reader, problem=error.code.replace(".", "_")) from error
    except CarddError:
        witness.tries_after = None
        raise
    witness.pin = PinOutcome.ACCEPTED
    witness.tries_after = card_type.pins[which].tries


def _clear(connection: SmartCardConnection, card_type: CardType) -> CardOutcome:
    try:
        card_type.clear(connection)
    except CardRemoved:
        return CardOutcome.REMOVED
    except CarddError:
        # The worker powers the card off in any case; whether it obeyed cannot be known from here.
        return CardOutcome.UNKNOWN
    return CardOutcome.CLEARED
