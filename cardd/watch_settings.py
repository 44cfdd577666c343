"""`[watching]`: start values of the rules that look over the record (W1 to W18), opening hours, lists. `docs/watching.md`.

The start values are our choice; an office tunes them with `cardctl audit replay` on its own record.
"""

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from cardd.tomlfile import TomlModel


def _forwards(span: str) -> str:
    if span and span[:5] >= span[6:]:
        raise ValueError("must end after it begins")
    return span


Span = Annotated[
    str,
    StringConstraints(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00))?$"),
    AfterValidator(_forwards),
]
"""`08:30-17:15`, in Japan's time; empty: closed."""
Words = tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$")], ...]
Times = Annotated[int, Field(ge=1, le=100_000)]
"""How often something must happen."""
Minutes = Annotated[int, Field(ge=1, le=1440)]
Days = Annotated[int, Field(ge=1, le=30)]
DAY: Span = "08:30-17:15"


class Hours(TomlModel):
    """When the office is open. National holidays (国民の祝日, with 振替休日) are known; `closed_year_end` is 29 December to 3 January."""

    mon: Span = DAY
    tue: Span = DAY
    wed: Span = DAY
    thu: Span = DAY
    fri: Span = DAY
    sat: Span = ""
    sun: Span = ""
    closed_on_holidays: bool = True
    closed_year_end: bool = True
    closed_days: tuple[date, ...] = ()
    open_days: dict[date, Span] = Field(default_factory=dict)
    """Days that are open whatever the weekday, each with its hours: `2027-03-28 = "09:00-12:00"`."""


class Rule(TomlModel):
    """One rule. `enabled` false: it raises nothing."""

    enabled: bool = True


class W1(Rule):
    """Wrong PINs in a row on one resident's card, in one day."""

    times: Times = 2


class W2(Rule):
    """Wrong PINs of one operator, or at one seat, over several cards."""

    times: Times = 5
    minutes: Minutes = 60
    cards: Times = 3
    """On at least so many different cards; one card alone is W1."""


class W3(Rule):
    """Failed proofs of a badge (login, unlock, approval, release), per badge and per seat."""

    times: Times = 3
    minutes: Minutes = 15


class W5(Rule):
    """Work outside the opening hours."""

    tolerance_minutes: Annotated[int, Field(ge=0, le=240)] = 30


class W6(Rule):
    """Many cards in one hour, against the operator's own habit."""

    factor: Annotated[int, Field(ge=1, le=100)] = 3
    """More than so many times the operator's median of 30 days…"""
    cards: Times = 20
    """…and more than so many cards."""
    history_hours: Times = 20
    """Hours with work that a median needs."""
    cards_without_history: Times = 60
    """For whoever has fewer: more than so many cards."""


class W7(Rule):
    """The same resident's card again."""

    visits: Times = 3
    """In one day."""
    visit_minutes: Minutes = 30
    """Uses under one reception number within so long of each other are one visit."""
    days: Annotated[int, Field(ge=2, le=14)] = 2
    """On so many days under one reception number."""


class W10(Rule):
    """Refusals again and again, and items that a purpose hardly ever needs."""

    refusals: Times = 3
    """Of the policy, for one operator in one day."""
    rare_per_mille: Annotated[int, Field(ge=0, le=500)] = 10
    """An item is rare when it stands in at most so many of 1,000 readings under this purpose in 30 days; 0: never asked."""
    history: Times = 100
    """Readings under the purpose that such a share needs."""


class W11(Rule):
    """One badge at two places."""

    minutes: Minutes = 5
    """Between two machines; two seats of one machine are too quick only while the session at the first is open."""


class W12(Rule):
    """Cards read, and no case closed."""

    times: Times = 3
    """In one day, for one operator."""
    minutes: Minutes = 30
    clients: Words = ()
    """Applications that must report closed cases from the first day on; others count once they have reported one."""


class W13(Rule):
    """Refusals of the policy for one application."""

    times: Times = 10
    minutes: Minutes = 10


class W14(Rule):
    """Cards pulled within 2 seconds after a reading."""

    times: Times = 5
    minutes: Minutes = 60


class W15(Rule):
    """Clock, gaps, restarts, witness, checks."""

    lag_seconds: Annotated[int, Field(ge=60, le=86_400)] = 600


class W16(Rule):
    """Each emergency override; its review is due by the end of the `review_days`th working day after it."""

    review_days: Annotated[int, Field(ge=1, le=10)] = 1


class W17(Rule):
    """Two people who always agree, or agree without reading."""

    times: Times = 5
    days: Days = 7
    fast_seconds: Annotated[int, Field(ge=1, le=60)] = 3


class Watching(TomlModel):
    """All rules, and what they rest on."""

    hours: Hours = Hours()
    staff_list: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "watch-staff.json"
    """Cards of staff, their families and households (W8). A plain name stands in the state directory."""
    protected_list: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "watch-protected.json"
    """Cards of people under support measures or in the public eye (W9)."""
    w1: W1 = W1()
    w2: W2 = W2()
    w3: W3 = W3()
    w4: Rule = Rule()
    w5: W5 = W5()
    w6: W6 = W6()
    w7: W7 = W7()
    w8: Rule = Rule()
    w9: Rule = Rule()
    w10: W10 = W10()
    w11: W11 = W11()
    w12: W12 = W12()
    w13: W13 = W13()
    w14: W14 = W14()
    w15: W15 = W15()
    w16: W16 = W16()
    w17: W17 = W17()
    w18: Rule = Rule()
