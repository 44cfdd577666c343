"""Lists in parts (RFC 5280, 5.2.5) with a real daemon: a part says nothing about certificates of another part, and never makes one good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from applets_spec.testca.crl import issue_crl, partition, partition_name
from applets_spec.testca.revocation_cases import NEW, in_part, key_of
from applets_spec.testca.x509_parts import sign as sign_draft
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.revocation_house import TAKING_SECONDS, Lists, checked, open_house, row_of, serial_of, signing
from tests.fixtures.counter import RESIDENT_SLOT, until

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
HERE, ELSEWHERE = 1, 2
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(scope="module")
def house() -> Iterator[Lists]:
    with open_house() as opened:
        opened.counter.log_in(opened.counter.office.people[0])
        yield opened


@pytest.fixture(scope="module")
def certificates() -> dict[int, bytes]:
    """One resident's signature certificate, as it would be in each part."""
    return {part: sign_draft(in_part(partition_name(NEW, part)), key_of(NEW)) for part in (HERE, ELSEWHERE)}


def take_part(house: Lists, name: str, part: int, number: int, *revoked: bytes) -> None:
    """The part's list, taken over by the daemon."""
    row, before = row_of(name), house.taken(name)
    now = datetime.now(UTC).replace(microsecond=0) - HOUR + timedelta(seconds=number)
    entries = [(serial_of(each), now - DAY, None) for each in revoked]
    house.write(
        name, issue_crl(row, entries, now, now + 10 * DAY, number, more=(partition(partition_name(row, part)),))
    )
    until(lambda: house.taken(name) > before, TAKING_SECONDS)


def answer(house: Lists, der: bytes, **more: str) -> tuple[str, str, bool]:
    told = checked(house.counter, der, kind="jpki_signature", **more)
    return told["result"], told["reason"], told["usable"]


@pytest.mark.proves("K2", "K4", "fault 154")
def test_a_part_knows_its_own_certificates_alone(house: Lists, certificates: dict[int, bytes]) -> None:
    take_part(house, "jpki_signature", ELSEWHERE, 5)
    assert answer(house, certificates[ELSEWHERE]) == ("good", "good", True)
    assert answer(house, certificates[HERE]) == ("unknown", "list_missing", False)
    assert answer(house, certificates[HERE], purpose="certificate_issue") == ("unknown", "list_missing", True)


@pytest.mark.proves("K2", "fault 153")
def test_the_part_of_the_certificate_says_that_it_is_revoked(house: Lists, certificates: dict[int, bytes]) -> None:
    take_part(house, "jpki_signature", HERE, 6, certificates[HERE])
    assert answer(house, certificates[HERE]) == ("revoked", "revoked", False)


@pytest.mark.proves("K2", "K4", "fault 154")
def test_a_certificate_that_names_no_part_is_in_none_of_them(house: Lists) -> None:
    """The residents of this counter have none in their certificates: a divided list does not let them sign."""
    resident = house.counter.office.resident(number=1)
    take_part(house, "jpki_authentication", HERE, 5)
    card = house.counter.insert(resident.card, RESIDENT_SLOT)
    error = house.counter.fails("sign.digest", resident.holder.pins.authentication, **signing(card))
    take_out(house.counter, RESIDENT_SLOT)
    assert (error.name, error.data["problem"]) == ("cert.unknown", "list_missing")
    house.take("jpki_authentication", 6)
    assert checked(house.counter, resident.certificates.authentication_certificate)["result"] == "good"
