"""Grants: one PIN, a bounded number of signatures; what ends one, and what it never covers."""

import base64
import hashlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from cardd.client import RemoteError
from demo.office import Person
from tests.fixtures.counter import (
    BADGE_SLOT,
    READY_SECONDS,
    RESIDENT_SLOT,
    ROOMY,
    SIGN_CONTEXT,
    Counter,
    any_counter,
    counter,
    open_counter,
    sato,
    until,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["any_counter", "counter", "sato"]

DIGESTS = [base64.b64encode(hashlib.sha256(b"%d" % number).digest()).decode() for number in range(8)]
LOCKS_SOON = ROOMY.replace("[limits]\n", "[limits]\nlock_seconds = 10\n")


@pytest.fixture
def badge(counter: Counter, sato: Person) -> str:
    return counter.log_in(sato)


def give(counter: Counter, person: Person, badge: str, **more: Any) -> dict[str, Any]:
    params = {
        "card": badge,
        **SIGN_CONTEXT,
        "key": "authentication",
        "hash": "sha256",
        "count": 3,
        "seconds": 60,
    } | more
    return counter.call("sign.grant", person.pin, **params)


def order(badge: str, grant: str, *digests: str, **more: Any) -> dict[str, Any]:
    return {
        "card": badge,
        **SIGN_CONTEXT,
        "key": "authentication",
        "hash": "sha256",
        "digests_base64": list(digests) or DIGESTS[:1],
        "signature_format": "pkcs1v15",
        "grant": grant,
    } | more


def verifies(signature: str, certificate: str, digest: str) -> None:
    key = x509.load_der_x509_certificate(base64.b64decode(certificate)).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(
        base64.b64decode(signature), base64.b64decode(digest), padding.PKCS1v15(), utils.Prehashed(hashes.SHA256())
    )


def test_one_pin_makes_so_many_signatures_and_no_more(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge)
    assert granted["remaining"] == 3
    for left, digest in zip((2, 1, 0), DIGESTS, strict=False):
        signed = counter.call("sign.digest", **order(badge, granted["grant"], digest))
        assert signed["grant"]["remaining"] == left
        verifies(signed["signatures_base64"][0], granted["certificate_base64"], digest)
    assert counter.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"
    # It has let the badge go: an ordinary use of it works again.
    until(lambda: not any(load["rows"] for load in counter.call("queue.show")["readers"]), READY_SECONDS)
    records = until(lambda: _with_all_signatures(counter.records(), 6), READY_SECONDS)
    assert [record.get("signatures") for record in records if record.get("signatures")] == [1, 1, 1, 3]
    assert [(record["grant"], record.get("code")) for record in records if record.get("operation") == "sign"] == [
        *[(granted["grant"], None)] * 3,
        (granted["grant"], "grant.unknown"),
    ]


def _with_all_signatures(records: list[dict[str, Any]], number: int) -> list[dict[str, Any]] | None:
    """The records, once the grant's own outcome stands there: it is written when the badge has been let go."""
    return records if sum(record.get("signatures", 0) for record in records) >= number else None


def test_several_digests_in_one_call_count_each(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge)
    counter.call("sign.digest", **order(badge, granted["grant"], *DIGESTS[:2]))
    error = counter.fails("sign.digest", **order(badge, granted["grant"], *DIGESTS[:2]))
    assert (error.name, error.data["remaining"]) == ("grant.mismatch", 1)


def test_a_list_of_digests_binds(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge, count=2, digests_base64=DIGESTS[:2])
    assert counter.fails("sign.digest", **order(badge, granted["grant"], DIGESTS[5])).name == "grant.mismatch"
    counter.call("sign.digest", **order(badge, granted["grant"], DIGESTS[1]))
    assert counter.fails("sign.digest", **order(badge, granted["grant"], DIGESTS[1])).data["problem"] == "not_listed"
    counter.call("sign.digest", **order(badge, granted["grant"], DIGESTS[0]))


def test_what_it_was_not_given_for_it_does_not_cover(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge)
    other_hash = {"hash": "sha384", "digests_base64": [base64.b64encode(bytes(48)).decode()]}
    for changed, field in (
        ({"purpose": "wide_area_copy"}, "params.purpose"),
        ({"case": "R8-0043"}, "params.case"),
        (other_hash, "params.hash"),
        ({"key": "signature"}, "params.key"),
    ):
        error = counter.fails("sign.digest", **order(badge, granted["grant"]) | changed)
        assert (error.name, error.data["field"]) == ("grant.mismatch", field)
    assert counter.call("sign.digest", **order(badge, granted["grant"]))["grant"]["remaining"] == 2


def test_no_grant_for_a_residents_card_or_for_9c(counter: Counter, sato: Person, badge: str) -> None:
    resident = counter.office.resident()
    card = counter.insert(resident.card, RESIDENT_SLOT)
    params = {**SIGN_CONTEXT, "hash": "sha256", "count": 3, "seconds": 60}
    error = counter.fails("sign.grant", "1234", card=card, key="authentication", **params)
    assert error.name in ("policy.denied", "grant.impossible")
    assert counter.fails("sign.grant", sato.pin, card=badge, key="signature", **params).name == "request.bad"


def test_revoked_it_is_over(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge)
    counter.call("sign.digest", **order(badge, granted["grant"]))
    assert counter.call("sign.revoke_grant", grant=granted["grant"])["used"] == 1
    assert counter.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"


def test_its_time_ends_it(counter: Counter, sato: Person, badge: str) -> None:
    granted = give(counter, sato, badge, seconds=10)  # counted from before the PIN is asked
    time.sleep(10.1)
    assert counter.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"


@pytest.mark.parametrize("how", ["logout", "restart"])
def test_logout_and_restart_end_it(counter: Counter, sato: Person, badge: str, how: str) -> None:
    granted = give(counter, sato, badge)
    if how == "logout":
        counter.call("session.logout")
    else:
        counter.stop()
        counter.start()
        badge = str(counter.known_cards(1)[0]["card"])
    counter.call("session.login", sato.pin, badge=badge)
    assert counter.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"


def test_a_wrong_pin_gives_no_grant(counter: Counter, sato: Person, badge: str) -> None:
    params = {"card": badge, **SIGN_CONTEXT, "key": "authentication", "hash": "sha256", "count": 3, "seconds": 60}
    error = counter.fails("sign.grant", "999999", **params)
    assert (error.name, error.data["tries_left"]) == ("pin.rejected", 2)


@pytest.mark.proves("S2")
def test_a_pulled_badge_ends_it_at_once_also_while_the_thread_holds_the_card(any_counter: Counter) -> None:
    person = any_counter.office.people[0]
    badge = any_counter.log_in(person)
    granted = give(any_counter, person, badge)
    any_counter.call("sign.digest", **order(badge, granted["grant"]))
    any_counter.pull(BADGE_SLOT)
    until(lambda: not any_counter.call("session.status")["logged_in"], READY_SECONDS)
    # A new session with the same badge has no grant, and the reader is free for it.
    again = any_counter.log_in(person)
    assert any_counter.fails("sign.digest", **order(again, granted["grant"])).name == "grant.unknown"


@pytest.fixture
def locking() -> Iterator[Counter]:
    with open_counter(StandInBox, config=LOCKS_SOON) as opened:
        yield opened


@pytest.mark.proves("S3")
def test_the_lock_ends_it(locking: Counter) -> None:
    person = locking.office.people[0]
    badge = locking.log_in(person)
    granted = give(locking, person, badge)
    until(lambda: locking.call("session.status")["locked"], 2 * READY_SECONDS)
    assert locking.fails("sign.digest", **order(badge, granted["grant"])).name == "session.locked"
    locking.call("session.unlock", person.pin)
    assert locking.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"


def test_an_idempotency_key_gives_the_same_signature_and_uses_nothing(
    counter: Counter, sato: Person, badge: str
) -> None:
    granted = give(counter, sato, badge)
    asked = order(badge, granted["grant"], idempotency_key="one-and-only")
    first = counter.call("sign.digest", **asked)
    second = counter.call("sign.digest", **asked)
    assert second["repeated"]
    assert first["signatures_base64"] == second["signatures_base64"]
    assert counter.call("sign.digest", **order(badge, granted["grant"], DIGESTS[1]))["grant"]["remaining"] == 1


def test_beyond_the_offices_limits_there_is_none(counter: Counter, sato: Person, badge: str) -> None:
    with pytest.raises(RemoteError) as refused:
        give(counter, sato, badge, count=101)
    assert (refused.value.name, refused.value.data["limit"]) == ("request.bad", 100)
