"""What cardd costs before anybody works with it: start to ready, memory, wake-ups."""

import time
from collections.abc import Sequence

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
    """The installed wheel decides; the checkout stands beside it."""
    with Readers(place.sockets, [plain(0), plain(1)]):
        try:
            say("start: building and installing the wheel")
            with wheels.installed() as cardd:
                _measure_one(place, scope, say, findings, "installed", (str(cardd),), promised=True)
        except wheels.NotInstalled as problem:
            say(f"start: not measured from a wheel: {problem}")
        _measure_one(place, scope, say, findings, "checkout", CHECKOUT, promised=False)


def _measure_one(
    place: Place, scope: Scope, say: Say, findings: Findings, name: str, command: Sequence[str], *, promised: bool
) -> None:
    say(f"start: {scope.starts} starts, {name}")
    with Daemon(place, command):
        pass  # the first start of an installation reads its files from the disk
    starts = []
    for _ in range(scope.starts):
        with Daemon(place, command) as daemon:
            starts.append(daemon.ready_s)
    say(f"idle: {scope.idle_s:.0f} s, {name}")
    with Daemon(place, command) as daemon:
        time.sleep(SETTLED_S)
        before, cpu = daemon.wake_ups(), daemon.cpu_seconds()
        time.sleep(scope.idle_s)
        woken, cpu = daemon.wake_ups() - before, daemon.cpu_seconds() - cpu
        memory = daemon.memory()

    def add(key: str, title: str, value: Spread, unit: str, how: str, limit: float) -> None:
        full = f"{title} ({name})"
        findings.figures.append(Figure(f"{key}_{name}", full, value, unit, how, limit if promised else None))

    how = "from starting the process to READY=1, not the first start"
    add("ready", "start to ready", Spread.of(starts), "s", how, READY_LIMIT_S)
    how = "VmRSS after the idle time, two empty readers, before the first login"
    add("memory", "idle memory", Spread.of([memory / MIB]), "MiB", how, MEMORY_LIMIT_MIB)
    how = (
        f"voluntary context switches of all threads over {scope.idle_s:.0f} s, from /proc; "
        f"{1000 * cpu / scope.idle_s:.1f} ms of processor a second"
    )
    add("wake_ups", "idle wake-ups a second", Spread.of([woken / scope.idle_s]), "/s", how, WAKE_UPS_LIMIT)
