"""What one operator's login opens stays hers at the socket: another user, and another seat, see and get nothing of it.

Another user needs root or sudo. For an ordinary user without either that case is not collected; the other seat always is.
"""

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from applets_spec.card import Card
from cardd.client import RemoteError
from demo.office import Resident
from tests.e2e.programs import PATIENCE_S, Program, alarms, running
from tests.fixtures.counter import CONTEXT, ROOMY, SIGN_CONTEXT, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox

STRANGER_UID = 54321
ROOT_RUNS = os.getuid() == 0
SUDO_WORKS = (
    not ROOT_RUNS and subprocess.run(["sh", "-c", "sudo -n true"], capture_output=True, check=False).returncode == 0
)
OTHER_UID = STRANGER_UID if ROOT_RUNS else 0
"""Root becomes somebody else; an ordinary user has root come."""
OTHER_CLIENT = f'\n[[clients]]\nname = "other-app"\nusers = [{OTHER_UID}]\nmay_prompt = true\n'
SEATS = "".join(
    f'\n[[seats]]\nname = "{name}"\nusers = {users}\nbadge_reader = {{ name = "Stand-in Reader {first} 00 00" }}\n'
    f'resident_readers = [{{ name = "Stand-in Reader {first + 1} 00 00" }}]\n'
    for name, users, first in (("left", [], 0), ("right", [], 2), ("others", [OTHER_UID], 4))
)
OWN_UID = os.getuid()
STRANGERS = [("another seat", OWN_UID, "right"), *[("another user", OTHER_UID, "left")][: ROOT_RUNS or SUDO_WORKS]]
SIGN_DIGEST = {
    "key": "authentication",
    "hash": "sha256",
    "digests_base64": [base64.b64encode(bytes(32)).decode()],
    "signature_format": "pkcs1v15",
}
CALLS: dict[str, dict[str, Any]] = {
    "card.pin_status": CONTEXT,
    "card.read": {"items": ["name"], **CONTEXT},
    "card.certificate": {"key": "authentication", **CONTEXT},
    "card.change_pin": {"which": "authentication", **CONTEXT},
    "sign.digest": {**SIGN_DIGEST, **SIGN_CONTEXT},
}
"""Every call that touches a card; without the card."""


LOGGED_OUT = {
    "logged_in": False, "operator": None, "badge": None, "since": None, "ends_at": None, "locked": None, "locks_at": None,
    "badge_expires_at": None, "badge_days_left": None,
}  # fmt: skip


@contextmanager
def two_seats() -> Iterator[Counter]:
    """Four readers for two seats, and two kinds of clients; its socket lets every user in, what they may is cardd's matter."""
    with open_counter(lambda folder: StandInBox(folder, readers=4), config=SEATS + OTHER_CLIENT + ROOMY) as opened:
        opened.folder.chmod(0o711)
        opened.socket.chmod(0o666)
        yield opened


def at_left(counter: Counter, method: str, *pins: str, **parameters: Any) -> dict[str, Any]:
    """One call of the operator's, at the left seat."""
    with counter.client(*pins, seat="left") as client:
        return client.call(method, **parameters)


def sit_down(counter: Counter, resident: Resident) -> str:
    """Log the operator in at the left seat and put the resident's card in there; its handle."""
    sato = counter.office.people[0]
    badge = insert(counter, sato.badge, 0)
    at_left(counter, "session.login", sato.pin, badge=badge)
    return insert(counter, resident.card, 1)


def insert(counter: Counter, card: Card, slot: int) -> str:
    """Put a card in and wait until it is known; its handle."""
    counter.box.insert(card, slot)
    reader = counter.box.readers[slot]

    def known() -> str | None:
        with counter.client(seat="left") as client:
            rows = client.call("cards.list")["cards"]
        return next((row["card"] for row in rows if row["reader"] == reader and row["kind"] != "unknown"), None)

    return str(until(known, PATIENCE_S))


def card_calls(card: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for method, parameters in CALLS.items():
        yield method, {"card": card, **parameters}


@contextmanager
def stranger(counter: Counter, uid: int, seat: str) -> Iterator[Program]:
    """Somebody else at the socket."""
    arguments = (str(counter.socket), str(uid), seat)
    with running(counter, "stranger", *arguments, sudo=uid != OWN_UID and not ROOT_RUNS) as program:
        yield program


@pytest.mark.proves("fault 76", "I1")
@pytest.mark.parametrize(("uid", "seat"), [row[1:] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def test_a_stranger_sees_nothing_of_the_session_and_may_use_nothing_of_it(uid: int, seat: str) -> None:
    with two_seats() as counter:
        resident = counter.office.resident()
        left_card = sit_down(counter, resident)
        right_card = insert(counter, counter.office.resident(number=2).card, 3)
        with stranger(counter, uid, seat) as somebody:
            first = somebody.says()
            assert (first["uid"], first["seat"]) == (uid, seat)
            sessions = {row["seat"]: row["logged_in"] for row in first["snapshot"]["sessions"]}
            assert sessions[seat] is False
            assert somebody.asks("session.status", {}) == {"result": LOGGED_OUT | {"seat": seat}}
            assert somebody.asks("session.logout", {}) == {"error": "session.required"}
            for method, parameters in card_calls(left_card if seat == "left" else right_card):
                assert somebody.asks(method, parameters) == {"error": "session.required"}, method
            if seat == "right":
                for method, parameters in card_calls(left_card):
                    assert somebody.asks(method, parameters) == {"error": "card.wrong_reader"}, method
            _operator_works(counter, left_card, resident)
            counter.box.pull(3)
            last = somebody.ends()
        assert last["asked"] == 0
        if uid != OWN_UID:
            assert {change["topic"] for change in last["seen"]}.isdisjoint({"session", "pin"})
            raised = alarms(counter, "foreign_session")
            assert len(raised) >= 1 + len(CALLS)
            assert {(alarm["uid"], alarm["seat"]) for alarm in raised} == {(uid, "left")}
            assert "foreign_session" in {change["change"] for change in last["seen"] if change["topic"] == "alarm"}


def _operator_works(counter: Counter, card: str, resident: Resident) -> None:
    """The session goes on, its PIN is asked of its own agent, and its own events come."""
    assert at_left(counter, "session.status")["logged_in"]
    with counter.client(resident.holder.pins.authentication, seat="left") as client:
        _, changes = client.events(topics=["pin"])
        client.call("sign.digest", card=card, **SIGN_DIGEST, **SIGN_CONTEXT)
        assert next(changes)["topic"] == "pin"


@pytest.mark.proves("fault 76")
def test_nobody_speaks_for_a_seat_that_is_not_theirs() -> None:
    with two_seats() as counter, pytest.raises(RemoteError) as refused:
        counter.client(seat="others")
    assert refused.value.name == "seat.unknown"
