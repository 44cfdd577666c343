"""The console as a whole: its desk, its way to the daemon, and what it was set to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from starlette.responses import Response
from starlette.routing import BaseRoute

from terminal.console.desk import Desk
from terminal.console.entry import Entry
from terminal.console.link import Link

if TYPE_CHECKING:
    from terminal.console.page import Page


@dataclass(frozen=True, slots=True)
class Screen:
    """One entry of the menu, or a screen that is reached from another (`group` None). `screen.KEY` is the key of its name."""

    key: str
    path: str
    group: Literal["counter", "jobs", "supervise", "audit", "manage"] | None
    routes: tuple[BaseRoute, ...]
    shown: Callable[[Desk], bool]
    """Whether who is logged in may have use for it; the daemon decides what they may do there."""


@dataclass(slots=True)
class Console:
    """Made once, before the first request."""

    desk: Desk
    link: Link
    entry: Entry
    screens: Sequence[Screen]
    keypad: bool
    gate_screen: Callable[[Page], Awaitable[Response]]
    """What is shown where nobody is logged in, the screen is locked, or no daemon is there."""
    hand_over: Path | None = None
    """Folder into which signed requests go; None: they are downloaded alone."""

    async def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Ask the daemon. Raises `RemoteError`, `ConnectionEnded`."""
        return await self.link.call(method, **params)
