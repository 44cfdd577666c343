"""How soon a pulled badge locks the desktop: from the card's move to the call of `Lock` on a real D-Bus, beside the daemon's own event."""

import asyncio
import os
import queue
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from dbus_fast import Message
from dbus_fast.aio import MessageBus

from bench.counter import BADGE, Counter
from bench.daemon import Daemon
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.metered_card import CONTACTLESS
from bench.place import Place
from bench.readers import Readers, plain
from bench.scope import Say, Scope
from tests.terminal.bus_house import LOGIN, SESSION, AgentProcess, Bus, of_bus

LOCK_LIMIT_S = 1.0
HEARD_WITHIN_S = 30.0
SETTLING_S = 0.1


class Hearing:
    """Listens on the bus, on a thread of its own, and stamps each `Lock` that the stand-in for logind passes on."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._moments: queue.Queue[float] = queue.Queue()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._listen(),))

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(HEARD_WITHIN_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    def next(self) -> float:
        """When the next `Lock` was heard."""
        return self._moments.get(timeout=HEARD_WITHIN_S)

    async def _listen(self) -> None:
        self._over = asyncio.Event()
        connection = await MessageBus(bus_address=self._bus.address).connect()
        there = "org.freedesktop.DBus"
        rule = f"type='signal',interface='{LOGIN}.Session',member='Lock',path='{SESSION}'"
        await connection.call(Message(there, "/org/freedesktop/DBus", there, "AddMatch", signature="s", body=[rule]))
        connection.add_message_handler(self._heard)
        self._ready.set()
        await self._over.wait()
        connection.disconnect()

    def _heard(self, message: Message) -> None:
        if message.member == "Lock" and message.path == SESSION:
            self._moments.put(time.monotonic())


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Log in and pull the badge many times."""
    say(f"terminal: {scope.events} badges pulled at a desktop")
    event: list[float] = []
    lock: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="bus-") as folder,
        Bus(Path(folder)) as bus,
        Readers(place.sockets, [plain(0), plain(1)]) as readers,
        Daemon(place),
        Counter(place, readers) as counter,
    ):
        bus.login()
        environment = of_bus(bus, os.environ, CARDD_SOCKET=str(place.daemon_socket))
        with Hearing(bus) as hearing, AgentProcess(Path(folder), 'locale = "en"\n', environment) as agent:
            agent.wait_for("Connected to cardd")
            for number in range(1, scope.events + 1):
                counter.log_in(place.cards.badge_extended, CONTACTLESS)
                agent.wait_for("Somebody has logged in", times=number)
                time.sleep(SETTLING_S)
                pulled = readers.pull(BADGE)
                counter.await_change("removed")
                event.append(1000 * (time.monotonic() - pulled))
                lock.append(1000 * (hearing.next() - pulled))
                agent.wait_for("The desktop is locked", times=number)
    findings.figures += [
        Figure(
            "lock_event",
            "badge pulled -> the daemon's own event",
            Spread.of(event),
            "ms",
            "from the virtual slot's change to a subscribed client of cardd.client",
        ),
        Figure(
            "lock",
            "badge pulled -> Lock on the bus",
            Spread.of(lock),
            "ms",
            "from the same change to the session's Lock, heard on a private D-Bus behind a stand-in for logind",
            1000 * LOCK_LIMIT_S,
        ),
        Figure(
            "lock_beside_event",
            "the same, as a part of the event's time",
            Spread.of(there / here for there, here in zip(lock, event, strict=True)),
            "x",
            "what the agent and the bus add to what the daemon takes",
        ),
    ]
