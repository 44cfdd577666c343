"""How a session locks, who unlocks it, and how it ends when nobody is there to tell."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from cardd.client import RemoteError
from demo.office import Office
from tests.e2e.badge_house import log_in, logged_in, person_of, put_in, tries
from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running, take_out
from tests.e2e.programs import running
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

LOCK_S = 10
PATIENCE_S = READY_SECONDS


def hire_kato(office: Office) -> None:
    office.hire("kato", "KATO JIRO", "counter")


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(StandInBox, config=f"{ROOMY}lock_seconds = {LOCK_S}\n", prepare=hire_kato) as opened:
        yield opened


@pytest.fixture(scope="module")
def locking(counter: Counter) -> dict[str, Any]:
    """Sato's session, locked by waiting, with programs at work all the time: what was seen meanwhile."""
    handle = put_in(counter, person_of(counter, "sato").badge)
    opened = log_in(counter, person_of(counter, "sato").pin)
    counter.call("session.activity")
    resident = counter.office.resident(number=3)
    card = counter.insert(resident.card, RESIDENT_SLOT)
    time.sleep(0.5)  # the login is so much earlier than the PIN
    typing_began = time.monotonic()
    with counter.client(resident.holder.pins.card_info) as typing:
        typing.call("card.read", card=card, items=["name"], **CONTEXT)
    acted, calls = time.monotonic(), 0
    with counter.client() as following, counter.client() as program:
        snapshot, changes = following.events(topics=["session"])
        told: list[tuple[float, dict[str, Any]]] = []

        def wait() -> None:
            change = next(changes)
            told.append((time.monotonic(), change))

        waiting = threading.Thread(target=wait)
        waiting.start()
        while waiting.is_alive():
            assert time.monotonic() < acted + 6 * LOCK_S
            program.call("session.status")
            program.call("health")
            try:  # as long as it can be: if programs' calls counted, it would never lock
                program.call("card.token_info", card=card, **CONTEXT)
            except RemoteError as error:
                if error.name != "session.locked":
                    raise
            calls += 1
            waiting.join(0.2)
    ((when, change),) = told
    return {
        "badge": handle,
        "card": card,
        "opened": opened,
        "before": snapshot["sessions"],
        "after_typing_s": when - typing_began,
        "calls": calls,
        "change": change,
        "status": counter.call("session.status"),
        "screen": counter.cardctl("status").stdout.splitlines(),
        "records": [record for record in counter.records() if record.get("event") == "session.locked"],
    }


def of_sato(status: dict[str, Any], badge: str) -> bool:
    return bool(status["logged_in"]) and status["badge"] == badge


@pytest.fixture
def there(counter: Counter, locking: dict[str, Any]) -> dict[str, Any]:
    """Sato's session, locked or not, whatever the test before has left; and a resident's card."""
    if not of_sato(counter.call("session.status"), locking["badge"]):
        locking["badge"] = put_in(counter, person_of(counter, "sato").badge)
        locking["opened"] = log_in(counter, person_of(counter, "sato").pin)
    take_out(counter, RESIDENT_SLOT)
    locking["card"] = counter.insert(counter.office.resident(number=3).card, RESIDENT_SLOT)
    return locking


@pytest.fixture
def locked(counter: Counter, there: dict[str, Any]) -> dict[str, Any]:
    """The same, locked. A session that somebody unlocked gets locked again by itself, as long after as one after its login."""
    until(lambda: counter.call("session.status")["locked"], PATIENCE_S + LOCK_S)
    return there


# --- locking -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("S3", "fault 84")
def test_a_session_locks_however_busy_programs_are(locking: dict[str, Any]) -> None:
    """Counted from the PIN that a resident typed, not from the login, nor from what programs asked since."""
    assert locking["before"] == [{"seat": "counter", "logged_in": True, "locked": False}]
    assert locking["after_typing_s"] >= LOCK_S - 0.1
    assert locking["calls"] > 2
    change = locking["change"]
    assert (change["change"], change["facts"]["reason"]) == ("locked", "inactivity")
    status = locking["status"]
    assert (status["logged_in"], status["locked"], status["locks_at"]) == (True, True, None)
    assert locking["screen"][1].startswith("Locked.")
    (record,) = locking["records"]
    assert (record["problem"], record["operator"], record["seat"]) == ("inactivity", "sato", "counter")


@pytest.mark.proves("S3")
def test_a_locked_session_works_with_no_card(counter: Counter, locked: dict[str, Any]) -> None:
    person = PinScript(["0000"])

    def call(method: str, **params: Any) -> None:
        with counter.client(person=person) as client:
            client.call(method, **params)

    failing("session.locked", lambda: call("card.token_info", card=locked["card"], **CONTEXT))
    failing("session.locked", lambda: call("card.read", card=locked["card"], items=["name"], **CONTEXT))
    failing("session.locked", lambda: call("session.activity"))
    assert person.asked == []
    assert counter.call("session.status")["locked"]


@pytest.mark.proves("S3", "fault 79")
def test_another_badge_takes_no_locked_session_over(counter: Counter, locked: dict[str, Any]) -> None:
    kato = person_of(counter, "kato")
    take_out(counter, RESIDENT_SLOT)
    beside = counter.insert(kato.badge, RESIDENT_SLOT, kind="badge")
    person = PinScript([kato.pin, kato.pin])

    def call(method: str) -> None:
        with counter.client(person=person) as client:
            client.call(method, badge=beside)

    assert failing("policy.denied", lambda: call("session.unlock")).data["problem"] == "foreign_badge"
    failing("session.exists", lambda: call("session.login"))
    assert (person.asked, tries(kato.badge)) == ([], 3)
    status = counter.call("session.status")
    assert (status["locked"], status["operator"]["id"], status["badge"]) == (True, "sato", locked["badge"])
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("S3")
def test_the_same_badge_and_its_pin_unlock(counter: Counter, locked: dict[str, Any]) -> None:
    sato = person_of(counter, "sato")
    failing("pin.rejected", lambda: counter.call("session.unlock", "999999"))
    assert counter.call("session.status")["locked"]
    result = counter.call("session.unlock", sato.pin)
    assert (result["badge"], result["since"]) == (locked["badge"], locked["opened"]["since"])
    assert result["ends_at"] == locked["opened"]["ends_at"]
    assert result["locks_at"] > locked["opened"]["locks_at"]
    assert not counter.call("session.status")["locked"]
    assert tries(sato.badge) == 3
    again = counter.cardctl("unlock", pins=[sato.pin])
    assert (again.returncode, again.stdout.startswith("Unlocked: ")) == (0, True), again.stderr
    with counter.client() as client:
        client.call("card.token_info", card=locked["card"], **CONTEXT)
    take_out(counter, RESIDENT_SLOT)


@pytest.mark.proves("S2", "S3", "fault 79")
def test_another_badge_in_place_of_the_own_ends_the_session(counter: Counter, there: dict[str, Any]) -> None:
    """Whether locked by now or not, and with nobody logged in by it."""
    kato, before = person_of(counter, "kato"), len(ends_of(counter))
    assert of_sato(counter.call("session.status"), there["badge"])
    put_in(counter, kato.badge)
    failing("session.required", lambda: counter.call("session.unlock", kato.pin))
    assert not logged_in(counter)
    assert tries(kato.badge) == 3
    ends = ends_of(counter)[before:]
    assert [(end["operator"], end["problem"]) for end in ends] == [("sato", "badge_removed")]
    take_out(counter, BADGE_SLOT)


# --- ends that nobody asks for -----------------------------------------------------------------------------------------


@pytest.mark.proves("S2")
def test_a_pulled_badge_ends_the_session_with_all_clients_dead(any_counter: Counter) -> None:
    """The record is all that is left to tell: its clock is the one that is read here before the pull."""
    sato = any_counter.office.people[0]
    any_counter.insert(sato.badge, BADGE_SLOT, kind="badge")
    with ExitStack() as seat:
        agent = seat.enter_context(running(any_counter, "clerk", "agent", sato.pin))
        assert agent.says() is True
        client = seat.enter_context(running(any_counter, "clerk", "client"))
        assert client.says() is True
        for program in (agent, client):
            program.stop()
            assert program.returncode == -signal.SIGKILL
    assert logged_in(any_counter)  # who is dead has not logged out
    pulled = time.clock_gettime(time.CLOCK_BOOTTIME)
    any_counter.pull(BADGE_SLOT)
    (end,) = until(lambda: ends_of(any_counter), PATIENCE_S)
    assert (end["problem"], end["operator"]) == ("badge_removed", "sato")
    assert 0 <= end["up_us"] / 1e6 - pulled <= 1.0 * SLOWER
    assert not logged_in(any_counter)


@pytest.mark.proves("S2", "fault 40")
def test_a_restart_of_pcscd_ends_the_session_and_says_so(any_counter: Counter) -> None:
    any_counter.log_in(any_counter.office.people[0])
    any_counter.box.restart()
    (end,) = until(lambda: ends_of(any_counter), PATIENCE_S)
    assert end["problem"] == "pcsc_lost"
    assert not logged_in(any_counter)


@pytest.mark.proves("S2", "fault 34")
def test_a_reader_unplugged_under_a_badge_ends_the_session_and_says_so() -> None:
    with open_counter(StandInBox) as opened:
        opened.log_in(opened.office.people[0])
        opened.box.daemon.unplug(opened.box.daemon.slots[BADGE_SLOT])  # type: ignore[attr-defined]
        (end,) = until(lambda: ends_of(opened), PATIENCE_S)
        assert end["problem"] == "reader_lost"
        assert not logged_in(opened)


def ends_of(counter: Counter) -> list[dict[str, Any]]:
    return [record for record in counter.records() if record.get("event") == "session.ended"]
