"""SIGTERM comes to a clean end, within 5 seconds on a machine of its own, whatever the daemon is busy with (H8, fault 135)."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from applets_spec.card import VirtualCard
from applets_spec.fault_script import Fault, Kind
from applets_spec.faults import FaultyCard
from cardd.client import RemoteError
from tests.daemon.tools import PATIENT_S, Lines, Stage, Typist, staged
from tests.fixtures.counter import CONTEXT, RESIDENT_SLOT, SLOWER, until

CLEAN_S = 5.0 * SLOWER
QUICK_WATCHDOG = {"WATCHDOG_USEC": "400000"}
"""Housekeeping comes twice as often as systemd wants to hear of us; here each 0.2 s."""
INTENT, RESULT = 1, 2
VERIFY, READ = bytes.fromhex("0020"), bytes.fromhex("00B0")


class Watched(FaultyCard):
    """Says when a fault of its script strikes, and keeps back what it is told to until it may go on."""

    def __init__(self, card: VirtualCard) -> None:
        super().__init__(card, ())
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.held: bytes | None = None

    def transmit(self, command: bytes) -> bytes:
        if self.held is not None and command.startswith(self.held):
            self.reached.set()
            self.go_on.wait(PATIENT_S)
        return super().transmit(command)

    def _answer_instead(self, fault: Fault) -> bytes:
        self.reached.set()
        return super()._answer_instead(fault)


def stop(stage: Stage, how: int = signal.SIGTERM) -> float:
    """End the daemon; seconds that took. It must end well, and take its socket along."""
    began = time.monotonic()
    assert stage.stop(how) == 0, stage.log
    took = time.monotonic() - began
    assert not stage.socket.exists()
    return took


@contextmanager
def in_the_background(work: Callable[[], object]) -> Iterator[list[BaseException]]:
    """Run `work` beside; what it raised is in the list after the block."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield raised
    finally:
        thread.join(PATIENT_S)
        assert not thread.is_alive()


def closing_of(stage: Stage, event: str) -> dict[str, object]:
    """The result of the only intent of this kind; it stands in the record once, written before the daemon said good-bye."""
    records = stage.records()
    intent = next(record for record in records if record["phase"] == INTENT and record["event"] == event)
    closing = [record for record in records if record.get("intent") == intent["seq"]]
    assert len(closing) == 1, records
    assert records[-1]["event"] == "daemon.stopped"
    return dict(closing[0])


def logged_in(stage: Stage) -> None:
    stage.log_in(stage.office.people[0])


@pytest.mark.proves("H8", "fault 135")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_idle(how: int) -> None:
    with staged() as stage:
        assert stop(stage, how) < CLEAN_S
        assert stage.records()[-1]["event"] == "daemon.stopped"


@pytest.mark.proves("H8", "fault 135")
def test_with_a_session_and_clients_that_do_not_read() -> None:
    with staged() as stage:
        logged_in(stage)
        with Lines(stage.socket) as silent, Lines(stage.socket):
            silent.result("events.subscribe")
            assert stop(stage) < CLEAN_S
            assert "server.closing" in [line.get("method") for line in silent.until_closed()]
        ended = [record for record in stage.records() if record.get("event") == "session.ended"]
        assert [record["problem"] for record in ended] == ["stop"]


@pytest.mark.proves("H8", "fault 135")
def test_while_a_card_works() -> None:
    """The command that is on its way ends; the card is cleared, the record closed, the caller told."""
    with staged() as stage:
        logged_in(stage)
        resident = stage.office.resident()
        card = Watched(resident.card)
        handle = stage.insert(card, RESIDENT_SLOT, kind="my_number")
        typist = Typist({"card_info": resident.holder.pins.card_info})
        card.held = READ

        def read() -> None:
            with stage.client(person=typist) as client:
                client.call("card.read", card=handle, items=["name", "address"], **CONTEXT)

        with in_the_background(read) as raised:
            assert card.reached.wait(PATIENT_S)
            stage.running.terminate()
            until(lambda: not stage.socket.exists(), PATIENT_S)
            card.go_on.set()
            assert stage.ends() == 0, stage.log
        assert len(raised) == 1
        assert isinstance(raised[0], RemoteError)
        assert raised[0].name in ("request.cancelled", "card.no_answer"), raised[0].name
        closing = closing_of(stage, "card.read")
        assert closing["card_outcome"] in ("cleared", "untouched"), closing


@pytest.mark.proves("H8", "fault 135")
def test_while_a_pin_is_asked() -> None:
    """The person may keep thinking; nothing was sent to the card."""
    with staged() as stage:
        logged_in(stage)
        handle = stage.insert(stage.office.resident().card, RESIDENT_SLOT, kind="my_number")
        with Lines(stage.socket) as agent:
            agent.result("agent.register", scope="connection")
            call = agent.ask("card.read", card=handle, items=["name"], **CONTEXT)
            while agent.line().get("method") != "agent.pin":
                pass
            assert stop(stage) < CLEAN_S
            lines = agent.until_closed()
        assert [line["error"]["data"]["name"] for line in lines if line.get("id") == call] == ["request.cancelled"]
        assert "agent.cancel" in [line.get("method") for line in lines]
        closing = closing_of(stage, "card.read")
        assert (closing["code"], closing.get("pin_outcome")) == ("server.stopping", "untouched"), closing


@pytest.mark.proves("H8", "C7", "fault 135", "fault 138")
@pytest.mark.parametrize("match", [VERIFY, READ], ids=["VERIFY", "READ BINARY"])
def test_with_a_card_that_never_answers(match: bytes) -> None:
    """Its thread is left behind. What it may have done is on record as not known. The daemon's own end is no alarm to it."""
    with staged(environment=QUICK_WATCHDOG) as stage:
        logged_in(stage)
        resident = stage.office.resident()
        card = Watched(resident.card)
        handle = stage.insert(card, RESIDENT_SLOT, kind="my_number")
        typist = Typist({"card_info": resident.holder.pins.card_info})
        with stage.client() as client:
            client.call("card.pin_status", card=handle, **CONTEXT)
        # The first VERIFY is the status question, the first READ BINARY looks who it is.
        card.follow([Fault(Kind.SILENCE, at=2, match=match)])

        def read() -> None:
            with stage.client(person=typist) as client:
                client.call("card.read", card=handle, items=["name"], **CONTEXT)

        with in_the_background(read) as raised:
            assert card.reached.wait(PATIENT_S)
            assert stop(stage) < CLEAN_S
        assert len(raised) == 1
        closing = closing_of(stage, "card.read")
        assert closing.get("pin_outcome") == ("may_be_spent" if match == VERIFY else "accepted"), closing
