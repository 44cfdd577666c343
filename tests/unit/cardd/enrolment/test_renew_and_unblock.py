"""New keys for a badge that is in the register, and a new PIN by means of a PUK that nobody types."""

from pathlib import Path
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.piv.personalise import BadgeSecrets, make_badge
from applets_spec.piv.spec import FACTORY_MANAGEMENT_KEY, Algorithm
from applets_spec.testca.issue import Operator as Holder
from applets_spec.testca.issue import issue_badge
from cardd.errors import ApprovalRequired, PinCancelled, PinRejected
from cardd.model import KeyRole
from cardd.register import Operator, Register
from certs.ca.building import fingerprint
from tests.unit.cardd.enrolment.badge_house import FIRST, HOLDER, SECOND, WORDS, BadgeHouse, blank

NEW = b"271904"
VERIFY, GENERATE, PROOF = bytes.fromhex("0020008008"), bytes.fromhex("0047009A"), bytes.fromhex("0087119A")


@pytest.fixture
async def house(tmp_path: Path) -> BadgeHouse:
    """`tanaka` has a badge that was made here; it lies in the reader."""
    opened = BadgeHouse(tmp_path)
    await opened.enrol()
    opened.put_in(opened.badge)
    opened.person.prompts.clear()
    return opened


def elsewhere(house: BadgeHouse, **secrets: Any) -> Any:
    """A badge that another machine made for `kato`, who stands in the signed register."""
    issued = issue_badge(Holder("TESTER", "0001"), number=1)
    kato = Operator(
        id="kato",
        name="加藤",
        role="counter",
        guid=issued.guid.hex,
        certificates=(fingerprint(issued.slots[0x9A].certificate),),
    )
    house.in_force.put_register(Register(4, (FIRST, SECOND, kato)))
    return make_badge(Holder("TESTER", "0001"), issued, secrets=BadgeSecrets(**secrets))


FACTORY_KEY = {"management_algorithm": Algorithm.TDES, "management_key": FACTORY_MANAGEMENT_KEY}


# --- renewal ---------------------------------------------------------------------------------------------------------


async def test_a_renewed_badge_has_new_keys_and_the_same_number_and_pin(house: BadgeHouse) -> None:
    before = house.in_force.register.by_id("tanaka")
    assert before is not None
    house.clock.now += 30 * 86_400
    house.begin_session()
    made = (await house.renew()).result
    after = house.in_force.register.by_id("tanaka")
    assert after is not None
    assert (made.guid, after.guid) == (before.guid, before.guid)
    assert after.certificates == (made.certificates[KeyRole.AUTHENTICATION],)
    assert set(after.certificates).isdisjoint(before.certificates)
    assert (made.expires.year, made.expires.month) == (2030, 2)
    assert house.takes_pin(HOLDER)
    assert house.person.asked() == [("operator_ca", "enter"), ("badge", "enter")]


@pytest.mark.proves("S9")
async def test_the_old_certificate_counts_until_the_new_one_is_proven(house: BadgeHouse) -> None:
    before = house.in_force.register.by_id("tanaka")
    house.put_in(house.badge, Fault(Kind.DROP, at=2, match=PROOF))
    await house.fails(house.renew())
    assert house.in_force.register.by_id("tanaka") == before
    house.put_in(house.badge)
    await house.renew_again()
    assert house.in_force.register.by_id("tanaka") != before


async def test_a_wrong_pin_leaves_the_old_keys_where_they_are(house: BadgeHouse) -> None:
    with pytest.raises(PinRejected) as rejected:
        await house.renew(typed=(WORDS, b"999999"))
    assert (rejected.value.facts.tries_left, house.tries()) == (2, (2, 3))
    assert house.seen.count("0047") == 0
    assert (await house.renew_again()).result.operator == "tanaka"
    assert house.tries() == (3, 3)


@pytest.mark.proves("S9")
async def test_renewal_needs_a_second_person(house: BadgeHouse) -> None:
    with pytest.raises(ApprovalRequired):
        await house.renew_again()
    assert house.seen.sent == []


@pytest.mark.parametrize(
    ("operator", "code", "problem"),
    [("nobody", "operator.unknown", None), ("ito", "badge.taken", None)],
)
async def test_it_must_be_the_badge_of_who_is_named(
    house: BadgeHouse, operator: str, code: str, problem: str | None
) -> None:
    error = await house.fails(house.renew(operator))
    assert (error.code, error.facts.problem) == (code, problem)
    assert house.person.prompts == []


async def test_a_badge_from_the_factory_cannot_be_renewed(house: BadgeHouse) -> None:
    house.put_in(blank(2))
    error = await house.fails(house.renew())
    assert (error.code, error.facts.problem) == ("badge.unfit", "no_number")


async def test_a_blocked_badge_is_not_renewed(house: BadgeHouse) -> None:
    await house.service.block(house.call("badge.block"), "tanaka", "lost")
    error = await house.fails(house.renew())
    assert (error.code, error.facts.problem) == ("badge.unfit", "blocked")


async def test_a_badge_of_another_machine_with_the_factorys_key_is_renewed(house: BadgeHouse) -> None:
    house.put_in(elsewhere(house, pin=HOLDER.decode(), **FACTORY_KEY))
    made = (await house.renew("kato")).result
    assert made.management_key == "factory"
    kato = house.in_force.register.by_id("kato")
    assert kato is not None
    assert kato.certificates[0] == made.certificates[KeyRole.AUTHENTICATION]
    assert len(kato.certificates) == 2, "the signed register still names the old one"


# --- a new PIN -------------------------------------------------------------------------------------------------------


def lock(house: BadgeHouse) -> None:
    house.badge.references()["piv.pin"].tries = 0


@pytest.mark.proves("S9")
@pytest.mark.parametrize("locked", [True, False])
async def test_the_holder_types_a_new_pin_and_nobody_a_puk(house: BadgeHouse, locked: bool) -> None:
    if locked:
        lock(house)
    await house.unblock()
    assert house.takes_pin(NEW)
    assert house.tries() == (3, 3)
    assert house.person.asked() == [("badge", "new"), ("badge", "repeat")]
    assert house.journal.intents[-1].approver == "ito"


@pytest.mark.proves("S9")
async def test_a_new_pin_needs_a_second_person(house: BadgeHouse) -> None:
    with pytest.raises(ApprovalRequired):
        await house.service.unblock(house.call("badge.unblock_pin"), house.place(), "tanaka")
    assert house.seen.sent == []


async def test_whoever_does_not_type_changes_nothing(house: BadgeHouse) -> None:
    lock(house)
    assert (await house.fails(house.unblock(typed=(NEW, PinCancelled())))).code == "pin.cancelled"
    assert house.seen.count("002c") == 0


async def test_a_weak_pin_is_refused_before_the_puk_is_sent(house: BadgeHouse) -> None:
    lock(house)
    assert (await house.fails(house.unblock(typed=(b"111111", b"111111")))).facts.problem == "all_equal"
    assert house.seen.count("002c") == 0


async def test_a_blocked_puk_is_the_end_of_a_badge(house: BadgeHouse) -> None:
    lock(house)
    house.badge.references()["piv.puk"].tries = 0
    assert (await house.fails(house.unblock())).code == "badge.puk_blocked"


async def test_a_puk_that_was_changed_elsewhere_costs_one_try(house: BadgeHouse) -> None:
    house.badge.references()["piv.puk"].change(b"99887766")
    lock(house)
    error = await house.fails(house.unblock())
    assert (error.code, error.facts.tries_left) == ("badge.puk_rejected", 2)
    error = await house.fails(house.unblock())
    assert (error.code, error.facts.problem) == ("badge.unfit", "puk_refused_before")
    assert house.tries() == (0, 2)


async def test_the_puk_of_a_badge_of_another_machine_is_not_tried(house: BadgeHouse) -> None:
    house.put_in(elsewhere(house, **FACTORY_KEY))
    error = await house.fails(house.unblock("kato"))
    assert (error.code, error.facts.problem) == ("badge.unfit", "not_made_here")
    house.put_in(elsewhere(house))
    assert (await house.fails(house.unblock("kato"))).code == "badge.management_key"
    assert house.seen.count("002c") == 0
