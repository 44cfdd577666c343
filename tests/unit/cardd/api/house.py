"""A server on a real AF_UNIX socket, with fake services, and a raw client that speaks lines: what the tests of this folder share."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from cardd.api.agents import AgentRegistry
from cardd.api.context import ConnectionContext
from cardd.api.events import EventHub
from cardd.api.limits import Limits
from cardd.api.listening import bind
from cardd.api.method import AnyMethod, Method
from cardd.api.methods.registry import METHODS
from cardd.api.peer import ClientRow
from cardd.api.server import Server
from cardd.api.services import About, Services
from cardd.api.use_cases import UseCases
from cardd.model import CardKind, Operation, Peer, PinKind, PinShape, ReaderName, SeatName
from cardd.policy.load import load
from cardd.ports import Call, PinPrompt
from cardd.sessions.table import SessionTable
from cardd.wire.base import CardCall, WireModel
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.events_subscribe import SessionState
from cardd.wire.methods.health import Check
from cardd.wire.methods.queue_show import ReaderLoad
from cardd.wire.methods.readers_list import ReaderRow

READER = "Virtual PCD 00 00"
POLICY = load(Path(__file__).parents[4] / "cardd/policy/example.toml")
CARD = "c-5f1e-7"
PATIENT = 30.0
"""No test waits this long; it only keeps a broken one from hanging."""


class StillClock:
    """A clock that tests turn by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def utc_us(self) -> int:
        return 1_795_000_000_000_000

    def boottime(self) -> float:
        return self.now

    def monotonic(self) -> float:
        return self.boottime()


class FakePresence:
    def readers(self) -> tuple[ReaderRow, ...]:
        row = ReaderRow(
            name=READER,
            role="any",
            usb_path=None,
            serial=None,
            virtual=True,
            pin_pad=False,
            state="card",
            card=CARD,
        )
        return (row,)

    def cards(self) -> tuple[CardRow, ...]:
        return (CardRow(card=CARD, reader=READER, kind="my_number", use="idle"),)

    def queue(self) -> tuple[ReaderLoad, ...]:
        return (ReaderLoad(reader=READER, state="free", rows=()),)

    def sessions(self, uid: int) -> tuple[SessionState, ...]:
        return (SessionState(seat="s1", logged_in=uid == os.getuid()),)

    def pcsc_up(self) -> bool:
        return True

    def lockdown(self) -> bool:
        return False


class FakeHealth:
    def checks(self) -> tuple[Check, ...]:
        return (Check(name="pcsc", state="good"),)


async def no_use_cases() -> UseCases:
    raise AssertionError("no test here uses a card")


class Text(WireModel):
    text: str = ""


class Probe:
    """The methods `probe.*`, whose behaviour each test chooses, beside the real ones."""

    def __init__(self) -> None:
        self.behave: Callable[[Call], Awaitable[str]] = self.quick
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.told: list[str] = []
        self.calls: list[Call] = []

    async def quick(self, call: Call) -> str:
        return call.request_id

    async def wait(self, _: Call) -> str:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError as told:
            self.told.append(str(told.args[0]))
            raise
        return "done"

    async def wait_through(self, _: Call) -> str:
        """Like a card command on its way: it is told, and goes on to its end."""
        self.begun.set()
        while not self.go_on.is_set():
            try:
                await self.go_on.wait()
            except asyncio.CancelledError as told:
                self.told.append(str(told.args[0]))
        return "done"

    async def handle(self, _: Services, __: ConnectionContext, call: Call, ___: Text | CardCall) -> Text:
        self.calls.append(call)
        return Text(text=await self.behave(call))

    def methods(self) -> tuple[AnyMethod, ...]:
        return (Method("probe.call", CardCall, Text, self.handle), Method("probe.text", Text, Text, self.handle))


class House:
    """The running server and everything behind it."""

    def __init__(self, folder: Path, limits: Limits, client: ClientRow | None) -> None:
        self.path = folder / "run" / "cardd.sock"
        self.clock = StillClock()
        self.events = EventHub("b00t", kept=8)
        self.probe = Probe()
        self.client = client
        self.told: list[tuple[str, str, Mapping[str, str | int | None]]] = []
        self.sessions = SessionTable(self.clock, lambda *told: self.told.append(told), ended=lambda *_: None)
        self.refusals: list[tuple[Peer, str, int]] = []
        about = About(version="0.1.0", boot_id="b00t", mode="test", started=900.0)
        self.services = Services(
            about=about,
            clock=self.clock,
            presence=FakePresence(),
            health=FakeHealth(),
            events=self.events,
            agents=AgentRegistry(),
            load_use_cases=no_use_cases,
            sessions=self.sessions,
            policy=lambda: POLICY,
            private_clients=frozenset({"shop"}),
            role_names=lambda role: ("窓口", "Counter") if role == "counter" else (None, None),
        )
        self.server = Server(
            self.services,
            (*METHODS, *self.probe.methods()),
            lambda _: self.client,
            lambda peer, code, times: self.refusals.append((peer, code, times)),
            limits,
        )

    @asynccontextmanager
    async def raw(self) -> AsyncIterator["Raw"]:
        reader, writer = await asyncio.open_unix_connection(self.path, limit=2**20)
        raw = Raw(reader, writer)
        try:
            yield raw
        finally:
            writer.close()

    @asynccontextmanager
    async def ready(self, **said: object) -> AsyncIterator["Raw"]:
        """A connection that has said hello."""
        async with self.raw() as raw:
            await raw.line()
            await raw.result("hello", level=1, client="test", version="1", **said)
            yield raw


CLERK = ClientRow("counter-app", (SeatName("s1"),), may_prompt=True, counts_as_human=True)
AT_ONCE = Limits(requests_per_second=10_000)
"""Without the limit that would get in the way of a quick test."""


@asynccontextmanager
async def running(folder: Path, limits: Limits = AT_ONCE, client: ClientRow | None = CLERK) -> AsyncIterator[House]:
    house = House(folder, limits, client)
    await house.server.start(bind(house.path))
    try:
        yield house
    finally:
        assert await house.server.close(limit_s=PATIENT)


class Raw:
    """Lines to and from the daemon, without the client library."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.number = 0

    def send(self, body: dict[str, Any] | bytes) -> None:
        self.writer.write(body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode() + b"\n")

    def ask(self, method: str, /, **params: object) -> int:
        self.number += 1
        self.send({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        return self.number

    async def line(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENT):
            octets = await self.reader.readline()
        if not octets:
            raise EOFError
        line: dict[str, Any] = json.loads(octets)
        return line

    async def result(self, method: str, /, **params: object) -> dict[str, Any]:
        number = self.ask(method, **params)
        answer = await self.line()
        assert answer["id"] == number, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def error(self, method: str, /, **params: object) -> dict[str, Any]:
        self.ask(method, **params)
        error: dict[str, Any] = (await self.line())["error"]
        return error

    async def ends(self) -> None:
        """Read to the end of the connection; whatever still comes is thrown away."""
        async with asyncio.timeout(PATIENT):
            with suppress(ConnectionResetError):  # what Linux says when the daemon closes with octets unread
                await self.reader.read()


def pin_prompt(shape: PinShape | None = None, which: PinKind = PinKind.AUTHENTICATION) -> PinPrompt:
    return PinPrompt(
        which=which,
        step="enter",
        shape=shape or PinShape(4, 4, "digits"),
        tries_left=3,
        card_kind=CardKind.MY_NUMBER,
        reader=ReaderName(READER),
        operation=Operation.READ,
        purpose="juminhyo",
        case="R8-1",
    )
