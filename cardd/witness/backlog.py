"""How long the oldest work of this record has waited that is in nobody else's hands: read from the log itself.

**What counts.** Records of work: all but those about the log, the daemon, heads and alarms of the machine (`NOT_WORK`), which come also
while nobody works. **How time counts.** On CLOCK_BOOTTIME as each record notes it, boot after boot, as far as the log shows that the
machine ran: nobody gains a day by setting the clock or by starting anew, and a machine that was off over the weekend has not waited.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cardd.audit.chain import SEGMENT_HEADER, segments
from cardd.audit.entries import Entry, Place, entries

NOT_WORK = ("log.", "daemon.", "watch.", "head.", "clock.", "alarm.witness_")
"""Beginnings of events that are no work."""
EXPORTED = "audit.export_head"
"""The state record of a head that was taken out; it has `head_size`. The proof of the badge has the same event and no size."""
LOOK_BACK_BYTES = 64 * 1024 * 1024
"""So much of the log, from its end, is looked through at start: some months of one terminal. What is older and went nowhere has
waited longer than any limit anyway."""


@dataclass(frozen=True, slots=True)
class Oldest:
    """The oldest record of work that did not leave."""

    sequence: int
    boot: str
    up_us: int
    """CLOCK_BOOTTIME of that boot, microseconds."""


def is_work(entry: Entry) -> bool:
    """Whether somebody did something. A result counts as its intent does."""
    return not entry.event.startswith(NOT_WORK) and not (entry.event == EXPORTED and entry.number("head_size"))


class Backlog:
    """Blocks while it reads; one thread at a time."""

    def __init__(self, directory: Path, boot: str, enough_s: float) -> None:
        """`boot`: id of the kernel's boot now; `enough_s`: beyond it nobody needs to know exactly how long it was."""
        self._directory, self._boot, self._enough_s = directory, boot, enough_s
        self._place: Place | None = None
        self._carried_s = 0.0
        self.oldest: Oldest | None = None

    def look(self, covered: int) -> None:
        """Find the oldest work behind the first `covered` records. Raises `Damaged`, `OSError`."""
        if self.oldest is not None and self.oldest.sequence > covered:
            return
        self.oldest, self._carried_s = None, 0.0
        for entry, place in self._from(covered):
            self._place = place
            if entry.sequence > covered and is_work(entry):
                self.oldest = Oldest(entry.sequence, entry.text("boot") or "", entry.number("up_us") or 0)
                self._carried_s = self._carried(self.oldest, place)
                return

    def waited_s(self, up_s: float) -> float:
        """How long it has waited when CLOCK_BOOTTIME is `up_s`; 0 where nothing waits."""
        if self.oldest is None:
            return 0.0
        here_s = up_s - self.oldest.up_us / 1e6 if self.oldest.boot == self._boot else up_s
        return self._carried_s + max(0.0, here_s)

    def _from(self, covered: int) -> Iterator[tuple[Entry, Place]]:
        """The records from where we were; from a newer segment where all before it left already; from near the end at first."""
        files = segments(self._directory)
        first = [int(path.stem) for path in files]
        start = max((each for each in first if each <= covered + 1), default=None)
        if self._place is None:
            start = max(start or 0, _first_of_last(files))
        elif self._place.segment in first and (start is None or start <= self._place.segment):
            return entries(self._directory, self._place)
        return entries(self._directory, Place(start, SEGMENT_HEADER, start) if start else None)

    def _carried(self, oldest: Oldest, place: Place) -> float:
        """Seconds that the machine ran, in boots before this one, since that record."""
        if oldest.boot == self._boot:
            return 0.0
        whole_s, boot, since, last = 0.0, oldest.boot, oldest.up_us, oldest.up_us
        for entry, _ in entries(self._directory, place):
            now = entry.text("boot")
            if now != boot:
                whole_s, boot, since, last = whole_s + (last - since) / 1e6, now or "", 0, 0
            if boot == self._boot or whole_s > self._enough_s:
                return whole_s
            last = max(last, entry.number("up_us") or 0)
        return whole_s + (last - since) / 1e6


def newest_export(directory: Path) -> int:
    """How many records the newest head had that was taken out at this machine; 0 for none. Raises `Damaged`, `OSError`."""
    mark, read = b'"event":"%s"' % EXPORTED.encode("ascii"), 0
    for path in reversed(segments(directory)):
        octets = path.read_bytes()
        # Text of people has its quotation marks escaped.
        if mark in octets and (size := _export_in(directory, int(path.stem))):
            return size
        read += len(octets)
        if read > LOOK_BACK_BYTES:
            break
    return 0


def _export_in(directory: Path, segment: int) -> int:
    size = 0
    for entry, place in entries(directory, Place(segment, SEGMENT_HEADER, segment)):
        if place.segment != segment:
            break
        told = entry.number("head_size") if entry.event == EXPORTED else None
        if told is not None and told < entry.sequence:  # nobody takes out what is not written yet
            size = max(size, told)
    return size


def _first_of_last(files: list[Path]) -> int:
    """The first record within the last `LOOK_BACK_BYTES`."""
    read = 0
    for path in reversed(files):
        read += path.stat().st_size
        if read > LOOK_BACK_BYTES:
            return int(path.stem)
    return int(files[0].stem) if files else 0
