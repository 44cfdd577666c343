"""Long logs: how long they are, and those that a daemon of today goes on with, made up to yesterday, with the key of a terminal."""

import shutil
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from bench.daemon import Daemon
from bench.place import Place
from cardd.audit.head_files import periods
from cardd.audit.log_key import LogKey
from tests.fixtures.made_log import made_log

SHORT = (10_000, 100_000)
LONG = (10_000, 100_000, 2_000_000)
"""Records of the logs that are compared, in the quick run and in the thorough one."""
DAYS = {10_000: 13, 100_000: 128, 2_000_000: 2555}
"""The same traffic each day; the longest is seven years."""
RECORDS_A_DAY = 783
"""Of all days of the week: 2,000,000 in seven years."""
TERMINAL = "mihon-01"
QUIET_S, REST_WITHIN_S = 2.0, 300.0
BUSY = 0.05
"""Share of one processor below which a daemon is at rest."""


@dataclass(frozen=True)
class LongLog:
    """A log in the office's place, ended on the last working day. `asked`: how many records were asked for."""

    log: Path
    log_id: str
    asked: int
    records: int
    key: Path
    index: Path

    def forget_index(self) -> None:
        """As after its folder was deleted (fault 151: it may be)."""
        shutil.rmtree(self.index, ignore_errors=True)


def long_log(place: Place, records: int) -> LongLog:
    """Put it in the place of what the office's terminal wrote so far."""
    state = place.office.folder / "state"
    for folder in (place.office.audit, state):
        shutil.rmtree(folder)
        folder.mkdir()
    days = max(2, records // RECORDS_A_DAY)
    start = datetime.now(UTC).date() - timedelta(days)
    made = made_log(place.office.audit, records, days, start=start, terminal=TERMINAL)
    key = state / "log.key"
    key.touch(0o600)
    key.write_bytes(_key_of(made.log_id, made.seed, periods(made.directory)[-1]).encode())
    return LongLog(made.directory, made.log_id, records, made.records, key, state / "audit-index")


def _key_of(log_id: str, seed: int, period: date) -> LogKey:
    """As `tests.fixtures.made_log` makes the keys of its days."""
    own = sha256(f"made log {seed} {TERMINAL}".encode()).digest()
    return LogKey(log_id, period, sha256(own + period.isoformat().encode()).digest())


def resting(daemon: Daemon) -> int:
    """Resident bytes once the daemon has gone over log, rules and index: it took next to no processor time for a while."""
    until, quiet_since = time.monotonic() + REST_WITHIN_S, time.monotonic()
    before = daemon.cpu_seconds()
    while time.monotonic() < until:
        time.sleep(QUIET_S / 4)
        now = daemon.cpu_seconds()
        if now - before > BUSY * QUIET_S / 4:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_S:
            return daemon.memory()
        before = now
    raise TimeoutError(f"the daemon did not come to rest in {REST_WITHIN_S:.0f} s")
