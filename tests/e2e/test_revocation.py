"""Revocation lists with everything real: taken over while the daemon runs, believed for signatures alone, asked before a key is used."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from applets_spec.testca.hierarchy import Family, authority
from demo.office import Resident
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out, untouched
from tests.e2e.revocation_house import (
    DAY,
    TAKING_SECONDS,
    Lists,
    checked,
    last_sign_outcome,
    open_house,
    row_of,
    sign,
    signing,
)
from tests.fixtures.counter import BADGE_SLOT, RESIDENT_SLOT, Counter, until

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]


@contextmanager
def working_house() -> Iterator[Lists]:
    """Somebody is logged in; there is a list of badges and none of residents."""
    with open_house() as opened:
        opened.put("operator_ca", 1)
        until(lambda: opened.taken("operator_ca") == 1, TAKING_SECONDS)
        opened.counter.log_in(opened.counter.office.people[0])
        yield opened


def residents_of(house: Lists) -> list[Resident]:
    return [house.counter.office.resident(number=number) for number in (1, 2)]


@pytest.fixture(scope="module")
def house() -> Iterator[Lists]:
    """With a list of residents' authentication certificates, in which the second resident stands. No test takes a newer one."""
    with working_house() as opened:
        opened.take("jpki_authentication", 10, residents_of(opened)[1].certificates.authentication_certificate)
        yield opened


@pytest.fixture
def fresh() -> Iterator[Lists]:
    """For what changes the house for good, or must be the first thing that happens there."""
    with working_house() as opened:
        yield opened


@pytest.fixture(scope="module")
def residents(house: Lists) -> list[Resident]:
    return residents_of(house)


@contextmanager
def with_card(counter: Counter, resident: Resident) -> Iterator[str]:
    yield counter.insert(resident.card, RESIDENT_SLOT)
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("K2", "K4", "fault 153", "fault 154")
def test_without_a_list_nothing_is_signed_and_from_when_it_is_taken_over_it_says_who_is_revoked(fresh: Lists) -> None:
    house, (good, revoked) = fresh, residents_of(fresh)
    with with_card(house.counter, good) as card:
        error = house.counter.fails("sign.digest", good.holder.pins.authentication, **signing(card))
    assert (error.name, error.data["problem"]) == ("cert.unknown", "list_missing")
    record = last_sign_outcome(house.counter)
    assert (record["result"], record["code"], record["problem"]) == ("refused", "cert.unknown", "list_missing")
    assert house.health()["problem"] == "list_missing"
    house.take("jpki_authentication", 10, revoked.certificates.authentication_certificate)
    with with_card(house.counter, good) as card:
        assert sign(house.counter, good, card)["signatures_base64"]
    record = last_sign_outcome(house.counter)
    assert (record["result"], record["certificate"]) == ("done", "good")
    assert 3600 <= record["list_age_s"] < 2 * 3600
    with with_card(house.counter, revoked) as card:
        error = house.counter.fails("sign.digest", revoked.holder.pins.authentication, **signing(card))
    assert error.name == "cert.revoked"
    record = last_sign_outcome(house.counter)
    assert (record["result"], record["code"], record["certificate"]) == ("refused", "cert.revoked", "revoked")
    assert [(each["list_name"], each["count"]) for each in house.records("revocation.taken")] == [
        ("operator_ca", 0),
        ("jpki_authentication", 1),
    ]


@pytest.mark.proves("K3", "fault 156")
def test_an_older_list_is_refused_with_an_alarm_and_the_newer_one_kept(fresh: Lists) -> None:
    house, revoked = fresh, residents_of(fresh)[1].certificates.authentication_certificate
    house.take("jpki_authentication", 10, revoked)
    house.put("jpki_authentication", 9, made=timedelta(minutes=-30))
    until(lambda: house.refused("list_rolled_back"), TAKING_SECONDS)
    verdict = checked(house.counter, revoked)
    assert (verdict["result"], verdict["usable"]) == ("revoked", False)
    assert house.health()["problem"] in ("list_missing", "list_rolled_back")
    refused = house.records("revocation.refused")
    assert [(each["list_name"], each["problem"]) for each in refused] == [("jpki_authentication", "list_rolled_back")]
    alarms = house.records("alarm.revocation_list_refused")
    assert [(each["list_name"], each["problem"]) for each in alarms] == [("jpki_authentication", "list_rolled_back")]


@pytest.mark.proves("K3", "fault 157", "fault 165")
@pytest.mark.parametrize(
    ("what", "problem"),
    [("older generation", "list_wrong_issuer"), ("other family", "list_wrong_issuer"), ("damage", "list_malformed")],
)
def test_a_list_of_another_key_or_damaged_changes_nothing(
    house: Lists, residents: list[Resident], what: str, problem: str
) -> None:
    before = len(house.records("revocation.refused"))
    if what == "damage":
        house.write("jpki_authentication", b"\x30\x03\x02\x01\x00")
    else:
        family, generation = (Family.AUTHENTICATION, 1) if what == "older generation" else (Family.SIGNATURE, 2)
        house.put("jpki_authentication", 99, by=authority(family, generation))
    until(lambda: len(house.records("revocation.refused")) > before, TAKING_SECONDS)
    assert house.records("revocation.refused")[-1]["problem"] == problem
    assert checked(house.counter, residents[1].certificates.authentication_certificate)["result"] == "revoked"


@pytest.mark.proves("K2")
def test_each_question_has_its_own_answer_and_the_record_one_word(house: Lists, residents: list[Resident]) -> None:
    der = residents[0].certificates.authentication_certificate
    told = checked(house.counter, der, kind="jpki_authentication")
    assert (told["result"], told["usable"], told["reason"]) == ("good", True, "good")
    assert {each["state"] for each in told["answers"].values()} == {"good"}
    assert told["authority"]["name"].startswith("OU=") or "JPKI-TEST" in told["authority"]["name"]
    wrong = checked(house.counter, der, kind="jpki_signature")
    assert (wrong["result"], wrong["usable"]) == ("refused", False)
    assert wrong["answers"]["conformity"] == {"state": "bad", "reason": "wrong_kind"}
    past = checked(house.counter, der, at="2020-01-01T00:00:00Z")
    assert past["answers"]["time"] == {"state": "bad", "reason": "not_yet_valid"}
    records = house.records("certificate.check")[-3:]
    assert [record["certificate"] for record in records] == [told["result"], wrong["result"], past["result"]]
    assert {(record["operation"], record["purpose"], record["case"]) for record in records} == {
        ("certificate_check", "online_signature", "R8-0042")
    }


@pytest.mark.proves("S8")
def test_a_moment_to_come_a_purpose_without_a_row_and_nobody_logged_in_are_refused(
    house: Lists, residents: list[Resident]
) -> None:
    der = base64.b64encode(residents[0].certificates.authentication_certificate).decode()
    context = {"certificate_base64": der, "purpose": "online_signature", "case": "R8-0042"}
    error = house.counter.fails("certificate.check", **context, at="2999-01-01T00:00:00Z")
    assert (error.name, error.data["problem"]) == ("request.bad", "in_the_future")
    assert house.counter.fails("certificate.check", **context | {"purpose": "passport"}).name == "policy.denied"


@pytest.mark.proves("K4", "fault 169")
def test_a_list_of_last_week_answers_nothing_and_the_purpose_decides(house: Lists, residents: list[Resident]) -> None:
    """The fetcher was dead for a week: the list still holds by its own end, and is older than the 72 hours of the settings."""
    house.take("jpki_signature", 5, made=-7 * DAY)
    told = checked(house.counter, residents[0].certificates.signature_certificate, kind="jpki_signature")
    assert (told["result"], told["reason"], told["usable"]) == ("unknown", "list_too_old", False)
    assert told["list_age_s"] >= 7 * 86400
    loose = checked(
        house.counter,
        residents[0].certificates.signature_certificate,
        kind="jpki_signature",
        purpose="certificate_issue",
    )
    assert (loose["result"], loose["usable"]) == ("unknown", True)
    assert house.health() == {"name": "revocation", "state": "bad", "problem": "list_too_old"}
    assert house.records("alarm.revocation_list_old")[-1]["list_name"] == "jpki_signature"
    # What an old list calls revoked stays revoked.
    der = residents[1].certificates.signature_certificate
    house.take("jpki_signature", 6, der, made=-4 * DAY)
    assert checked(house.counter, der, kind="jpki_signature")["result"] == "revoked"


@pytest.mark.proves("K1", "fault 153")
def test_cardctl_says_it_in_words(house: Lists, residents: list[Resident]) -> None:
    file = house.counter.folder / "revoked.der"
    file.write_bytes(residents[1].certificates.authentication_certificate)
    use = ("--purpose", "online_signature", "--case", "R8-0042")
    done = house.counter.cardctl("--locale", "en", "check-certificate", str(file), *use)
    assert done.returncode == 2, done.stderr
    assert "must not be used" in done.stdout
    assert "It has been revoked." in done.stdout


@pytest.mark.proves("K2", "S12")
def test_a_revoked_badge_logs_in_no_more_and_lists_outlive_a_restart(fresh: Lists) -> None:
    house, counter = fresh, fresh.counter
    person = counter.office.people[0]
    house.take("operator_ca", 2, person.certificates.slots[0x9A].certificate)
    counter.pull(BADGE_SLOT)
    counter.stop()
    counter.start()
    handle = counter.insert(person.badge, BADGE_SLOT, kind="badge")
    error = counter.fails("session.login", person.pin, badge=handle)
    assert (error.name, error.data["problem"]) == ("auth.failed", "revoked")
    assert untouched(error)


@pytest.mark.proves("K6", "fault 168")
def test_a_clock_behind_a_signed_list_lets_nobody_in(fresh: Lists) -> None:
    """The daemon keeps what it took; its state says then that it is later than its clock says."""
    house, counter = fresh, fresh.counter
    counter.stop()
    kept = next((counter.office.folder / "state" / "revocation" / "operator_ca").glob("*.json"))
    text = kept.read_text()
    day = text.split('"this_update": "')[1][: len("2026-11-23")]
    later = f"{int(day[:4]) + 2}-06-15"  # a day that each year has
    kept.write_text(text.replace(f'"this_update": "{day}', f'"this_update": "{later}'))
    counter.start()
    person = counter.office.people[0]
    handle = counter.known_cards(1)[0]["card"]
    error = counter.fails("session.login", person.pin, badge=handle)
    assert (error.name, error.data["problem"]) == ("auth.failed", "clock_behind_list")
    assert house.health() == {"name": "revocation", "state": "bad", "problem": "clock_behind_list"}


def test_the_test_authorities_are_those_of_the_house() -> None:
    assert row_of("jpki_signature").generation == 2
