"""`audit.watch_list`, `case.close` and `audit.disclose` behind the gate: on record before anything changes, and silent about the lists."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from cardd.audit.entries import entries
from cardd.audit.records import IntentRecord, OutcomeRecord, Result, StateRecord
from cardd.auditing.cases import Cases
from cardd.auditing.desk import Desk
from cardd.auditing.disclosure import Disclosure, Order
from cardd.auditing.watch_list import Put, WatchLists
from cardd.errors import ApprovalRequired, AuditUnavailable, CardUnsupported
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.model import CardHandle, CardKind, Operation
from cardd.watching.lists import WatchList
from tests.unit.cardd.auditing.asked import CALL, Asked, AskedGate, asked
from tests.unit.cardd.history.logs import CARDS

THIS_YEAR = 2026
MINE, OTHER = CARDS[0], CARDS[1]
NAMES = {THIS_YEAR: MINE, THIS_YEAR + 1: "f" * 32}


class CardGate(AskedGate):
    """With a card in the reader. `identity` None: one that cannot be told from others. `second_person`: the policy wants one."""

    identity: bytes | None = b"0"
    second_person = False
    performed: Request | None = None

    def names_by_year(self, *_: object) -> dict[int, str]:
        return dict(NAMES)

    def card_names(self, *_: object) -> tuple[str, ...]:
        return (MINE,)

    async def perform(self, request: Request, plan: Callable[[Any], Any]) -> Performed[Any]:
        self.performed = request
        if self.second_person and request.approval is None:
            raise ApprovalRequired(approval="a-1")
        facts = {"operation": request.operation, "operator": self.who.id, "card": MINE, "case": request.case}
        opened = self.journal.intent(IntentRecord(event=f"audit.{request.operation}", **facts))
        try:
            return Performed(await plan(Door(self.identity)), opened)
        finally:
            self.journal.outcome(opened, OutcomeRecord(result=Result.DONE))


class Door:
    """To a card that says who it is and nothing else."""

    kind = CardKind.MY_NUMBER
    card_type = SimpleNamespace(identities=None)

    def __init__(self, identity: bytes | None) -> None:
        self.identity = identity

    async def run(self, _: object) -> None:
        return None


class House:
    def __init__(self, opened: Asked, path: Path) -> None:
        self.asked, self.path = opened, path
        self.gate = CardGate(opened.journal, opened.gate.who)
        self.list = WatchList(path)
        self.known: dict[str, WatchList] = {"protected": self.list}
        self.lists = WatchLists(cast(Gate, self.gate), self.known.get)

    async def put(self, act: Any = "add", **more: Any) -> bool:
        wanted = Put(CardHandle("c-1"), "protected", act, "watch_list", "R8-7", **more)
        return (await self.lists.put(CALL, wanted)).changed

    def records(self) -> list[dict[str, Any]]:
        return [entry.content for entry, _ in entries(self.path.parent / "log")]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with asked(tmp_path) as opened:
        yield House(opened, tmp_path / "list.json")


@pytest.mark.proves("W9")
async def test_a_card_goes_on_a_list_and_off_it_and_each_act_is_on_record(house: House) -> None:
    assert await house.put()
    assert not await house.put(), "it stands there"
    assert set(NAMES.values()) == {name for name in NAMES.values() if name in WatchList(house.path)}
    assert await house.put("remove")
    assert not await house.put("remove")
    assert MINE not in WatchList(house.path)
    told = [each for each in house.records() if each["phase"] == 3 and each.get("operation") == "watch_list"]
    assert [(each["problem"], each["reason"], each["card"], each["operator"]) for each in told] == [
        (act, "protected", MINE, "ueda") for act in ("add", "add", "remove", "remove")
    ]


@pytest.mark.proves("S9", "W9")
async def test_the_second_person_is_asked_for_exactly_this_list_and_this_act(house: House) -> None:
    house.gate.second_person = True
    with pytest.raises(ApprovalRequired):
        await house.put()
    assert MINE not in house.list
    assert house.gate.performed is not None
    assert house.gate.performed.content == (("list", "protected"), ("act", "add"))
    assert await house.put(approval="a-1")
    with pytest.raises(ApprovalRequired):
        await house.put("remove")
    assert house.gate.performed.content == (("list", "protected"), ("act", "remove"))
    assert MINE in house.list


@pytest.mark.proves("A1")
async def test_a_list_changes_behind_its_record_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.gate.full = True
    with pytest.raises(AuditUnavailable):
        await house.put()
    assert MINE not in WatchList(house.path)
    house.gate.full = False

    def full(_: object) -> bool:
        raise OSError(28, "full")

    monkeypatch.setattr(house.list, "add", full)
    with pytest.raises(AuditUnavailable, match="watch_list_not_written"):
        await house.put()


async def test_a_list_that_cannot_be_read_and_a_card_that_nobody_can_know_again(house: House) -> None:
    house.gate.identity = None
    with pytest.raises(CardUnsupported):
        await house.put()
    house.known.clear()
    with pytest.raises(AuditUnavailable, match="watch_list_broken"):
        await house.put()
    assert house.gate.performed is not None, "the list is asked for before the card"


@pytest.mark.proves("A11", "W9")
async def test_a_disclosure_says_nothing_of_the_lists(house: House) -> None:
    """Whoever holds the card of a protected person may be the one from whom that person is protected."""
    journal = house.asked.journal
    facts = {"operator": "hanako", "card": MINE, "card_kind": CardKind.MY_NUMBER}
    read = journal.intent(IntentRecord(event="card.read", operation=Operation.READ, **facts))
    journal.outcome(read, OutcomeRecord(result=Result.DONE))
    await house.put()
    journal.state(StateRecord(event="watch.alarm", watch="w9", evidence=(read.sequence,), **facts))
    refused = journal.state(
        StateRecord(event="audit.watch_list", operation=Operation.WATCH_LIST, code="policy.denied", **facts)
    )
    plain = journal.state(StateRecord(event="card.removed_soon", **facts))
    journal.intent(IntentRecord(event="card.read", operation=Operation.READ, **facts | {"card": OTHER}))
    disclosure = Disclosure(cast(Gate, house.gate), Desk(house.asked.book), house.asked.clock, 1024 * 1024)
    told = (await disclosure.disclose(CALL, Order(CardHandle("c-1"), "disclosure", "R8-9"))).result
    found = [use.entry.sequence for use in told.uses]
    assert found[-2:] == [plain.sequence, read.sequence]
    assert [use.entry.event for use in told.uses[:-2]] == ["audit.disclose"], "this very question"
    assert refused.sequence not in found
    assert told.complete


async def test_a_closed_case_is_on_record_with_its_number_and_no_card(house: House) -> None:
    await Cases(cast(Gate, house.gate)).close(CALL, "R8-1")
    newest = house.records()[-1]
    assert (newest["case"], newest["operator"]) == ("R8-1", "ueda")
    assert "card" not in newest
