"""The daemon's view of one reader: card state, power, events, and who is connected. Card commands go to its `Slot`.

Power follows pcscd: up at insertion, off again when nobody connects; off some time after the last disconnect
(LudovicRousseau/PCSC, `src/eventhandler.c`). So a PIN state outlives its program for that long, as in life.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from enum import Enum

from applets_spec.insertion import CardGone
from applets_spec.pcscd.messages import PublicReaderState
from applets_spec.pcscd.numbers import MAX_ATR, Protocol, ReaderBits, Result, Sharing
from applets_spec.pcscd.sharing import CardSharing
from applets_spec.pcscd.slot import Slot
from applets_spec.pcscd.timekeeper import Timekeeper

_READY = ReaderBits.PRESENT | ReaderBits.POWERED | ReaderBits.NEGOTIABLE
_MUTE = ReaderBits.PRESENT | ReaderBits.SWALLOWED
_MAX_EVENTS = 0xFFFF


class Power(Enum):
    """Where a card stands between being powered and being used."""

    UNPOWERED = "unpowered"
    POWERED = "powered, unused"
    GRACE = "just left"
    IN_USE = "in use"


class Reader:
    """One reader of a running daemon. Everything but `slot` is guarded by `changed` (a re-entrant condition)."""

    def __init__(self, slot: Slot, timekeeper: Timekeeper, announce: Callable[[], None]) -> None:
        self.slot = slot
        self.profile = slot.profile
        self.changed = threading.Condition(threading.RLock())
        self.sharing = CardSharing()
        self.protocol = Protocol.UNDEFINED
        self.power = Power.UNPOWERED
        self.alive = True
        self._timekeeper = timekeeper
        self._announce = announce
        self._bits = ReaderBits.ABSENT
        self._atr = b""
        self._events = 0
        self._power_turn = itertools.count(1)
        self._power_mark = 0
        self._announced_sharing: int = Sharing.NONE
        self._lost = False

    def attach(self) -> None:
        """Start watching the slot; a card that is already in is powered up."""
        self.slot.watcher = self
        if self.slot.card is not None:
            self._take_up_card()

    def detach(self) -> None:
        """The reader is unplugged or the daemon dies: nobody waits here any longer."""
        with self.changed:
            self.alive = False
            self.slot.watcher = None
            self.sharing.flag_all(Result.W_REMOVED_CARD)
            self.changed.notify_all()

    @property
    def public_state(self) -> PublicReaderState:
        """The entry of the reader-state array."""
        with self.changed:
            return PublicReaderState(
                self.profile.name_bytes,
                self._events,
                self._bits,
                self.sharing.connections,
                self._atr,
                self.protocol,
            )

    @property
    def atr(self) -> bytes:
        """ATR of the card, empty without one."""
        return self._atr

    @property
    def has_card(self) -> bool:
        """Whether the daemon sees a card."""
        return ReaderBits.PRESENT in self._bits

    @property
    def is_powered(self) -> bool:
        """Whether the card answered its last power-up or reset."""
        return ReaderBits.POWERED in self._bits

    def card_inserted(self) -> None:
        """The slot has a card now. The power-up runs without the lock: a slow card delays nobody but itself."""
        self._take_up_card()
        self._count_event()

    def card_pulled(self) -> None:
        """The slot is empty now. Handles learn of it at their next call, waiting clients at once."""
        with self.changed:
            if not self.has_card:
                return
            self.sharing.flag_all(Result.W_REMOVED_CARD)
            self._bits, self._atr, self.protocol = ReaderBits.ABSENT, b"", Protocol.UNDEFINED
            self.set_power(Power.UNPOWERED)
            self.changed.notify_all()
        self._count_event()

    def power_up(self) -> bool:
        """Cold reset. False: the card is gone or mute; the state bits say which."""
        return self._start(self.slot.power_on)

    def warm_reset(self) -> bool:
        """Warm reset; as `power_up`."""
        return self._start(self.slot.reset)

    def power_down(self) -> None:
        """Take the power away on a client's wish. A contactless card may get lost by that (`reappears_after`)."""
        try:
            self.slot.power_off()
        except CardGone:
            return
        with self.changed:
            self.protocol = Protocol.UNDEFINED
            self._bits = ReaderBits.PRESENT
            self.set_power(Power.UNPOWERED)
        if self.profile.reappears_after is not None:
            card, self._lost = self.slot.card, True
            self.card_pulled()
            self._timekeeper.after(self.profile.reappears_after, lambda: self._find_again(card))

    def set_power(self, power: Power) -> None:
        """Note the power state, and let it run out where it is not use."""
        with self.changed:
            self.power = power
            self._power_mark = next(self._power_turn)
            self._let_run_out()

    def sharing_changed(self) -> None:
        """A connection came or went; waiting clients hear of it at the daemon's next look."""
        with self.changed:
            self.changed.notify_all()
        self._timekeeper.after(self.profile.sharing_notice, self._announce_sharing)

    def _find_again(self, card: object) -> None:
        self._lost = False
        if self.alive and card is not None and self.slot.card is card:
            self.card_inserted()

    def _take_up_card(self) -> None:
        self.set_power(Power.POWERED if self.power_up() else Power.UNPOWERED)

    def _start(self, how: Callable[[], bytes]) -> bool:
        try:
            atr = how()
        except CardGone:
            atr = b""
        with self.changed:
            self.protocol = Protocol.UNDEFINED
            present = self.slot.card is not None and not self._lost
            answered = present and 0 < len(atr) <= MAX_ATR
            self._atr = atr if answered else b""
            if present:
                self._bits = _READY if answered else _MUTE
            else:
                self._bits = ReaderBits.ABSENT
            return answered

    def _let_run_out(self) -> None:
        mark = self._power_mark
        if self.power is Power.POWERED:
            self._timekeeper.after(self.profile.unused_off, lambda: self._switch_off(mark))
        elif self.power is Power.GRACE:
            self._timekeeper.after(self.profile.grace_off, lambda: self._switch_off(mark))

    def _switch_off(self, mark: int) -> None:
        with self.changed:
            if mark != self._power_mark or not self.alive:
                return
            if not self.slot.power_off_if_quiet():
                self._let_run_out()
                return
            self.protocol = Protocol.UNDEFINED
            self.set_power(Power.UNPOWERED)

    def _announce_sharing(self) -> None:
        with self.changed:
            now = self.sharing.connections
            changed, self._announced_sharing = now != self._announced_sharing, now
        if changed and self.alive:
            self._announce()

    def _count_event(self) -> None:
        with self.changed:
            self._events = 0 if self._events >= _MAX_EVENTS else self._events + 1
        self._announce()
