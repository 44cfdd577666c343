"""The first page of a report: what whoever inspects it must look at first."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from cardd.japan_time import today
from cardd.report.data import ReportData

Level = Literal["good", "look", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence: how grave, the key of its text, and what is filled in."""

    level: Level
    key: str
    values: dict[str, object] = field(default_factory=dict)


def findings(data: ReportData) -> list[Finding]:
    """The gravest first; in each level in the order of the sections."""
    order = {"bad": 0, "look": 1, "good": 2}
    found = [*_uses(data), *_people(data), *_machine(data), *_heads(data), *_verified(data)]
    return sorted(found, key=lambda each: order[each.level])


def _uses(data: ReportData) -> Iterator[Finding]:
    figures = data.figures
    if not figures.terminals:
        yield Finding("look", "sum.no_records")
    if figures.cut_until_us:
        yield Finding("look", "sum.cut", {"day": today(figures.cut_until_us).isoformat()})
    yield Finding("good", "sum.uses", {"n": figures.uses.total, "done": figures.uses.done})
    not_known = figures.uses.unknown + figures.uses.open
    if not_known:
        yield Finding("look", "sum.unknown", {"n": not_known})
    blocked = sum(each.blocked for each in figures.pins.values())
    if blocked:
        yield Finding("look", "sum.blocked", {"n": blocked})


def _people(data: ReportData) -> Iterator[Finding]:
    figures = data.figures
    if figures.out_of_hours.total:
        yield Finding("look", "sum.hours", {"n": figures.out_of_hours.total})
    if figures.overrides.total:
        yield Finding("look", "sum.overrides", {"n": figures.overrides.total})
    not_reviewed = sum(each.open for each in figures.reviews.values())
    misuse = sum(each.misuse for each in figures.reviews.values())
    if misuse:
        yield Finding("bad", "sum.misuse", {"n": misuse})
    yield Finding("look" if not_reviewed else "good", "sum.alarms", {"n": figures.alarms.total, "open": not_reviewed})


def _machine(data: ReportData) -> Iterator[Finding]:
    steps = sum(each.clock_steps for each in data.figures.terminals.values())
    if steps:
        yield Finding("look", "sum.clock", {"n": steps})


def _heads(data: ReportData) -> Iterator[Finding]:
    missing = sum(len(each.missing) for each in data.heads)
    if missing:
        yield Finding("bad", "sum.missing", {"n": missing})
    elif data.heads:
        yield Finding("good", "sum.no_missing")
    unreadable = sum(len(each.unreadable) for each in data.heads)
    if unreadable:
        yield Finding("bad", "sum.unreadable", {"n": unreadable})
    inside = sum(not each.outside_size for each in data.figures.terminals.values())
    if inside:
        yield Finding("look", "sum.outside", {"n": inside})


def _verified(data: ReportData) -> Iterator[Finding]:
    states = [each.state for each in data.verifications]
    missing = len(data.figures.terminals) - len(states)
    unchecked = sum(state in {"unreadable", "not_run"} for state in states) + max(0, missing)
    if "damaged" in states:
        yield Finding("bad", "sum.damaged", {"n": states.count("damaged")})
    if unchecked:
        yield Finding("bad", "sum.unchecked", {"n": unchecked})
    if "whole" in states:
        yield Finding("good", "sum.whole", {"n": states.count("whole")})
