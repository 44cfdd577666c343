"""Enrolment: offices, terminals with the role of their certificate, and their logs, each pinned by its first key."""

from dataclasses import dataclass
from uuid import UUID

from cardd.fleet.database import Link

_LIST = """
SELECT t.terminal, t.office, o.name, t.role::text, t.blocked_at IS NOT NULL, l.log_id, l.first_key
FROM terminal t JOIN office o USING (office) LEFT JOIN log l USING (terminal) ORDER BY t.office, t.terminal, l.since, l.log_id
"""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One log of one terminal. `log_id`: 32 hex digits; `first_key`: its C2SP verifier key."""

    terminal: str
    office: int
    office_name: str
    role: str
    blocked: bool
    log_id: str
    first_key: str


def enrol_office(link: Link, number: int, name: str) -> None:
    """An office by its 全国地方公共団体コード, or a new name for it. Raises `FleetProblem`."""
    link.rows("SELECT enrol_office(%(number)s::int, %(name)s::text)", {"number": number, "name": name})


def enrol(link: Link, terminal: str, office: int, role: str, first_key: str) -> str:
    """A terminal with a log, or one more log of it; the log id, 32 hex digits. Doing it again changes nothing.

    `role`: the CN of the terminal's certificate. `first_key`: the line that the terminal's set-up printed, brought by a person:
    it is what later checks rest on. Raises `FleetProblem`: `malformed`, `unknown_office`, `enrolled_otherwise`, `no_right`.
    """
    values = {"terminal": terminal, "office": office, "role": role, "key": first_key}
    found: UUID = link.one(
        "SELECT enrol_terminal(%(terminal)s::text, %(office)s::int, %(role)s::name, %(key)s::text)", values
    )[0]
    return found.hex


def make_role(link: Link, role: str) -> None:
    """The terminal's role in the database, by whoever may make roles. It can log in by certificate alone. Raises `FleetProblem`."""
    from psycopg import sql  # noqa: PLC0415 - the extra is installed only where it is needed

    if link.one("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(role)s)", {"role": role})[0]:
        return
    with link.limit():
        link.connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN IN ROLE cardd_fleet_terminal CONNECTION LIMIT 4").format(sql.Identifier(role))
        )


def block(link: Link, terminal: str) -> bool:
    """From now on nothing more is taken from it; what is there stays. False: no such terminal, or blocked before. Raises `FleetProblem`."""
    return bool(link.one("SELECT block_terminal(%(terminal)s::text)", {"terminal": terminal})[0])


def enrolled(link: Link) -> list[Enrolled]:
    """All, by office and name; a terminal with two logs stands there twice. Raises `FleetProblem`."""
    return [
        Enrolled(terminal, office, name, role, blocked, log_id.hex if log_id else "", key or "")
        for terminal, office, name, role, blocked, log_id, key in link.rows(_LIST)
    ]
