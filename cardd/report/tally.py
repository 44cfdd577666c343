"""Counts a month's records, one after the other. Memory grows with what the report shows, not with the log.

Records of several logs may be mixed, each log in its own order. A use belongs to the month in which it was begun; its
result may come later, and so may the review of an alarm: whoever feeds the tally goes on behind the month while it is `waiting`,
and with the reviews.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from cardd.audit.entries import Entry
from cardd.audit.records import Phase
from cardd.report.data import (
    MOST_LISTED,
    NONE,
    Alarm,
    Figures,
    Line,
    Month,
    Opening,
    Outcomes,
    PinCounts,
    Reviews,
    Terminal,
)
from cardd.report.times import local
from cardd.watching.hours import Office

K = TypeVar("K")
MOST_OPEN = 10_000
"""Uses that wait for their result. The daemon has at most some tens; the oldest beyond it are counted as open."""
MOST_ALARMS = 20_000
"""Alarms of a month whose review is awaited; what is beyond is counted, and stays open."""
MOST_WORDS = 1_000
"""Different codes in one table; the office's policy has some tens. What is beyond is counted together under `…`."""
REST = "…"
ALARM, REVIEW = "watch.alarm", "watch.review"
SECOND_STEP = "sign.finish"
"""Belongs to the use that `sign.begin` began; what was refused and typed in it counts all the same."""
INCIDENTS = frozenset({"log.created", "log.opened", "log.cut", "log.continued", "clock.step"})
"""Events of the machine that the report lists each time, beside alarms of the daemon, the emergency stop, and starts in office hours."""
LEFT = frozenset({"head.witnessed", "audit.export_head"})
"""A head left the machine."""
_OUTCOMES = frozenset({"done", "refused", "failed", "unknown"})
GRAVEST_FIRST = ("", "misuse", "unexplained", "explained")
"""Alarms by what became of them; '': nobody has looked. A list that is cut off at its end loses the least."""


@dataclass(frozen=True, slots=True)
class _Use:
    """What its result is counted with."""

    line: Line
    pin: str
    emergency: bool
    second_step: bool = False


class Tally:
    """The figures of one month."""

    def __init__(self, month: Month, opening: Opening) -> None:
        self._month, self._margin, self._office = month, opening.margin, Office(opening.hours)
        self._figures = Figures()
        self._open: OrderedDict[tuple[str, int], _Use] = OrderedDict()
        self._alarms: dict[tuple[str, int], Alarm] = {}
        self._alarms_beyond: dict[str, int] = {}

    @property
    def waiting(self) -> bool:
        """Whether a use of the month has no result yet."""
        return bool(self._open)

    def feed(self, entries: Iterable[Entry]) -> None:
        """Count each of them."""
        for entry in entries:
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Count one record. What lies outside the month counts only as a result or review of what lies in it."""
        inside = self._month.holds(entry.utc_us)
        if inside:
            self._machine(entry)
        if entry.phase is Phase.RESULT:
            self._result(entry)
        elif entry.event == REVIEW:
            self._review(entry)
        elif inside and entry.phase is Phase.INTENT:
            self._intent(entry)
        elif inside:
            self._state(entry)

    def figures(self) -> Figures:
        """The sum. Call it once, at the end."""
        while self._open:
            self._end(self._open.popitem(last=False)[1], "open")
        for alarm in sorted(
            self._alarms.values(), key=lambda each: (GRAVEST_FIRST.index(each.verdict), each.line.utc_us)
        ):
            self._figures.alarms.add(alarm)
            self._count_review(alarm.watch, alarm.verdict or "open", 1)
        for watch, count in self._alarms_beyond.items():
            self._figures.alarms.total += count
            self._count_review(watch, "open", count)
        return self._figures

    # --- one by one --------------------------------------------------------------------------------------------------

    def _machine(self, entry: Entry) -> None:
        known = self._figures.terminals.get(entry.log_id)
        if known is None:
            known = Terminal(entry.text("terminal") or "", entry.log_id, 0, entry.sequence, 0, entry.utc_us)
            self._figures.terminals[entry.log_id] = known
        known.records += 1
        known.last_sequence, known.last_us = entry.sequence, entry.utc_us
        for name, seen in (
            ("program", known.programs),
            ("policy", known.policies),
            ("mode", known.modes),
            ("time_quality", known.time_qualities),
        ):
            word = entry.text(name)
            if word is not None and word not in seen and len(seen) < MOST_WORDS:
                seen.append(word)
        known.clock_steps += entry.event == "clock.step"
        known.starts += entry.event == "daemon.started"
        if entry.event in LEFT:
            known.outside_size = max(known.outside_size, entry.number("head_size") or 0)
        known.torn += entry.event == "log.opened" and bool(entry.number("cut_bytes"))

    def _intent(self, entry: Entry) -> None:
        figures, line = self._figures, line_of(entry)
        if entry.event == SECOND_STEP:
            self._wait(entry, _Use(line, entry.text("pin") or "", False, second_step=True))
            return
        moment = local(entry.utc_us)
        figures.by_hour[moment.weekday()][moment.hour] += 1
        day = moment.date().isoformat()
        figures.by_day[day] = figures.by_day.get(day, 0) + 1
        emergency = entry.content.get("emergency") is True
        if not self._office.open_at(entry.utc_us, self._margin):
            figures.out_of_hours.add(line)
        if line.approver:
            figures.two_people.add(line)
        if emergency:
            figures.overrides.add(line)
        self._wait(entry, _Use(line, entry.text("pin") or "", emergency))

    def _wait(self, entry: Entry, use: _Use) -> None:
        self._open[(entry.log_id, entry.sequence)] = use
        if len(self._open) > MOST_OPEN:
            self._end(self._open.popitem(last=False)[1], "open")

    def _result(self, entry: Entry) -> None:
        intent = entry.number("intent")
        use = self._open.pop((entry.log_id, intent), None) if intent is not None else None
        if use is None:
            return
        result = entry.text("result") or ""
        self._end(use, result if result in _OUTCOMES else "unknown", entry.text("role") or "")
        figures, code = self._figures, entry.text("code") or ""
        self._pin(entry, use, code)
        if result in {"refused", "failed"}:
            count_in(figures.refusals, (code, entry.text("problem") or ""), (REST, ""), 1)
        items = entry.content.get("items")
        if result == "done" and isinstance(items, list):
            for item in items:
                count_in(figures.items, str(item), REST, 1)
        if result == "unknown":
            self._figures.incidents.add(replace(use.line, note="result.unknown"))

    def _pin(self, entry: Entry, use: _Use, code: str) -> None:
        outcome = entry.text("pin_outcome")
        kind = entry.text("pin") or use.pin
        if outcome is None or outcome == "untouched":
            return
        counts = self._figures.pins.setdefault(word_in(self._figures.pins, kind), PinCounts())
        counts.right += outcome == "accepted"
        counts.wrong += outcome == "spent"
        counts.unclear += outcome == "may_be_spent"
        counts.blocked += code == "pin.now_blocked"

    def _end(self, use: _Use, result: str, role: str = "") -> None:
        figures, line = self._figures, use.line
        if use.second_step:
            return
        tables = (
            (figures.by_operation, line.operation),
            (figures.by_role, line.role or role),
            (figures.by_purpose, line.purpose),
        )
        for each in (figures.uses, *(table.setdefault(word_in(table, word), Outcomes()) for table, word in tables)):
            setattr(each, result, getattr(each, result) + 1)

    def _state(self, entry: Entry) -> None:
        figures, line, event = self._figures, line_of(entry), entry.event
        code = entry.text("code")
        if event == ALARM:
            self._alarm(entry, line)
        elif code is not None:
            problem = entry.text("problem") or ""
            known = "" if problem == "more_of_the_same" else problem
            count_in(figures.refusals, (code, known), (REST, ""), entry.number("count") or 1)
        elif event == "emergency.override":
            figures.overrides.add(line)
        if self._is_incident(entry):
            figures.incidents.add(replace(line, operation=event, note=_note_of(entry)))
        if code is None and line.approver:
            figures.two_people.add(line)

    def _is_incident(self, entry: Entry) -> bool:
        """A start in the morning and a stop in the evening are nothing to look at; `log.opened` comes with each start."""
        event = entry.event
        if event == "log.opened":
            return bool(entry.number("cut_bytes") or entry.number("count"))
        if event == "daemon.started":
            return self._office.open_at(entry.utc_us)
        if event == "daemon.stopped":
            return entry.text("problem") is not None
        return event in INCIDENTS or event.startswith(("alarm.", "lockdown."))

    def _alarm(self, entry: Entry, line: Line) -> None:
        watch = word_in(self._figures.reviews, entry.text("watch") or "")
        if len(self._alarms) >= MOST_ALARMS:
            self._alarms_beyond[watch] = self._alarms_beyond.get(watch, 0) + 1
            return
        evidence = entry.content.get("evidence")
        numbers = tuple(each for each in evidence if type(each) is int) if isinstance(evidence, list) else ()
        self._figures.reviews.setdefault(watch, Reviews())
        self._alarms[(entry.log_id, entry.sequence)] = Alarm(line, watch, numbers[:MOST_LISTED])

    def _review(self, entry: Entry) -> None:
        number = entry.number("alarm")
        known = self._alarms.get((entry.log_id, number)) if number is not None else None
        verdict = entry.text("verdict") or ""
        if known is None or number is None or verdict not in {"explained", "unexplained", "misuse"}:
            return
        self._alarms[(entry.log_id, number)] = replace(
            known,
            verdict=verdict,
            reason=entry.text("reason") or "",
            reviewer=entry.text("operator") or "",
            reviewed_us=entry.utc_us,
        )

    def _count_review(self, watch: str, verdict: str, count: int) -> None:
        known = self._figures.reviews.setdefault(watch, Reviews())
        setattr(known, verdict, getattr(known, verdict) + count)


def word_in(table: Mapping[str, object], word: str) -> str:
    """The key under which it is counted: a log that names ever new words does not make the report grow."""
    return word if word in table or len(table) < MOST_WORDS else REST


def count_in(table: dict[K, int], key: K, rest: K, count: int) -> None:
    """Add to the count of `key`, or of `rest` where the table is full."""
    found = key if key in table or len(table) < MOST_WORDS else rest
    table[found] = table.get(found, 0) + count


def line_of(entry: Entry) -> Line:
    """What a list shows of a record."""
    return Line(
        terminal=entry.text("terminal") or "",
        sequence=entry.sequence,
        utc_us=entry.utc_us,
        operation=entry.text("operation") or entry.event or NONE,
        operator=entry.text("operator") or "",
        role=entry.text("role") or "",
        approver=entry.text("approver") or "",
        purpose=entry.text("purpose") or "",
        note=entry.text("code") or entry.text("reason") or entry.text("problem") or "",
    )


def _note_of(entry: Entry) -> str:
    """What is worth a word about an event of the machine."""
    step = entry.number("step_us")
    if step is not None:
        return f"{step / 1_000_000:+.3f} s"
    for name in ("cut_bytes", "count"):
        number = entry.number(name)
        if number:
            return f"{name} {number}"
    return entry.text("problem") or ""
