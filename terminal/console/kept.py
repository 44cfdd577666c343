"""Personal data on the screen: in memory, for a minute, never longer than its card lies in the reader."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Picture:
    """An image from a card, or a page that was drawn. `octets` as they came."""

    media_type: str
    octets: bytes = field(repr=False)


@dataclass(slots=True)
class Shown:
    """What a screen shows of one person. `handle`: the insertion it came from."""

    handle: str | None
    values: dict[str, Any] = field(repr=False)
    pictures: dict[str, Picture] = field(default_factory=dict, repr=False)
    """By a name that nobody can guess."""
    ends_at: float = 0.0
    seconds: float = 0.0
    """How long it stays without a touch."""


class Kept:
    """One entry for each screen. `changed` is called when something goes by itself."""

    def __init__(self, seconds: float, changed: Callable[[], None]) -> None:
        self._seconds, self._changed = seconds, changed
        self._shown: dict[str, Shown] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def show(
        self, screen: str, values: Mapping[str, Any], handle: str | None = None, *, seconds: float | None = None
    ) -> Shown:
        """Keep it from now on for the time that is set. `seconds`: another time, for what is kept and not on the screen."""
        self.drop(screen)
        loop, stays = asyncio.get_running_loop(), self._seconds if seconds is None else seconds
        shown = self._shown[screen] = Shown(handle, dict(values), ends_at=loop.time() + stays, seconds=stays)
        self._timers[screen] = loop.call_later(stays, self._over, screen)
        return shown

    def of(self, screen: str) -> Shown | None:
        """What this screen shows now."""
        return self._shown.get(screen)

    def longer(self, screen: str) -> None:
        """A person wants to go on looking: the time begins anew, as long as the card is there."""
        shown = self._shown.get(screen)
        if shown is not None:
            again = self.show(screen, shown.values, shown.handle, seconds=shown.seconds)
            again.pictures.update(shown.pictures)

    def picture(self, name: str) -> Picture | None:
        """By its name."""
        return next((shown.pictures[name] for shown in self._shown.values() if name in shown.pictures), None)

    def add_picture(self, screen: str, picture: Picture) -> str:
        """Its name. Raises `KeyError` where the screen shows nothing."""
        name = secrets.token_urlsafe(16)
        self._shown[screen].pictures[name] = picture
        return name

    def card_gone(self, handle: str) -> None:
        """What came from this insertion goes."""
        gone = [screen for screen, shown in self._shown.items() if shown.handle == handle]
        for screen in gone:
            self.drop(screen)
        if gone:
            self._changed()

    def drop(self, screen: str) -> None:
        """Of one screen."""
        self._shown.pop(screen, None)
        timer = self._timers.pop(screen, None)
        if timer is not None:
            timer.cancel()

    def clear(self) -> None:
        """Of all."""
        for screen in tuple(self._shown):
            self.drop(screen)

    def _over(self, screen: str) -> None:
        self.drop(screen)
        self._changed()
