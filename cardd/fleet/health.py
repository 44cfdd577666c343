"""How each terminal's log stands in the database: when its helper last spoke, its last head, how far it is behind, what is wrong;
and whether the rules over the terminals are at work."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from cardd.audit.checkpoint import BadNote, VerifierKey, parse, signed_by
from cardd.fleet.database import Link

_ROWS = """
SELECT l.terminal, l.office, l.log_id, coalesce(l.program, ''), coalesce(l.helper, ''), l.first_sequence, l.next_sequence - 1,
  l.head_size, l.heads, coalesce(l.local_size, 0),
  floor(extract(epoch FROM now() - l.seen_at))::bigint,
  floor(extract(epoch FROM now() - to_timestamp(l.head_utc_us / 1000000)))::bigint,
  l.head_utc_us, coalesce(l.problem, ''), t.blocked_at IS NOT NULL,
  ARRAY(SELECT a.word FROM alarm a WHERE a.log_id = l.log_id ORDER BY a.found_at, a.word LIMIT 20),
  l.retired_at IS NOT NULL,
  (SELECT count(*) FROM watch_alarm a WHERE NOT EXISTS (SELECT FROM watch_review r WHERE r.number = a.number)
    AND EXISTS (SELECT FROM jsonb_array_elements(a.evidence) AS each WHERE each ->> 0 = replace(l.log_id::text, '-', '')))
FROM log l JOIN terminal t USING (terminal) ORDER BY l.office, l.terminal, l.since, l.log_id
"""
_COSIGNED = """
SELECT DISTINCT ON (c.log_id, c.key_id) c.log_id, c.key_id, c.witness, c.size, c.at_s, c.note, coalesce((
    SELECT greatest(0, floor(extract(epoch FROM l.seen_at) - h.utc_us / 1000000))::bigint FROM head h
    WHERE h.log_id = c.log_id AND h.size > c.size ORDER BY h.size LIMIT 1), 0)
FROM cosigned c JOIN log l USING (log_id) ORDER BY c.log_id, c.key_id, c.size DESC
"""
_WATCHES = """
SELECT o.office, floor(extract(epoch FROM now() - w.looked_at))::bigint, coalesce(w.given_up, ARRAY[]::text[]),
  (SELECT count(*) FROM watch_alarm a WHERE a.office = o.office AND NOT EXISTS (SELECT FROM watch_review r WHERE r.number = a.number))
FROM office o LEFT JOIN watch_office w USING (office) ORDER BY o.office
"""
SILENT_SECONDS = 600
"""So long may a helper say nothing, the newest head be without a witness, or the rules not look. Our choice: as for witnesses (A5)."""


@dataclass(frozen=True, slots=True)
class Witnessed:
    """The newest head of one log that one witness signed. `at_s`: when it saw the head, seconds since 1970."""

    witness: str
    size: int
    """Records that it covers; -1: this witness signed nothing."""
    at_s: int
    lag_s: int
    """How long the oldest records behind it had waited when the terminal's helper last spoke; 0: none wait."""
    holds: bool | None
    """Whether the signature holds under the key of the settings; None: that witness does not stand there."""


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
    retired: bool = False
    """A keeper said that it ended."""
    open_alarms: int = 0
    """Alarms of the rules over the terminals that rest on records of this log, and that nobody has reviewed."""
    witnessed: tuple[Witnessed, ...] = ()
    """Each witness of the settings, and each that signed."""

    @property
    def behind(self) -> int:
        """Records that the terminal has under a head and the database has not."""
        return max(0, self.local_size - self.records)

    @property
    def witness_lag_s(self) -> int | None:
        """Of the slowest witness, in seconds. None: no witness is known, or one signed nothing that counts."""
        if any(each.size < 0 or each.holds is False for each in self.witnessed):
            return None
        return max((each.lag_s for each in self.witnessed), default=None)

    @property
    def state(self) -> str:
        """One word, the worst first: `retired` before all; then `alarm`, `blocked`, `never`, `problem`, `silent`, `witness`, `watch`,
        `behind`, `good`.
        """
        silent = self.seen_age_s is None or self.seen_age_s > SILENT_SECONDS
        lag_s = self.witness_lag_s
        for word, holds in (
            ("retired", self.retired),
            ("alarm", bool(self.alarms)),
            ("blocked", self.blocked),
            ("never", self.seen_age_s is None),
            ("problem", bool(self.problem)),
            ("silent", silent),
            ("witness", bool(self.witnessed) and (lag_s is None or lag_s > SILENT_SECONDS)),
            ("watch", self.open_alarms > 0),
            ("behind", self.behind > 0),
        ):
            if holds:
                return word
        return "good"


@dataclass(frozen=True, slots=True)
class WatchStanding:
    """The rules over the terminals of one office. `looked_age_s`: None where `cardd-fleet watch` never ran."""

    office: int
    looked_age_s: int | None
    given_up: tuple[str, ...]
    """Rules that could not deal with a record."""
    open_alarms: int

    @property
    def state(self) -> str:
        """`off` (it never ran), `silent`, `problem`, `watch` (alarms that nobody reviewed), `good`."""
        if self.looked_age_s is None:
            return "off"
        if self.looked_age_s > SILENT_SECONDS:
            return "silent"
        return "problem" if self.given_up else "watch" if self.open_alarms else "good"


def standings(link: Link, witnesses: Iterable[str] = ()) -> list[Standing]:
    """Every log, by office and terminal. `witnesses`: verifier keys that each log's heads must be signed with. Raises `FleetProblem`."""
    keys = {key.key_id: key for key in map(VerifierKey.parse, witnesses)}
    signed: dict[Any, dict[bytes, Witnessed]] = {}
    for log_id, key_id, name, size, at_s, note, lag_s in link.rows(_COSIGNED):
        holds = _holds(note, keys[key_id]) if key_id in keys else None
        signed.setdefault(log_id, {})[key_id] = Witnessed(name, size, at_s, lag_s, holds)
    missing = {key_id: Witnessed(key.name, -1, 0, 0, None) for key_id, key in keys.items()}
    return [_standing(row, tuple((missing | signed.get(row[2], {})).values())) for row in link.rows(_ROWS)]


def watches(link: Link) -> list[WatchStanding]:
    """Every office. Raises `FleetProblem`."""
    return [WatchStanding(office, age, tuple(given_up), count) for office, age, given_up, count in link.rows(_WATCHES)]


def _holds(note: bytes, key: VerifierKey) -> bool:
    try:
        return signed_by(parse(note), key) is not None
    except BadNote:
        return False


def _standing(row: tuple[Any, ...], witnessed: tuple[Witnessed, ...]) -> Standing:
    names = [each.name for each in fields(Standing) if each.name != "witnessed"]
    told = dict(zip(names, row, strict=True))
    return Standing(**{**told, "log_id": told["log_id"].hex, "alarms": tuple(told["alarms"]), "witnessed": witnessed})
