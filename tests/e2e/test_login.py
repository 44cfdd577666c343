"""Logging in with a badge: whom it lets in, whom it refuses and why, what a badge's tries cost, and when a session ends."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.fault_script import Fault, Kind
from applets_spec.piv.personalise import BadgeSecrets, badge_variants, make_badge
from applets_spec.testca.badge_cases import KEYS
from applets_spec.testca.cases import CASES
from applets_spec.testca.hierarchy import badge_key_name
from applets_spec.testca.issue import BadgeCertificates, KeyAndCertificate, Operator, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.variants import Variants
from cardd.client import RemoteError
from demo.office import Office, Person
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
    RESIDENT_SLOT,
    ROOMY,
    Counter,
    PinScript,
    any_counter,
    open_counter,
    until,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["any_counter", "nothing_left_by_the_module", "nothing_left_running"]
AUTHENTICATION = 0x9A
REFUSAL = 3
"""Phase of a record that is neither intent nor outcome."""
MOST_COMMANDS = 60
NOW = datetime.now(UTC).replace(microsecond=0)
PIN = BadgeSecrets().pin


# --- badges with something wrong -------------------------------------------------------------------------------------


def operator(number: int) -> Operator:
    return Operator(f"TESTER {number}", f"{number:04}")


def issued(days: int, generation: int = 2) -> BadgeCertificates:
    """A badge's certificates, issued so many days from now, by a generation of the operator CA."""
    return issue_badge(operator(70), number=1, issued=NOW + timedelta(days=days), generation=generation)


def from_case(name: str) -> BadgeCertificates:
    """A badge whose 9A carries the certificate of one of the test CA's cases. It never comes to using its key."""
    key = KEYS.key(badge_key_name(0, AUTHENTICATION), KeyAlgorithm.P256)
    return with_9a(issued(-30), KeyAndCertificate(key, CASES[name]().certificate))


def with_9a(certificates: BadgeCertificates, pair: KeyAndCertificate) -> BadgeCertificates:
    return replace(certificates, slots={**certificates.slots, AUTHENTICATION: pair})


def with_foreign_key() -> BadgeCertificates:
    good = issued(-30)
    key = issue_badge(operator(71), number=2).slots[AUTHENTICATION].key
    return with_9a(good, replace(good.slots[AUTHENTICATION], key=key))


def copied() -> BadgeCertificates:
    """The certificate and even the key of another badge, on a card with its own number."""
    return with_9a(issued(-30), issue_badge(operator(72), number=3).slots[AUTHENTICATION])


BAD_BADGES: dict[str, tuple[Callable[[], BadgeCertificates], str]] = {
    "expired": (lambda: issued(-1900), "expired"),
    "not yet valid": (lambda: issued(30), "not_yet_valid"),
    "old generation, same name": (lambda: issued(-30, generation=1), "unknown_issuer"),
    "stranger": (lambda: from_case("badge-stranger"), "unknown_issuer"),
    "impostor": (lambda: from_case("badge-impostor"), "bad_signature"),
    "wrong key usage": (lambda: from_case("badge-wrong-key-usage"), "wrong_kind"),
    "9D as 9A": (lambda: from_case("badge-key-management-as-authentication"), "wrong_kind"),
    "9E as 9A": (lambda: from_case("badge-card-authentication-as-authentication"), "wrong_kind"),
    "authority as badge": (lambda: from_case("badge-authority-as-badge"), "wrong_kind"),
    "SHA-1": (lambda: from_case("badge-sha1"), "weak_algorithm"),
    "RSA 1024": (lambda: from_case("badge-rsa-1024"), "weak_algorithm"),
    "copied onto another badge": (copied, "card_uuid"),
}


def badge_of(certificates: BadgeCertificates, secrets: BadgeSecrets | None = None) -> Card:
    return make_badge(operator(70), certificates, badge_variants(), secrets=secrets)


def hire_strange_people(office: Office) -> None:
    """Everybody of `BAD_BADGES` stands in the register: it is the certificate that must refuse them."""
    for name, (certificates, _) in BAD_BADGES.items():
        enter(office, name_in_register(name), certificates())
    enter(office, "foreign-key", with_foreign_key())
    enter(office, "blocked", issue_badge(operator(80), number=4))
    enter(office, "auditor", issue_badge(operator(81), number=5), role="auditor")
    office.hire("kato", "KATO JIRO", "counter")
    written = office._register
    office._register = lambda: written().replace('id = "blocked"', 'id = "blocked"\nstatus = "blocked"')  # type: ignore[method-assign]


def name_in_register(bad: str) -> str:
    return "bad-" + "".join(letter for letter in bad if letter.isalnum())


def enter(office: Office, identifier: str, certificates: BadgeCertificates, role: str = "supervisor") -> None:
    first = office.people[0]
    trusted = replace(certificates, ca=first.certificates.ca)
    person = replace(
        first, id=identifier, role=role, badge=badge_of(certificates), certificates=trusted, secrets=BadgeSecrets()
    )
    office.people.append(person)


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(StandInBox, config=ROOMY, prepare=hire_strange_people) as opened:
        yield opened


def person_of(counter: Counter, identifier: str) -> Person:
    return next(person for person in counter.office.people if person.id == identifier)


def put_in(counter: Counter, badge: Any) -> str:
    """The badge into its reader, whatever lay there; its handle."""
    take_out(counter, BADGE_SLOT)
    return counter.insert(badge, BADGE_SLOT)


def tries(badge: Card) -> int:
    return badge.references()["piv.pin"].tries


def log_in(counter: Counter, *pins: str | None, person: PinScript | None = None, **params: Any) -> dict[str, Any]:
    with counter.client(*pins, person=person) as client:
        return client.call("session.login", **params)


def logged_in(counter: Counter) -> bool:
    return bool(counter.call("session.status")["logged_in"])


def last_outcome(counter: Counter) -> dict[str, Any]:
    return [record for record in counter.records() if record["phase"] == 2][-1]


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
    badge = person_of(counter, "blocked").badge if known else badge_of(issue_badge(operator(90), number=6))
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
            patient.follow(Fault(Kind.DELAY, ms=100))
            client = counter.client(f"11111{number}")
            calling = threading.Thread(target=lambda: _swallow(client))  # noqa: B023
            calling.start()
            until(lambda: patient.seen.secrets, 10.0)
            client._socket.shutdown(2)
            calling.join()
            client.close()
            patient.faulty.follow([])
            until(lambda: counter.call("queue.show")["readers"][0]["state"] == "free", 10.0)
        assert patient.card.references()["piv.pin"].tries == 6
        failing("auth.locked", lambda: log_in(counter, PIN))
        take_out(counter, BADGE_SLOT)


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
def test_a_badge_pulled_during_a_reading_ends_the_session_in_a_second_and_nothing_is_given(
    any_counter: Counter,
) -> None:
    with opened_house(any_counter) as house:
        house.insert()
        house.patient.follow(Fault(Kind.DELAY, ms=150))
        failed: list[RemoteError | None] = []
        reading = threading.Thread(target=lambda: failed.append(attempt(house.read)))
        reading.start()
        until(lambda: house.patient.seen.secrets, 10.0)
        any_counter.pull(BADGE_SLOT)
        begun = time.monotonic()
        until(lambda: not logged_in(any_counter), 5.0)
        assert time.monotonic() - begun <= 1.0
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
