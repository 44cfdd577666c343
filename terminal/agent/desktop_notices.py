"""A notice on the desktop, where somebody shows them (freedesktop.org, Desktop Notifications Specification 1.2)."""

import asyncio
from html import escape
from typing import Final

from dbus_fast import BusType, Message
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

NAME: Final = "org.freedesktop.Notifications"
PATH: Final = "/org/freedesktop/Notifications"
ANSWER_SECONDS: Final = 5.0
PROGRAM: Final = "cardd"
ICON: Final = "dialog-warning"
STAYS: Final = 0
"""Until somebody closes it: what was left behind may be seen an hour later."""


class DesktopNotices:
    """Shows notices over the session bus; connects with the first one. Without a bus, or without anybody who shows them, nothing is shown:
    the same news goes to the console's page and the journal.
    """

    def __init__(self) -> None:
        self._bus: MessageBus | None = None

    async def show(self, title: str, text: str) -> bool:
        """Whether somebody took it. The text stands on a screen that may be locked: nothing of a person belongs in it."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                bus = await self._connected()
                answer = await bus.call(
                    Message(
                        destination=NAME,
                        path=PATH,
                        interface=NAME,
                        member="Notify",
                        signature="susssasa{sv}i",
                        body=[PROGRAM, 0, ICON, title, escape(text), [], {}, STAYS],  # the body is markup
                    )
                )
        except (OSError, EOFError, KeyError, AuthError, DBusError, InvalidAddressError, TimeoutError):
            return False  # KeyError: dbus-fast looks for HOME where no address is given
        return answer is not None and not answer.error_name

    async def close(self) -> None:
        """Hang up."""
        bus, self._bus = self._bus, None
        if bus is not None and bus.connected:
            bus.disconnect()
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    async def _connected(self) -> MessageBus:
        if self._bus is None or not self._bus.connected:
            self._bus = await MessageBus(bus_type=BusType.SESSION, auth_timeout=ANSWER_SECONDS).connect()
        return self._bus
