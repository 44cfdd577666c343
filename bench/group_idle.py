"""What cardd costs before anybody works with it: start to ready, memory, wake-ups."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import wheels
from bench.daemon import CHECKOUT, Daemon
from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import Place
from bench.readers import Readers, plain
from bench.rows import MEMORY_LIMIT_MIB, READY_LIMIT_S, WAKE_UPS_LIMIT
from bench.scope import Say, Scope

MIB = 1024 * 1024
SETTLED_S = 1.0


def measure(place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """The installed wheel decides; a start from the checkout, with the packages of development, stands beside it."""
    with Readers(place.sockets, [plain(0), plain(1)]):
        try:
            say("start: building and installing the wheel")
            with wheels.installed() as cardd:
                command = (str(cardd),)
                findings.figures.append(_starts(place, scope, say, command, "installed", READY_LIMIT_S))
                findings.figures += _idle(place, scope, say, command)
        except wheels.NotInstalled as problem:
            say(f"the wheel could not be installed, so the checkout is measured alone: {problem}")
            findings.figures += _idle(place, scope, say, CHECKOUT)
        if scope.thorough:
            findings.figures.append(_starts(place, scope, say, CHECKOUT, "checkout", None))


def _starts(place: Place, scope: Scope, say: Say, command: Sequence[str], name: str, limit: float | None) -> Figure:
    say(f"start: {scope.starts} starts, {name}")
    seconds = []
    for _ in range(1 + scope.starts):
        with Daemon(place, command) as daemon:
            seconds.append(daemon.ready_s)
    how = "from starting the process to READY=1, not the first start"
    return Figure(f"ready_{name}", f"start to ready ({name})", Spread.of(seconds[1:]), "s", how, limit)


def _idle(place: Place, scope: Scope, say: Say, command: Sequence[str]) -> Iterator[Figure]:
    say(f"idle: {scope.idle_s:.0f} s")
    with Daemon(place, command) as daemon:
        time.sleep(SETTLED_S)
        before, cpu = daemon.wake_ups(), daemon.cpu_seconds()
        time.sleep(scope.idle_s)
        woken, cpu = daemon.wake_ups() - before, daemon.cpu_seconds() - cpu
        memory = daemon.memory()
    where = Path(command[0]).name
    how = f"VmRSS of {where} after the idle time, two empty readers, before the first login"
    yield Figure("memory", "idle memory", Spread.of([memory / MIB]), "MiB", how, MEMORY_LIMIT_MIB)
    how = (
        f"voluntary context switches of all threads over {scope.idle_s:.0f} s, from /proc; "
        f"{1000 * cpu / scope.idle_s:.1f} ms of processor a second"
    )
    yield Figure("wake_ups", "idle wake-ups a second", Spread.of([woken / scope.idle_s]), "/s", how, WAKE_UPS_LIMIT)
