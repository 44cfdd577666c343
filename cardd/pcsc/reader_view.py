"""What one PC/SC context shows of readers and cards, look by look, turned into events."""

from collections.abc import Callable

from cardd.model import ReaderName
from cardd.pcsc.calls import PNP_NOTIFICATION, PcscCalls, ReaderState
from cardd.pcsc.errors import Pcsc
from cardd.pcsc.sightings import GONE, Sighting, card_events
from cardd.pcsc.traits import TraitsAsker
from cardd.ports import CardInserted, ReaderAppeared, ReaderEvent, ReaderTraits, ReaderVanished

LOOK_ANYWAY_MS = 5000
"""Longest wait. pcsc-lite counts readers only while a wait runs: one plugged in between two waits must not stay unseen."""

MOST_STATES = 16
"""States that one SCardGetStatusChange takes (PCSCLITE_MAX_READERS_CONTEXTS of pcsc-lite); one more is an invalid parameter.

With that many readers the pseudo reader has no place; a change among them is seen by the next look.
"""

Listener = Callable[[ReaderEvent], None]

QUIET = frozenset({Pcsc.SUCCESS, Pcsc.TIMEOUT, Pcsc.CANCELLED, Pcsc.UNKNOWN_READER, Pcsc.READER_UNAVAILABLE})
"""Codes of SCardGetStatusChange after which another look is all that is needed."""


class ServiceLost(Exception):
    """pcscd is gone, or says what we do not understand: the context is of no more use."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"0x{code:08X}")


class ReaderView:
    """The readers as known through one context. All on the monitor's thread."""

    def __init__(self, calls: PcscCalls, context: int, ask_traits: TraitsAsker, deliver: Listener) -> None:
        self._calls = calls
        self._context = context
        self._ask_traits = ask_traits
        self._deliver = deliver
        self._seen: dict[ReaderName, Sighting] = {}
        self._mute: set[ReaderName] = set()
        """Readers whose name is not UTF-8: pyscard cannot address them, so they are only shown."""
        self._unasked: set[ReaderName] = set()
        self._readers_state: int = ReaderState.UNAWARE

    def look(self) -> None:
        """List the readers anew, then wait until something changes and tell it. Raises `ServiceLost`."""
        self._list()
        asked: list[tuple[str, int]] = [(name, seen.state) for name, seen in self._seen.items()]
        if len(asked) < MOST_STATES:
            asked.append((PNP_NOTIFICATION, self._readers_state))
        code, shown = self._calls.get_status_change(self._context, LOOK_ANYWAY_MS, asked)
        if code not in QUIET:
            raise ServiceLost(code)
        if code != Pcsc.SUCCESS:
            return
        for name, state, atr in shown:
            if name == PNP_NOTIFICATION:
                self._readers_state = state & ~ReaderState.CHANGED
            else:
                self._see(ReaderName(name), Sighting.of(state, atr))

    def forget_all(self) -> None:
        """Tell that every card and reader is gone."""
        for reader in [*self._seen, *self._mute]:
            self._vanish(reader)

    def _list(self) -> None:
        code, raw = self._calls.list_readers(self._context)
        if code not in {Pcsc.SUCCESS, Pcsc.NO_READERS_AVAILABLE}:
            raise ServiceLost(code)
        named = {_decode(octets) for octets in raw}
        present = {reader for reader, _ in named}
        for reader in [known for known in [*self._seen, *self._mute] if known not in present]:
            self._vanish(reader)
        for reader in [reader for reader in self._unasked if self._ask_traits.may_ask_again(reader)]:
            self._ask_again(reader)
        for reader, addressable in sorted(named):
            if reader not in self._seen and reader not in self._mute:
                self._appear(reader, addressable=addressable)

    def _appear(self, reader: ReaderName, *, addressable: bool) -> None:
        if not addressable:
            self._mute.add(reader)
            self._deliver(ReaderAppeared(reader, ReaderTraits()))
            return
        traits = self._ask_traits(reader)
        if traits is None:
            self._unasked.add(reader)
        self._seen[reader] = Sighting()
        self._deliver(ReaderAppeared(reader, traits or ReaderTraits()))

    def _ask_again(self, reader: ReaderName) -> None:
        """A reader that tells at last what it is comes anew: its role may be another one."""
        traits = self._ask_traits(reader)
        if traits is None:
            return
        seen = self._seen[reader]
        self._vanish(reader)
        self._deliver(ReaderAppeared(reader, traits))
        self._seen[reader] = seen
        if seen.present:
            self._deliver(CardInserted(reader, seen.atr))

    def _vanish(self, reader: ReaderName) -> None:
        self._mute.discard(reader)
        self._unasked.discard(reader)
        for event in card_events(reader, self._seen.pop(reader, Sighting()), GONE):
            self._deliver(event)
        self._deliver(ReaderVanished(reader))

    def _see(self, reader: ReaderName, now: Sighting) -> None:
        for event in card_events(reader, self._seen[reader], now):
            self._deliver(event)
        self._seen[reader] = now


def _decode(octets: bytes) -> tuple[ReaderName, bool]:
    """The reader's name, and whether PC/SC can be asked by it."""
    try:
        return ReaderName(octets.decode("utf-8")), True
    except UnicodeDecodeError:
        return ReaderName(octets.decode("utf-8", "backslashreplace")), False
