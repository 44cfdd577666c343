"""The monthly report over many terminals: the same pages as for one, filled from the database."""

import heapq
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cardd.fleet import alarms
from cardd.fleet.checking import NOTHING, Brought, check_in
from cardd.fleet.database import Link
from cardd.fleet.questions import entries_of
from cardd.fleet.rebuilt import write_heads
from cardd.fleet.terminals import Enrolled
from cardd.report.data import Figures, Month, Names, Opening, ReportData, Terminal, Verification
from cardd.report.source import now_us, read_heads
from cardd.report.tally import MOST_ALARMS, REVIEW, Tally

AWAITED_US = 7 * 86_400_000_000
"""So long behind the month results of its uses are looked for; a use ends in minutes, or at the next start of its terminal."""
_MONTH = """
SELECT log_id, octets FROM record WHERE log_id = %(log)s AND office = %(office)s AND (
  utc_us BETWEEN %(first)s AND %(end)s - 1
  OR (phase = 2 AND utc_us BETWEEN %(end)s AND %(end)s + %(awaited)s)
  OR (event = %(review)s AND utc_us >= %(end)s)
) ORDER BY sequence
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a report is about. `office`: the name on its first page."""

    month: Month
    office: str
    names: Names = field(default_factory=Names)
    opening: Opening = field(default_factory=Opening)


def collect(
    link: Link,
    logs: Iterable[Enrolled],
    shown: Shown,
    work: Path,
    *,
    brought: Brought = NOTHING,
    with_check: bool = True,
) -> ReportData:
    """What the report of these logs shows. One log at a time is written out in `work` for the check. Raises `FleetProblem`, `OSError`."""
    tally, chosen = Tally(shown.month, shown.opening), list(logs)
    with link.side_by_side(_MONTH, [_wanted(each, shown.month) for each in chosen]) as streams:
        # By time, so that a list that is too long for the page does not show one terminal alone.
        tally.feed(heapq.merge(*map(entries_of, streams), key=lambda each: each.utc_us))
    figures = tally.figures()
    offices = {each.office for each in chosen}
    month = shown.month
    over_all = alarms.found(link, with_reviewed=True, since_us=month.first_us, until_us=month.end_us, limit=MOST_ALARMS)
    alarms.into_report(figures, [each for each in over_all if each.office in offices])
    heads, checks = [], []
    for each in chosen:
        terminal = _counted(figures, each)
        with tempfile.TemporaryDirectory(prefix="cardd-fleet-", dir=work) as folder:
            checks.append(_checked(link, each, terminal, Path(folder), brought, with_check=with_check))
            heads.append(read_heads(Path(folder) / "log", shown.month, terminal, now_us()))
    return ReportData(
        shown.month, shown.office, now_us(), figures, shown.names, shown.opening, tuple(heads), tuple(checks)
    )


def _wanted(each: Enrolled, month: Month) -> dict[str, object]:
    """The records of one log that a report of the month needs."""
    values = {"log": UUID(each.log_id), "office": each.office, "first": month.first_us, "end": month.end_us}
    return {**values, "awaited": AWAITED_US, "review": REVIEW}


def _counted(figures: Figures, each: Enrolled) -> Terminal:
    """The terminal as the records call it; one without a record in the month is shown all the same."""
    return figures.terminals.setdefault(each.log_id, Terminal(each.terminal, each.log_id))


def _checked(
    link: Link, each: Enrolled, terminal: Terminal, folder: Path, brought: Brought, *, with_check: bool
) -> Verification:
    if with_check:
        return check_in(link, each, folder, brought).verification
    (folder / "log").mkdir()
    write_heads(link, each.log_id, folder / "log")
    return Verification(terminal.terminal, terminal.log_id, "not_run")
