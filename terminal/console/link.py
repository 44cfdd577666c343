"""The console's connection to the daemon: made again for ever, followed, and the way for every call of a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cardd.client import AsyncClient, ConnectionEnded, EventsLost, RemoteError, connect_async
from terminal.agent.prompting import pin_asked, question
from terminal.console.desk import Desk
from terminal.console.jobs import Progress
from terminal.console.left import warn_of

CLIENT: Final = "cardd-console"
TOPICS: Final = ["reader", "card", "session", "pin", "queue", "approval", "lockdown", "alarm", "health"]
OF_ONE_SEAT: Final = frozenset({"session", "pin"})
"""What concerns another seat alone. Approvals, alarms and the emergency stop concern everybody."""
PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to connect; the last one for ever."""
NO_AGENT: Final = "agent.not_allowed"


class Link:
    """Keeps `desk` true. One task; `call` from any other."""

    def __init__(self, desk: Desk, socket: str | None, seat: str | None) -> None:
        self._desk, self._socket, self._seat = desk, socket, seat
        self._client: AsyncClient | None = None

    async def run(self) -> None:
        """For ever: connect, follow, and connect again."""
        attempt = 0
        while True:
            try:
                async with await self._connect() as client:
                    attempt = 0
                    await self._follow(client)
            except RemoteError as error:
                self._lost(error.name)
            except (OSError, EventsLost):
                self._lost(None)
            finally:
                self._client = None
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1

    async def call(self, method: str, /, *, on_progress: Progress | None = None, **params: Any) -> dict[str, Any]:
        """Call; parameters that are None are left out. Raises `RemoteError`, `ConnectionEnded`."""
        client = self._client
        if client is None:
            raise ConnectionEnded("no daemon")
        given = {name: value for name, value in params.items() if value is not None}
        return await client.call(method, on_progress=on_progress, **given)

    async def again(self) -> None:
        """Hang up, so that the connection is made anew (the language has changed)."""
        if self._client is not None:
            await self._client.close()

    async def _connect(self) -> AsyncClient:
        try:
            return await self._open(asks=True)
        except RemoteError as error:
            if error.name != NO_AGENT:
                raise
        return await self._open(asks=False)  # then whoever is the seat's agent asks

    async def _open(self, *, asks: bool) -> AsyncClient:
        prompter = self._desk.prompter

        async def pin(params: Mapping[str, Any]) -> bytearray | None:
            return await prompter.pin(pin_asked(params))

        async def agrees(params: Mapping[str, Any]) -> bool:
            return await prompter.agrees(question(params))

        return await connect_async(
            self._socket,
            client=CLIENT,
            seat=self._seat,
            locale=self._desk.locale,
            pin_prompt=pin if asks else None,
            confirm={"last_try": agrees, "document": agrees},
        )

    async def _follow(self, client: AsyncClient) -> None:
        desk = self._desk
        self._client = client
        desk.greeting = client.greeting
        snapshot, changes = await client.events(TOPICS)
        self._here(client, snapshot["readers"], snapshot["cards"])
        desk.lockdown = bool(snapshot.get("lockdown"))
        await self._look(client)
        desk.connected, desk.why_not = True, None
        desk.told("seat", "stage")
        async for change in changes:
            await self._take(client, change)

    async def _look(self, client: AsyncClient) -> None:
        """What the snapshot does not say."""
        desk = self._desk
        was = desk.operator.get("id"), desk.at_work
        desk.session = await client.call("session.status")
        if desk.logged_in:
            desk.policy = await client.call("policy.show")
        if not desk.at_work or was[0] != desk.operator.get("id"):
            desk.clear()
        if desk.logged_in and was[0] != desk.operator.get("id"):
            desk.forget_others()

    async def _take(self, client: AsyncClient, change: Mapping[str, Any]) -> None:
        desk, topic, what = self._desk, change["topic"], change["change"]
        facts: Mapping[str, Any] = change.get("facts") or {}
        if topic in OF_ONE_SEAT and facts.get("seat", client.me["seat"]) != client.me["seat"]:
            return
        if topic == "session":
            if what in {"locked", "ended"}:
                self._over()
            await self._look(client)
        elif topic == "lockdown":
            desk.lockdown = what == "engaged" or (desk.lockdown and what != "released")
            if what == "engaged":
                self._over()
        elif topic in {"card", "reader"}:
            cards, listed = (await client.call("cards.list"))["cards"], await client.call("readers.list")
            self._here(client, listed["readers"], cards)
            desk.pcsc_up = listed["pcsc"] == "up"
        elif topic == "health":
            desk.pcsc_up = what == "pcsc_up"
        warn_of(desk, topic, what, facts)
        desk.told("seat", f"topic-{topic}", *(("stage",) if topic in {"session", "lockdown"} else ()))

    def _here(
        self, client: AsyncClient, readers: Sequence[Mapping[str, Any]], cards: Sequence[Mapping[str, Any]]
    ) -> None:
        """Readers of this seat and what lies in them; another seat's are none of ours."""
        own = tuple(row for row in readers if row.get("seat") in {None, client.me["seat"]})
        names = {row["name"] for row in own}
        self._desk.readers = own
        self._desk.cards_now(tuple(card for card in cards if card["reader"] in names))

    def _over(self) -> None:
        """The screen shows nothing personal from now on, before anything else is asked."""
        self._desk.session = {}
        self._desk.clear()
        self._desk.told("locked")

    def _lost(self, why: str | None) -> None:
        desk = self._desk
        if desk.connected or desk.why_not != why:
            desk.connected, desk.why_not = False, why
            desk.session = {}
            desk.clear()
            desk.told("locked", "seat", "stage")
