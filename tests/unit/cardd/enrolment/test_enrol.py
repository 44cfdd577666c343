"""A badge from the factory becomes an operator's badge: what is done to it, who is asked, what it refuses."""

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.piv.personalise import BadgeSecrets, make_badge
from applets_spec.piv.spec import FACTORY_MANAGEMENT_KEY, Algorithm
from applets_spec.testca.issue import Operator as Holder
from applets_spec.testca.issue import issue_badge
from cardd.enrolment.new_pin import refuse_weak
from cardd.enrolment.order import NewOperator
from cardd.errors import ApprovalRequired, PinCancelled, PinFormat
from cardd.model import KeyRole, Operation, PinKind
from cardd.pin import Pin
from cardd.ports import PinPrompt
from cardd.register import Operator, Register
from certs.ca.building import fingerprint
from tests.unit.cardd.enrolment.badge_house import (
    FACTORY_PIN,
    FACTORY_PUK,
    FIRST,
    HOLDER,
    SECOND,
    TANAKA,
    WORDS,
    BadgeHouse,
    blank,
)

WRITES = ("0024", "002c", "0047", "00db", "10db", "00ff")
OTHERS_MANAGEMENT_KEY = bytes(range(0x60, 0x78))


@pytest.fixture
async def house(tmp_path: Path) -> BadgeHouse:
    return BadgeHouse(tmp_path)


def personal(pin: str = "246813", **secrets: Any) -> Any:
    """A badge that somebody made elsewhere."""
    own = BadgeSecrets(pin=pin, **secrets)
    return make_badge(Holder("TESTER", "0001"), issue_badge(Holder("TESTER", "0001"), number=1), secrets=own)


FACTORY_KEY = {"management_algorithm": Algorithm.TDES, "management_key": FACTORY_MANAGEMENT_KEY}


# --- what becomes of it ----------------------------------------------------------------------------------------------


@pytest.mark.proves("S9", "S12")
async def test_it_is_the_holders_and_the_offices_from_then_on(house: BadgeHouse) -> None:
    made = (await house.enrol()).result
    assert uuid.UUID(made.guid).version == 4
    assert house.takes_pin(HOLDER)
    assert not house.takes_pin(FACTORY_PIN)
    assert house.takes_puk(house.own_puk(made.guid))
    assert not house.takes_puk(FACTORY_PUK)
    (operator,) = [each for each in house.in_force.register.operators if each.id == "tanaka"]
    assert (operator.guid, operator.role, operator.name) == (made.guid, "counter", "田中 一郎")
    assert operator.certificates == (made.certificates[KeyRole.AUTHENTICATION],)
    assert (made.expires.year, made.resumed, made.management_key) == (2030, False, "factory")


@pytest.mark.parametrize("algorithm", [Algorithm.TDES, Algorithm.AES_192])
async def test_a_badge_that_can_gets_its_own_management_key(tmp_path: Path, algorithm: Algorithm) -> None:
    house = BadgeHouse(tmp_path, blank(own_key=True, management=algorithm))
    assert (await house.enrol()).result.management_key == "own"
    management = house.badge.to_state()["applets"]["piv"]["management"]
    assert management["algorithm"] == algorithm
    assert management["key"] != FACTORY_MANAGEMENT_KEY.hex()


async def test_a_badge_without_curves_gets_rsa_keys(house: BadgeHouse) -> None:
    refused = Fault(Kind.ANSWER, at=1, match=bytes.fromhex("0047009A05AC03800111"), sw=b"\x6a\x80")
    house.put_in(house.badge, refused)
    await house.enrol()
    assert house.seen.count("0087079a") == 2, "the request and the proof are signed with RSA"


@pytest.mark.proves("S9")
async def test_the_record_says_who_agreed_to_what(house: BadgeHouse) -> None:
    await house.enrol()
    intent = house.journal.intents[-1]
    assert (intent.operation, intent.operator, intent.approver, intent.subject) == (
        Operation.BADGE_ENROL, "suzuki", "ito", "tanaka",
    )  # fmt: skip
    approval = house.approvals.find(str(intent.approval))
    assert approval is not None
    assert approval.state == "used"
    assert {word: approval.content[word] for word in ("operator", "name", "role", "purpose", "case")} == {
        "operator": "tanaka", "name": "田中 一郎", "role": "counter", "purpose": "badge_care", "case": "R8-0100",
    }  # fmt: skip
    assert house.journal.outcomes[-1].result == "done"


@pytest.mark.proves("S9")
async def test_without_a_second_person_no_command_reaches_the_badge(house: BadgeHouse) -> None:
    with pytest.raises(ApprovalRequired):
        await house.again()
    assert (house.seen.sent, house.person.prompts, house.badges.all_progress()) == ([], [], ())


async def test_people_are_asked_while_nobody_holds_the_card(house: BadgeHouse) -> None:
    held: list[bool] = []
    house.person.meanwhile = lambda: held.append(house.entry.leased)
    await house.enrol()
    assert house.person.asked() == [("operator_ca", "enter"), ("badge", "new"), ("badge", "repeat")]
    assert house.person.prompts[1].about == {"operator": "tanaka", "name": "田中 一郎"}
    assert held == [False] * 3


async def test_everything_typed_is_wiped(house: BadgeHouse) -> None:
    await house.enrol()
    assert [len(pin) for pin in house.person.given] == [0, 0, 0]


async def test_it_is_let_in_without_being_taken_out(house: BadgeHouse) -> None:
    made = (await house.enrol()).result
    assert house.entry.identity is not None
    assert bytes.fromhex(made.guid) in house.entry.identity


# --- whom it refuses, before anybody is troubled ---------------------------------------------------------------------


@pytest.mark.proves("S12")
@pytest.mark.parametrize(
    ("who", "code", "problem"),
    [
        (replace(TANAKA, id="ito"), "operator.exists", "has_badge"),
        (replace(TANAKA, person="ito"), "operator.exists", "person"),
        (replace(TANAKA, person="nobody"), "operator.unknown", None),
        (replace(TANAKA, role="wizard"), "request.bad", "role_unknown"),
        (replace(TANAKA, name=" 田中"), "request.bad", "name"),
    ],
)
async def test_who_may_not_get_one(house: BadgeHouse, who: NewOperator, code: str, problem: str | None) -> None:
    error = await house.fails(house.enrol(who))
    assert (error.code, error.facts.problem) == (code, problem)
    assert (house.seen.sent, house.person.prompts) == ([], [])
    assert house.approvals.open() == (), "nobody is asked to agree to what cannot be"


@pytest.mark.proves("S12")
@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"status": "blocked"}, "not_active"),
        ({"role": "auditor"}, "other_role"),
        ({"id": "other", "unix_user": "tanaka"}, "unix_user"),
    ],
)
async def test_the_signed_register_has_the_last_word(house: BadgeHouse, entry: dict[str, Any], problem: str) -> None:
    known = Operator(**{"id": "tanaka", "name": "田中 一郎", "role": "counter", **entry})
    house.in_force.put_register(Register(4, (FIRST, SECOND, known)))
    error = await house.fails(house.enrol(replace(TANAKA, unix_user="tanaka")))
    assert (error.code, error.facts.problem) == ("operator.exists", problem)


async def test_a_day_badge_gets_the_account_of_its_person(house: BadgeHouse) -> None:
    known = Operator(id="tanaka", name="田中 一郎", role="counter", unix_user="tanaka")
    house.in_force.put_register(Register(4, (FIRST, SECOND, known)))
    await house.enrol(replace(TANAKA, id="day-1", person="tanaka", unix_user="tanaka"))
    accounts = {each.id: each.unix_user for each in house.in_force.register.operators}
    assert accounts["day-1"] == accounts["tanaka"] == "tanaka"


async def test_somebody_in_the_register_without_a_badge_gets_one(house: BadgeHouse) -> None:
    known = Operator(id="tanaka", name="田中 一郎", role="counter")
    house.in_force.put_register(Register(4, (FIRST, SECOND, known)))
    made = (await house.enrol()).result
    (operator,) = [each for each in house.in_force.register.operators if each.id == "tanaka"]
    assert operator.guid == made.guid


@pytest.mark.proves("S12")
async def test_a_badge_in_the_register_is_taken(house: BadgeHouse) -> None:
    card = personal("123456", **FACTORY_KEY)
    mark = fingerprint(issue_badge(Holder("TESTER", "0001"), number=1).slots[0x9A].certificate)
    holder = Operator(id="kato", name="加藤", role="counter", certificates=(mark,))
    house.in_force.put_register(Register(4, (FIRST, SECOND, holder)))
    house.put_in(card)
    assert (await house.fails(house.enrol())).code == "badge.taken"
    assert (house.person.prompts, house.seen.count("00db")) == ([], 0)


async def test_a_badge_half_made_for_somebody_else_is_taken(house: BadgeHouse) -> None:
    house.put_in(house.badge, Fault(Kind.DROP, at=1, match=bytes.fromhex("0047009A")))
    await house.fails(house.enrol())
    house.put_in(house.badge)
    error = await house.fails(house.enrol(replace(TANAKA, id="kato", name="加藤")))
    assert (error.code, error.facts.problem) == ("badge.taken", "enrolment_open")


@pytest.mark.parametrize(
    ("secrets", "code", "problem"),
    [
        ({"management_key": OTHERS_MANAGEMENT_KEY, "management_algorithm": Algorithm.TDES}, "badge.management_key", "refused"),
        ({}, "badge.management_key", "refused"),
        ({**FACTORY_KEY, "pin": "123456", "pin_tries": 2}, "badge.unfit", "pin_not_factory"),
    ],
)  # fmt: skip
async def test_what_is_not_as_the_factory_made_it_costs_no_try(
    house: BadgeHouse, secrets: dict[str, Any], code: str, problem: str
) -> None:
    house.put_in(personal(**secrets))
    error = await house.fails(house.enrol())
    assert (error.code, error.facts.problem) == (code, problem)
    assert house.person.prompts == []
    assert not {head for head in house.seen.sent if head[:4] in WRITES}


async def test_another_pin_costs_one_try_and_never_a_second(house: BadgeHouse) -> None:
    house.put_in(personal("246813", puk="12345678", **FACTORY_KEY))
    for _ in range(3):
        error = await house.fails(house.again() if house.badges.all_progress() else house.enrol())
        assert (error.code, error.facts.problem) == ("badge.unfit", "pin_not_factory")
        assert house.tries() == (2, 3)
        house.put_in(house.badge)


async def test_another_puk_costs_one_try_and_never_a_second(house: BadgeHouse) -> None:
    house.put_in(personal("123456", puk="87654321", **FACTORY_KEY))
    for _ in range(3):
        error = await house.fails(house.again() if house.badges.all_progress() else house.enrol())
        assert (error.code, error.facts.problem) == ("badge.unfit", "puk_not_factory")
        assert house.tries() == (3, 2)
        house.put_in(house.badge)


async def test_a_blocked_puk_is_named(house: BadgeHouse) -> None:
    card = personal("123456", puk="12345678", **FACTORY_KEY)
    card.references()["piv.puk"].tries = 0
    house.put_in(card)
    assert (await house.fails(house.enrol())).code == "badge.puk_blocked"


async def test_one_operator_gets_one_badge_at_a_time(house: BadgeHouse) -> None:
    errors: list[str | None] = []

    async def second(_prompt: object) -> None:
        errors.append(
            (await house.fails(house.service.enrol(house.call("badge.enrol"), house.place(), TANAKA))).facts.problem
        )

    house.person.before_typing = second
    await house.enrol()
    assert errors == ["in_work"] * 3


async def test_an_operator_who_is_blocked_meanwhile_gets_none(house: BadgeHouse) -> None:
    async def report(prompt: PinPrompt) -> None:
        if prompt.step == "repeat":
            await house.service.block(house.call("badge.block"), "tanaka", "other")

    house.person.before_typing = report
    assert (await house.fails(house.enrol())).facts.problem == "given_up"
    assert house.badges.operators() == ()


# --- people who stumble ----------------------------------------------------------------------------------------------


@pytest.mark.proves("S9")
@pytest.mark.parametrize(
    ("typed", "code", "problem"),
    [
        ((b"no such passphrase",), "badge.authority", "passphrase"),
        ((PinCancelled(),), "pin.cancelled", None),
        ((WORDS, PinCancelled()), "pin.cancelled", None),
        ((WORDS, HOLDER, b"805174"), "pin.format", "repeat_differs"),
        ((WORDS, b"123456", b"123456"), "pin.format", "factory_pin"),
        ((WORDS, b"777777", b"777777"), "pin.format", "all_equal"),
        ((WORDS, b"345678", b"345678"), "pin.format", "run"),
    ],
)  # fmt: skip
async def test_nothing_is_written_and_no_second_approval_is_needed(
    house: BadgeHouse, typed: tuple[Any, ...], code: str, problem: str | None
) -> None:
    error = await house.fails(house.enrol(typed=typed))
    assert (error.code, error.facts.problem) == (code, problem)
    assert not {head for head in house.seen.sent if head[:4] in WRITES}
    assert house.tries() == (3, 3)
    assert [len(pin) for pin in house.person.given] == [0] * len(house.person.given), "everything typed is wiped"
    assert (await house.again()).result.operator == "tanaka"


@pytest.mark.parametrize("pin", [b"123456", b"12345678", b"000000", b"98765432", b"789012", b"210987"])
def test_pins_that_are_guessed_first(pin: bytes) -> None:
    with Pin(bytearray(pin)) as weak, pytest.raises(PinFormat) as refused:
        refuse_weak(weak)
    assert refused.value.facts.which is PinKind.BADGE


@pytest.mark.parametrize("pin", [b"805173", b"112233", b"13579246", b"123457", b"100000"])
def test_pins_that_will_do(pin: bytes) -> None:
    with Pin(bytearray(pin)) as good:
        refuse_weak(good)


# --- going on --------------------------------------------------------------------------------------------------------

AT_THE_KEYS = Fault(Kind.DROP, at=1, match=bytes.fromhex("0047009A"))
AT_PROOF = Fault(Kind.DROP, at=2, match=bytes.fromhex("0087119A"))
"""9A signs first its request, then the proof."""


async def test_issued_certificates_are_used_and_the_ca_is_not_asked_again(house: BadgeHouse) -> None:
    house.put_in(house.badge, AT_PROOF)
    await house.fails(house.enrol())
    issued = house.live()
    house.put_in(house.badge)
    house.person.prompts.clear()
    made = (await house.again()).result
    assert list(made.certificates.values())[:1] == issued
    assert (made.resumed, house.ca.opened) == (True, 1)
    assert house.person.asked() == [("badge", "new"), ("badge", "repeat")]


@pytest.mark.proves("S9")
async def test_only_the_same_order_by_the_same_person_goes_on_without_a_second_approval(house: BadgeHouse) -> None:
    house.put_in(house.badge, AT_THE_KEYS)
    await house.fails(house.enrol())
    house.put_in(house.badge)
    for who in (replace(TANAKA, role="supervisor"), replace(TANAKA, name="田中 次郎")):
        with pytest.raises(ApprovalRequired):
            await house.again(who)
    house.begin_session(SECOND)
    with pytest.raises(ApprovalRequired):
        await house.again()


async def test_a_corrected_order_takes_the_same_badge_over(house: BadgeHouse) -> None:
    house.put_in(house.badge, AT_PROOF)
    await house.fails(house.enrol())
    (wrong,) = house.live()
    house.put_in(house.badge)
    made = (await house.enrol(replace(TANAKA, name="田中 次郎"))).result
    assert house.live() == [made.certificates[KeyRole.AUTHENTICATION]]
    assert wrong in house.badges.blocked(), "the certificate with the wrong name counts nowhere"
    assert house.takes_pin(HOLDER)


async def test_the_badge_that_was_begun_must_be_finished_or_given_up(house: BadgeHouse) -> None:
    begun = house.badge
    house.put_in(begun, AT_THE_KEYS)
    await house.fails(house.enrol())
    house.put_in(blank(2))
    error = await house.fails(house.again())
    assert (error.code, error.facts.problem) == ("badge.unfit", "other_badge")
    await house.service.block(house.call("badge.block"), "tanaka", "other")
    assert (await house.enrol()).result.resumed is False
    house.put_in(begun)
    assert (await house.fails(house.enrol(replace(TANAKA, id="kato", name="加藤")))).code == "badge.taken"


async def test_a_blank_badge_is_exchanged_for_another_before_anything_was_written(house: BadgeHouse) -> None:
    await house.fails(house.enrol(typed=(PinCancelled(),)))
    house.put_in(blank(2))
    assert (await house.again()).result.operator == "tanaka"


async def test_a_badge_given_up_for_a_day_is_one_of_ours_by_its_management_key(tmp_path: Path) -> None:
    house = BadgeHouse(tmp_path, blank(own_key=True))
    house.put_in(house.badge, AT_PROOF)
    await house.fails(house.enrol())
    number = house.badges.all_progress()[0].guid
    house.clock.now += 25 * 3600
    house.begin_session()
    house.put_in(house.badge)
    made = (await house.enrol()).result
    assert made.guid == number
    assert house.takes_pin(HOLDER)
    assert house.tries() == (3, 3)


async def test_a_key_that_is_not_the_certified_one_is_made_anew(house: BadgeHouse) -> None:
    house.put_in(house.badge, AT_PROOF)
    await house.fails(house.enrol())
    (given_up,) = house.live()
    state = house.badge.to_state()
    state["applets"]["piv"]["keys"]["9A"] = state["applets"]["piv"]["keys"]["9C"]
    house.put_in(type(house.badge).from_state(state))
    assert (await house.fails(house.again())).code == "sign.mismatch"
    assert house.badges.operators() == ()
    house.put_in(house.badge)
    made = (await house.again()).result
    assert house.live() == [made.certificates[KeyRole.AUTHENTICATION]]
    assert given_up in house.badges.blocked()
