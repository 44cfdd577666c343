"""What a badge's tries cost, when a seat is locked, and when a session ends."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge
from applets_spec.variants import Variants
from cardd.client import RemoteError
from tests.e2e.badge_house import (
    MOST_COMMANDS,
    PIN,
    REFUSAL,
    hire_strange_people,
    last_outcome,
    log_in,
    logged_in,
    person_of,
    put_in,
    tries,
)
from tests.e2e.fault_house import (
    BASIC,
    House,
    Patient,
    Seen,
    attempt,
    failing,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    take_out,
    untouched,
)
from tests.fixtures.counter import (
    BADGE_SLOT,
    CONTEXT,
    READY_SECONDS,
    RESIDENT_SLOT,
    ROOMY,
    SLOWER,
    Counter,
    PinScript,
    any_counter,
    open_counter,
    until,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["any_counter", "nothing_left_by_the_module", "nothing_left_running"]


VERIFY_BADGE, VERIFY_CARD_INFO = bytes.fromhex("0020008008"), bytes.fromhex("0020009104")


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(StandInBox, config=ROOMY, prepare=hire_strange_people) as opened:
        yield opened


# --- tries and locks ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("S5", "fault 87")
def test_three_wrong_pins_lock_the_seat_and_no_badge_loses_its_last_try() -> None:
    with open_counter(StandInBox, config=ROOMY, prepare=lambda office: office.hire("kato", "KATO JIRO")) as counter:
        sato, kato = counter.office.people
        put_in(counter, sato.badge)
        for number in range(2):
            error = failing("pin.rejected", lambda: log_in(counter, f"11111{number}"))  # noqa: B023
            assert error.data["tries_left"] == 2 - number
        person = PinScript(["111112"])
        error = failing("pin.was_blocked", lambda: log_in(counter, person=person))
        assert (error.data["problem"], error.data["tries_left"]) == ("last_try_kept", 1)
        assert untouched(error)
        assert (person.asked, person.consent_asked, tries(sato.badge)) == ([], 0, 1)
        put_in(counter, kato.badge)
        failing("pin.rejected", lambda: log_in(counter, "111111"))
        error = failing("auth.locked", lambda: log_in(counter, person=person))
        assert 0 < error.data["retry_after_s"] <= 900
        assert person.asked == []
        assert tries(kato.badge) == 2
        records = counter.records()
        assert [record for record in records if record.get("event") == "alarm.login_locked"]
        assert [record for record in records if record.get("code") == "auth.locked"]
        take_out(counter, BADGE_SLOT)


@pytest.mark.proves("S5", "fault 87")
def test_a_wrong_pin_counts_also_for_a_caller_who_hangs_up() -> None:
    with open_counter(StandInBox, config=ROOMY) as counter:
        sato = counter.office.people[0]
        patient = Patient(make_badge(sato.operator, sato.certificates, secrets=BadgeSecrets(pin_tries=9)))
        put_in(counter, patient.seen)
        for number in range(3):
            patient.seen.forget()
            patient.seen.hold(VERIFY_BADGE)
            client = counter.client(f"11111{number}")
            calling = threading.Thread(target=lambda: _swallow(client))  # noqa: B023
            calling.start()
            until(lambda: patient.seen.secrets, READY_SECONDS)
            client._socket.shutdown(2)
            calling.join()
            client.close()
            counter.call("whoami")  # the daemon takes what happens at its sockets in order
            patient.seen.go_on()
            until(lambda: len(hang_ups(counter)) == number + 1, READY_SECONDS)  # noqa: B023
        assert patient.card.references()["piv.pin"].tries == 6
        failing("auth.locked", lambda: log_in(counter, PIN))
        take_out(counter, BADGE_SLOT)


def hang_ups(counter: Counter) -> list[dict[str, Any]]:
    return [record for record in counter.records() if record.get("code") == "client.gone"]


def _swallow(client: Any) -> None:
    with pytest.raises(OSError, match="closed"):
        client.call("session.login")


@pytest.mark.proves("P2")
@pytest.mark.parametrize("most", [2, 5, 10])
def test_a_badge_with_another_number_of_tries_is_asked_for_its_pin_once(counter: Counter, most: int) -> None:
    """What a right PIN sets the counter to is the issuer's choice: it is read again, and nobody types twice for it."""
    sato = counter.office.people[0]
    badge = make_badge(sato.operator, sato.certificates, secrets=BadgeSecrets(pin_tries=most))
    handle = put_in(counter, badge)
    shown = []
    for _ in range(2):
        person = PinScript([PIN])
        log_in(counter, person=person)
        shown += [asked["tries_left"] for asked in person.asked]
        counter.call("session.logout")
    assert shown == [most, most]
    take_out(counter, BADGE_SLOT)
    assert handle


# --- a badge that goes -------------------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
@pytest.mark.proves("C4", "P4", "S1", "fault 4", "fault 79")
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": Kind.DROP},
        {"kind": Kind.DROP_MID_COMMAND},
        {"kind": Kind.EXCHANGE, "card": "other"},
        {"kind": Kind.EXCHANGE, "card": "other", "noticed": False},
    ],
    ids=["pulled before", "pulled over the answer", "exchanged", "exchanged unseen"],
)
def test_a_badge_that_goes_at_any_command_logs_nobody_in(counter: Counter, fault: dict[str, Any]) -> None:
    sato = counter.office.people[0]
    other = Seen(person_of(counter, "kato").badge)
    patient = Patient(sato.badge, {"other": other})
    met = set()
    for at in range(1, MOST_COMMANDS):
        patient.faulty.follow([])
        handle = put_in(counter, patient.seen)
        other.forget()
        patient.follow(Fault(at=at, **fault))
        error = attempt(lambda: log_in(counter, PIN, badge=handle))  # noqa: B023
        if error is None:
            break
        met.add(error.name)
        assert error.name == ("pin.unknown" if patient.seen.last_was_secret else "card.removed"), f"command {at}"
        assert patient.seen.secrets <= 1
        assert other.secrets == 0
        assert not logged_in(counter), f"command {at}"
    assert met == {"pin.unknown", "card.removed"}
    assert logged_in(counter)
    assert tries(sato.badge) == 3
    take_out(counter, BADGE_SLOT)
    assert not logged_in(counter)


@pytest.mark.proves("S2", "fault 79")
def test_another_badge_in_the_reader_takes_over_nothing(counter: Counter) -> None:
    put_in(counter, counter.office.people[0].badge)
    log_in(counter, PIN)
    put_in(counter, person_of(counter, "kato").badge)
    assert not logged_in(counter)
    error = counter.fails("card.token_info", card="c-0000-1", **CONTEXT)
    assert error.name in ("session.required", "card.changed")
    take_out(counter, BADGE_SLOT)
    ends = [record for record in counter.records() if record.get("event") == "session.ended"]
    assert (ends[-1]["operator"], ends[-1]["problem"]) == ("sato", "badge_removed")


@pytest.mark.proves("S2", "fault 78")
def test_a_badge_pulled_during_a_reading_ends_the_session_and_nothing_is_given(
    any_counter: Counter,
) -> None:
    with opened_house(any_counter) as house:
        house.insert()
        house.patient.seen.hold(VERIFY_CARD_INFO)
        failed: list[RemoteError | None] = []
        reading = threading.Thread(target=lambda: failed.append(attempt(house.read)))
        reading.start()
        until(lambda: house.patient.seen.secrets, READY_SECONDS)
        any_counter.pull(BADGE_SLOT)
        begun = time.monotonic()
        until(lambda: not logged_in(any_counter), READY_SECONDS)
        assert time.monotonic() - begun <= 1.0 * SLOWER
        house.patient.seen.go_on()
        reading.join()
        assert failed[0] is not None
        assert (failed[0].name, failed[0].data["problem"]) == ("session.required", "ended_meanwhile")
        assert failed[0].data["pin"]["outcome"] == "accepted"
        record = last_outcome(any_counter)
        assert (record["code"], record["card_outcome"]) == ("session.required", "cleared")
        assert "items" not in record
        house.patient.follow()
        house.pull()


@pytest.mark.proves("S2", "P4", "fault 78")
def test_a_badge_pulled_while_a_resident_types_spares_the_resident_s_tries(counter: Counter) -> None:
    put_in(counter, counter.office.people[0].badge)
    log_in(counter, PIN)
    patient = Patient(counter.office.resident(number=10).card)
    card = counter.insert(patient.seen, RESIDENT_SLOT)

    class Leaving(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            take_out(counter, BADGE_SLOT)
            return super().pin(request)

    def read() -> None:
        with counter.client(person=Leaving(["0000"])) as client:
            client.call("card.read", card=card, items=BASIC, **CONTEXT)

    error = failing("session.required", read)
    assert untouched(error)
    assert patient.seen.secrets == 0
    assert patient.tries("card_info.pin") == 3
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("S1", "fault 75")
def test_without_a_session_no_card_is_touched_and_it_is_on_record(counter: Counter) -> None:
    take_out(counter, BADGE_SLOT)
    patient = Patient(counter.office.resident(number=11).card)
    card = counter.insert(patient.seen, RESIDENT_SLOT)
    patient.seen.forget()
    person = PinScript(["0000"])

    def read() -> None:
        with counter.client(person=person) as client:
            client.call("card.read", card=card, items=BASIC, **CONTEXT)

    failing("session.required", read)
    assert (person.asked, patient.seen.sent) == ([], [])
    refused = [
        record
        for record in counter.records()
        if record["phase"] == REFUSAL and record.get("code") == "session.required" and "card_kind" in record
    ]
    assert [record["card_kind"] for record in refused] == ["my_number"]
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("C6")
@pytest.mark.parametrize("as_count", [True, False], ids=["63C0 to the question", "6983 to the question"])
def test_a_blocked_badge_is_told_before_anybody_types(counter: Counter, as_count: bool) -> None:
    sato = counter.office.people[0]
    variants: Variants = replace(badge_variants(), blocked_status_as_count=as_count)
    badge = make_badge(sato.operator, sato.certificates, variants)
    badge.references()["piv.pin"].tries = 0
    put_in(counter, badge)
    person = PinScript([PIN])
    error = failing("pin.was_blocked", lambda: log_in(counter, person=person))
    assert (person.asked, error.data["tries_left"]) == ([], 0)
    take_out(counter, BADGE_SLOT)


def test_the_harness_logs_a_good_badge_in(counter: Counter) -> None:
    sato = counter.office.people[0]
    house = House(counter, Patient(sato.badge), counter.office.resident(number=12), sato)
    house.log_in()
    record = last_outcome(counter)
    assert (record["result"], record["operator"], record["certificate"]) == ("done", "sato", "good")
    take_out(counter, BADGE_SLOT)
