"""A signature that was begun, and others beside it: who has its id, who pulls the badge, who holds the card by a grant."""

from __future__ import annotations

from typing import Any

import pytest

from cardd.client import Client
from tests.e2e.fault_house import failing
from tests.e2e.test_grants import give, order
from tests.e2e.test_isolation_users import STRANGERS, insert, sit_down, stranger, two_seats
from tests.e2e.test_sign_begin import SIGNED_INFO, begin, finish, verifies
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, RESIDENT_SLOT, Counter, PinScript, counter, sato, until

__all__ = ["counter", "sato"]


def at_left(counter: Counter, pin: str) -> Client:
    """Who sits at the left seat, with a resident who agrees and types."""
    return counter.client(person=PinScript([pin], consents=True), seat="left")


def refusals(counter: Counter) -> list[dict[str, Any]]:
    """Ends that were refused, from the record."""
    return [record for record in counter.records() if record.get("event") == "sign.finish" and record.get("code")]


def ends(counter: Counter) -> list[dict[str, Any]]:
    """How beginnings ended."""
    records = counter.records()
    begun = {each["seq"] for each in records if each["phase"] == 1 and each["event"] == "sign.begin"}
    return [each for each in records if each["phase"] == 2 and each["intent"] in begun]


@pytest.mark.proves("fault 76", "I1")
@pytest.mark.parametrize(("uid", "seat"), [row[1:] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def test_a_stolen_id_is_worth_nothing_and_its_owner_goes_on(uid: int, seat: str) -> None:
    with two_seats() as counter:
        resident = counter.office.resident()
        card = sit_down(counter, resident)
        insert(counter, counter.office.resident(number=2).card, 3)
        with stranger(counter, uid, seat) as somebody, at_left(counter, resident.holder.pins.signature) as client:
            somebody.says()
            begun = begin(client, card)
            stolen = {"begun": begun["begun"], "digest_base64": SIGNED_INFO, "signature_format": "pkcs1v15"}
            assert somebody.asks("sign.finish", stolen) == {"error": "sign.unknown"}
            assert somebody.asks("sign.finish", {**stolen, "idempotency_key": "form-0042"}) == {"error": "sign.unknown"}
            assert verifies(finish(client, begun))
            counter.box.pull(3)  # the last that the stranger hears of
            assert somebody.ends()["asked"] == 0
        tried = refusals(counter)
        assert {(each["code"], each["begun"]) for each in tried} == {("sign.unknown", begun["begun"])}
        assert {(each["uid"], each["seat"]) for each in tried} == {(uid, seat)}


@pytest.mark.proves("S2", "C5")
def test_a_badge_that_is_pulled_between_lets_the_card_go(counter: Counter) -> None:
    counter.log_in(counter.office.people[0])
    resident = counter.office.resident()
    card = counter.insert(resident.card, RESIDENT_SLOT, kind="my_number")
    with counter.client(person=PinScript([resident.holder.pins.signature], consents=True)) as client:
        begun = begin(client, card)
        counter.pull(BADGE_SLOT)
        until(lambda: not counter.call("session.status")["logged_in"], READY_SECONDS)
        failing("session.required", lambda: finish(client, begun))
        (end,) = until(lambda: ends(counter), READY_SECONDS)
    assert (end["result"], end["problem"], end["card_outcome"]) == ("done", "session_over", "cleared")
    assert not any(reference.verified for reference in resident.card.references().values())
    assert [each["code"] for each in refusals(counter)] == ["session.required"]


def test_a_badge_that_a_grant_holds_begins_nothing_and_the_grant_goes_on(counter: Counter, sato: Any) -> None:
    """Both of its keys: the caller hears who has the card, and a PIN that was typed costs no try."""
    badge = counter.log_in(sato)
    granted = give(counter, sato, badge)
    for key in ("authentication", "signature"):
        with counter.client(person=PinScript([sato.pin], consents=True)) as client:
            error = failing("card.busy", lambda: begin(client, badge, key=key, deadline_ms=1000))  # noqa: B023
        assert (error.data["problem"], error.data["pin"]["outcome"]) == ("deadline", "untouched")
    signed = counter.call("sign.digest", **order(badge, granted["grant"]))
    assert len(signed["signatures_base64"]) == 1
