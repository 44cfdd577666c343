"""What is known of one procedure at the desk: the draft, the card that was read, who must still agree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cardd.japan_time import day_of
from terminal.console.desk import Desk
from terminal.console.flows.fields import Read, read_all
from terminal.console.flows.flow import Facts, Flow
from terminal.console.kept import Shown

_OF_CASE: Final = "case of the draft"
"""Has spaces: no field of a form is named so."""


def today() -> Any:
    """The day in Japan."""
    return day_of(datetime.now(UTC))


class FlowDesk:
    """One flow at the one desk. Holds nothing itself."""

    def __init__(self, desk: Desk, flow: Flow) -> None:
        self.desk, self.flow = desk, flow

    # --- the case --------------------------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether the case at hand is one of this procedure."""
        return self.desk.case is not None and self.desk.case.purpose == self.flow.purpose

    @property
    def case(self) -> str:
        """Its reception number."""
        return self.desk.case.number if self.desk.case is not None else ""

    # --- what was typed --------------------------------------------------------------------------------------------

    @property
    def typed(self) -> dict[str, str]:
        """What stands in the form of this case; another case's is not shown to the next person."""
        return self._draft(self.flow.key) | self.flow.context(self.facts({}))

    @property
    def has_draft(self) -> bool:
        """Whether anything was typed."""
        return bool(self._draft(self.flow.key))

    def asked(self) -> list[str]:
        """The questions that hang on nothing, or on what was answered."""
        typed = self.typed
        return [field.name for field in self.flow.fields if field.asked(typed)]

    def keep(self, typed: Mapping[str, str]) -> None:
        """Typed just now: the person is at it, so what the card said stays as well."""
        self._keep(self.flow.key, typed)
        self.desk.kept.longer(self.flow.key)

    def read(self) -> Read:
        """The form after the checks."""
        return read_all(self.flow.fields, self.typed, today())

    # --- what was read ---------------------------------------------------------------------------------------------

    @property
    def reading(self) -> Shown | None:
        """As long as the card is there, and a minute without a touch."""
        return self.desk.kept.of(self.flow.key)

    @property
    def done(self) -> Shown | None:
        """The signed request."""
        found = self.desk.kept.of(self.flow.done_key)
        return found if found is not None and found.values["case"] == self.case else None

    @property
    def sheet(self) -> bool:
        """Whether the sheet is on the screen."""
        return self.desk.kept.of(f"{self.flow.done_key}.sheet") is not None

    def show_sheet(self) -> None:
        """A minute, or as long as the card lies there: it shows the person's data."""
        card = next((card["card"] for card in self.desk.residents_cards), None)
        self.desk.kept.show(f"{self.flow.done_key}.sheet", {}, card)

    def hide_sheet(self) -> None:
        """Back to the rest."""
        self.desk.kept.drop(f"{self.flow.done_key}.sheet")

    def facts(self, answers: Mapping[str, Any]) -> Facts:
        """For notes and findings."""
        reading = self.reading
        return Facts(answers, reading.values if reading is not None else None, today())

    def shown_digest(self, answers: Mapping[str, Any]) -> str:
        """Ties a consent to the page that was looked at: SHA-256 over answers and reading, hex."""
        import rfc8785  # noqa: PLC0415  # with the first check

        reading = self.reading
        told = {"answers": dict(answers), "reading": None if reading is None else reading.values["receipt"]}
        return hashlib.sha256(rfc8785.dumps(told)).hexdigest()

    # --- who must agree --------------------------------------------------------------------------------------------

    @property
    def approval(self) -> dict[str, str]:
        """`number` and `card` of what waits for a second person; empty where nothing does."""
        return self._draft(f"{self.flow.key}.approval")

    def wait_for(self, number: str, card: str) -> None:
        """A second person must agree before this card is read."""
        self._keep(f"{self.flow.key}.approval", {"number": number, "card": card})

    def waits_no_more(self) -> None:
        """Used, refused or too old."""
        self.desk.drop_draft(f"{self.flow.key}.approval")

    # --- when the card comes back ----------------------------------------------------------------------------------

    @property
    def after_key(self) -> str:
        """Of what is kept of the second look."""
        return f"{self.flow.key}.after"

    @property
    def after(self) -> dict[str, str]:
        """Number and digest of the request that was carried out elsewhere, and the keys asked for; empty where there is none."""
        return self._draft(self.after_key)

    def expect_after(self, number: str, sha256: str, keys: list[str]) -> None:
        """The card will come back with these certificates. Nothing of a person."""
        self._keep(self.after_key, {"id": number, "sha256": sha256, "keys": " ".join(keys)})

    def forget(self) -> None:
        """The procedure is over, or begins anew."""
        for place in (self.flow.key, f"{self.flow.key}.approval", f"{self.flow.key}.after"):
            self.desk.drop_draft(place)
        self.desk.kept.drop(self.flow.key)
        self.desk.kept.drop(self.flow.done_key)
        self.desk.kept.drop(self.after_key)
        self.hide_sheet()

    def _draft(self, place: str) -> dict[str, str]:
        found = self.desk.draft(place)
        return found if self.begun and found.pop(_OF_CASE, None) == self.case else {}

    def _keep(self, place: str, fields: Mapping[str, str]) -> None:
        self.desk.keep_draft(place, {**fields, _OF_CASE: self.case})
