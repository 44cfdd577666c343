"""The rules over the record, in the daemon: their thread, and what becomes of a hit: a record, then an event."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.records import StateRecord
from cardd.config import Settings
from cardd.errors import AuditUnavailable
from cardd.log import get_logger
from cardd.ports import Clock, Publish
from cardd.watching.lists import LISTS, ListBroken, ListName, WatchList

if TYPE_CHECKING:
    from cardd.watching.live import Watcher
    from cardd.watching.seen import Hit

MOST_WAITING = 1000
"""Alarms that the disk has not taken yet; what is beyond is found again after the next start."""
AGAIN_SECONDS = 5.0
TOLD = ("operator", "approver", "seat", "client", "reader", "problem")
"""What the event says of an alarm beside its rule and number; a card's or badge's pseudonym stands on the record alone."""


class WatchedCards:
    """The lists of cards by name. One that cannot be read stops nobody's work, but is loud: `broken` names it."""

    def __init__(self, settings: Settings) -> None:
        self.known: dict[ListName, WatchList] = {}
        self.broken: list[ListName] = []
        for name in LISTS:
            try:
                self.known[name] = WatchList(settings.watch_list_path(name))
            except ListBroken as error:
                get_logger().error("watch_list_broken", file=str(settings.watch_list_path(name)), problem=error.problem)
                self.broken.append(name)


class WatchTask:
    """`run` is a task of the daemon. `publish` goes to the hub alone: the record of an alarm is written here."""

    def __init__(
        self, settings: Settings, lists: WatchedCards, journal: AsyncJournal, clock: Clock, publish: Publish
    ) -> None:
        self._settings, self._lists, self._journal, self._clock, self._publish = (
            settings,
            lists,
            journal,
            clock,
            publish,
        )
        self._waiting: asyncio.Queue[tuple[StateRecord, Mapping[str, Any]]] = asyncio.Queue(MOST_WAITING)
        self._watcher: Watcher | None = None
        self._failed: str | None = None

    def check(self) -> tuple[str, Literal["good", "warning"], str | None]:
        """For `health`: whether all rules look at the newest record, and one word for why not."""
        problem = self._watcher.problem if self._watcher is not None else "behind"
        problem = self._failed or problem
        return "watching", "good" if problem is None else "warning", problem

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()

        def on_loop(work: Callable[..., None]) -> Callable[..., None]:
            return lambda *facts: _to(loop, work, *facts)

        self._watcher = await asyncio.to_thread(
            self._load, on_loop(self._hit), on_loop(self._caught_up), on_loop(self._rule_failed)
        )
        self._journal.on_durable(self._watcher.wake)
        for name in self._lists.broken:
            self._failed = "list_broken"
            facts = {"problem": f"watch_list_{name}"}
            self._put(StateRecord(event="alarm.watch_list_broken", problem=name), facts)
        self._watcher.start()
        try:
            while True:
                await self._write(*await self._waiting.get())
        finally:
            await asyncio.to_thread(self._watcher.stop)

    def _load(self, hit: Callable[..., None], caught_up: Callable[..., None], failed: Callable[..., None]) -> "Watcher":
        # Imported late and on a thread: the calendar of holidays takes 40 ms of a start, and nobody waits for the first look.
        from cardd.watching.live import News, Watcher  # noqa: PLC0415
        from cardd.watching.registry import Lists  # noqa: PLC0415

        directory: Path = self._settings.audit.directory
        known = self._lists.known
        lists = Lists(known.get("staff", frozenset()), known.get("protected", frozenset()))
        return Watcher(directory, self._settings.watching, lists, self._clock, News(hit, caught_up, failed))

    # --- on the loop ---------------------------------------------------------------------------------------------------

    def _hit(self, hit: "Hit") -> None:
        about = dict(hit.about)
        try:
            record = StateRecord(event="watch.alarm", watch=hit.watch, evidence=hit.evidence, count=hit.count, **about)  # type: ignore[arg-type]
        except ValidationError:
            # What stands there was never written by us. Its number still tells where to look.
            about = {"problem": "unreadable"}
            record = StateRecord(event="watch.alarm", watch=hit.watch, evidence=hit.evidence, problem="unreadable")
        self._put(record, {"watch": hit.watch} | {name: about[name] for name in TOLD if name in about})

    def _caught_up(self, sequence: int) -> None:
        self._put(StateRecord(event="watch.caught_up", last_sequence=sequence), {})

    def _rule_failed(self, watch: str, error: Exception) -> None:
        self._failed = f"{watch}_failed"
        get_logger().error("rule_failed", problem=watch, exc_info=error)
        self._put(StateRecord(event="watch.failed", watch=watch), {"watch": watch, "problem": "rule_failed"})

    def _put(self, record: StateRecord, facts: Mapping[str, Any]) -> None:
        try:
            self._waiting.put_nowait((record, facts))
        except asyncio.QueueFull:
            get_logger().error("record_lost", event_lost=record.event, problem="queue_full")

    async def _write(self, record: StateRecord, facts: Mapping[str, Any]) -> None:
        """First the record, then the event. A disk that does not take it is asked until it does: an alarm is not dropped for it."""
        while True:
            try:
                receipt = await self._journal.state(record)
            except AuditUnavailable:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                break
        if facts:
            self._publish("alarm", "watch", {**facts, "alarm": receipt.sequence})


def _to(loop: asyncio.AbstractEventLoop, work: Callable[..., None], *facts: object) -> None:
    """From the rules' thread to the loop."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(work, *facts)
