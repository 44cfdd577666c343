"""A procedure of the counter, as it is declared: what is read, asked, checked and signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from terminal.console.desk import RESIDENT_KINDS, Desk
from terminal.console.flows.fields import Field

STEPS: Final = ("identify", "form", "check", "sign", "done")
ITEMS: Final = ("name", "address", "birth_date", "sex")
"""What a request says of the person, as read from the card."""
SIGNING_KEY: Final = "signature"
"""Of the badge (PIV 9C): asks for its PIN before each signature."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What checks and notes look at. `reading`: what `card.read` gave, with `at`; None before a card was read."""

    answers: Mapping[str, Any]
    reading: Mapping[str, Any] | None
    today: date

    def item(self, name: str) -> Mapping[str, Any] | None:
        """One item that was read."""
        rows = self.reading["items"] if self.reading is not None else ()
        return next((row for row in rows if row["item"] == name), None)

    def __repr__(self) -> str:
        return "<Facts>"


@dataclass(frozen=True, slots=True)
class Note:
    """Something the person and the clerk are told on the page that is checked. `kind`: info, warning, stop (cannot be signed)."""

    kind: str
    key: str
    values: Mapping[str, object]


def no_notes(_facts: Facts) -> tuple[Note, ...]:
    """Nothing to tell."""
    return ()


def no_findings(_facts: Facts) -> dict[str, Any]:
    """Nothing found out beside the answers."""
    return {}


def no_context(_facts: Facts) -> dict[str, str]:
    """Nothing that questions hang on beside other answers."""
    return {}


@dataclass(frozen=True, slots=True)
class Flow:
    """One procedure. `code` is the purpose in the policy, the kind in the request, and part of keys and addresses."""

    code: str
    law: tuple[str, ...]
    """Act and article, as it stands on the sheet."""
    fields: tuple[Field, ...]
    notes: Callable[[Facts], tuple[Note, ...]] = no_notes
    findings: Callable[[Facts], dict[str, Any]] = no_findings
    """What was computed and stands in the request under `findings`."""
    context: Callable[[Facts], dict[str, str]] = no_context
    """What the card said that a question hangs on (`only_if`), under names with @, which no form has."""
    checks_card_after: bool = False
    """Whether the card comes back, and is looked at, after another office's machine has written to it."""

    @property
    def purpose(self) -> str:
        return self.code

    @property
    def path(self) -> str:
        return f"/flow/{self.code}"

    @property
    def key(self) -> str:
        """Of what is kept of the reading, and of the draft."""
        return f"flow.{self.code}"

    @property
    def done_key(self) -> str:
        """Of what is kept of the signed request."""
        return f"flow.{self.code}.done"

    def offered(self, desk: Desk) -> bool:
        """Whether the policy lets this role read what is needed and sign; the daemon decides each call."""
        readable = set(desk.items(self.purpose, None))
        return readable.issuperset(ITEMS) and may_sign(desk, self.purpose)


def may_sign(desk: Desk, purpose: str) -> bool:
    """Whether the role may sign with its badge under this purpose."""
    role = desk.operator.get("role")
    return any(
        role in row["roles"]
        and purpose in row["purposes"]
        and "sign" in row["operations"]
        and "badge" in row["cards"]
        and SIGNING_KEY in row["keys"]
        and not row["emergency_only"]
        for row in desk.policy.get("rows", ())
    )


def kinds_to_read(desk: Desk, purpose: str) -> frozenset[str]:
    """Kinds of residents' cards that have, and whose reading the policy allows."""
    return frozenset(kind for kind in RESIDENT_KINDS if set(desk.items(purpose, kind)).issuperset(ITEMS))
