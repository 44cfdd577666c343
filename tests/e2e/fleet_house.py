"""A fleet for tests: a real PostgreSQL with our tables, terminals with certificates, logs that they ship."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cardd.collector.local import LocalLog
from cardd.collector.shipping import Shipment, Shipped
from cardd.fleet import schema, terminals
from cardd.fleet.database import Database, Link, connect
from cardd.fleet.terminals import Enrolled
from tests.fixtures.made_log import MadeLog
from tests.fixtures.postgres import Postgres, running_postgres

OFFICE, OTHER_OFFICE = 131016, 11002
AUDITOR, KEEPER, SECOND_KEEPER, WATCHER = "auditor-mori", "keeper-abe", "keeper-ito", "rules"


@dataclass
class Fleet:
    """The database, and who is enrolled."""

    postgres: Postgres
    made: dict[str, MadeLog] = field(default_factory=dict)

    @contextmanager
    def owner(self) -> Iterator[Link]:
        """As whoever runs the server."""
        with connect(self.postgres.local(), "test") as link:
            yield link

    @contextmanager
    def link(self, role: str, *, port: int | None = None, seconds: int = 30) -> Iterator[Link]:
        """Over TLS, as this role."""
        with connect(self.postgres.database(role, port=port, seconds=seconds), "test") as link:
            yield link

    def enrol(self, terminal: str, first_key: str, office: int = OFFICE) -> None:
        with self.owner() as link:
            terminals.enrol_office(link, office, "見本町" if office == OFFICE else "別の町")
            terminals.make_role(link, terminal)
            terminals.enrol(link, terminal, office, terminal, first_key)

    def ship(self, terminal: str, directory: Path, *, batch: int = 1000, port: int | None = None) -> Shipped:
        """One round over a new connection."""
        with self.link(terminal, port=port) as link:
            return shipment(link, directory, batch=batch).round()

    def enrolled(self) -> list[Enrolled]:
        with self.link(AUDITOR) as link:
            return terminals.enrolled(link)

    def alarms(self) -> list[tuple[str, int]]:
        with self.link(AUDITOR) as link:
            return [(word, sequence) for word, sequence in link.rows("SELECT word, sequence FROM alarm ORDER BY 1, 2")]

    def stored(self) -> dict[str, int]:
        """Records by terminal, counted one by one."""
        with self.link(AUDITOR) as link:
            rows = link.rows("SELECT l.terminal, count(*) FROM record JOIN log l USING (log_id) GROUP BY 1")
            return {terminal: count for terminal, count in rows}

    def settings(self, role: str, folder: Path) -> Path:
        """A fleet.toml for the program `cardd-fleet`."""
        path = folder / "fleet.toml"
        path.write_text(f'work_directory = "{folder}"\n[database]\n{database_toml(self.postgres.database(role))}')
        return path


def database_toml(database: Database) -> str:
    """The settings as they stand in a file."""
    lines = (
        f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"'
        for name, value in database.model_dump().items()
        if value is not None
    )
    return "\n".join(lines) + "\n"


def shipment(link: Link, directory: Path, *, batch: int = 1000) -> Shipment:
    return Shipment(link, LocalLog(directory), batch_records=batch, batch_bytes=1024 * 1024)


@contextmanager
def running_fleet(*, fsync: bool = False, place: Path | None = None) -> Iterator[Fleet]:
    """A server with our tables, an auditor, two keepers and the rules."""
    with running_postgres(fsync=fsync, place=place) as postgres:
        fleet = Fleet(postgres)
        with fleet.owner() as link:
            schema.set_up(link)
            people = ((AUDITOR, "auditor"), (KEEPER, "keeper"), (SECOND_KEEPER, "keeper"), (WATCHER, "watcher"))
            for role, group in people:
                link.rows(f'CREATE ROLE "{role}" LOGIN IN ROLE cardd_fleet_{group}')
        yield fleet
