"""The few things that the agent asks of systemd-logind, over the system bus (org.freedesktop.login1(5)).

Which session is ours: XDG_SESSION_ID of the environment; else the one of this process; else, for a user unit, which has none of its own,
the one that logind calls the user's display.
"""

import asyncio
import os
from collections.abc import Callable
from typing import Any, Final, Literal, Self

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

SERVICE: Final = "org.freedesktop.login1"
MANAGER_PATH: Final = "/org/freedesktop/login1"
MANAGER: Final = f"{SERVICE}.Manager"
SESSION: Final = f"{SERVICE}.Session"
USER: Final = f"{SERVICE}.User"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
ANSWER_SECONDS: Final = 5.0
"""logind answers within milliseconds; one that does not is as good as gone."""
NO_SUCH: Final = ("NoSuchSession", "NoSessionForPID", "NoSuchUser", "UnknownObject", "UnknownMethod")
"""Ends of the names of D-Bus errors that say: not here."""

Trouble = Literal["no_bus", "no_session", "refused"]


class BusTrouble(Exception):
    """logind cannot be asked (`no_bus`), knows no session of ours (`no_session`), or says no (`refused`)."""

    def __init__(self, word: Trouble, detail: str = "") -> None:
        self.word: Trouble = word
        self.detail = detail
        super().__init__(f"{word}: {detail}" if detail else word)


class Logind:
    """A connection to logind. `connect` makes one."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._session: DesktopSession | None = None

    @classmethod
    async def connect(cls) -> Self:
        """Over the system bus, or what DBUS_SYSTEM_BUS_ADDRESS names. Raises `BusTrouble`."""
        bus = MessageBus(bus_type=BusType.SYSTEM, auth_timeout=ANSWER_SECONDS)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await bus.connect()
        except (OSError, AuthError, InvalidAddressError, TimeoutError) as error:
            raise BusTrouble("no_bus", type(error).__name__) from None
        return cls(bus)

    @property
    def connected(self) -> bool:
        """Whether the bus is still there."""
        return self._bus.connected

    async def close(self) -> None:
        """Hang up."""
        if self._bus.connected:
            self._bus.disconnect()
            await self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def session(self) -> "DesktopSession":
        """The session that this process belongs to. Raises `BusTrouble`."""
        if self._session is None or not await self._session.exists():
            path = await self._path()
            kind = await self._get(path, SESSION, "Type")
            number = await self._get(path, SESSION, "Id")
            self._session = DesktopSession(self, path, str(number), str(kind))
            await self._session.follow()
        return self._session

    async def ask(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> list[Any]:
        """Call logind. Raises `BusTrouble`."""
        return await self._call(SERVICE, path, interface, member, signature, list(body))

    async def property(self, path: str, interface: str, name: str) -> Any:
        """One property. Raises `BusTrouble`."""
        return await self._get(path, interface, name)

    async def listen(self, path: str, heard: Callable[[Message], None]) -> None:
        """Hear of changed properties of the object `path`. Raises `BusTrouble`."""
        rule = f"type='signal',sender='{SERVICE}',interface='{PROPERTIES}',member='PropertiesChanged',path='{path}'"
        await self._call(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s", [rule]
        )
        self._bus.add_message_handler(heard)

    async def _path(self) -> str:
        named = os.environ.get("XDG_SESSION_ID")
        if named:
            try:
                return str((await self.ask(MANAGER_PATH, MANAGER, "GetSession", "s", named))[0])
            except BusTrouble as trouble:
                if trouble.word != "no_session":
                    raise
        try:
            return str((await self.ask(MANAGER_PATH, MANAGER, "GetSessionByPID", "u", os.getpid()))[0])
        except BusTrouble as trouble:
            if trouble.word != "no_session":
                raise
        user = str((await self.ask(MANAGER_PATH, MANAGER, "GetUser", "u", os.getuid()))[0])
        number, path = await self._get(user, USER, "Display")
        if not number:
            raise BusTrouble("no_session", "no display")
        return str(path)

    async def _get(self, path: str, interface: str, name: str) -> Any:
        return (await self.ask(path, PROPERTIES, "Get", "ss", interface, name))[0].value

    async def _call(
        self, service: str, path: str, interface: str, member: str, signature: str, body: list[Any]
    ) -> list[Any]:
        message = Message(
            destination=service, path=path, interface=interface, member=member, signature=signature, body=body
        )
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._bus.call(message)
        except (OSError, EOFError, DBusError, TimeoutError) as error:
            raise BusTrouble("no_bus", type(error).__name__) from None
        if answer is None or answer.message_type is MessageType.ERROR:
            name = answer.error_name if answer is not None and answer.error_name is not None else ""
            raise BusTrouble(_word_of(name), name)
        return list(answer.body)


class DesktopSession:
    """One session of logind: the desktop, or a bare console."""

    def __init__(self, logind: Logind, path: str, number: str, kind: str) -> None:
        self._logind = logind
        self._path = path
        self.number = number
        """logind's name of it, as `loginctl` shows it."""
        self.kind = kind
        """`x11`, `wayland`, `mir`, `tty`, `web`, `unspecified`."""
        self._locked: asyncio.Event | None = None

    @property
    def is_bare_console(self) -> bool:
        """Whether nothing here draws a lock screen."""
        return self.kind == "tty"

    async def follow(self) -> None:
        """Hear when it says that it is locked. Raises `BusTrouble`."""
        await self._logind.listen(self._path, self._heard)

    async def exists(self) -> bool:
        """Whether logind still has it. Raises `BusTrouble` where logind is gone."""
        try:
            await self._logind.property(self._path, SESSION, "Id")
        except BusTrouble as trouble:
            if trouble.word == "no_session":
                return False
            raise
        return True

    def watch_locked(self) -> asyncio.Event:
        """An event that is set when the session says that it is locked."""
        self._locked = asyncio.Event()
        return self._locked

    def watch_no_more(self) -> None:
        """The end of `watch_locked`."""
        self._locked = None

    async def lock(self) -> bool:
        """Ask it to lock; False where logind says no. Raises `BusTrouble` where it is gone."""
        try:
            await self._logind.ask(self._path, SESSION, "Lock")
        except BusTrouble as trouble:
            if trouble.word != "refused":
                raise
            return False
        return True

    async def locked_now(self) -> bool:
        """Whether it says that it is locked. Raises `BusTrouble`."""
        return bool(await self._logind.property(self._path, SESSION, "LockedHint"))

    async def terminate(self) -> None:
        """End it, and every program in it. Raises `BusTrouble`."""
        await self._logind.ask(MANAGER_PATH, MANAGER, "TerminateSession", "s", self.number)

    def _heard(self, message: Message) -> None:
        if message.member != "PropertiesChanged" or message.path != self._path or self._locked is None:
            return
        interface, changed, _ = message.body
        if interface == SESSION and "LockedHint" in changed and changed["LockedHint"].value:
            self._locked.set()


def _word_of(name: str) -> Trouble:
    if name.rpartition(".")[2] in NO_SUCH:
        return "no_session"
    if name.rpartition(".")[2] in ("ServiceUnknown", "NameHasNoOwner", "NoReply", "Disconnected"):
        return "no_bus"
    return "refused"
