"""What the console knows of its one seat: who is logged in, which cards are there, what a person is being asked, what runs.

One desk for the one user; browser tabs look at it. Personal data lies in `kept` alone, and goes from there by itself: with the
card, with the session, after a minute.
"""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cardd.wire.fault import Locale
from terminal.console.jobs import Jobs
from terminal.console.kept import Kept
from terminal.console.papers.desk import Paper
from terminal.console.prompter import PagePrompter

MOST_NOTICES: Final = 20
MOST_CHANGES: Final = 200
"""That are remembered for a page that missed some."""
EVERYTHING: Final = frozenset({"seat", "stage", "prompt", "notices"})
OF_A_SESSION: Final = frozenset(
    {"notice.alarm.watch", *(f"notice.approval.{what}" for what in ("asked", "given", "refused"))}
)
"""Notices for whoever was logged in: the next person at the seat may have no right to know of them (docs/watching.md)."""
RESIDENT_KINDS: Final = frozenset({"my_number", "juki"})


@dataclass(frozen=True, slots=True)
class Case:
    """Why a resident's card is used: purpose (a code of the policy) and reception number."""

    purpose: str
    number: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that happened by itself: a text key and its values, without personal data."""

    number: int
    kind: str
    key: str
    values: Mapping[str, str]
    at: float


@dataclass
class Desk:
    """Changed on the event loop alone. `told` is called with the names of what changed: `seat`, `stage`, `prompt`, `notices`, `locked`."""

    locale: Locale
    clear_seconds: float
    draft_seconds: float
    connected: bool = False
    why_not: str | None = None
    """The error name of a daemon that is not to be spoken with; None while it is merely not there."""
    greeting: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    """`session.status` of our seat."""
    readers: tuple[Mapping[str, Any], ...] = ()
    cards: tuple[Mapping[str, Any], ...] = ()
    pcsc_up: bool = True
    lockdown: bool = False
    policy: Mapping[str, Any] = field(default_factory=dict)
    case: Case | None = None
    tab: str = ""
    """The one tab that shows the desk; an older one is told that it is over."""
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=MOST_NOTICES))

    number: int = 0
    """Of the last change."""

    def __post_init__(self) -> None:
        self._told: deque[tuple[int, frozenset[str]]] = deque(maxlen=MOST_CHANGES)
        self._watchers: set[Callable[[frozenset[str]], None]] = set()
        self._notice_number = 0
        self.kept = Kept(self.clear_seconds, lambda: self.told("stage"))
        self.jobs = Jobs(lambda: self.told("stage"))
        self.prompter = PagePrompter(lambda: self.told("prompt"))
        self.papers: dict[str, Paper] = {}
        self.drafts: dict[str, tuple[str, float, dict[str, str]]] = {}

    # --- who looks -------------------------------------------------------------------------------------------------

    def new_tab(self) -> str:
        """A page was opened: it has the desk now, and the one before is told so."""
        self.tab = secrets.token_urlsafe(9)
        self.told("superseded")
        return self.tab

    def watch(self, watcher: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Be told what changes; the answer ends it."""
        self._watchers.add(watcher)
        return lambda: self._watchers.discard(watcher)

    def told(self, *parts: str) -> None:
        """Something changed."""
        self.number += 1
        self._told.append((self.number, frozenset(parts)))
        for watcher in tuple(self._watchers):
            watcher(frozenset(parts))

    def missed(self, since: int) -> frozenset[str]:
        """What changed after the change of this number: a page is drawn before it listens, and a connection breaks."""
        if since < self.number - len(self._told) or since > self.number:
            return EVERYTHING
        return frozenset(part for number, parts in self._told if number > since for part in parts) - {"superseded"}

    def notice(self, key: str, kind: str = "info", **values: str) -> None:
        """Tell the person at the seat. `kind`: info, warning, alarm."""
        self._notice_number += 1
        self.notices.append(Notice(self._notice_number, kind, key, values, time.time()))
        self.told("notices")

    # --- who is there ----------------------------------------------------------------------------------------------

    @property
    def logged_in(self) -> bool:
        return bool(self.session.get("logged_in"))

    @property
    def locked(self) -> bool:
        return bool(self.session.get("locked"))

    @property
    def at_work(self) -> bool:
        """Whether somebody is logged in who may see the screens."""
        return self.connected and self.logged_in and not self.locked and not self.lockdown

    @property
    def operator(self) -> Mapping[str, Any]:
        return self.session.get("operator") or {}

    @property
    def rights(self) -> frozenset[str]:
        """Of the operator's role."""
        rows = self.policy.get("roles", ())
        return frozenset(right for row in rows if row["code"] == self.operator.get("role") for right in row["rights"])

    @property
    def badges(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(card for card in self.cards if card["kind"] == "badge")

    @property
    def residents_cards(self) -> tuple[Mapping[str, Any], ...]:
        return tuple(card for card in self.cards if card["kind"] in RESIDENT_KINDS)

    def purposes(self) -> tuple[Mapping[str, Any], ...]:
        """Those under which this operator's role may do anything with a resident's card."""
        role = self.operator.get("role")
        codes = {
            code
            for row in self.policy.get("rows", ())
            if role in row["roles"] and RESIDENT_KINDS & set(row["cards"]) and not row["emergency_only"]
            for code in row["purposes"]
        }
        return tuple(row for row in self.policy.get("purposes", ()) if row["code"] in codes)

    def items(self, purpose: str, kind: str | None) -> tuple[str, ...]:
        """What the role may read under a purpose from a kind of card, in the policy's order."""
        role, found = self.operator.get("role"), []
        for row in self.policy.get("rows", ()):
            fits = role in row["roles"] and purpose in row["purposes"] and "read" in row["operations"]
            if fits and not row["emergency_only"] and (kind is None or kind in row["cards"]):
                found += [item for item in row["items"] if item not in found]
        return tuple(found)

    def may(self, operation: str, purpose: str | None = None) -> bool:
        """Whether some row lets the role do this; the daemon decides, this only spares a person a button that cannot work."""
        role = self.operator.get("role")
        return any(
            role in row["roles"]
            and operation in row["operations"]
            and (purpose is None or purpose in row["purposes"])
            and not row["emergency_only"]
            for row in self.policy.get("rows", ())
        )

    # --- what goes -------------------------------------------------------------------------------------------------

    def clear(self) -> None:
        """Nothing personal stays, at once: the session is over or locked."""
        self.kept.clear()
        self.jobs.forget()
        self.prompter.cancel()
        self.notices = deque((each for each in self.notices if each.key not in OF_A_SESSION), MOST_NOTICES)
        for key in tuple(self.papers):
            self.drop_paper(key)

    def drop_paper(self, screen: str) -> None:
        """The document that a screen had at hand."""
        paper = self.papers.pop(screen, None)
        if paper is not None:
            paper.drop()

    def cards_now(self, cards: tuple[Mapping[str, Any], ...]) -> None:
        """The cards as they are; what was read from one that is gone goes."""
        gone = {card["card"] for card in self.cards} - {card["card"] for card in cards}
        self.cards = cards
        for handle in gone:
            self.kept.card_gone(handle)

    # --- input that is not lost ------------------------------------------------------------------------------------

    def keep_draft(self, place: str, fields: dict[str, str]) -> None:
        """What a person typed into a form, for the same person, for some minutes."""
        if self.logged_in:
            self.drafts[place] = (str(self.operator.get("id")), time.monotonic() + self.draft_seconds, fields)

    def draft(self, place: str) -> dict[str, str]:
        """What this person typed there; nothing of another person's."""
        whose, end, fields = self.drafts.get(place, ("", 0.0, {}))
        return dict(fields) if whose == self.operator.get("id") and time.monotonic() < end else {}

    def drop_draft(self, place: str) -> None:
        """The form was sent."""
        self.drafts.pop(place, None)

    def forget_others(self) -> None:
        """Somebody logged in: drafts of anybody else, and what is too old, go; so does another person's case."""
        me, now = self.operator.get("id"), time.monotonic()
        others = any(whose != me for whose, _, _ in self.drafts.values())
        self.drafts = {place: each for place, each in self.drafts.items() if each[0] == me and each[1] > now}
        if others:
            self.case = None
