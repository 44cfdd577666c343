"""Follows the daemon's events and locks the desktop, on a thread with an event loop of its own.

Its own, so that no prompt and no page that keeps the program's loop busy delays a lock: the desktop is asked to lock within a second after
the badge was pulled, whatever else goes on. It holds a connection of its own to the daemon, which asks nobody for anything.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from cardd.client import AsyncClient, RemoteError, connect_async
from cardd.wire.fault import Locale
from terminal import words
from terminal.agent import reconnecting, states
from terminal.agent.desktop_notices import DesktopNotices
from terminal.agent.left_behind import LeftBehind
from terminal.agent.news import News, OnNews
from terminal.agent.session_lock import Outcome, SessionLock
from terminal.agent.states import Desk, Told
from terminal.settings import Settings

CLIENT: Final = "cardd-agent"
TOPICS: Final = ["session", "card", "pin", "queue", "lockdown"]
_SAID: Final = {
    ("session", "started"): "session_started",
    ("session", "ended"): "session_ended",
    ("session", "locked"): "session_locked",
    ("session", "unlocked"): "session_unlocked",
    ("lockdown", "engaged"): "lockdown_engaged",
    ("lockdown", "released"): "lockdown_released",
}


class Watch:
    """The task: `run` until cancelled. What it needs is made on the loop that runs it."""

    def __init__(
        self,
        settings: Settings,
        locale: Locale,
        lock: SessionLock,
        tell: OnNews,
        card_gone: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`card_gone`: told the reader of each card that is taken out."""
        self._card_gone = card_gone
        self._settings = settings
        self._locale = locale
        self._lock = lock
        self._tell = tell
        self.desk = Desk.EMPTY
        self.connected = False
        self._left = LeftBehind(settings.left, all_are_ours=settings.seat is None)
        self._notices = DesktopNotices()
        self._questions: set[asyncio.Task[None]] = set()
        self._wanted = asyncio.Event()
        self._something_changed = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. A lock that is under way is seen to its end."""
        await self._lock.prepare()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._lock_when_wanted())
                tasks.create_task(self._tell_what_is_left())
                tasks.create_task(reconnecting.keep(self._connect, self._follow, self._trouble))
        finally:
            await self._notices.close()
            await self._lock.close()

    async def _connect(self) -> AsyncClient:
        return await connect_async(client=CLIENT, seat=self._settings.seat, locale=self._locale)

    async def _follow(self, daemon: AsyncClient) -> None:
        seat = daemon.me["seat"]
        snapshot, changes = await daemon.events(TOPICS)
        open_here = any(row["seat"] == seat and row["logged_in"] for row in snapshot["sessions"])
        self._left.snapshot(snapshot["cards"], self._now())
        self._hear(Told.SEEN_OPEN if open_here else Told.SEEN_NONE)
        self._tell(News("connected", {"seat": seat}))
        if snapshot["lockdown"]:
            self._tell(News("lockdown_engaged"))
        self._learn_badge(daemon, wanted=open_here)
        async for change in changes:
            self._changed(change["topic"], change["change"], change["facts"], seat)
            self._learn_badge(daemon, wanted=(change["topic"], change["change"]) == ("session", "started"))

    def _changed(self, topic: str, word: str, facts: Mapping[str, Any], seat: str) -> None:
        self._left.heard(topic, word, facts, self._now())
        self._something_changed.set()
        if topic == "session" and facts.get("seat") == seat:
            self._session(word, facts)
        elif (topic, word) == ("card", "removed"):
            self._card_gone(facts["reader"])
        elif topic == "lockdown":
            self._say(topic, word, {})

    def _learn_badge(self, daemon: AsyncClient, *, wanted: bool) -> None:
        """Whose badge is ours, asked beside the events, which do not wait for it. The answer may come after the session's end, and names
        none then. A daemon that does not answer it leaves the badge unwatched, at a machine with several seats.
        """

        async def ask() -> None:
            with contextlib.suppress(RemoteError, OSError):
                self._left.badge_of_ours((await daemon.call("session.status")).get("badge"))

        if wanted:
            task = asyncio.ensure_future(ask())
            self._questions.add(task)
            task.add_done_callback(self._questions.discard)

    def _session(self, change: str, facts: Mapping[str, Any]) -> None:
        reason = str(facts.get("reason", ""))
        if change == "started":
            self._hear(Told.STARTED)
        elif change == "ended":
            self._hear(states.of_end(reason))
        told = words.say(self._locale, f"end.{reason}") if words.has(f"end.{reason}") else reason
        self._say("session", change, {"reason": told} if reason else {})

    def _say(self, topic: str, change: str, facts: Mapping[str, str]) -> None:
        what: Any = _SAID.get((topic, change))
        if what is not None:
            self._tell(News(what, facts))

    def _trouble(self, trouble: OSError | RemoteError | None) -> None:
        was, self.connected = self.connected, trouble is None
        if trouble is None:
            return
        if was:
            self._hear(Told.LOST)
        self._tell(news_of(trouble, was_there=was))

    # --- locking -----------------------------------------------------------------------------------------------------

    def _hear(self, told: Told) -> None:
        self.desk, lock_now = states.after(self.desk, told)
        if lock_now:
            self._wanted.set()

    async def _lock_when_wanted(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._tell(News("locking"))
            outcome = await _to_its_end(self._lock.lock())
            self._hear(Told.LOCK_FAILED if outcome.ending == "lock_failed" else Told.LOCK_DONE)
            why = {"why": words.say(self._locale, f"why.{outcome.why}")} if outcome.why else {}
            self._tell(News(outcome.ending, why))

    # --- what is left behind -----------------------------------------------------------------------------------------

    async def _tell_what_is_left(self) -> None:
        while True:
            self._something_changed.clear()
            for left in self._left.due(self._now()):
                news = News(left.what, {"reader": left.reader})
                self._tell(news)
                await self._notices.show(words.say(self._locale, "notify.title"), news.say(self._locale))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._left.next_due(self._now())):
                    await self._something_changed.wait()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def news_of(trouble: OSError | RemoteError, *, was_there: bool) -> News:
    """A failed or ended connection as a piece of news."""
    if isinstance(trouble, RemoteError):
        return News("refused", {"message": trouble.message, "remedy": trouble.remedy})
    if was_there:
        return News("daemon_gone")
    return News("no_access" if isinstance(trouble, PermissionError) else "no_daemon")


async def _to_its_end(lock: Coroutine[Any, Any, Outcome]) -> Outcome:
    """A program that is told to end while it locks sees the lock to its end first: half a lock is none."""
    task = asyncio.ensure_future(lock)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
