"""A state.db and a clock that is turned by hand, for every test that needs one."""

import contextlib
import resource
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cardd.ports import Clock
from cardd.state.store import StateStore

BOOT, OTHER_BOOT = "b" * 32, "c" * 32
NOON_US = 1_795_365_824_000_000


class TurnedClock:
    """Stands still until told. Seconds pass on all three clocks; `set_utc` sets the wall clock alone."""

    def __init__(self, seconds: float = 500.0, us: int = NOON_US) -> None:
        self.seconds, self.us = seconds, us

    def utc_us(self) -> int:
        return self.us

    def boottime(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds

    def pass_s(self, seconds: float) -> None:
        """Time passes while the machine runs."""
        self.seconds += seconds
        self.us += round(seconds * 1e6)

    def set_utc(self, by_s: float) -> None:
        """Somebody sets the clock, by so many seconds."""
        self.us += round(by_s * 1e6)

    def reboot(self, off_s: float = 60.0) -> None:
        """The machine was off for so long and has run for 20 s."""
        self.us += round((off_s + 20.0) * 1e6)
        self.seconds = 20.0


def open_state(folder: Path, clock: Clock | None = None, *, boot_id: str = BOOT) -> StateStore:
    """state.db in `folder`, made where there is none. Close it before it is opened again."""
    return StateStore(folder / "state.db", clock or TurnedClock(), boot_id)


def as_if_killed(store: StateStore) -> None:
    """The file is given up without a last word."""
    assert store._db is not None
    store._db.close()


def scratch_state(clock: Clock | None = None) -> StateStore:
    """A state.db that nobody will open again: its files are unlinked at once, and go when it does."""
    folder = Path(tempfile.mkdtemp(prefix="cardd-state-"))
    try:
        return open_state(folder, clock)
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def disk_that_takes_nothing() -> Iterator[None]:
    """No file of this process can be written (setrlimit(2), RLIMIT_FSIZE; Python ignores the signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
