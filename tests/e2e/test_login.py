"""Logging in with a badge: whom it lets in, whom it refuses and why."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.office import Office
from tests.e2e.badge_house import (
    BAD_BADGES,
    PIN,
    badge_of,
    hire_strange_people,
    issued,
    last_outcome,
    log_in,
    logged_in,
    name_in_register,
    person_of,
    put_in,
    tries,
)
from tests.e2e.fault_house import (
    Patient,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    take_out,
    untouched,
)
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    RESIDENT_SLOT,
    ROOMY,
    Counter,
    PinScript,
    open_counter,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(StandInBox, config=ROOMY, prepare=hire_strange_people) as opened:
        yield opened


# --- who is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.proves("S1", "K1", "fault 82", "fault 153", "fault 162", "fault 163")
@pytest.mark.parametrize("bad", BAD_BADGES)
def test_a_badge_with_a_wrong_certificate_is_refused_before_anybody_types(counter: Counter, bad: str) -> None:
    _, problem = BAD_BADGES[bad]
    badge = person_of(counter, name_in_register(bad)).badge
    put_in(counter, badge)
    person = PinScript([PIN])
    error = failing("auth.failed", lambda: log_in(counter, person=person))
    assert error.data["problem"] == problem
    assert error.data["card"] == "cleared"
    assert untouched(error)
    assert (person.asked, tries(badge)) == ([], 3)
    record = last_outcome(counter)
    assert (record["result"], record["code"], record["problem"]) == ("refused", "auth.failed", problem)
    assert not logged_in(counter)


@pytest.mark.proves("S1", "S12", "fault 82")
@pytest.mark.parametrize("who", ["nobody knows", "blocked"])
def test_a_good_badge_of_somebody_who_may_not_is_refused_before_anybody_types(counter: Counter, who: str) -> None:
    known = who == "blocked"
    badge = person_of(counter, "blocked").badge if known else badge_of(issued(-30, who=90, number=6))
    put_in(counter, badge)
    person = PinScript([PIN])
    error = failing("auth.failed", lambda: log_in(counter, person=person))
    assert error.data["problem"] == ("operator_blocked" if known else "not_registered")
    assert (person.asked, tries(badge)) == ([], 3)
    record = last_outcome(counter)
    assert record["certificate"] == "good"
    assert record.get("operator") == ("blocked" if known else None)


@pytest.mark.proves("S7", "fault 91")
def test_a_role_that_the_policy_gives_nothing_touches_no_card(counter: Counter) -> None:
    put_in(counter, person_of(counter, "auditor").badge)
    log_in(counter, PIN)
    patient = Patient(counter.office.resident(number=8).card)
    card = counter.insert(patient.seen, RESIDENT_SLOT)
    patient.seen.forget()
    error = counter.fails("card.read", "5678", card=card, items=["name"], **CONTEXT)
    assert (error.name, patient.seen.sent) == ("policy.denied", [])
    take_out(counter, BADGE_SLOT)
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("S7")
def test_a_role_that_the_policy_does_not_know_keeps_the_daemon_from_starting() -> None:
    def prepare(office: Office) -> None:
        office.hire("visitor", "VISITOR", "visitor")

    with pytest.raises(AssertionError, match="a role that the policy does not know"):
        open_counter(StandInBox, config=ROOMY, prepare=prepare).__enter__()


@pytest.mark.proves("fault 33")
def test_a_resident_s_card_is_no_badge(counter: Counter) -> None:
    take_out(counter, BADGE_SLOT)
    card = counter.insert(counter.office.resident(number=9).card, RESIDENT_SLOT)
    person = PinScript([PIN])
    error = failing("card.wrong_kind", lambda: log_in(counter, person=person, badge=card))
    assert error.data["card"] == "untouched"
    assert person.asked == []
    error = failing("card.absent", lambda: log_in(counter, person=person))
    assert error.data["problem"] == "no_badge"
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("C11", "fault 33")
def test_a_card_in_the_reader_of_the_other_kind_is_told_so() -> None:
    seats = (
        '[[seats]]\nname = "window-1"\nbadge_reader = { name = "Stand-in Reader 0 00 00" }\n'
        'resident_readers = [{ name = "Stand-in Reader 1 00 00" }]\n'
    )
    with open_counter(StandInBox, config=ROOMY + seats) as counter:
        sato = counter.office.people[0]
        person = PinScript([PIN])
        badge = counter.insert(sato.badge, RESIDENT_SLOT)
        failing("card.wrong_reader", lambda: log_in(counter, person=person, badge=badge))
        take_out(counter, RESIDENT_SLOT)
        counter.log_in(sato)
        take_out(counter, BADGE_SLOT)
        resident = counter.office.resident()
        card = counter.insert(resident.card, BADGE_SLOT)
        failing("card.wrong_reader", lambda: log_in(counter, person=person, badge=card))
        take_out(counter, BADGE_SLOT)
        assert person.asked == []


@pytest.mark.proves("S1", "fault 82")
def test_a_badge_whose_key_is_not_that_of_its_certificate_is_refused(counter: Counter) -> None:
    badge = person_of(counter, "foreign-key").badge
    put_in(counter, badge)
    error = failing("auth.failed", lambda: log_in(counter, PIN))
    assert error.data["problem"] == "badge_signature"
    assert error.data["pin"]["outcome"] == "accepted"
    assert not logged_in(counter)


def test_two_badges_at_one_seat_must_be_told_apart(counter: Counter) -> None:
    sato, kato = counter.office.people[0], person_of(counter, "kato")
    put_in(counter, sato.badge)
    second = counter.insert(kato.badge, RESIDENT_SLOT)
    error = failing("request.bad", lambda: log_in(counter, PIN))
    assert (error.data["field"], error.data["problem"]) == ("badge", "more_than_one")
    assert log_in(counter, PIN, badge=second)["operator"]["id"] == "kato"
    take_out(counter, RESIDENT_SLOT)
    assert not logged_in(counter)


def test_one_session_at_a_seat_and_one_login_at_a_time(counter: Counter) -> None:
    sato = counter.office.people[0]
    put_in(counter, sato.badge)

    class SecondThoughts(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            error = failing("session.exists", lambda: log_in(counter, PIN))
            assert error.data["problem"] == "login_running"
            return super().pin(request)

    log_in(counter, person=SecondThoughts([PIN]))
    failing("session.exists", lambda: log_in(counter, PIN))
    refusals = [record for record in counter.records() if record.get("code") == "session.exists"]
    assert refusals
    counter.call("session.logout")
