"""How soon a client hears of a card: from the return of SCardGetStatusChange in the daemon's monitor, and from the card itself."""

import sys
import time
from pathlib import Path

from bench.counter import RESIDENT, Counter
from bench.daemon import Daemon
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.metered_card import CONTACTLESS
from bench.place import Place
from bench.readers import Readers, plain
from bench.rows import EVENT_LIMIT_S
from bench.scope import Say, Scope
from bench.stamped_daemon import STAMP, STAMPS_VARIABLE

COMMAND = (sys.executable, "-m", "bench.stamped_daemon")
Moment = tuple[float, float]
"""When the card moved, and when the client heard of it."""
QUIET_S = 0.1
"""Between two events, so that nothing of the one before is still on its way."""


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """Insert and pull a card many times."""
    say(f"events: {scope.events} cards in and out")
    file = place.sockets / "stamps"
    came: list[Moment] = []
    left: list[Moment] = []
    with (
        Readers(place.sockets, [plain(0), plain(1)]) as readers,
        Daemon(place, COMMAND, extra={STAMPS_VARIABLE: str(file)}),
        Counter(place, readers) as counter,
    ):
        for _ in range(scope.events):
            happened = readers.insert(RESIDENT, place.cards.my_number, CONTACTLESS)
            counter.await_change("inserted")
            came.append((happened, time.monotonic()))
            counter.await_change("identified")
            time.sleep(QUIET_S)
            happened = readers.pull(RESIDENT)
            counter.await_change("removed")
            left.append((happened, time.monotonic()))
            time.sleep(QUIET_S)
    stamps = _stamps(file)
    findings.figures += [
        Figure(
            "event",
            "card in: SCardGetStatusChange's return -> client",
            Spread.of(_after_return(stamps, came)),
            "ms",
            "stamped in the daemon around that one call, and by a subscribed client of cardd.client",
            1000 * EVENT_LIMIT_S,
        ),
        Figure(
            "event_from_card",
            "card in: card moved -> client",
            Spread.of(1000 * (heard - happened) for happened, heard in came),
            "ms",
            "from the virtual slot's change; the stand-in tells at once, real pcscd polls many readers each 400 ms",
        ),
        Figure(
            "event_removed",
            "card out: SCardGetStatusChange's return -> client",
            Spread.of(_after_return(stamps, left)),
            "ms",
            "held back for half a second by design: a contactless card that we powered off may come back",
        ),
    ]


def _after_return(stamps: list[float], moments: list[Moment]) -> list[float]:
    """Milliseconds from the first return after each change to its event at the client."""
    return [1000 * (heard - next(stamp for stamp in stamps if stamp > happened)) for happened, heard in moments]


def _stamps(file: Path) -> list[float]:
    return [stamp for (stamp,) in STAMP.iter_unpack(file.read_bytes())]
