"""`health` warns of a badge that is half made, and of one that ends soon."""

from collections.abc import Mapping

import pytest

from cardd.app.badge_health import badge_problem
from cardd.register import Operator, Register
from cardd.state.badges import BadgeBook, LocalBadge, Progress
from tests.unit.cardd.readers.house import TurnedClock
from tests.unit.cardd.state.house import scratch_state

DAY_US = 86_400_000_000
TANAKA = Operator(id="tanaka", name="田中", role="counter", guid="ab" * 16, certificates=("1" * 64,))


@pytest.fixture
def book() -> BadgeBook:
    """`tanaka` has a badge that ends in 31 days."""
    book = BadgeBook(scratch_state(TurnedClock()))
    book.put(LocalBadge(TANAKA, 1, "ab" * 16, 31 * DAY_US, "factory", 0, "suzuki", "ito"))
    return book


def register(**changed: object) -> Register:
    return Register(1, (TANAKA.model_copy(update=changed),))


def test_a_badge_that_lasts_is_no_news(book: BadgeBook) -> None:
    assert badge_problem(book, register(), 0, 30) is None


@pytest.mark.parametrize("days", [2, 31, 400])
def test_one_that_ends_soon_or_has_ended_is_said(book: BadgeBook, days: int) -> None:
    assert badge_problem(book, register(), days * DAY_US, 30) == "ends_soon"


@pytest.mark.parametrize("changed", [{"status": "blocked"}, {"certificates": ("2" * 64,)}])
def test_what_counts_no_more_is_not(book: BadgeBook, changed: Mapping[str, object]) -> None:
    assert badge_problem(book, register(**changed), 5 * DAY_US, 30) is None


def test_a_reported_one_is_not(book: BadgeBook) -> None:
    blocked = Register(1, (TANAKA,), frozenset({"ab" * 16}))
    assert badge_problem(book, blocked, 5 * DAY_US, 30) is None


def test_a_half_made_one_is_said_first() -> None:
    store = scratch_state(TurnedClock())
    book = BadgeBook(store)
    book.begin(Progress("kato", "cd" * 16, "enrol", "0" * 64, "suzuki", "ito", frozenset(), {}, store.now()))
    assert badge_problem(book, Register(1, ()), 0, 30) == "incomplete"
