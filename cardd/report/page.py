"""Draws a report: one HTML file with both languages, no script, nothing from outside. Whatever a record says stays text."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cardd.policy.words import REASONS as POLICY_REASONS
from cardd.policy.words import Locale
from cardd.report import drawing
from cardd.report.data import Heads, Line, Outcomes, ReportData
from cardd.report.summary import findings
from cardd.report.texts import ITEM_NAMES, PIN_NAMES, REASONS, REVIEW_REASONS, WATCHES, WEEKDAYS, WORDS, name_of, say
from cardd.report.times import both_calendars, local, month_name
from cardd.watching.hours import WEEKDAYS as DAYS
from cardd.watching.hours import Office

LOCALES: tuple[Locale, ...] = ("ja", "en")
LONGEST = 200
"""Characters of one value that are shown; a longer one ends in `…`."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of characters that are invisible, or turn the order in which a line is read."""

MOST_IN_FULL = 2
"""So many logs have a table of their own on the first page; more have a row each. Our choice: three tables fill the page."""


def render(data: ReportData, first: Locale = "ja") -> str:
    """The whole file. `first`: the language that is shown, and printed, until the reader chooses the other one."""
    template = environment().get_template("report.html.j2")
    return template.render(views=[_View(data, locale) for locale in LOCALES], first=first, data=data)


def environment() -> Environment:
    """Escapes what is put in, makes unseen characters seen, and takes no name that is not given."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_final,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["path"] = lambda path: Markup(path) if re.fullmatch("[MhvZz0-9 -]*", path) else ""  # noqa: S704
    return made


def plain(text: str) -> str:
    """One line of text in which everything can be seen: controls and bidi marks are written out as `<U+202E>`."""
    seen = "".join(f"<U+{ord(char):04X}>" if unicodedata.category(char) in _UNSEEN else char for char in text)
    return seen if len(seen) <= LONGEST else seen[: LONGEST - 1] + "…"


def _final(value: object) -> object:
    return value if isinstance(value, Markup | int | float) else plain(str(value))


@dataclass(frozen=True, slots=True)
class _Counted:
    """One row of a table of outcomes."""

    label: str
    code: str
    outcomes: Outcomes
    basis: str = ""


class _View:
    """The report in one language, as the template asks for it."""

    def __init__(self, data: ReportData, locale: Locale) -> None:
        self.data, self.locale, self.figures = data, locale, data.figures
        self.say = partial(say, locale=locale)
        self.results = drawing.RESULTS
        self.terminals = sorted(data.figures.terminals.values(), key=lambda each: (each.terminal, each.log_id))
        self.many = len(self.terminals) > MOST_IN_FULL
        self.test_mode = any("production" not in each.modes or len(each.modes) > 1 for each in self.terminals)
        self.office = Office(data.opening.hours)
        self.findings = findings(data)

    # --- words -------------------------------------------------------------------------------------------------------

    def policies(self) -> list[tuple[str, list[str]]]:
        """Each policy that was in force, and the terminals that had it."""
        found: dict[str, list[str]] = {}
        for terminal in self.terminals:
            for each in terminal.policies:
                found.setdefault(each, []).append(terminal.terminal)
        return list(found.items())

    def role(self, code: str) -> str:
        return name_of(self.data.names.roles, code, self.locale) if code else self.say("nobody")

    def purpose(self, code: str) -> str:
        known = self.data.names.purposes.get(code)
        return known.name.to(self.locale) if known is not None else code

    def operation(self, code: str) -> str:
        return name_of(WORDS, code, self.locale)

    def watch(self, code: str) -> str:
        return name_of(WATCHES, code, self.locale)

    def review_reason(self, word: str) -> str:
        return name_of(REVIEW_REASONS, word, self.locale)

    def verdict(self, word: str) -> str:
        return self.say(f"verdict.{word}")

    def reason(self, code: str, problem: str) -> str:
        """What an error code means, as far as it can be said without the daemon's table of errors."""
        if code == "policy.denied" and problem in POLICY_REASONS:
            return POLICY_REASONS[problem].to(self.locale)
        return name_of(REASONS, code.partition(".")[0], self.locale)

    def month(self) -> str:
        return month_name(self.data.month, self.locale)

    def at(self, utc_us: int) -> str:
        """A moment of the month, short: day, weekday, time."""
        moment = local(utc_us)
        return f"{moment:%m-%d} ({WEEKDAYS[moment.weekday()].to(self.locale)}) {moment:%H:%M:%S}"

    def whole(self, utc_us: int) -> str:
        """Any moment, in both calendars."""
        return both_calendars(local(utc_us), self.locale)

    def office_hours(self) -> str:
        opening = self.data.opening
        spans = [(WEEKDAYS[place].to(self.locale), self.span(place)) for place in range(7)]
        return self.say(
            "hours.rule",
            days=self.say("comma").join(f"{day} {span}" for day, span in spans if span),
            margin=opening.margin,
        )

    def span(self, weekday: int) -> str:
        """Opening hours of a weekday (0 Monday), `08:30-17:15`; empty: closed."""
        return str(getattr(self.data.opening.hours, DAYS[weekday]))

    # --- tables and plots --------------------------------------------------------------------------------------------

    def roles(self) -> list[_Counted]:
        return [_Counted(self.role(code), code, row) for code, row in drawing.by_size(self.figures.by_role)]

    def operations(self) -> list[_Counted]:
        return [_Counted(self.operation(code), code, row) for code, row in drawing.by_size(self.figures.by_operation)]

    def purposes(self) -> list[_Counted]:
        rows = []
        for code, row in drawing.by_size(self.figures.by_purpose):
            known = self.data.names.purposes.get(code)
            label = self.purpose(code) if code else self.say("no_purpose")
            rows.append(_Counted(label, code, row, known.legal_basis if known is not None else ""))
        return rows

    def bars(self, rows: Sequence[_Counted]) -> drawing.Bars:
        return drawing.bars([(row.label, row.outcomes) for row in rows])

    def days(self) -> drawing.Columns:
        counts = self.figures.by_day
        return drawing.columns(
            [
                (str(day.day), counts.get(day.isoformat(), 0), not self.office.works_on(day))
                for day in self.data.month.days
            ]
        )

    def weekdays(self) -> drawing.Columns:
        return drawing.columns(
            [
                (WEEKDAYS[place].to(self.locale), sum(row), not self.span(place))
                for place, row in enumerate(self.figures.by_hour)
            ]
        )

    def hours(self) -> drawing.Columns:
        by_hour = [sum(row[hour] for row in self.figures.by_hour) for hour in range(24)]
        return drawing.columns([(str(hour), count, not self.works(hour)) for hour, count in enumerate(by_hour)])

    def works(self, hour: int, weekday: int | None = None) -> bool:
        """Whether a part of this hour lies in the opening hours, of this weekday or of any."""
        spans = [self.span(day) for day in (range(7) if weekday is None else (weekday,))]
        return any(span and span[:5] < f"{hour + 1:02d}:00" and span[6:] > f"{hour:02d}:00" for span in spans)

    def grid(self) -> list[tuple[str, list[tuple[int, bool]]]]:
        """Weekday by weekday: the uses of each hour, and whether the office works then."""
        return [
            (
                WEEKDAYS[place].to(self.locale),
                [(count, self.works(hour, place)) for hour, count in enumerate(row)],
            )
            for place, row in enumerate(self.figures.by_hour)
        ]

    def items(self) -> list[tuple[str, int]]:
        return [(name_of(ITEM_NAMES, word, self.locale), count) for word, count in _largest(self.figures.items)]

    def pins(self) -> list[tuple[str, Any]]:
        return [(name_of(PIN_NAMES, word, self.locale), row) for word, row in sorted(self.figures.pins.items())]

    def refusals(self) -> list[tuple[str, str, str, int]]:
        rows = sorted(self.figures.refusals.items(), key=lambda row: (-row[1], row[0]))
        return [(self.reason(code, problem), code, problem, count) for (code, problem), count in rows]

    def reviews(self) -> list[tuple[str, str, Any]]:
        return [(code, self.watch(code), row) for code, row in sorted(self.figures.reviews.items(), key=_rule_order)]

    def who(self, line: Line) -> str:
        if not line.operator:
            return ""
        role = f" ({self.role(line.role)})" if line.role else ""
        return line.operator + role

    def outside(self, log_id: str) -> str:
        """How far a head left the machine."""
        known = self.figures.terminals.get(log_id)
        size = known.outside_size if known is not None else 0
        return self.say("heads.outside", n=size) if size else self.say("heads.outside_none")

    def qr(self, heads: Heads) -> drawing.QrCode | None:
        return drawing.qr_code(heads.newest)

    def day_list(self, days: Sequence[str]) -> str:
        shown = ", ".join(days[:31])
        return shown if len(days) <= 31 else f"{shown} …"


def _largest(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))


def _rule_order(row: tuple[str, object]) -> tuple[int, str]:
    digits = row[0][1:]
    return int(digits) if digits.isascii() and digits.isdecimal() else 1000, row[0]
