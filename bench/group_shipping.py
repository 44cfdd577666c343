"""Shipping a terminal's record into PostgreSQL, beside a bare COPY of the same bytes; and how both grow with the log."""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from bench.figures import Spread
from bench.findings import Figure, Findings
from bench.place import Place
from bench.processes import run
from bench.scope import Say, Scope
from cardd.audit.entries import entries
from tests.e2e.fleet_house import Fleet, database_toml, running_fleet, shipment
from tests.fixtures.made_log import MadeLog, made_log

QUICK_SIZES, SIZES = (10_000, 50_000), (10_000, 50_000, 200_000, 1_000_000)
LIMIT_US = 200.0
"""5,000 records a second."""
COPY_TABLE = "CREATE TABLE public.bare (log_id uuid, sequence bigint, octets bytea, PRIMARY KEY (log_id, sequence))"
ROWS_AT_ONCE = 1000


def measure(_place: Place, scope: Scope, say: Say, findings: Findings) -> None:
    """The server syncs for real. One connection over TLS each; the shipper's batches are those of its default settings."""
    per_record: dict[int, float] = {}
    memory: dict[int, float] = {}
    with tempfile.TemporaryDirectory(prefix="cardd-bench-") as folder, running_fleet(fsync=True) as fleet:
        with fleet.owner() as link:
            link.rows(COPY_TABLE)
        for size in SIZES if scope.thorough else QUICK_SIZES:
            say(f"shipping: a log of {size} records")
            made = made_log(Path(folder) / str(size), size, max(20, size // 3000), seed=size, terminal=f"ship-{size}")
            fleet.enrol(f"ship-{size}", made.first_key)
            per_record[size] = _shipped(fleet, made, f"ship-{size}")
            bare = _copied(fleet, made)
            memory[size] = _memory(fleet, Path(folder), f"again-{size}", size)
            findings.figures += _figures(size, per_record[size], bare, memory[size])
    sizes = sorted(per_record)
    growth = per_record[sizes[-1]] / per_record[sizes[0]]
    title = f"each record of {sizes[-1]} / of {sizes[0]}"
    more = memory[sizes[-1]] - memory[sizes[0]]
    findings.figures += [
        Figure("ship_growth", f"shipping, {title}", Spread.of([growth]), "x", "the two figures above"),
        Figure(
            "ship_memory_growth",
            "shipping, memory, longest log more than shortest",
            Spread.of([more]),
            "MiB",
            "the same",
        ),
    ]


def _figures(size: int, shipped: float, bare: float, memory: float) -> list[Figure]:
    how = "one round into an empty log, TLS on loopback, fsync on; 1,000 records or 1 MiB a transaction"
    copied = "the same bytes by COPY into a table with one key, over the same kind of connection, in the same run"
    peak = "largest resident memory of `cardd-ship --once` over the whole log"
    return [
        Figure(f"ship_{size}", f"shipping, a record of {size}", Spread.of([shipped]), "us", how, LIMIT_US),
        Figure(f"ship_{size}_copy", f"the same / bare COPY, {size}", Spread.of([shipped / bare]), "x", copied),
        Figure(f"ship_{size}_memory", f"shipping, memory of the program, {size}", Spread.of([memory]), "MiB", peak),
    ]


def _shipped(fleet: Fleet, made: MadeLog, role: str) -> float:
    """Microseconds a record."""
    with fleet.link(role) as link:
        work = shipment(link, made.directory)
        began = time.perf_counter()
        shipped = work.round()
        seconds = time.perf_counter() - began
    if shipped.records != made.records:
        raise RuntimeError("not everything was shipped")
    return 1_000_000 * seconds / shipped.records


def _copied(fleet: Fleet, made: MadeLog) -> float:
    """Microseconds a record, read from the same files; a transaction for as many records as the shipper takes."""
    with fleet.owner() as owner:
        owner.rows('GRANT INSERT ON public.bare TO "auditor-mori"')
    with fleet.link("auditor-mori") as link, link.connection.cursor() as cursor:
        began = time.perf_counter()
        for rows in _in_batches(made):
            with cursor.copy("COPY public.bare FROM STDIN (FORMAT BINARY)") as copy:
                copy.set_types(["uuid", "int8", "bytea"])
                for row in rows:
                    copy.write_row(row)
        return 1_000_000 * (time.perf_counter() - began) / made.records


def _in_batches(made: MadeLog) -> Iterator[list[tuple[UUID, int, bytes]]]:
    held: list[tuple[UUID, int, bytes]] = []
    for entry, _ in entries(made.directory):
        held.append((UUID(entry.log_id), entry.sequence, entry.octets))
        if len(held) == ROWS_AT_ONCE:
            yield held
            held = []
    yield held


def _memory(fleet: Fleet, folder: Path, terminal: str, size: int) -> float:
    """MiB of the real program, shipping a log of the same length."""
    other = made_log(folder / terminal, size, max(20, size // 3000), seed=size + 1, terminal=terminal)
    fleet.enrol(terminal, other.first_key)
    file = folder / f"{terminal}.toml"
    database = database_toml(fleet.postgres.database(terminal))
    file.write_text(f'log_directory = "{other.directory}"\n[database]\n{database}')
    return run([sys.executable, "-m", "cardd.collector", "--config", str(file), "--once"]).mib
