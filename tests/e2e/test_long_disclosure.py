"""A list of uses that is longer than one answer: one approval, over the real gate, and bound to what was approved."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.fault_house import failing, nothing_left_by_the_module, nothing_left_running
from tests.e2e.people_house import Town, hire
from tests.fixtures.counter import ROOMY, open_counter
from tests.fixtures.pcscd import StandInBox

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
DISCLOSURE = {"purpose": "disclosure", "case": "R8-7001"}
SHORT_LINES = ROOMY + "response_line_bytes = 65536\n"
"""Some ninety uses in one answer."""
USES = 190


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    with open_counter(StandInBox, config=SHORT_LINES, prepare=hire) as counter:
        yield Town(counter)


def read(town: Town, times: int) -> list[int]:
    """So many uses of the resident's card; the numbers of their results."""
    asked = {"card": town.handle, "purpose": "identity_check", "case": "R8-0001", "items": ["name"]}
    pin = town.resident.holder.pins.card_info
    return [town.call("card.read", pin, **asked)["receipt"]["sequence"] for _ in range(times)]


def begun(town: Town) -> tuple[str, dict[str, Any]]:
    """The approval, and the first answer."""
    town.log_in("sato")
    ask = {"card": town.handle, **DISCLOSURE}
    number = str(failing("approval.required", lambda: town.call("audit.disclose", **ask)).data["approval"])
    town.badge("kato")
    town.give(number, "kato")
    town.log_in("sato")
    return number, town.call("audit.disclose", approval=number, **ask)


@pytest.mark.proves("A11", "S9")
def test_a_long_list_goes_on_under_its_approval_and_under_no_other_circumstances(town: Town) -> None:
    town.log_in("sato")
    made = read(town, USES)
    number, part = begun(town)
    first, parts = part, [part]
    failing("approval.invalid", lambda: town.call("audit.disclose", card=town.handle, approval=number, **DISCLOSURE))
    while not part["complete"]:
        part = town.call("audit.disclose", card=town.handle, goes_on=part["goes_on"], **DISCLOSURE)
        parts.append(part)
    assert len(parts) > 2
    told = [use["sequence"] for each in parts for use in each["uses"]]
    assert told == sorted(set(told), reverse=True)
    intents = {each["intent"] for each in town.outcomes("card.read") if each["seq"] in made}
    assert len(intents) == USES
    assert intents <= set(told)
    assert {each["known_since"] for each in parts} == {first["known_since"]}
    assert first["known_since"] is not None, "the card has a certificate"
    assert [each["sequence"] for each in first["kept"]] == [1]
    done = [each for each in town.outcomes("audit.disclose") if each["result"] == "done"]
    assert [(each["approval"], each["approver"]) for each in done] == [(number, "kato")] * len(parts)

    other = {**DISCLOSURE, "case": "R8-7002"}
    ask = {"card": town.handle, "goes_on": first["goes_on"]}
    error = failing("audit.unknown", lambda: town.call("audit.disclose", **ask, **other))
    assert error.data["problem"] == "disclosure"
    town.call("session.logout")
    failing("session.required", lambda: town.call("audit.disclose", **ask, **DISCLOSURE))
    town.log_in("sato")  # the same person, and yet another session
    error = failing("audit.unknown", lambda: town.call("audit.disclose", **ask, **DISCLOSURE))
    assert error.data["problem"] == "disclosure"
