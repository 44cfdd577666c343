"""What a reading asks for, in how many visits, and what it hands out."""

from datetime import datetime

import pytest

from cardd.cards.card_type import Application, TriesLeft
from cardd.errors import BadRequest, CardChanged, CardItemAbsent, CardWrongKind, PinRejected, PolicyDenied
from cardd.model import CardKind, Item, KeyRole, PinKind, PinOutcome
from cardd.reading.service import ReadingService
from cardd.reading.target import Target
from tests.unit.cardd.gate.gate_house import ELSEWHERE, RIGHT, GateHouse

CASE = "R8-1"


class Reading:
    def __init__(self) -> None:
        self.house = GateHouse()
        self.card, self.person = self.house.card, self.house.person
        self.service = ReadingService(self.house.gate, self.house.clock)

    def target(self, purpose: str = "identity_check") -> Target:
        return Target(self.house.entry.ref.handle, purpose, CASE)


@pytest.fixture
async def reading() -> Reading:
    return Reading()


async def test_items_of_one_application_come_with_one_pin(reading: Reading) -> None:
    performed = await reading.service.read(
        reading.house.call(), reading.target(), [Item.NAME, Item.AGE_OVER, Item.NAME], age=20
    )
    assert list(performed.result.values) == [Item.NAME, Item.AGE_OVER], "each once, in the order asked for"
    assert performed.result.pins_used == (PinKind.CARD_INFO,)
    assert reading.card.count("verify") == 1
    assert "name" not in repr(performed.result)


@pytest.mark.parametrize(("day", "reached"), [("2020-01-01", False), ("2020-01-02", True)])
async def test_of_an_age_only_yes_or_no_is_handed_out_by_the_office_s_calendar(
    reading: Reading, day: str, reached: bool
) -> None:
    """Born on 2000-01-02; the day begins in Japan nine hours before it does in UTC."""
    reading.house.clock.now = datetime.fromisoformat(f"{day}T00:00:01+09:00").timestamp()
    reading.house.log_in()
    performed = await reading.service.read(reading.house.call(), reading.target(), [Item.AGE_OVER], age=20)
    value = performed.result.values[Item.AGE_OVER]
    assert (value.value, value.source) == (reached, b"")


@pytest.mark.parametrize(("items", "age"), [([Item.AGE_OVER], None), ([Item.NAME], 20)])
async def test_an_age_is_named_exactly_when_it_is_asked_for(
    reading: Reading, items: list[Item], age: int | None
) -> None:
    with pytest.raises(BadRequest):
        await reading.service.read(reading.house.call(), reading.target(), items, age=age)
    assert reading.card.did == []


@pytest.mark.proves("P4", "S7")
async def test_when_the_second_pin_fails_nothing_of_the_first_is_given(reading: Reading) -> None:
    reading.person.pins = [RIGHT, RIGHT]
    reading.card.after["items"] = lambda: reading.card.fails.update(
        verify=PinRejected(tries_left=2, pin=PinOutcome.SPENT)
    )
    with pytest.raises(PinRejected):
        await reading.service.read(reading.house.call(), reading.target(), [Item.NAME, Item.PHOTO])
    outcome = reading.house.journal.outcomes[-1]
    assert (outcome.items, outcome.pin) == (None, PinKind.VERIFICATION_B)


@pytest.mark.proves("S7")
async def test_the_number_as_a_pin_is_a_use_of_the_number(reading: Reading) -> None:
    """照合番号A is the 個人番号: who may not read it may not type it either."""
    with pytest.raises(PolicyDenied):
        await reading.service.read(reading.house.call(), reading.target(), [Item.NAME], pin=PinKind.VERIFICATION_A)
    assert reading.card.did == []


async def test_a_certificate_is_read_once_in_an_insertion_and_the_card_is_known_again(reading: Reading) -> None:
    target = reading.target("certificate_issue")
    for _ in range(2):
        read = await reading.service.certificate(reading.house.call("card.certificate"), target, KeyRole.AUTHENTICATION)
        assert read.result.der == b"certificate"
    assert reading.card.count("certificate") == 1
    assert reading.card.count("select") == 2
    reading.card.look = ELSEWHERE
    with pytest.raises(CardChanged):
        await reading.service.certificate(reading.house.call("card.certificate"), target, KeyRole.AUTHENTICATION)


async def test_a_certificate_behind_a_pin_is_never_kept(reading: Reading) -> None:
    reading.person.pins = [b"ABC123"] * 2
    for _ in range(2):
        await reading.service.certificate(
            reading.house.call("card.certificate"), reading.target("certificate_issue"), KeyRole.SIGNATURE
        )
    assert reading.card.count("certificate") == 2
    assert reading.house.entry.memory.certificates == {}


@pytest.mark.proves("P2")
async def test_pin_states_are_asked_in_one_visit_and_remembered(reading: Reading) -> None:
    performed = await reading.service.pin_status(
        reading.house.call("card.pin_status"), reading.target(), [PinKind.AUTHENTICATION, PinKind.CARD_INFO]
    )
    assert [(status.which, status.left) for status in performed.result] == [
        (PinKind.AUTHENTICATION, TriesLeft(3)),
        (PinKind.CARD_INFO, TriesLeft(3)),
    ]
    assert reading.card.count("verify") == 0
    memory = reading.house.entry.memory
    assert memory.tries == {PinKind.AUTHENTICATION: 3, PinKind.CARD_INFO: 3}
    assert Application.CARD_INFO in memory.identities
    reading.card.did.clear()
    await reading.service.read(reading.house.call(), reading.target(), [Item.NAME])
    assert reading.card.did == ["select", "tries", "verify", "items", "reread", "clear"]


async def test_a_pin_that_this_card_does_not_have_is_absent(reading: Reading) -> None:
    reading.card.fails["tries"] = CardItemAbsent()
    performed = await reading.service.pin_status(
        reading.house.call("card.pin_status"), reading.target(), [PinKind.SIGNATURE]
    )
    assert performed.result[0].left is None
    with pytest.raises(CardItemAbsent):
        await reading.service.pin_status(
            reading.house.call("card.pin_status"), reading.target(), [PinKind.RESIDENT_REGISTER]
        )


async def test_by_default_the_pins_that_people_know_are_told(reading: Reading) -> None:
    performed = await reading.service.pin_status(reading.house.call("card.pin_status"), reading.target())
    assert PinKind.VERIFICATION_B not in [status.which for status in performed.result]


@pytest.mark.proves("P1")
async def test_a_pin_that_cannot_be_changed_is_refused_before_anybody_types(reading: Reading) -> None:
    call, target = reading.house.call("card.change_pin"), reading.target("certificate_issue")
    with pytest.raises(CardWrongKind) as refused:
        await reading.service.change_pin(call, target, PinKind.SIGNATURE)
    assert refused.value.facts.problem == "not_changeable"
    assert (reading.person.prompts, reading.card.did) == ([], [])


async def test_a_change_asks_for_the_old_pin_and_twice_for_the_new_one(reading: Reading) -> None:
    reading.person.pins = [RIGHT, b"4321", b"4321"]
    await reading.service.change_pin(
        reading.house.call("card.change_pin"), reading.target("certificate_issue"), PinKind.CARD_INFO
    )
    assert [prompt.step for prompt in reading.person.prompts] == ["enter", "new", "repeat"]
    assert [word for word in reading.card.did if word in ("verify", "change")] == ["verify", "change"]


async def test_token_information_needs_no_pin(reading: Reading) -> None:
    performed = await reading.service.token_info(reading.house.call("card.token_info"), reading.target())
    assert performed.result[0] is CardKind.MY_NUMBER
    assert reading.card.did == ["select", "token info", "reread", "clear"]
