"""A reader's slot as hardware: which card sits in it, and commands to that card. It outlives a dead pcscd."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TypeVar

from applets_spec.card import VirtualCard
from applets_spec.insertion import CardExchanged, CardGone, tell_inserted, tell_pulled
from applets_spec.pcscd.pin_pad import PinPad
from applets_spec.pcscd.profile import ReaderProfile

T = TypeVar("T")


class SlotOccupied(Exception):
    """There is a card in the slot already."""


class SlotEmpty(Exception):
    """There is no card to pull."""


class SlotWatcher(Protocol):
    """Who wants to know of cards coming and going: the daemon's reader."""

    def card_inserted(self) -> None:
        """A card has been put in."""

    def card_pulled(self) -> None:
        """The card has been taken out."""


class _Insertion:
    """One card from being put in to being pulled. `busy` keeps commands apart; a new insertion has a fresh one, so a
    card that never answered cannot hold up its successor."""

    def __init__(self, card: VirtualCard) -> None:
        self.card = card
        self.busy = threading.Lock()


class Slot:
    """The slot of one reader. `watcher` is the running daemon's reader, None while the daemon is dead."""

    def __init__(self, profile: ReaderProfile) -> None:
        self.profile = profile
        self.pad = None if profile.pad is None else PinPad(profile.pad)
        self.watcher: SlotWatcher | None = None
        self._lock = threading.RLock()
        self._insertion: _Insertion | None = None

    @property
    def card(self) -> VirtualCard | None:
        """The card in the slot."""
        insertion = self._insertion
        return None if insertion is None else insertion.card

    def insert(self, card: VirtualCard) -> None:
        """Put a card in. Raises `SlotOccupied`."""
        with self._lock:
            if self._insertion is not None:
                raise SlotOccupied(self.profile.name)
            tell_inserted(card)
            self._insertion = _Insertion(card)
        watcher = self.watcher
        if watcher is not None:
            watcher.card_inserted()

    def pull(self) -> VirtualCard:
        """Take the card out, in the middle of a command too, and return it. Raises `SlotEmpty`."""
        with self._lock:
            insertion = self._insertion
            if insertion is None:
                raise SlotEmpty(self.profile.name)
            self._insertion = None
        watcher = self.watcher
        if watcher is not None:
            watcher.card_pulled()
        tell_pulled(insertion.card)
        if self.pad is not None:
            self.pad.interrupt()
        if insertion.busy.acquire(blocking=False):  # a running command cuts the power itself when it ends
            insertion.card.power_off()
            insertion.busy.release()
        return insertion.card

    def abort(self) -> None:
        """The daemon dies: a command that is running ends without an answer, the card stays in."""
        with self._lock:
            insertion = self._insertion
            if insertion is None or not insertion.busy.locked():
                return
            self._insertion = _Insertion(insertion.card)
        if self.pad is not None:
            self.pad.interrupt()
        tell_pulled(insertion.card)
        tell_inserted(insertion.card)

    def power_on(self) -> bytes:
        """Cold reset; the ATR. Raises `CardGone`."""
        return self._with_card(lambda card: card.power_on())

    def reset(self) -> bytes:
        """Warm reset; the ATR. Raises `CardGone`."""
        return self._with_card(lambda card: card.reset())

    def power_off(self) -> None:
        """Take the power away. Raises `CardGone`."""
        self._with_card(lambda card: card.power_off())

    def power_off_if_quiet(self) -> bool:
        """Take the power away unless a command is running; False: it was."""
        insertion = self._insertion
        if insertion is None:
            return True
        if not insertion.busy.acquire(blocking=False):
            return False
        try:
            insertion.card.power_off()
        finally:
            insertion.busy.release()
        return True

    def transmit(self, command: bytes) -> bytes:
        """One command to the card. Raises `CardGone` when it vanishes before the answer is there."""
        return self._with_card(lambda card: card.transmit(command))

    def enter_pin(self, entry: Callable[[], bytes | None]) -> bytes:
        """Let a person type at the pad, then send the command `entry` returns; None stands for a vanished card.

        The slot is busy meanwhile, as a real PIN-pad reader is.
        """

        def work(card: VirtualCard) -> bytes:
            command = entry()
            if command is None:
                raise CardGone
            return command if len(command) == 2 else card.transmit(command)

        return self._with_card(work)

    def _with_card(self, action: Callable[[VirtualCard], T]) -> T:
        insertion = self._insertion
        if insertion is None:
            raise CardGone
        with insertion.busy:
            if self._insertion is not insertion:
                raise CardGone
            outcome = _try(action, insertion.card)
            if self._insertion is not insertion:
                insertion.card.power_off()
        if isinstance(outcome, CardGone):
            self._leave(insertion, outcome)
            raise outcome
        if self._insertion is not insertion:
            raise CardGone
        return outcome

    def _leave(self, insertion: _Insertion, gone: CardGone) -> None:
        """The card says that it goes: act as the hand that takes it."""
        with self._lock:
            if self._insertion is not insertion:
                return
            if isinstance(gone, CardExchanged) and not gone.noticed:
                tell_pulled(insertion.card)
                tell_inserted(gone.other)
                gone.other.power_on()
                insertion.card = gone.other
                return
        self.pull()
        if isinstance(gone, CardExchanged):
            self.insert(gone.other)


def _try(action: Callable[[VirtualCard], T], card: VirtualCard) -> T | CardGone:
    try:
        return action(card)
    except CardGone as gone:
        return gone
