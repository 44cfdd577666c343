from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CardBusy
from cardd.model import CardHandle, CardRef, ReaderName
from cardd.readers.fair_queue import FairQueue, Ticket

REF = CardRef(ReaderName("R"), 1, CardHandle("c-0000-1"))


class Person:
    """Who joins a queue, and what they were told."""

    def __init__(self, uid: int, name: str = "") -> None:
        self.granted = 0
        self.places: list[tuple[int, str | None]] = []
        self.ticket = Ticket(REF, uid, name or f"client{uid}", "read", 0.0, self._grant, lambda: None, self._move)

    def _grant(self) -> None:
        self.granted += 1

    def _move(self, place: int, holder: str | None) -> None:
        self.places.append((place, holder))


def join(queue: FairQueue, *uids: int) -> list[Person]:
    people = [Person(uid) for uid in uids]
    for person in people:
        queue.join(person.ticket)
    return people


def test_a_free_reader_is_granted_at_once() -> None:
    (person,) = join(FairQueue(4, 2), 1)
    assert (person.granted, person.places) == (1, [])


def test_who_waits_hears_place_and_holder_and_each_move() -> None:
    queue = FairQueue(4, 2)
    first, second, third = join(queue, 1, 2, 3)
    queue.leave(first.ticket, 1.0)
    assert (second.granted, third.granted) == (1, 0)
    assert second.places == [(1, "client1"), (1, "client1")]
    assert third.places == [(2, "client1"), (1, "client2")]


@pytest.mark.proves("fault 60")
def test_one_runs_and_four_wait_and_the_next_is_told_who_holds_the_reader() -> None:
    queue = FairQueue(4, 2)
    join(queue, 1, 2, 2, 3, 3)
    with pytest.raises(CardBusy) as busy:
        join(queue, 4)
    assert (busy.value.facts.holder, busy.value.facts.place) == ("client1", 5)


@pytest.mark.proves("fault 60")
def test_one_user_waits_at_most_twice() -> None:
    queue = FairQueue(4, 2)
    join(queue, 1, 1, 1)
    with pytest.raises(CardBusy):
        join(queue, 1)
    join(queue, 2)


def test_users_take_turns() -> None:
    queue = FairQueue(8, 4)
    people = join(queue, 1, 1, 1, 2, 2, 3)
    order = []
    while queue.running is not None:
        order.append(queue.running.uid)
        queue.leave(queue.running, 0.0)
    assert order == [1, 2, 3, 1, 2, 1]
    assert all(person.granted == 1 for person in people)


def test_who_gives_up_moves_the_others_up() -> None:
    queue = FairQueue(4, 2)
    _, second, third = join(queue, 1, 2, 3)
    queue.leave(second.ticket, 0.0)
    queue.leave(second.ticket, 0.0)
    assert third.places[-1] == (1, "client1")
    assert second.granted == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=60))
def test_nobody_is_lost_or_granted_twice_and_limits_hold(steps: list[tuple[bool, int]]) -> None:
    queue, inside, refused = FairQueue(4, 2), [], 0
    for joins, number in steps:
        if joins:
            person = Person(number)
            try:
                queue.join(person.ticket)
                inside.append(person)
            except CardBusy:
                refused += 1
        elif inside:
            queue.leave(inside.pop(number % len(inside)).ticket, 0.0)
        assert {person.ticket for person in inside} == {
            *queue.waiting,
            *([queue.running] if queue.running else []),
        } or not (inside or queue.waiting or queue.running)
        assert (queue.running is None) == (not inside)
        assert len(queue.waiting) <= 4
        assert max(Counter(ticket.uid for ticket in queue.waiting).values(), default=0) <= 2
        assert [person.granted for person in inside].count(1) == (1 if inside else 0)
        assert [queue.place(ticket) for ticket in queue.order()] == list(range(1, len(queue.waiting) + 1))
