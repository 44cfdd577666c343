"""The revocation lists that this machine holds, as they were taken over. Light: the certificate code comes with the first question.

Filled on the event loop, read on readers' threads: what is read is one tuple that is exchanged as a whole.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cardd.ports import Clock
from cardd.revocation_settings import ListFor

if TYPE_CHECKING:
    from certs.validation.evidence import LongList

CLOCK_TOLERANCE = timedelta(minutes=5)
"""Two clocks are never equal: a list may be so much newer than now before this machine's clock is held for wrong (our choice)."""


@dataclass(frozen=True, slots=True)
class HeldList:
    """One list of one key of an authority."""

    name: str
    about: ListFor
    place: Path
    """The file of its sorted serial numbers."""
    digest: str = field(repr=False)
    """SHA-256 of the list that the file was made from."""
    number: int
    this_update: datetime
    next_update: datetime
    count: int


class Damaged(Exception):
    """A file of serial numbers cannot be used."""


def open_serials(place: Path) -> "LongList":
    """Reads and checks a whole file of serial numbers; it stays mapped. Raises `Damaged`."""
    from certs.revocation.errors import FileRefused  # noqa: PLC0415  # certificate code: the daemon is ready without it
    from certs.revocation.serial_file import SerialFile  # noqa: PLC0415

    try:
        return SerialFile(place)
    except (FileRefused, OSError) as error:
        raise Damaged from error


class HeldLists:
    """All of them."""

    def __init__(self, clock: Clock, opened: "Callable[[Path], LongList]" = open_serials) -> None:
        self._clock, self._open = clock, opened
        self._held: tuple[HeldList, ...] = ()
        self._lock = threading.Lock()
        self._opened: dict[tuple[Path, str], LongList | None] = {}
        """By place and digest; None: damaged."""

    def put(self, held: Sequence[HeldList]) -> None:
        """Exchange all lists at once. On the event loop."""
        self._held = tuple(held)
        wanted = {(each.place, each.digest) for each in held}
        with self._lock:
            # Whoever still looks something up in an old file holds it; it is unmapped with the last of them.
            self._opened = {key: found for key, found in self._opened.items() if key in wanted}

    @property
    def all(self) -> tuple[HeldList, ...]:
        return self._held

    @property
    def damaged(self) -> frozenset[str]:
        """Names of lists whose file of serial numbers was asked and could not be used."""
        with self._lock:
            return frozenset(
                each.name for each in self._held if self._opened.get((each.place, each.digest), each) is None
            )

    def about(self, kinds: Sequence[ListFor]) -> "tuple[LongList, ...]":
        """The lists about these kinds of certificate. The first question reads their files, some milliseconds for each MiB.

        A damaged file is left out: nobody can say then whether a certificate is revoked, and nobody does.
        """
        found = (self._serials(each) for each in self._held if each.about in kinds)
        return tuple(each for each in found if each is not None)

    def _serials(self, held: HeldList) -> "LongList | None":
        key = held.place, held.digest
        with self._lock:
            if key not in self._opened:
                try:
                    self._opened[key] = self._open(held.place)
                except Damaged:
                    self._opened[key] = None
            return self._opened[key]

    def boottime(self) -> float:
        """Seconds of CLOCK_BOOTTIME."""
        return self._clock.boottime()

    def now(self) -> datetime:
        """Of this machine's clock, UTC."""
        return datetime.fromtimestamp(self._clock.utc_us() / 1_000_000, UTC)

    def age_s(self, held: HeldList) -> int:
        """Seconds since the list was made; 0 for one that is newer than the clock."""
        return max(0, int((self.now() - held.this_update).total_seconds()))

    @property
    def clock_behind(self) -> bool:
        """Whether a list is newer than now: its authority signed that it was that late already, so this clock is wrong (K6)."""
        return any(each.this_update > self.now() + CLOCK_TOLERANCE for each in self._held)
