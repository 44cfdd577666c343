"""Locking the desktop when the badge is gone, and seeing that it happened.

    Lock ──► LockedHint within `wait_seconds`? ── yes ─► locked
                     │ no
                     ▼
             lock_command ──► LockedHint, exit code 0, or still running after `wait_seconds`? ── yes ─► locked by the command
                     │ none configured, or no
                     ▼
             TerminateSession ── refused ─► nothing helped: an alarm

On a bare console (a session of type `tty`) there is nobody who could lock, so without a `lock_command` the session is ended at once.
logind is asked as its D-Bus interface has it (org.freedesktop.login1(5)): a user may lock and end their own session without any password.
"""

import asyncio
import contextlib
import subprocess
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from terminal import outside
from terminal.agent.logind import BusTrouble, DesktopSession, Logind
from terminal.settings import RemovalSettings

Ending = Literal["locked", "locked_by_command", "session_terminated", "lock_failed", "left_alone"]
Why = Literal["", "no_bus", "no_session", "not_locked", "command_failed", "bare_console", "configured", "refused"]
LOOK_SECONDS: Final = 0.05
"""Between two looks at the command while it runs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it. `why`: a word of `terminal.words` (`why.…`) where it is not `locked`."""

    ending: Ending
    why: Why = ""


class SessionLock(Protocol):
    """Locks the desktop of this process. Runs on the event loop of the agent's watch, which nothing else keeps busy."""

    async def prepare(self) -> None:
        """Find out beforehand what can be found out, so that the lock itself takes no time. Raises nothing; trying again is harmless."""

    async def lock(self) -> Outcome:
        """Lock now, or whatever the settings want, and see that it happened. Never raises for what the machine does not have."""

    async def close(self) -> None:
        """Let go of what is held. A lock stays."""


class LogindLock:
    """Implements `SessionLock` over logind and `[removal]` of the settings."""

    def __init__(self, settings: RemovalSettings) -> None:
        self._settings = settings
        self._logind: Logind | None = None
        self._running: list[subprocess.Popen[bytes]] = []

    async def prepare(self) -> None:
        with contextlib.suppress(
            BusTrouble
        ):  # asked again when it matters; `--check` and the outcome of the lock say it
            await self._session()

    async def lock(self) -> Outcome:
        if self._settings.action == "nothing":
            return Outcome("left_alone", "configured")
        try:
            session = await self._session()
            if self._settings.action == "end_session":
                return await self._terminate(session, "configured")
            if session.is_bare_console and not self._settings.lock_command:
                return await self._terminate(session, "bare_console")
            return await self._lock(session)
        except BusTrouble as trouble:
            return await self._without_logind(trouble.word)

    async def close(self) -> None:
        self._running = [each for each in self._running if each.poll() is None]
        logind, self._logind = self._logind, None
        if logind is not None:
            await logind.close()

    async def _session(self) -> DesktopSession:
        """The session; the connection to the bus is made anew where it has ended. Raises `BusTrouble`."""
        if self._logind is None or not self._logind.connected:
            self._logind = await Logind.connect()
        return await self._logind.session()

    async def _lock(self, session: DesktopSession) -> Outcome:
        locked = session.watch_locked()
        why: Why = "not_locked"
        try:
            if not await session.lock():
                why = "refused"
            elif await _within(locked, self._settings.wait_seconds) or await session.locked_now():
                return Outcome("locked")
            if self._settings.lock_command:
                if await self._by_command(locked) or await session.locked_now():
                    return Outcome("locked_by_command")
                why = "command_failed"
        finally:
            session.watch_no_more()
        return await self._terminate(session, why)

    async def _terminate(self, session: DesktopSession, why: Why) -> Outcome:
        await session.terminate()
        return Outcome("session_terminated", why)

    async def _without_logind(self, word: Why) -> Outcome:
        """No bus, no session, or logind refused: the command is what is left."""
        if self._settings.action == "lock" and self._settings.lock_command and await self._by_command(asyncio.Event()):
            return Outcome("locked_by_command")
        return Outcome("lock_failed", word)

    async def _by_command(self, locked: asyncio.Event) -> bool:
        """Run `lock_command`. True: the desktop says that it is locked, or the command ended well, or it is still running after
        `wait_seconds`, as lockers do that stay until they are unlocked. It outlives the agent.
        """
        self._running = [each for each in self._running if each.poll() is None]
        try:
            # Not asyncio's own: it kills what still runs when its event loop closes, and with it the lock.
            locker = subprocess.Popen(outside.command(self._settings.lock_command, wait=True), start_new_session=True)  # noqa: ASYNC220, S603
        except OSError:
            return False
        self._running.append(locker)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settings.wait_seconds
        while loop.time() < until:
            if locked.is_set():
                return True
            if locker.poll() is not None:
                return locker.returncode == 0
            await _within(locked, LOOK_SECONDS)
        return locker.poll() in (None, 0)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
