"""The one order of things between connecting to a card and cutting its power."""

from collections.abc import Callable

import pytest

from cardd.cards.card_type import Application, TriesLeft
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
from cardd.gate.step import Expected, PinTerms, Step, Unlocked, Witness, look_at_counter, run_step, visit
from cardd.model import CardOutcome, PinKind, PinOutcome
from cardd.pin import Pin
from tests.unit.cardd.gate.gate_house import ELSEWHERE, FIRST_LOOK, HERE, RIGHT, FakeCard, fake_card_type

TYPE = fake_card_type()
KNOWN = Expected(HERE, FIRST_LOOK)


def step(prepare: Callable[[FakeCard], None] | None = None, *, new_pin: bool = False) -> Step[str]:
    def work(card: FakeCard, _: Unlocked) -> str:
        card.do("work")
        return "result"

    return Step(Application.CARD_INFO, work, pin=PinKind.CARD_INFO, prepare=prepare, new_pin=new_pin)  # type: ignore[arg-type]


def run(
    card: FakeCard,
    *,
    what: Step[str] | None = None,
    shown: int = 3,
    agreed: bool = False,
    expected: Expected = KNOWN,
    witness: Witness | None = None,
) -> str:
    terms = PinTerms(shown, lambda: agreed)
    unlocked = Unlocked(Pin(bytearray(RIGHT)))
    return run_step(card, TYPE, what or step(), unlocked, terms, expected, witness or Witness())  # type: ignore[arg-type]


@pytest.fixture
def card() -> FakeCard:
    return FakeCard()


@pytest.mark.proves("C5", "P2")
def test_the_order_is_identity_counter_verify_work_identity_clear(card: FakeCard) -> None:
    witness = Witness()
    assert run(card, witness=witness) == "result"
    assert card.did == ["select", "tries", "verify", "work", "reread", "clear"]
    assert (witness.card, witness.pin) == (CardOutcome.CLEARED, PinOutcome.ACCEPTED)
    assert (witness.tries_before, witness.tries_after) == (3, 3)


@pytest.mark.proves("P4")
def test_what_may_refuse_comes_before_verify(card: FakeCard) -> None:
    def refuse(_: FakeCard) -> None:
        raise CardWrongKind

    with pytest.raises(CardWrongKind):
        run(card, what=step(refuse))
    assert card.did == ["select", "clear"]


@pytest.mark.proves("C5", "fault 9")
@pytest.mark.parametrize(
    ("expected", "look", "identity", "did"),
    [
        (KNOWN, FIRST_LOOK, ELSEWHERE, ["select", "clear"]),
        (Expected(None, FIRST_LOOK), ELSEWHERE, HERE, ["recognise", "clear"]),
    ],
    ids=["known here", "never visited"],
)
def test_another_card_is_found_out_before_anything_else(
    card: FakeCard, expected: Expected, look: bytes, identity: bytes, did: list[str]
) -> None:
    card.look, card.identity = look, identity
    witness = Witness()
    with pytest.raises(CardChanged):
        run(card, expected=expected, witness=witness)
    assert card.did == did
    assert witness.pin is PinOutcome.UNTOUCHED


def test_an_application_that_was_visited_needs_no_second_look(card: FakeCard) -> None:
    assert visit(card, TYPE, Application.CARD_INFO, KNOWN) == HERE  # type: ignore[arg-type]
    assert card.did == ["select"]


@pytest.mark.proves("fault 9")
@pytest.mark.parametrize(("expected", "error"), [(KNOWN, CardChanged), (Expected(), CardWrongKind)])
def test_a_missing_application_is_another_card_only_where_it_was_there_before(
    card: FakeCard, expected: Expected, error: type[CarddError]
) -> None:
    card.fails["select"] = CardWrongKind()
    with pytest.raises(error):
        run(card, expected=expected)


@pytest.mark.proves("C5", "fault 9")
def test_a_card_that_moved_during_the_work_gives_nothing(card: FakeCard) -> None:
    card.after["work"] = lambda: setattr(card, "identity", ELSEWHERE)
    witness = Witness()
    with pytest.raises(CardChanged):
        run(card, witness=witness)
    assert card.did[-1] == "clear"
    assert witness.pin is PinOutcome.ACCEPTED


@pytest.mark.proves("P2", "P3")
@pytest.mark.parametrize(
    ("left", "shown", "agreed", "error"),
    [
        (0, 3, False, PinWasBlocked),
        (0, 1, True, PinWasBlocked),
        (1, 1, False, PinGuard),
        (1, 3, False, PinChanged),
        (1, 3, True, PinChanged),
        (2, 3, False, PinChanged),
        (3, 2, False, PinChanged),
        (3, 1, True, PinChanged),
    ],
)
def test_the_counter_is_judged_before_verify(
    card: FakeCard, left: int, shown: int, agreed: bool, error: type[CarddError]
) -> None:
    card.tries = [TriesLeft(left)]
    witness = Witness()
    with pytest.raises(error) as refused:
        run(card, shown=shown, agreed=agreed, witness=witness)
    assert card.count("verify") == 0
    assert refused.value.facts.tries_left == left
    assert (witness.pin, witness.tries_before, witness.tries_after) == (PinOutcome.UNTOUCHED, left, left)


@pytest.mark.proves("P3", "fault 100")
def test_with_consent_the_last_try_may_go(card: FakeCard) -> None:
    card.tries = [TriesLeft(1)]
    witness = Witness()
    assert run(card, shown=1, agreed=True, witness=witness) == "result"
    assert witness.tries_after is None, "what a right PIN sets it to is not known for sure"


@pytest.mark.proves("fault 28")
def test_a_pin_that_somebody_else_verified_is_dropped_and_asked_again(card: FakeCard) -> None:
    card.tries = [TriesLeft(None, verified=True), TriesLeft(3)]
    assert run(card) == "result"
    assert card.did[:5] == ["select", "tries", "clear", "select", "tries"]


@pytest.mark.proves("C6", "fault 28")
@pytest.mark.parametrize("answer", [TriesLeft(None, verified=True), TriesLeft(None)], ids=["9000", "6300"])
def test_without_a_count_nothing_is_sent(card: FakeCard, answer: TriesLeft) -> None:
    card.tries = [answer]
    with pytest.raises(CardBadAnswer):
        run(card)
    with pytest.raises(CardBadAnswer):
        look_at_counter(card, TYPE, step(), KNOWN, Witness())  # type: ignore[arg-type]
    assert card.count("verify") == 0


@pytest.mark.proves("P4", "C6", "fault 4", "fault 27")
@pytest.mark.parametrize(
    ("failure", "raised", "outcome", "after"),
    [
        (PinRejected(tries_left=2, pin=PinOutcome.SPENT), PinRejected, PinOutcome.SPENT, 2),
        (PinRejected(tries_left=None, pin=PinOutcome.SPENT), PinRejected, PinOutcome.SPENT, None),
        (PinNowBlocked(tries_left=0), PinNowBlocked, PinOutcome.SPENT, 0),
        (PinWasBlocked(tries_left=0), PinWasBlocked, PinOutcome.UNTOUCHED, 0),
        (PinFormat(), PinFormat, PinOutcome.UNTOUCHED, 3),
        (PinCancelled(), PinCancelled, PinOutcome.UNTOUCHED, 3),
        (PinTimeout(), PinTimeout, PinOutcome.UNTOUCHED, 3),
        (CardBadAnswer(), CardBadAnswer, PinOutcome.MAY_BE_SPENT, None),
        (PinUnknown(), PinUnknown, PinOutcome.MAY_BE_SPENT, None),
        (CardRemoved(), PinUnknown, PinOutcome.MAY_BE_SPENT, None),
        (CardNoAnswer(), PinUnknown, PinOutcome.MAY_BE_SPENT, None),
        (PcscDown(), PinUnknown, PinOutcome.MAY_BE_SPENT, None),
        (ZeroDivisionError(), ZeroDivisionError, PinOutcome.MAY_BE_SPENT, None),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, BaseException) else None,
)
def test_what_became_of_the_pin_is_said_for_each_end_of_verify(
    card: FakeCard, failure: BaseException, raised: type[BaseException], outcome: PinOutcome, after: int | None
) -> None:
    card.fails["verify"] = failure
    witness = Witness()
    with pytest.raises(raised):
        run(card, witness=witness)
    assert card.count("verify") == 1
    assert "work" not in card.did
    assert (witness.pin, witness.tries_before, witness.tries_after) == (outcome, 3, after)


@pytest.mark.proves("P4", "fault 15")
def test_the_outcome_is_open_from_the_moment_verify_is_sent(card: FakeCard) -> None:
    """The event loop reads the witness while the thread still waits in front of a silent card."""
    witness, seen = Witness(), []
    card.after["verify"] = lambda: seen.append((witness.pin, witness.tries_after))
    run(card, witness=witness)
    assert seen == [(PinOutcome.MAY_BE_SPENT, None)]


@pytest.mark.proves("P2")
@pytest.mark.parametrize(("left", "after"), [(3, 3), (2, None), (5, None)])
def test_after_a_right_pin_only_a_full_counter_is_known_to_be_full(
    card: FakeCard, left: int, after: int | None
) -> None:
    card.tries = [TriesLeft(left)]
    witness = Witness()
    run(card, shown=left, witness=witness)
    assert witness.tries_after == after


@pytest.mark.proves("P4", "fault 4")
@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (PinUnknown(pin=PinOutcome.MAY_BE_SPENT), PinOutcome.MAY_BE_SPENT),
        (PinRejected(pin=PinOutcome.SPENT, tries_left=1), PinOutcome.SPENT),
        (PinFormat(), PinOutcome.ACCEPTED),
    ],
    ids=["no answer", "rejected", "new value refused"],
)
def test_a_change_of_pin_that_fails_says_what_its_own_command_did(
    card: FakeCard, failure: CarddError, outcome: PinOutcome
) -> None:
    card.fails["work"] = failure
    witness = Witness()
    with pytest.raises(type(failure)):
        run(card, what=step(new_pin=True), witness=witness)
    assert witness.pin is outcome


def test_while_a_change_of_pin_is_on_its_way_its_outcome_is_open(card: FakeCard) -> None:
    witness, seen = Witness(), []
    card.after["work"] = lambda: seen.append(witness.pin)
    run(card, what=step(new_pin=True), witness=witness)
    assert (seen, witness.pin) == ([PinOutcome.MAY_BE_SPENT], PinOutcome.ACCEPTED)


@pytest.mark.proves("P2")
@pytest.mark.parametrize("word", ["select", "tries", "verify", "work", "reread"])
def test_whatever_fails_the_card_is_cleared(card: FakeCard, word: str) -> None:
    card.fails[word] = CardBadAnswer()
    witness = Witness()
    with pytest.raises(CardBadAnswer):
        run(card, witness=witness)
    assert card.did[-1] == "clear"
    assert witness.card is CardOutcome.CLEARED


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [(CardRemoved(), CardOutcome.REMOVED), (CardBadAnswer(), CardOutcome.UNKNOWN), (CardNoAnswer(), CardOutcome.UNKNOWN)],
)  # fmt: skip
def test_a_card_that_could_not_be_cleared_is_not_called_clear(
    card: FakeCard, failure: CarddError, outcome: CardOutcome
) -> None:
    card.fails["clear"] = failure
    witness = Witness()
    run(card, witness=witness)
    assert witness.card is outcome


def test_nothing_is_sent_to_a_card_that_was_pulled(card: FakeCard) -> None:
    card.fails["work"] = CardRemoved()
    witness = Witness()
    with pytest.raises(CardRemoved):
        run(card, witness=witness)
    assert card.did[-1] == "work"
    assert witness.card is CardOutcome.REMOVED


@pytest.mark.proves("P6")
def test_both_pins_are_wiped() -> None:
    pins = Pin(bytearray(RIGHT)), Pin(bytearray(b"4321"))
    Unlocked(*pins).wipe()
    assert [len(pin) for pin in pins] == [0, 0]


def test_lease_a_never_verifies(card: FakeCard) -> None:
    witness = Witness()
    assert look_at_counter(card, TYPE, step(), KNOWN, witness).count == 3  # type: ignore[arg-type]
    assert card.did == ["select", "tries", "reread", "clear"]
    assert (witness.pin, witness.card) == (PinOutcome.UNTOUCHED, CardOutcome.CLEARED)
