"""How each terminal's log stands in the database: when its helper last spoke, its last head, how far it is behind, what is wrong."""

from dataclasses import dataclass, fields
from typing import Any

from cardd.fleet.database import Link

_ROWS = """
SELECT l.terminal, l.office, l.log_id, coalesce(l.program, ''), coalesce(l.helper, ''), l.first_sequence, l.next_sequence - 1,
  l.head_size, l.heads, coalesce(l.local_size, 0),
  floor(extract(epoch FROM now() - l.seen_at))::bigint,
  floor(extract(epoch FROM now() - to_timestamp(l.head_utc_us / 1000000)))::bigint,
  l.head_utc_us, coalesce(l.problem, ''), t.blocked_at IS NOT NULL,
  ARRAY(SELECT a.word FROM alarm a WHERE a.log_id = l.log_id ORDER BY a.found_at, a.word LIMIT 20)
FROM log l JOIN terminal t USING (terminal) ORDER BY l.office, l.terminal, l.since, l.log_id
"""
SILENT_SECONDS = 600
"""So long may a helper say nothing, or the newest head be old, while the terminal is on. Our choice: as for witnesses (A5)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One log. Ages in seconds by the database's clock; None: never."""

    terminal: str
    office: int
    log_id: str
    program: str
    """Version that wrote the newest record."""
    helper: str
    """Version of the program that ships."""
    first_sequence: int | None
    records: int
    """Number of the newest record here."""
    head_size: int
    heads: int
    local_size: int
    """Records under the newest head at the terminal."""
    seen_age_s: int | None
    head_age_s: int | None
    head_utc_us: int | None
    problem: str
    blocked: bool
    alarms: tuple[str, ...]

    @property
    def behind(self) -> int:
        """Records that the terminal has under a head and the database has not."""
        return max(0, self.local_size - self.records)

    @property
    def state(self) -> str:
        """One word, the worst first: `alarm`, `blocked`, `never`, `problem`, `silent`, `behind`, `good`."""
        silent = self.seen_age_s is None or self.seen_age_s > SILENT_SECONDS
        for word, holds in (
            ("alarm", bool(self.alarms)),
            ("blocked", self.blocked),
            ("never", self.seen_age_s is None),
            ("problem", bool(self.problem)),
            ("silent", silent),
            ("behind", self.behind > 0),
        ):
            if holds:
                return word
        return "good"


def standings(link: Link) -> list[Standing]:
    """Every log, by office and terminal. Raises `FleetProblem`."""
    return [_standing(row) for row in link.rows(_ROWS)]


def _standing(row: tuple[Any, ...]) -> Standing:
    told = dict(zip((each.name for each in fields(Standing)), row, strict=True))
    return Standing(**{**told, "log_id": told["log_id"].hex, "alarms": tuple(told["alarms"])})
