"""Alarms of the rules over the terminals, and what became of them. Reviews are added, never changed: the newest counts."""

from dataclasses import dataclass
from typing import Any, Final

from cardd.fleet.database import Link
from cardd.report.data import Alarm, Figures, Line, Listed, Reviews
from cardd.report.tally import GRAVEST_FIRST

VERDICTS: Final = ("explained", "unexplained", "misuse")
REASONS: Final = (
    "work", "resident_asked", "mistake", "training", "maintenance", "equipment", "agreed_hours",
    "not_known", "under_inquiry", "curiosity", "private_use", "badge_lent", "other",
)  # fmt: skip
"""The words of a review at a terminal; no text of one's own, which could name a resident."""
_LIST = """
SELECT a.number, a.office, a.watch, a.at_us, a.about, a.evidence, a.count, r.verdict, r.reason, r.by::text,
  (extract(epoch FROM r.at) * 1000000)::bigint
FROM watch_alarm a LEFT JOIN LATERAL (SELECT * FROM watch_review WHERE number = a.number ORDER BY at DESC LIMIT 1) r ON true
WHERE (%(office)s::int IS NULL OR a.office = %(office)s) AND (%(all)s OR r.verdict IS NULL)
  AND a.at_us >= %(since)s AND a.at_us < %(until)s
ORDER BY a.number DESC LIMIT %(limit)s
"""
BY_THE_FLEET: Final = "cardd-fleet"
"""Stands for the terminal in the report: the program that knows the alarm by its number."""
MOST_SHOWN: Final = 6
"""Record numbers of one terminal in a line of the report; the list of alarms has them all."""
_NAMES = "SELECT log_id, terminal FROM log"
_FOREVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class Found:
    """One alarm. `about`: operator, badge, seat … as the rule says; `evidence`: terminal, log id and number of each record."""

    number: int
    office: int
    watch: str
    at_us: int
    about: dict[str, Any]
    evidence: tuple[tuple[str, str, int], ...]
    count: int | None = None
    verdict: str = ""
    """Empty: nobody has looked."""
    reason: str = ""
    reviewer: str = ""
    reviewed_us: int = 0


def found(
    link: Link,
    *,
    office: int | None = None,
    with_reviewed: bool = False,
    since_us: int = 0,
    until_us: int = _FOREVER,
    limit: int = 1000,
) -> list[Found]:
    """The newest first. Raises `FleetProblem`."""
    values = {"office": office, "all": with_reviewed, "since": since_us, "until": until_us, "limit": limit}
    names = {log_id.hex: terminal for log_id, terminal in link.rows(_NAMES)}
    return [_found(row, names) for row in link.rows(_LIST, values)]


def review(link: Link, number: int, verdict: str, reason: str) -> bool:
    """Say what became of an alarm. False: there is no such alarm. Raises `FleetProblem` (`no_right`)."""
    values = {"number": number, "verdict": verdict, "reason": reason}
    call = "SELECT review_alarm(%(number)s::bigint, %(verdict)s::text, %(reason)s::text)"
    return bool(link.one(call, values)[0])


def into_report(figures: Figures, alarms: list[Found]) -> None:
    """Put them into a report's list of alarms beside those of the terminals, those that nobody looked at first."""
    for each in alarms:
        counted = figures.reviews.setdefault(each.watch, Reviews())
        word = each.verdict or "open"
        setattr(counted, word, getattr(counted, word) + 1)
    beyond = figures.alarms.more
    lines = [*figures.alarms.lines, *map(_line, alarms)]
    lines.sort(key=lambda each: (GRAVEST_FIRST.index(each.verdict), each.line.utc_us))
    figures.alarms = Listed()
    for line in lines:
        figures.alarms.add(line)
    figures.alarms.total += beyond


def _line(each: Found) -> Alarm:
    """As the report shows it: under the number that `cardd-fleet review` takes; its evidence names the terminals."""
    about = each.about.get("operator") or each.about.get("client") or each.about.get("badge") or ""
    line = Line(BY_THE_FLEET, each.number, each.at_us, operator=str(about), note=str(each.about.get("problem") or ""))
    by_terminal: dict[str, list[int]] = {}
    for terminal, _, number in each.evidence:
        by_terminal.setdefault(terminal, []).append(number)
    numbers = tuple(f"{terminal}: {_few(found)}" for terminal, found in by_terminal.items())
    return Alarm(line, each.watch, numbers, each.verdict, each.reason, each.reviewer, each.reviewed_us)


def _few(numbers: list[int]) -> str:
    """The newest, as many as fit a line."""
    return " ".join([*(["…"] if len(numbers) > MOST_SHOWN else []), *map(str, numbers[-MOST_SHOWN:])])


def _found(row: tuple[Any, ...], names: dict[str, str]) -> Found:
    number, office, watch, at_us, about, evidence, count, verdict, reason, reviewer, reviewed_us = row
    told = tuple((names.get(log_id, ""), log_id, int(sequence)) for log_id, sequence in evidence)
    return Found(
        number, office, watch, at_us, about, told, count, verdict or "", reason or "", reviewer or "", reviewed_us or 0
    )
