"""One step of a card operation, as it runs on the reader's thread: identity, counter, VERIFY, work, identity, clear.

Everything between SCardBeginTransaction and power-off happens in `run_step`, in one order, for every use of a card.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cardd.cards.card_type import Application, CardType, PadEntry, TriesLeft
from cardd.errors import (
    CardBadAnswer,
    CardChanged,
    CarddError,
    CardNoAnswer,
    CardRemoved,
    CardWrongKind,
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
    changes_identity  the work makes the card out to somebody: it may show no identity before, and shows another one after.
    patience_s  seconds that the work may take beyond the limit of an operation, because it waits for orders.
    """

    application: Application
    work: Callable[[SmartCardConnection, Unlocked], T]
    pin: PinKind | None = None
    prepare: Callable[[SmartCardConnection], None] | None = None
    new_pin: bool = False
    changes_identity: bool = False
    patience_s: float = 0.0


@dataclass(slots=True)
class Witness:
    """What has happened so far in one step: read by the event loop for record and error, also when the step failed."""

    card: CardOutcome = CardOutcome.UNTOUCHED
    pin: PinOutcome = PinOutcome.UNTOUCHED
    identity: bytes | None = field(default=None, repr=False)
    tries_before: int | None = None
    tries_after: int | None = None


@dataclass(frozen=True, slots=True)
class PinTerms:
    """Under which terms one VERIFY may be sent: the counter the person was shown, and whether the last try may go.

    `last_try_agreed` is asked on the reader's thread, when it matters: consent does not last for ever.
    """

    shown_tries: int | None
    last_try_agreed: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Expected:
    """How this insertion's card is known again. None = nothing to compare with.

    identity     bytes that this application showed before in this insertion.
    first_look   bytes that the card showed when it was identified; looked at where `identity` is None.
    """

    identity: bytes | None = field(default=None, repr=False)
    first_look: bytes | None = field(default=None, repr=False)


# Errors after which the counter is known to be untouched: VERIFY never reached the card.
_NOT_SENT = (PinFormat, PinCancelled, PinTimeout)


def run_step(
    connection: SmartCardConnection,
    card_type: CardType,
    step: Step[T],
    unlocked: Unlocked,
    terms: PinTerms | None,
    expected: Expected,
    witness: Witness,
) -> T:
    """Run `step` and leave the card cleared. `terms` is given exactly when the step has a PIN.

    Raises what card, driver and work raise, `CardChanged` when the card is not the expected one or moved meanwhile,
    `PinChanged`, `PinGuard`, `PinWasBlocked` before VERIFY, and `PinUnknown` when VERIFY was sent without an answer.
    """
    witness.card = CardOutcome.UNKNOWN
    try:
        witness.identity = _arrive(connection, card_type, step, expected)
        if step.prepare is not None:
            step.prepare(connection)
        if step.pin is not None and terms is not None and unlocked.pin is not None:
            _check_counter(connection, card_type, step, terms, witness)
            _verify(connection, card_type, step.pin, unlocked.pin, witness)
        result = _work(connection, step, unlocked, witness)
        if step.changes_identity:
            witness.identity = _shown_now(connection, card_type, step.application)
        elif card_type.reread(connection, step.application) != witness.identity:
            raise CardChanged()
        return result
    except CardRemoved:
        witness.card = CardOutcome.REMOVED
        raise
    finally:
        if witness.card is not CardOutcome.REMOVED:
            witness.card = _clear(connection, card_type)


def _arrive(connection: SmartCardConnection, card_type: CardType, step: Step[T], expected: Expected) -> bytes | None:
    """As `visit`; a card that is not made out yet and is about to be has nothing to show, and nothing may be expected of it."""
    try:
        return visit(connection, card_type, step.application, expected)
    except CardBadAnswer as error:
        made_out = expected.identity is not None or expected.first_look is not None
        if made_out or not step.changes_identity or error.facts.problem != "no_identity":
            raise
        return None


def _shown_now(connection: SmartCardConnection, card_type: CardType, application: Application) -> bytes | None:
    """The identity after work that may give the card one; None while it has none."""
    try:
        return card_type.reread(connection, application)
    except CardBadAnswer as error:
        if error.facts.problem != "no_identity":
            raise
        return None


def visit(connection: SmartCardConnection, card_type: CardType, application: Application, expected: Expected) -> bytes:
    """SELECT an application of the expected card; its identity bytes there. Raises `CardChanged` for any other card.

    An application that was not visited before in this insertion has nothing to be compared with: then the card shows
    first what it showed when it was identified. Within one transaction no exchange goes unseen (requirement C4).
    """
    if expected.identity is None and expected.first_look is not None:
        seen = card_type.recognise(connection)
        if seen is None or seen.identity != expected.first_look:
            raise CardChanged()
    try:
        identity = card_type.select(connection, application)
    except CardWrongKind as error:
        if expected.identity is None:
            raise
        raise CardChanged() from error
    if expected.identity is not None and identity != expected.identity:
        raise CardChanged()
    return identity


def _work(connection: SmartCardConnection, step: Step[T], unlocked: Unlocked, witness: Witness) -> T:
    """The step's own work. A change of PIN is a second secret on its way: while it runs, its outcome is open."""
    accepted = witness.pin
    if step.new_pin:
        witness.pin = PinOutcome.MAY_BE_SPENT
    try:
        result = step.work(connection, unlocked)
    except CarddError as error:
        witness.pin = error.facts.pin or accepted
        if error.facts.pin is not None:
            witness.tries_after = error.facts.tries_left
        raise
    witness.pin = accepted
    return result


def look_at_counter(
    connection: SmartCardConnection, card_type: CardType, step: Step[T], expected: Expected, witness: Witness
) -> TriesLeft:
    """Lease A: identity and counter without any VERIFY, then clear (decision 3). Raises as `run_step`."""
    return run_step(
        connection,
        card_type,
        Step(step.application, lambda card, _: _honest_tries(card, card_type, step), prepare=step.prepare),
        Unlocked(),
        None,
        expected,
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
    if left.count is None and card_type.pins[step.pin].tries is not None:
        raise CardBadAnswer(command="VERIFY", which=step.pin, problem="counter_unreadable")
    return left


def _check_counter(
    connection: SmartCardConnection, card_type: CardType, step: Step[T], terms: PinTerms, witness: Witness
) -> None:
    left = _honest_tries(connection, card_type, step)
    witness.tries_before = witness.tries_after = left.count
    if left.blocked:
        raise PinWasBlocked(which=step.pin, tries_left=0)
    if left.count != terms.shown_tries:
        raise PinChanged(which=step.pin, tries_left=left.count)
    if left.count == 1 and not terms.last_try_agreed():
        raise PinGuard(which=step.pin, tries_left=1, problem="consent_too_old")


def _verify(
    connection: SmartCardConnection, card_type: CardType, which: PinKind, pin: Pin | PadEntry, witness: Witness
) -> None:
    # Said before it is sent: should the card never answer, the event loop reads this while the thread still waits.
    witness.pin, witness.tries_after = PinOutcome.MAY_BE_SPENT, None
    try:
        card_type.verify(connection, which, pin)
    except _NOT_SENT:
        witness.pin, witness.tries_after = PinOutcome.UNTOUCHED, witness.tries_before
        raise
    except (PinRejected, PinNowBlocked) as error:
        witness.pin, witness.tries_after = PinOutcome.SPENT, error.facts.tries_left
        raise
    except PinWasBlocked:
        witness.pin, witness.tries_after = PinOutcome.UNTOUCHED, 0
        raise
    except (CardRemoved, CardNoAnswer, PcscDown) as error:
        if isinstance(error, CardRemoved):
            witness.card = CardOutcome.REMOVED
        raise PinUnknown(which=which, reader=error.facts.reader, problem=error.code.replace(".", "_")) from error
    witness.pin = PinOutcome.ACCEPTED
    fresh = card_type.pins[which].tries
    # A right PIN fills the counter, but only a counter that was full is known to be full now: badges are issued with
    # other numbers of tries, and asking would spoil keys that want VERIFY directly before (decision 2).
    witness.tries_after = fresh if witness.tries_before == fresh else None


def _clear(connection: SmartCardConnection, card_type: CardType) -> CardOutcome:
    try:
        card_type.clear(connection)
    except CardRemoved:
        return CardOutcome.REMOVED
    except CarddError:
        # The worker powers the card off in any case; whether it obeyed cannot be known from here.
        return CardOutcome.UNKNOWN
    return CardOutcome.CLEARED
