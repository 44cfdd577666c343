"""Grants that are cut short: the daemon stops, the badge falls silent; and what two hundred of them leave behind."""

import threading
import time
from collections.abc import Iterator

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.faults import FaultyCard
from cardd.client import RemoteError
from demo.office import Person
from tests.daemon.tools import open_files, resident_memory, threads
from tests.e2e.test_grants import DIGESTS, give, order
from tests.fixtures.counter import (
    BADGE_SLOT,
    READY_SECONDS,
    ROOMY,
    SLOWER,
    Counter,
    any_counter,
    counter,
    open_counter,
    sato,
    settle,
    until,
)
from tests.fixtures.pcscd import StandInBox

__all__ = ["any_counter", "counter", "sato"]

STOP_S = 5.0 * SLOWER
HURRIED = ROOMY + "command_seconds = 2\n"
MIB = 1024 * 1024
SIGN = b"\x10\x87"
"""GENERAL AUTHENTICATE, the first of two in a chain (SP 800-73-4 part 2, 3.2.4)."""


@pytest.mark.proves("fault 135")
def test_a_daemon_that_stops_lets_the_badge_go_and_says_what_was_signed(any_counter: Counter) -> None:
    person = any_counter.office.people[0]
    badge = any_counter.log_in(person)
    granted = give(any_counter, person, badge)
    any_counter.call("sign.digest", **order(badge, granted["grant"], DIGESTS[0]))
    begun = time.monotonic()
    assert any_counter.stop() == 0
    assert time.monotonic() - begun < STOP_S
    records = any_counter.records()
    intent = next(record["seq"] for record in records if record.get("operation") == "grant" and record["phase"] == 1)
    outcome = next(record for record in records if record.get("intent") == intent)
    assert (outcome["result"], outcome["signatures"], outcome["card_outcome"]) == ("done", 1, "cleared")
    assert records[-1]["event"] == "daemon.stopped"


@pytest.fixture
def hurried() -> Iterator[Counter]:
    with open_counter(StandInBox, config=HURRIED) as opened:
        yield opened


@pytest.mark.proves("C7", "fault 15")
def test_a_badge_that_falls_silent_keeps_nobody_waiting_and_the_daemon_stops_in_time(hurried: Counter) -> None:
    person = hurried.office.people[0]
    card = FaultyCard(person.badge, ())
    badge = hurried.insert(card, BADGE_SLOT, kind="badge")
    hurried.call("session.login", person.pin, badge=badge)
    granted = give(hurried, person, badge, count=5)
    card.follow([Fault(Kind.SILENCE, at=1, match=SIGN)])
    told: list[str] = []

    def use(digest: str) -> None:
        try:
            hurried.call("sign.digest", **order(badge, granted["grant"], digest))
        except RemoteError as error:
            told.append(error.name)

    users = [threading.Thread(target=use, args=(digest,)) for digest in DIGESTS[:2]]
    begun = time.monotonic()
    for user in users:
        user.start()
    for user in users:
        user.join(STOP_S)
    assert (told, time.monotonic() - begun < STOP_S) == (["card.no_answer"] * 2, True)
    assert hurried.fails("sign.digest", **order(badge, granted["grant"])).name == "grant.unknown"
    begun = time.monotonic()
    assert hurried.stop() == 0
    assert time.monotonic() - begun < STOP_S


@pytest.mark.proves("fault 135")
def test_stopped_in_front_of_a_silent_badge_every_intent_still_gets_its_outcome(counter: Counter, sato: Person) -> None:
    card = FaultyCard(sato.badge, ())
    badge = counter.insert(card, BADGE_SLOT, kind="badge")
    counter.call("session.login", sato.pin, badge=badge)
    granted = give(counter, sato, badge)
    card.follow([Fault(Kind.SILENCE, at=1, match=SIGN)])

    def use() -> None:
        with pytest.raises((RemoteError, ConnectionError)):
            counter.call("sign.digest", **order(badge, granted["grant"]))

    user = threading.Thread(target=use)
    user.start()
    until(lambda: any(record.get("operation") == "sign" for record in counter.records()), READY_SECONDS)
    begun = time.monotonic()
    assert counter.stop() == 0
    assert time.monotonic() - begun < STOP_S
    user.join(STOP_S)
    records = counter.records()
    intents = {record["seq"] for record in records if record["phase"] == 1}
    assert {record["intent"] for record in records if "intent" in record} == intents
    assert records[-1]["event"] == "daemon.stopped"


def _holdings(pid: int) -> tuple[int, int]:
    """Descriptors and threads; the daemon sees off the last connection in its own time."""
    return len(open_files(pid)), threads(pid)


@pytest.mark.proves("fault 144")
def test_two_hundred_grants_leave_nothing_behind(counter: Counter, sato: Person) -> None:
    badge = counter.log_in(sato)

    def one() -> None:
        granted = give(counter, sato, badge, count=2)
        counter.call("sign.digest", **order(badge, granted["grant"]))
        counter.call("sign.revoke_grant", grant=granted["grant"])
        until(lambda: not any(load["rows"] for load in counter.call("queue.show")["readers"]), READY_SECONDS)

    for _ in range(40):  # until what is kept for a while is full
        one()
    assert counter.process is not None
    pid = counter.process.pid
    settle(lambda: counter.call("health"), READY_SECONDS)
    before, memory = _holdings(pid), resident_memory(pid)
    for _ in range(200):
        one()
    growth = resident_memory(pid) - memory
    until(lambda: all(now <= then for now, then in zip(_holdings(pid), before, strict=True)), READY_SECONDS)
    assert growth < MIB
