"""Who is present now: readers, their roles, the cards in them with their handles. The only mutable state about presence."""

import asyncio
import re
from collections.abc import Callable

from cardd.cards.card_type import CardType, Recognition
from cardd.errors import CardAbsent, CardChanged, CarddError, CardRemoved, CardWrongReader
from cardd.model import CardHandle, CardKind, CardRef, ReaderName
from cardd.ports import Clock, Publish, ReaderTraits
from cardd.readers.entries import CardEntry, CardState, Departure, ReaderEntry
from cardd.readers.names import clean_name
from cardd.readers.roles import ReaderRole, RoleBook

GRACE_S = 0.5
GRACE_LONGEST_S = 0.8
"""How long a contactless card may be away after we cut its power (decision: at most 0.8 s; a pulled badge ends its session within 1 s)."""
PROVE_S = 5.0
"""A badge that came back into the field unseen by any job is asked after so long whether it is still the one (S2)."""
HANDLE = re.compile(r"c-[0-9a-f]{4}-[0-9]{1,10}")

__all__ = ["CardEntry", "CardState", "Departure", "PresenceTable", "ReaderEntry"]


class PresenceTable:
    """Readers and cards. Lives on the event loop; `watch` and `lease` change it, everybody else asks.

    `boot_id`: of this start of the daemon, at least 4 hex digits; they stand in every handle, so that a handle from before
    a restart is stale.
    """

    def __init__(
        self,
        *,
        boot_id: str,
        roles: RoleBook,
        clock: Clock,
        publish: Publish,
        grace_s: float = GRACE_S,
        prove_s: float = PROVE_S,
    ) -> None:
        self._prefix = f"c-{boot_id[:4].lower()}-"
        self._roles = roles
        self._clock = clock
        self._publish = publish
        self._grace_s = min(grace_s, GRACE_LONGEST_S)
        self._prove_s = prove_s
        self._readers: dict[ReaderName, ReaderEntry] = {}
        self._cards: dict[CardHandle, CardEntry] = {}
        self._insertions = 0
        self._on_inserted: list[Callable[[CardEntry], None]] = []
        self._on_removed: list[Callable[[CardRef, Departure], None]] = []
        self._service_up = self._service_lost = False

    # --- questions ---------------------------------------------------------------------------------------------------

    @property
    def service_up(self) -> bool:
        """Whether pcscd answers."""
        return self._service_up

    def readers(self) -> tuple[ReaderEntry, ...]:
        """All readers that are there, ignored ones too, by shown name."""
        return tuple(sorted(self._readers.values(), key=lambda reader: reader.shown))

    def cards(self) -> tuple[CardEntry, ...]:
        """All cards that are there, in the order of their insertion."""
        return tuple(self._cards.values())

    def reader(self, name: ReaderName) -> ReaderEntry | None:
        """The reader with this PC/SC name, or None."""
        return self._readers.get(name)

    def entry(self, handle: CardHandle) -> CardEntry:
        """The insertion with this handle.

        Raises `CardChanged` (it has ended: the handle is stale for ever), `CardWrongReader`, `CardAbsent` (no such handle
        was ever given out).
        """
        entry = self._cards.get(handle)
        if entry is None:
            raise CardChanged() if self._was_given(handle) else CardAbsent()
        if entry.state is CardState.WRONG_READER:
            raise CardWrongReader(reader=entry.reader.shown)
        return entry

    async def identified(self, handle: CardHandle) -> CardEntry:
        """As `entry`, once it is known what the card is (`kind` may be `UNSUPPORTED`).

        Raises `CardRemoved` when the card goes meanwhile, and the error of an identification that failed.
        """
        entry = self.entry(handle)
        while not entry.settled.is_set():
            await entry.settled.wait()
        if entry.ended:
            raise CardRemoved(reader=entry.reader.shown)
        if entry.failure is not None:
            raise type(entry.failure)(entry.failure.facts)
        return self.entry(handle)

    def current(self, ref: CardRef) -> CardEntry | None:
        """The entry of an insertion that still lasts, else None."""
        return self._cards.get(ref.handle)

    def on_inserted(self, callback: Callable[[CardEntry], None]) -> None:
        """Have `callback` called, on the event loop, whenever a card must be asked what it is."""
        self._on_inserted.append(callback)

    def on_removed(self, callback: Callable[[CardRef, Departure], None]) -> None:
        """Have `callback` called, on the event loop, whenever an insertion ends, with how it ended."""
        self._on_removed.append(callback)

    # --- readers come and go -----------------------------------------------------------------------------------------

    def service_changed(self, *, up: bool, pcsc_code: int | None = None) -> None:
        """pcscd answers, or does not."""
        self._service_up, self._service_lost = up, not up
        self._publish("health", "pcsc_up" if up else "pcsc_down", {} if up else {"pcsc_code": pcsc_code})

    def reader_appeared(self, name: ReaderName, traits: ReaderTraits) -> ReaderEntry:
        """A reader is there. One that may not serve is listed as ignored, and reported."""
        shown = self._unused(clean_name(name))
        entry = ReaderEntry(name, shown, traits, self._roles.assign(clean_name(name), traits))
        self._readers[name] = entry
        self._publish("reader", "appeared", {"reader": shown, "role": entry.role.value, "seat": entry.seat})
        if entry.role is ReaderRole.IGNORED:
            self._publish("alarm", "reader_ignored", {"reader": shown, "problem": entry.assignment.problem})
        return entry

    def reader_vanished(self, name: ReaderName) -> None:
        """A reader is gone, and the card in it."""
        entry = self._readers.pop(name, None)
        if entry is None:
            return
        if entry.card is not None:
            self.end(entry.card, self._lost())
        self._publish("reader", "vanished", {"reader": entry.shown})

    def set_stuck(self, name: ReaderName, stuck: bool) -> None:
        """A card that does not answer holds the reader, or holds it no longer."""
        entry = self._readers.get(name)
        if entry is not None and entry.stuck is not stuck:
            entry.stuck = stuck
            self._publish("reader", "stuck" if stuck else "freed", {"reader": entry.shown})

    # --- cards come and go -------------------------------------------------------------------------------------------

    def card_inserted(self, name: ReaderName, atr: bytes) -> None:
        """A card is there. In an ignored reader nothing comes of it."""
        reader = self._readers.get(name)
        if reader is None or reader.role is ReaderRole.IGNORED:
            return
        known = reader.card
        if known is not None and known.state is CardState.AWAY:
            self._came_back(known)
            return
        if known is not None:
            self.end(known)
        self._begin(reader, atr)

    def card_withdrawn(self, name: ReaderName, *, with_reader: bool = False) -> None:
        """The card left its reader, or went `with_reader`. A contactless one may be on its way back after we cut its power."""
        reader = self._readers.get(name)
        entry = reader.card if reader is not None else None
        if entry is None:
            return
        if with_reader:
            self.end(entry, self._lost())
        elif self._may_come_back(entry):
            entry.state = CardState.AWAY
            entry.settled.clear()
            entry.grace = asyncio.get_running_loop().call_later(self._grace_s, self.end, entry)
        else:
            self.end(entry)

    def end(self, entry: CardEntry, why: Departure = Departure.REMOVED) -> None:
        """The insertion is over: its handle is stale from now on, and who waits for the card is told. Harmless when done twice."""
        if self._cards.pop(entry.ref.handle, None) is None:
            return
        if entry.reader.card is entry:
            entry.reader.card = None
        entry.cancel_grace()
        entry.cancel_proof()
        entry.state = CardState.ENDED
        entry.settled.set()
        self._tell(entry, "removed")
        for callback in self._on_removed:
            callback(entry.ref, why)

    def replace(self, entry: CardEntry) -> None:
        """What is in the reader is not the card of this entry: that insertion is over, another one begins."""
        away = entry.state is CardState.AWAY
        self.end(entry)
        if not away and self._readers.get(entry.reader.name) is entry.reader and entry.reader.card is None:
            self._begin(entry.reader, entry.atr)

    # --- what cards turn out to be -----------------------------------------------------------------------------------

    def identified_as(self, entry: CardEntry, recognition: Recognition, card_type: CardType | None) -> None:
        """The card said what it is. Dropped without a word when the insertion has ended meanwhile."""
        if entry.ended:
            return
        if entry.identity is not None and recognition != entry.recognition:
            self.replace(entry)
            return
        entry.recognition, entry.card_type, entry.failure = recognition, card_type, None
        if entry.state is not CardState.AWAY:
            self._settle(entry)

    def identification_failed(self, entry: CardEntry, error: CarddError) -> None:
        """The card could not be asked. Told once for each reason."""
        if entry.ended or entry.state is CardState.AWAY:
            return
        news = entry.failure is None or entry.failure.code != error.code
        entry.failure, entry.state = error, CardState.FAILED
        entry.settled.set()
        if news:
            self._publish("alarm", "card_not_identified", {"reader": entry.reader.shown, "problem": error.code})

    # --- our own jobs ------------------------------------------------------------------------------------------------

    def job_begins(self, entry: CardEntry) -> None:
        """A job of ours goes to this card."""
        entry.jobs += 1

    def job_ended(self, entry: CardEntry, *, clean: bool, identification: bool = False) -> None:
        """It is done, and the card's power is cut. `clean`: without a transport error; after one, a card that went is gone."""
        entry.jobs -= 1
        entry.powered_off_at = self._clock.boottime() if clean else None
        entry.identified_last = identification
        if not clean and (entry.state is CardState.AWAY or entry.unproven):
            self.replace(entry)

    def job_found_no_card(self, entry: CardEntry) -> bool:
        """A job of ours met an empty reader. True: the card may be back in a moment, and must then prove itself."""
        entry.jobs -= 1
        entry.unproven = True
        return not entry.ended and (entry.state is CardState.AWAY or self._may_come_back(entry))

    def proven(self, entry: CardEntry) -> None:
        """A card that came back into the field is the one it was."""
        entry.unproven = False

    # --- inside ------------------------------------------------------------------------------------------------------

    def _lost(self) -> Departure:
        return Departure.PCSC_LOST if self._service_lost else Departure.READER_LOST

    def _begin(self, reader: ReaderEntry, atr: bytes) -> None:
        self._insertions += 1
        handle = CardHandle(f"{self._prefix}{self._insertions}")
        entry = CardEntry(CardRef(ReaderName(reader.shown), self._insertions, handle), reader, atr)
        reader.card = self._cards[handle] = entry
        self._tell(entry, "inserted")
        self._ask(entry)

    def _ask(self, entry: CardEntry) -> None:
        for callback in self._on_inserted:
            callback(entry)

    def _settle(self, entry: CardEntry) -> None:
        fits = entry.reader.role.takes(entry.kind)
        entry.state = CardState.READY if fits else CardState.WRONG_READER
        entry.settled.set()
        if not entry.announced:
            entry.announced = True
            self._tell(entry, "identified" if fits else "wrong_reader")

    def _may_come_back(self, entry: CardEntry) -> bool:
        off = entry.powered_off_at
        return entry.contactless and (
            entry.jobs > 0 or (off is not None and self._clock.boottime() - off <= self._grace_s)
        )

    def _came_back(self, entry: CardEntry) -> None:
        """Identify it once more after a job; but after an identification let its next job prove it: asking cuts the power, and
        a card that leaves the field for it would be asked for ever."""
        entry.cancel_grace()
        if not entry.jobs and not entry.identified_last:
            entry.state = CardState.IDENTIFYING
            self._ask(entry)
            return
        entry.unproven = True
        if entry.kind is CardKind.UNKNOWN:
            entry.state = CardState.IDENTIFYING
            return
        self._settle(entry)
        if entry.kind is CardKind.BADGE:
            # Nobody need use it again for hours, and its session would go on over whatever lies there.
            entry.cancel_proof()
            entry.proof = asyncio.get_running_loop().call_later(self._prove_s, self._prove, entry)

    def _prove(self, entry: CardEntry) -> None:
        if entry.unproven and not entry.ended and entry.state is CardState.READY:
            self._ask(entry)

    def _was_given(self, handle: CardHandle) -> bool:
        if not HANDLE.fullmatch(handle):
            return False
        return not handle.startswith(self._prefix) or 1 <= int(handle.rpartition("-")[2]) <= self._insertions

    def _unused(self, shown: str) -> str:
        taken = {reader.shown for reader in self._readers.values()}
        names = [shown, *(f"{shown} ({number})" for number in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def _tell(self, entry: CardEntry, change: str) -> None:
        facts = {"card": entry.ref.handle, "reader": entry.reader.shown, "kind": entry.kind.value}
        self._publish("card", change, facts)
