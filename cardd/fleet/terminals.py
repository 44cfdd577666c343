"""Enrolment: offices, terminals with the role of their certificate, and their logs, each pinned by its first key."""

from dataclasses import dataclass
from uuid import UUID

from cardd.fleet.database import Link

_LIST = """
SELECT t.terminal, t.office, o.name, t.role::text, t.blocked_at IS NOT NULL, l.log_id, l.first_key, l.retired_at IS NOT NULL,
  l.retired_at IS NOT NULL AND EXISTS (SELECT FROM cut c WHERE c.log_id = l.log_id AND c.last_sequence = l.next_sequence - 1)
FROM terminal t JOIN office o USING (office) LEFT JOIN log l USING (terminal) ORDER BY t.office, t.terminal, l.since, l.log_id
"""


_DECISIONS = """
SELECT to_char(at AT TIME ZONE 'Asia/Tokyo', 'YYYY-MM-DD HH24:MI:SS'), "by"::text, what, terminal, log_id, reason
FROM decision ORDER BY at, what, terminal
"""
REASONS = (
    "lost", "stolen", "broken", "replaced", "restored", "closed", "suspected", "found", "cleared", "mistake", "test", "other",
)  # fmt: skip
"""Why a keeper decided so: words, and no text of one's own that could name somebody."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One log of one terminal. `log_id`: 32 hex digits, empty without a log; `first_key`: its C2SP verifier key."""

    terminal: str
    office: int
    office_name: str
    role: str
    blocked: bool
    log_id: str
    first_key: str
    retired: bool = False
    """It ended: nothing more is taken of it."""
    gone: bool = False
    """It ended, and all of its records were cut off after their years: nothing is left to check but its heads."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a keeper decided. `at`: in Japan; `what`: `block`, `unblock`, `retire`, `resume`; `log_id`: empty for the whole terminal."""

    at: str
    by: str
    what: str
    terminal: str
    log_id: str
    reason: str


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


def block(link: Link, terminal: str, reason: str) -> bool:
    """From now on nothing more is taken from it; what is there stays. `reason`: of `REASONS`. False: no such terminal, or blocked before.

    Raises `FleetProblem`.
    """
    return _decide(link, "block_terminal(%(of)s::text, %(reason)s::text)", terminal, reason)


def unblock(link: Link, terminal: str, reason: str) -> bool:
    """It may send again, and goes on where the database stands. False: no such terminal, or not blocked. Raises `FleetProblem`."""
    return _decide(link, "unblock_terminal(%(of)s::text, %(reason)s::text)", terminal, reason)


def retire(link: Link, log_id: str, reason: str) -> bool:
    """This log ended: nothing more is taken of it, nobody waits for it, its months can be cut off after seven years without the terminal.

    What is there stays and is checked as before. False: no such log, or it ended before. Raises `FleetProblem`.
    """
    return _decide(link, "retire_log(%(of)s::uuid, %(reason)s::text)", UUID(log_id), reason)


def resume(link: Link, log_id: str, reason: str) -> bool:
    """It goes on after all. False: no such log, it never ended, or some of it was cut off since. Raises `FleetProblem`."""
    return _decide(link, "resume_log(%(of)s::uuid, %(reason)s::text)", UUID(log_id), reason)


def decisions(link: Link) -> list[Decision]:
    """All, oldest first. Raises `FleetProblem`."""
    return [
        Decision(at, by, what, terminal, log_id.hex if log_id else "", reason)
        for at, by, what, terminal, log_id, reason in link.rows(_DECISIONS)
    ]


def _decide(link: Link, call: str, of: object, reason: str) -> bool:
    return bool(link.one(f"SELECT {call}", {"of": of, "reason": reason})[0])


def enrolled(link: Link) -> list[Enrolled]:
    """All, by office and name; a terminal with two logs stands there twice. Raises `FleetProblem`."""
    return [
        Enrolled(
            terminal, office, name, role, blocked, log_id.hex if log_id else "", key or "", bool(retired), bool(gone)
        )
        for terminal, office, name, role, blocked, log_id, key, retired, gone in link.rows(_LIST)
    ]
