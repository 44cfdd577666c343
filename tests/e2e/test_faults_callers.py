"""Callers and agents that go away, cancel, run out of time or never answer, at every stage of a call; and the queue."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from cardd.client import Client, ConnectionEnded
from tests.e2e.fault_house import (
    BASIC,
    House,
    attempt,
    failing,
    held_card,
    nothing_left_by_the_module,
    nothing_left_running,
    opened_house,
    untouched,
)
from tests.fixtures.counter import CONTEXT, READY_SECONDS, ROOMY, PinScript, open_counter, until
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
VERIFY_CARD_INFO = bytes.fromhex("0020009104")
SLOW_MS = 150.0
UNHURRIED = ROOMY + "command_seconds = 60\noperation_seconds = 300\n"
"""Room for a card that is held while a test does what it does meanwhile."""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with (
        open_counter(StandInBox, config=UNHURRIED + "pin_seconds = 5\nqueue_per_user = 4\n") as counter,
        opened_house(counter) as opened,
    ):
        yield opened


class Stopped(PinScript):
    """A person who sits there until the test lets go."""

    def __init__(self, *pins: str | None) -> None:
        super().__init__(pins)
        self.sits = threading.Event()
        self.go = threading.Event()

    def pin(self, request: Any) -> bytearray | None:
        self.sits.set()
        self.go.wait(4 * READY_SECONDS)
        return super().pin(request)


class Caller:
    """A call on a thread of its own. `hang_up` ends its connection at once."""

    def __init__(self, house: House, method: str, person: PinScript | None = None, **params: Any) -> None:
        self.progress: list[dict[str, Any]] = []
        self.client: Client = house.counter.client(person=person, on_progress=self._told)
        self._pool = ThreadPoolExecutor(1)
        params = {"card": house.patient.handle, **params}
        self.answer = self._pool.submit(attempt, lambda: self.client.call(method, **params))

    def _told(self, notice: Any) -> None:
        self.progress.append(dict(notice))

    def hang_up(self) -> None:
        self.client._socket.shutdown(2)
        with pytest.raises(ConnectionEnded):
            self.answer.result(4 * READY_SECONDS)
        self.client.close()
        self._pool.shutdown()

    def name(self) -> str | None:
        """The name of the error it ended with."""
        error = self.answer.result(4 * READY_SECONDS)
        self.client.close()
        self._pool.shutdown()
        return error and error.name


def reading(house: House, person: PinScript | None = None, **more: Any) -> Caller:
    return Caller(house, "card.read", person or PinScript([house.pins.card_info]), items=BASIC, **{**CONTEXT, **more})


@contextmanager
def slow_card(house: House) -> Iterator[None]:
    """Each command takes a while, and all of them longer than some limit."""
    house.patient.follow(Fault(Kind.DELAY, ms=SLOW_MS))
    try:
        yield
    finally:
        house.patient.follow()


def noticed(house: House) -> None:
    """Whoever has hung up by now has been seen off: the daemon takes what happens at its sockets in order."""
    house.counter.call("whoami")


def busy(house: House) -> bool:
    return any(reader["rows"] for reader in house.counter.call("queue.show")["readers"])


def next_outcome(house: House, before: int) -> dict[str, Any]:
    """The one outcome that was written since there were `before` of them."""
    found: list[dict[str, Any]] = until(lambda: house.outcomes()[before:], READY_SECONDS)
    assert len(found) == 1, found
    return found[0]


# --- the caller goes -------------------------------------------------------------------------------------------------


@pytest.mark.proves("I6", "fault 61")
def test_the_caller_goes_while_the_pin_is_asked(house: House) -> None:
    house.insert()
    before, person = len(house.outcomes()), Stopped(house.pins.card_info)
    caller = reading(house, person)
    assert person.sits.wait(READY_SECONDS)
    caller.client._socket.shutdown(2)
    record = next_outcome(house, before)
    person.go.set()
    caller.hang_up()
    assert (record["caller_gone"], record["code"], record["result"]) == (True, "client.gone", "refused")
    assert record["pin_outcome"] == "untouched"
    assert house.patient.seen.secrets == 0
    house.alive()


@pytest.mark.proves("I6", "fault 61", "P4")
@pytest.mark.parametrize("right", [True, False], ids=["right PIN", "wrong PIN"])
def test_the_caller_goes_while_the_card_works(house: House, right: bool) -> None:
    """The command sequence runs to its end, its result is thrown away, the card is cleared, and a wrong PIN is remembered."""
    house.insert()
    before, pin = len(house.outcomes()), house.pins.card_info if right else house.wrong()
    with held_card(house, VERIFY_CARD_INFO) as go_on:
        caller = reading(house, PinScript([pin]))
        until(lambda: house.patient.seen.secrets, READY_SECONDS)
        caller.hang_up()
        noticed(house)
        go_on()
        record = next_outcome(house, before)
    assert record["caller_gone"] is True
    assert record["card_outcome"] == "cleared"
    assert record["pin_outcome"] == ("accepted" if right else "spent")
    assert "items" not in record
    assert not house.patient.verified
    until(lambda: not busy(house), READY_SECONDS)
    if not right:
        failing("pin.repeated", lambda: house.read(pin))
        assert house.patient.tries("card_info.pin") == 2
    assert house.patient.seen.secrets == 0, "counted since the card went on"
    house.alive()


@pytest.mark.proves("I6", "fault 61")
def test_a_killed_process_leaves_nothing_behind(house: House) -> None:
    house.insert()
    before = len(house.outcomes())
    source, typed = os.pipe()
    os.write(typed, f"{house.pins.card_info}\n".encode())
    with held_card(house, VERIFY_CARD_INFO) as go_on:
        process = subprocess.Popen(
            [sys.executable, "-m", "cardd.cli", "--pin-fd", str(source), "read", "name",
             "--purpose", "identity_check", "--case", "R8-9"],
            env=house.counter.environment, pass_fds=(source,), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        until(lambda: house.patient.seen.secrets, READY_SECONDS)
        process.send_signal(signal.SIGKILL)
        process.wait()
        noticed(house)
        go_on()
        record = next_outcome(house, before)
    os.close(source)
    os.close(typed)
    assert (record["caller_gone"], record["card_outcome"]) == (True, "cleared")
    house.alive()


@pytest.mark.proves("I6", "fault 61")
def test_the_caller_goes_while_it_waits_in_the_queue(house: House) -> None:
    house.insert()
    with held_card(house) as go_on:
        first = Caller(house, "card.token_info", **CONTEXT)
        until(lambda: house.patient.seen.sent, READY_SECONDS)
        before = len(house.outcomes())
        second = Caller(house, "card.token_info", **CONTEXT)
        until(lambda: second.progress, READY_SECONDS)
        second.hang_up()
        record = next_outcome(house, before)
        assert (record["caller_gone"], record["card_outcome"]) == (True, "untouched")
        go_on()
        assert first.name() is None
    house.alive()


# --- cancelled, or too late ------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 61")
def test_a_call_is_cancelled_while_the_pin_is_asked(house: House) -> None:
    house.insert()

    class Canceller(PinScript):
        def pin(self, request: Any) -> bytearray | None:
            client._socket.sendall(client._talk.call("request.cancel", {"id": number})[1])
            until(lambda: len(house.outcomes()) > before, READY_SECONDS)
            return super().pin(request)

    before, person = len(house.outcomes()), Canceller([house.pins.card_info])
    with house.counter.client(person=person) as client:
        number = client._talk.call("whoami", {})[0] + 1  # type: ignore[operator]  # ours count up
        error = failing(
            "request.cancelled",
            lambda: client.call("card.read", card=house.patient.handle, items=BASIC, **CONTEXT),
        )
    assert error.name == "request.cancelled"
    record = next_outcome(house, before)
    assert (record["code"], record["result"]) == ("request.cancelled", "refused")
    assert "caller_gone" not in record
    assert house.patient.seen.secrets == 0
    house.alive()


@pytest.mark.parametrize("stage", ["pin", "card"])
def test_a_deadline_ends_a_call_at_any_stage(house: House, stage: str) -> None:
    house.insert()
    before = len(house.outcomes())
    if stage == "pin":
        person = Stopped(house.pins.card_info)
        caller = reading(house, person, deadline_ms=300)
        record = next_outcome(house, before)
        person.go.set()
        assert caller.name() == "request.deadline"
        assert house.patient.seen.secrets == 0
    else:
        with slow_card(house):
            assert reading(house, deadline_ms=400).name() in ("request.deadline", "card.busy")
            record = next_outcome(house, before)
    assert record["code"] in ("request.deadline", "card.busy")
    assert "caller_gone" not in record
    house.alive()


# --- agents ------------------------------------------------------------------------------------------------------------


def nobody(house: House) -> Callable[[], Any]:
    return lambda: house.call("card.read", items=BASIC, **CONTEXT)


@pytest.mark.proves("P4")
def test_without_an_agent_nobody_can_be_asked(house: House) -> None:
    house.insert()
    error = failing("agent.none", nobody(house))
    assert untouched(error)
    assert house.patient.seen.secrets == 0
    assert house.outcomes()[-1]["code"] == "agent.none"


@pytest.mark.proves("P4")
def test_a_person_who_cancels_costs_nothing(house: House) -> None:
    house.insert()
    error = failing("pin.cancelled", lambda: house.read(None))
    assert untouched(error)
    assert house.patient.tries("card_info.pin") == 3
    assert house.outcomes()[-1]["result"] == "refused"


@pytest.mark.proves("P4")
def test_an_agent_that_answers_too_late_is_not_heard(house: House) -> None:
    """The PIN that comes after the limit is thrown away, also for the next question of the same agent."""
    house.insert()
    person = Stopped(house.pins.card_info, None)
    begun, before = time.monotonic(), len(house.outcomes())
    caller = reading(house, person)
    assert person.sits.wait(READY_SECONDS)
    assert next_outcome(house, before)["code"] == "pin.timeout"
    assert time.monotonic() - begun > 4.5
    person.go.set()
    assert caller.name() == "pin.timeout"
    assert house.patient.seen.secrets == 0
    failing("pin.cancelled", lambda: house.read(None))
    assert house.patient.tries("card_info.pin") == 3


@pytest.mark.proves("P4", "fault 61")
def test_an_agent_of_the_seat_that_dies_ends_the_question(house: House) -> None:
    house.insert()
    agent = subprocess.Popen([sys.executable, "-c", SEAT_AGENT, str(house.counter.socket)], stdout=subprocess.PIPE)
    assert agent.stdout is not None
    assert agent.stdout.readline() == b"registered\n"
    caller = Caller(house, "card.read", items=BASIC, **CONTEXT)
    assert agent.stdout.readline() == b"asked\n"
    agent.kill()
    agent.wait()
    agent.stdout.close()
    assert caller.name() == "agent.none"
    assert house.outcomes()[-1]["problem"] == "agent_gone"
    assert house.patient.seen.secrets == 0


SEAT_AGENT = """
import asyncio, sys
from cardd.client import connect_async

async def pin(request):
    print("asked", flush=True)
    await asyncio.sleep(60)

async def main():
    client = await connect_async(sys.argv[1], client="seat-agent", pin_prompt=pin, scope="seat")
    print("registered", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


# --- the queue ---------------------------------------------------------------------------------------------------------


@pytest.mark.proves("I3", "fault 60")
def test_one_works_four_wait_and_the_sixth_is_told_who_has_the_card(house: House) -> None:
    house.insert()
    with held_card(house) as go_on:
        callers = []
        for number in range(5):
            callers.append(Caller(house, "card.token_info", **CONTEXT))
            until(lambda: house.patient.seen.sent if number == 0 else callers[-1].progress, READY_SECONDS)  # noqa: B023
        rows = next(load["rows"] for load in house.counter.call("queue.show")["readers"] if load["rows"])
        assert [row["place"] for row in rows] == [0, 1, 2, 3, 4]
        assert {(row["client"], row["operation"]) for row in rows} == {("counter-app", "token_info")}
        assert callers[4].progress[0]["state"] == "queued"
        assert callers[4].progress[0]["place"] == 4
        assert callers[4].progress[0]["holder"] == "counter-app"
        error = failing("card.busy", lambda: house.call("card.token_info", **CONTEXT))
        assert (error.data["holder"], error.data["place"]) == ("counter-app", 5)
        assert error.data["card"] == "untouched"
        go_on()
        assert [caller.name() for caller in callers] == [None] * 5
        assert [notice["place"] for notice in callers[4].progress if notice["state"] == "queued"] == [4, 3, 2, 1]
    house.alive()


@pytest.mark.proves("I3", "fault 60")
def test_nobody_waits_in_line_longer_than_the_deadline(house: House) -> None:
    house.insert()
    with held_card(house) as go_on:
        first = Caller(house, "card.token_info", **CONTEXT)
        until(lambda: house.patient.seen.sent, READY_SECONDS)
        error = failing("card.busy", lambda: house.call("card.token_info", **CONTEXT, deadline_ms=2000))
        assert (error.data["problem"], error.data["holder"], error.data["place"]) == ("deadline", "counter-app", 1)
        go_on()
        assert first.name() is None


@pytest.mark.proves("I3")
def test_by_default_two_of_one_user_wait() -> None:
    with open_counter(StandInBox, config=UNHURRIED) as counter, opened_house(counter) as house:
        house.insert()
        with held_card(house) as go_on:
            callers = [Caller(house, "card.token_info", **CONTEXT)]
            until(lambda: house.patient.seen.sent, READY_SECONDS)
            for _ in range(2):
                callers.append(Caller(house, "card.token_info", **CONTEXT))
                until(lambda: callers[-1].progress, READY_SECONDS)
            failing("card.busy", lambda: house.call("card.token_info", **CONTEXT))
            go_on()
            assert [caller.name() for caller in callers] == [None] * 3
        house.pull()
