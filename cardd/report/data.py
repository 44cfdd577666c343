"""What stands in a report: plain values, filled from one log directory or from the logs of many terminals.

Nothing of a resident is in it: no pseudonym of a card, no reception number. Operators appear by their id of the register.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Generic, TypeVar

from cardd.japan_time import JAPAN
from cardd.policy.words import Two
from cardd.watch_settings import Hours

T = TypeVar("T")

MOST_LISTED = 300
"""Lines of one list; what is beyond is counted. Our choice: ten printed pages."""
NONE = ""
"""Key of a table where the record names none."""
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in Japan."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From `2026-11`. Raises `ValueError`."""
        year, _, month = text.partition("-")
        if (len(year), len(month)) != (4, 2) or not (year + month).isdecimal() or not (year + month).isascii():
            raise ValueError("a month is written like 2026-11")
        first = date(int(year), int(month), 1)
        return cls(first.year, first.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(
            date(self.year, self.month, day + 1) for day in range(calendar.monthrange(self.year, self.month)[1])
        )

    @property
    def first_us(self) -> int:
        """The first microsecond, since 1970 (UTC)."""
        return (datetime(self.year, self.month, 1, tzinfo=JAPAN) - EPOCH) // MICROSECOND

    @property
    def end_us(self) -> int:
        """The first microsecond behind it."""
        return self.first_us + len(self.days) * 86_400_000_000

    def holds(self, utc_us: int) -> bool:
        return self.first_us <= utc_us < self.end_us


@dataclass(slots=True)
class Outcomes:
    """How often something was begun, by how it ended. `open`: no result stands on record."""

    done: int = 0
    refused: int = 0
    failed: int = 0
    unknown: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        return self.done + self.refused + self.failed + self.unknown + self.open


@dataclass(slots=True)
class PinCounts:
    """Verifications of one kind of PIN: right, wrong (one try used), unclear (a try may be used), and cards blocked by it."""

    right: int = 0
    wrong: int = 0
    unclear: int = 0
    blocked: int = 0


@dataclass(slots=True)
class Listed(Generic[T]):
    """The first lines of a list, at most `MOST_LISTED`, and how many there are in all."""

    lines: list[T] = field(default_factory=list)
    total: int = 0

    def add(self, line: T) -> None:
        self.total += 1
        if len(self.lines) < MOST_LISTED:
            self.lines.append(line)

    @property
    def more(self) -> int:
        return self.total - len(self.lines)


@dataclass(frozen=True, slots=True)
class Line:
    """One record in a list: where it stands, when it was, and who did what for which purpose. Empty text: not on record."""

    terminal: str
    sequence: int
    utc_us: int
    operation: str = ""
    """Operation, or the event where there is none."""
    operator: str = ""
    role: str = ""
    approver: str = ""
    purpose: str = ""
    note: str = ""
    """One word: an error code, a reason, a problem."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One `watch.alarm`, with its newest review."""

    line: Line
    watch: str
    """The rule: `w1` to `w18`; for an `alarm.…` record of the daemon its event."""
    evidence: tuple[int | str, ...] = ()
    """Numbers of records; one text for each terminal where they stand in several logs."""
    verdict: str = ""
    """`explained`, `unexplained`, `misuse`; empty: open."""
    reason: str = ""
    reviewer: str = ""
    reviewed_us: int = 0


@dataclass(slots=True)
class Reviews:
    """The alarms of one rule, by what became of them."""

    explained: int = 0
    unexplained: int = 0
    misuse: int = 0
    open: int = 0

    @property
    def total(self) -> int:
        return self.explained + self.unexplained + self.misuse + self.open


@dataclass(slots=True)
class Terminal:
    """One log: what of it lies in the month. Sequences and times are those of the month's first and last record."""

    terminal: str
    log_id: str
    records: int = 0
    first_sequence: int = 0
    last_sequence: int = 0
    first_us: int = 0
    last_us: int = 0
    programs: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    """SHA-256 of the policies, in the order in which they came."""
    modes: list[str] = field(default_factory=list)
    time_qualities: list[str] = field(default_factory=list)
    starts: int = 0
    torn: int = 0
    """Records cut off at a start because a crash had torn them."""
    clock_steps: int = 0
    outside_size: int = 0
    """Records covered by the largest head that left the machine, as the month's records tell: to a witness or by hand."""


@dataclass(frozen=True, slots=True)
class Heads:
    """The signed heads of one log."""

    terminal: str
    log_id: str
    by_day: Mapping[str, int]
    """How many heads the key of each UTC day signed (`YYYY-MM-DD`); days of the month alone."""
    newest: str = ""
    """The newest head as text (C2SP note); empty: none."""
    newest_size: int = 0
    missing: tuple[str, ...] = ()
    """Days of the month, since the log began and until it was read, without any head."""
    unreadable: tuple[str, ...] = ()
    """Files of heads that cannot be read."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What the verifier said about one log. `state`: `whole`, `damaged`, `unreadable`, `not_run`."""

    terminal: str
    log_id: str
    state: str
    said: Mapping[str, str] = field(default_factory=dict)
    """Its own words, by locale."""
    checked_us: int = 0
    anchored: bool = False
    """Whether the first key was given from outside the log."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of the policy: its names and the law."""

    name: Two
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Names:
    """What the policy calls roles and purposes; a code without a name is shown as it is."""

    roles: Mapping[str, Two] = field(default_factory=dict)
    purposes: Mapping[str, Purpose] = field(default_factory=dict)
    policy: str = ""
    """SHA-256 of the policy that the names are from; empty: none was given."""


@dataclass(frozen=True, slots=True)
class Opening:
    """When the office works; what is more than `margin` minutes outside is out of hours (W5)."""

    hours: Hours = field(default_factory=Hours)
    margin: int = 30


@dataclass(slots=True)
class Figures:
    """What the records of a month say. Filled by `cardd.report.tally`, or by whoever has the same figures from elsewhere."""

    terminals: dict[str, Terminal] = field(default_factory=dict)
    """By log id."""
    uses: Outcomes = field(default_factory=Outcomes)
    """All uses: intents."""
    by_operation: dict[str, Outcomes] = field(default_factory=dict)
    by_role: dict[str, Outcomes] = field(default_factory=dict)
    by_purpose: dict[str, Outcomes] = field(default_factory=dict)
    by_hour: list[list[int]] = field(default_factory=lambda: [[0] * 24 for _ in range(7)])
    """Uses by weekday (0 Monday) and hour in Japan."""
    by_day: dict[str, int] = field(default_factory=dict)
    """Uses by day in Japan (`YYYY-MM-DD`)."""
    items: dict[str, int] = field(default_factory=dict)
    """How often each item was handed out."""
    pins: dict[str, PinCounts] = field(default_factory=dict)
    refusals: dict[tuple[str, str], int] = field(default_factory=dict)
    """By error code and problem: what was refused before a card was touched, and uses that were refused."""
    out_of_hours: Listed[Line] = field(default_factory=Listed)
    two_people: Listed[Line] = field(default_factory=Listed)
    overrides: Listed[Line] = field(default_factory=Listed)
    alarms: Listed[Alarm] = field(default_factory=Listed)
    """Open ones first."""
    reviews: dict[str, Reviews] = field(default_factory=dict)
    """By rule."""
    incidents: Listed[Line] = field(default_factory=Listed)
    """Starts, torn records, clock steps, cuts, unknown results, the emergency stop, alarms of the daemon: in order."""
    cut_until_us: int = 0
    """Time of the first record that is kept, where older ones were cut off that may be of this month; 0: none of this month was."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that a report shows."""

    month: Month
    office: str
    made_us: int
    figures: Figures
    names: Names = Names()
    opening: Opening = field(default_factory=Opening)
    heads: tuple[Heads, ...] = ()
    verifications: tuple[Verification, ...] = ()
