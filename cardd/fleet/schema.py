"""The tables of the fleet's database: made and brought up to date from the .sql files beside this one, in one transaction."""

from importlib.resources import files

from cardd.fleet.database import SCHEMA, Link
from cardd.fleet.problems import FleetProblem

VERSIONS = (
    ("0001_tables.sql", "0001_writing.sql", "0001_keeping.sql"),
    ("0002_ended.sql", "0002_witnesses.sql", "0002_watching.sql"),
)
"""The files of each version, oldest first. A version that went out is never changed: a later one changes the tables."""
NEWEST = len(VERSIONS)


def text_of(name: str) -> str:
    """One of the .sql files, for whoever runs them by hand."""
    return (files("cardd.fleet") / "sql" / name).read_text(encoding="utf-8")


def set_up(link: Link) -> tuple[int, int]:
    """Make roles and tables, or bring them up to date; the version before (0: none) and after. By a role that may make roles.

    Raises `FleetProblem`: `newer_schema`, `no_right`, `database`.
    """
    with link.limit(whole=False), link.connection.transaction():
        link.rows("SELECT pg_advisory_xact_lock(7228610)")
        link.connection.execute(text_of("roles.sql").encode())
        link.rows(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION cardd_fleet_owner")
        link.rows("SET LOCAL ROLE cardd_fleet_owner")
        before = _stored(link)
        if before > NEWEST:
            raise FleetProblem("newer_schema")
        for number in range(before, NEWEST):
            for name in VERSIONS[number]:
                link.connection.execute(text_of(name).encode())
            link.rows("INSERT INTO version (number) VALUES (%(number)s)", {"number": number + 1})
    return before, NEWEST


def check(link: Link) -> None:
    """Raises `FleetProblem` where the tables are missing (`no_schema`), older or newer than this program knows."""
    found = link.one("SELECT max(number) FROM version")[0]
    if found != NEWEST:
        raise FleetProblem("newer_schema" if (found or 0) > NEWEST else "older_schema")


def _stored(link: Link) -> int:
    if link.one("SELECT to_regclass(%(table)s)::text", {"table": f"{SCHEMA}.version"})[0] is None:
        return 0
    return int(link.one("SELECT coalesce(max(number), 0) FROM version")[0])
