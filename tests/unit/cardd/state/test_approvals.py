"""Two people for one act: bound to its content, once, for five minutes."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from cardd.errors import ApprovalInvalid, AuditUnavailable, TooManyRequests
from cardd.model import Operation
from cardd.register import Operator
from cardd.state.approvals import KEPT_S, MOST_OF_ONE, MOST_OPEN, Approval, Approvals, content_hash
from tests.unit.cardd.state.house import (
    BOOT,
    NOON_US,
    OTHER_BOOT,
    TurnedClock,
    as_if_killed,
    disk_that_takes_nothing,
    open_state,
)

GUID, FINGERPRINT = "a" * 32, "b" * 64
SATO = Operator(id="sato", name="佐藤", role="lead", guid=GUID, certificates=(FINGERPRINT,))
SUZUKI = Operator(id="suzuki", name="鈴木", role="lead")
TANAKA = Operator(id="tanaka", name="田中", role="lead")
ENROL, METHOD, SEAT = Operation.BADGE_ENROL, "badge.enrol", "counter"
CONTENT = {"operator": "mori", "role": "counter", "name": "森"}


class World:
    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, TurnedClock()
        self.events: list[tuple[str, str, dict[str, str | int | None]]] = []
        self.open()

    def open(self, boot_id: str = BOOT) -> None:
        self.store = open_state(self.folder, self.clock, boot_id=boot_id)
        self.approvals = Approvals(self.store, self.publish)

    def restart(self) -> None:
        """The daemon, killed."""
        as_if_killed(self.store)
        self.open()

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        self.events.append((topic, change, dict(facts)))

    def ask(self, requester: Operator = SATO, content: Mapping[str, str] = CONTENT) -> Approval:
        return self.approvals.ask(requester, ENROL, METHOD, content, SEAT)

    def give(self, asked: Approval, approver: Operator = SUZUKI) -> Approval:
        return self.approvals.give(asked.id, approver, asked.content_hash, b"proof")

    def use(
        self,
        asked: Approval,
        requester: Operator = SATO,
        content: Mapping[str, str] = CONTENT,
        operation: Operation = ENROL,
    ) -> Approval:
        return self.approvals.use(asked.id, requester, operation, content)

    def refuse(self, asked: Approval) -> Approval:
        return self.approvals.refuse(asked.id, SUZUKI)

    def state(self, asked: Approval) -> str:
        found = self.approvals.find(asked.id)
        assert found is not None
        return found.state

    def refused(self, asked: Approval, word: str, **changed: object) -> str | None:
        """Why `word` (give, use, refuse) is refused."""
        with pytest.raises(ApprovalInvalid) as caught:
            getattr(self, word)(asked, **changed)
        assert caught.value.facts.approval == asked.id
        return caught.value.facts.problem


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.proves("S9")
def test_asked_given_used(world: World) -> None:
    asked = world.ask()
    assert (asked.state, asked.requester, asked.requester_person, asked.seat) == ("asked", "sato", "sato", SEAT)
    assert (asked.asked_us, asked.expires_us) == (NOON_US, NOON_US + 300_000_000)
    assert asked.content == CONTENT
    assert world.approvals.find(asked.id) == asked
    world.clock.pass_s(100.0)
    given = world.give(asked)
    assert (given.state, given.approver, given.approver_person) == ("given", "suzuki", "suzuki")
    assert given.expires_us == NOON_US + 400_000_000
    assert world.approvals.open() == (given,)
    used = world.use(asked)
    assert used.state == "used"
    assert world.approvals.open() == ()
    facts = {"approval": asked.id, "operation": "badge_enrol", "seat": SEAT, "requester": "sato"}
    assert world.events == [("approval", change, facts) for change in ("asked", "given", "used")]


def test_the_id_is_a_hyphen_and_16_hex_digits_and_no_other_comes_twice(world: World) -> None:
    ids = {world.ask(content={"n": str(number)}).id for number in range(MOST_OF_ONE)}
    assert len(ids) == MOST_OF_ONE
    assert all(each[:2] == "a-" and len(bytes.fromhex(each[2:])) == 8 for each in ids)


def test_the_hash_is_of_the_rfc_8785_form() -> None:
    assert content_hash({"b": "2", "a": "森"}) == hashlib.sha256('{"a":"森","b":"2"}'.encode()).hexdigest()


def test_nothing_approved_is_told_in_a_repr(world: World) -> None:
    assert "森" not in repr(world.ask())


@pytest.mark.proves("S9", "fault 97")
def test_used_twice_is_refused(world: World) -> None:
    asked = world.ask()
    world.give(asked)
    world.use(asked)
    assert world.refused(asked, "use") == "used"
    assert world.refused(asked, "give") == "used"
    assert world.refused(asked, "refuse") == "used"
    world.restart()
    assert world.refused(asked, "use") == "used"
    world.store.close()
    world.open(OTHER_BOOT)
    assert world.state(asked) == "used"


@pytest.mark.proves("S9", "fault 97")
def test_it_must_be_given_within_five_minutes(world: World) -> None:
    asked = world.ask()
    world.clock.pass_s(299.9)
    assert world.approvals.open() == (asked,)
    world.clock.pass_s(0.1)
    assert world.approvals.open() == ()
    assert world.state(asked) == "expired"
    assert world.refused(asked, "give") == "expired"
    assert world.refused(asked, "refuse") == "expired"
    assert world.refused(asked, "use") == "expired"


@pytest.mark.proves("S9", "fault 97")
def test_it_must_be_used_within_five_minutes_of_being_given(world: World) -> None:
    asked = world.ask()
    world.clock.pass_s(299.0)
    world.give(asked)
    world.clock.pass_s(299.0)
    assert world.state(asked) == "given"
    world.give(asked)  # again: that prolongs nothing
    world.clock.pass_s(1.0)
    assert world.refused(asked, "use") == "expired"
    assert world.refused(asked, "give") == "expired"


@pytest.mark.proves("S9", "fault 97")
@pytest.mark.parametrize(
    "content",
    [
        CONTENT | {"role": "countes"},
        CONTENT | {"role": "counter "},
        CONTENT | {"more": ""},
        {"operator": "mori", "role": "counter"},
        CONTENT | {"name": "森\u3099"},
        {},
    ],
    ids=["one character", "a space", "one more", "one less", "a mark", "nothing"],
)
def test_other_content_is_refused_and_uses_nothing_up(world: World, content: dict[str, str]) -> None:
    asked = world.ask()
    world.give(asked)
    assert world.refused(asked, "use", content=content) == "other_content"
    assert world.use(asked).state == "used"


@pytest.mark.proves("S9", "fault 97")
def test_who_was_shown_other_content_has_not_agreed(world: World) -> None:
    asked = world.ask()
    with pytest.raises(ApprovalInvalid, match="other_content"):
        world.approvals.give(asked.id, SUZUKI, content_hash(CONTENT | {"role": "lead"}), b"proof")
    assert world.state(asked) == "asked"


@pytest.mark.proves("S9", "fault 97")
def test_for_another_operation_or_requester_it_does_not_count(world: World) -> None:
    asked = world.ask()
    assert world.refused(asked, "use") == "not_given"
    world.give(asked)
    assert world.refused(asked, "use", operation=Operation.BADGE_RENEW) == "other_operation"
    assert world.refused(asked, "use", requester=TANAKA) == "other_requester"
    assert world.refused(asked, "use", requester=SUZUKI) == "other_requester"
    assert world.use(asked).state == "used"


@pytest.mark.proves("S9", "fault 96")
@pytest.mark.parametrize(
    "approver",
    [
        SATO,
        Operator(id="sato-day", name="佐藤", role="lead", person="sato", guid="c" * 32),
        Operator(id="other", name="他", role="lead", guid=GUID),
        Operator(id="other", name="他", role="lead", certificates=("d" * 64, FINGERPRINT)),
    ],
    ids=["same id", "same person, another badge", "same badge by GUID", "same badge by certificate"],
)
def test_one_person_is_never_two(world: World, approver: Operator) -> None:
    asked = world.ask()
    with pytest.raises(ApprovalInvalid, match="same_person"):
        world.approvals.check_approver(asked.id, approver)
    assert world.refused(asked, "give", approver=approver) == "same_person"
    world.restart()
    assert world.refused(asked, "give", approver=approver) == "same_person"
    world.approvals.check_approver(asked.id, SUZUKI)


@pytest.mark.proves("S9", "fault 96")
def test_two_entries_of_a_third_name_are_one_person(world: World) -> None:
    first = Operator(id="day-1", name="一", role="lead", person="yamada")
    asked = world.ask(first)
    assert (
        world.refused(asked, "give", approver=Operator(id="day-2", name="二", role="lead", person="yamada"))
        == "same_person"
    )
    assert world.refused(asked, "give", approver=Operator(id="yamada", name="山田", role="lead")) == "same_person"
    assert (
        world.refused(asked, "give", approver=Operator(id="day-3", name="三", role="lead", person="day-1"))
        == "same_person"
    )


@pytest.mark.proves("S9", "fault 96")
def test_a_register_that_makes_the_two_one_ends_the_approval(world: World) -> None:
    asked = world.ask()
    world.give(asked)
    now_one = SATO.model_copy(update={"person": "suzuki"})
    assert world.refused(asked, "use", requester=now_one) == "same_person"
    other = world.ask(content={"n": "2"})
    world.give(other, Operator(id="suzuki", name="鈴木", role="lead", person="suzuki-h"))
    assert world.refused(other, "use", requester=now_one, content={"n": "2"}) == "same_person"


def test_given_twice_is_the_same_and_by_another_is_refused(world: World) -> None:
    asked = world.ask()
    given = world.give(asked)
    world.clock.pass_s(10.0)
    assert world.give(asked) == given
    assert world.refused(asked, "give", approver=TANAKA) == "given"
    assert [change for _, change, _ in world.events] == ["asked", "given"]


@pytest.mark.parametrize("by", [SATO, SUZUKI], ids=["taken back", "by somebody else"])
@pytest.mark.parametrize("first_given", [False, True])
def test_refused_is_for_ever(world: World, by: Operator, first_given: bool) -> None:
    asked = world.ask()
    if first_given:
        world.give(asked)
    assert world.approvals.refuse(asked.id, by).state == "refused"
    assert world.events[-1][1:] == (
        "refused",
        {"approval": asked.id, "operation": "badge_enrol", "seat": SEAT, "requester": "sato", "by": by.id},
    )
    for word in ("give", "use", "refuse"):
        assert world.refused(asked, word) == "refused"
    assert world.ask().id != asked.id


def test_the_same_asked_again_is_the_same_while_it_is_open(world: World) -> None:
    asked = world.ask()
    assert world.ask() == asked
    world.give(asked)
    assert world.ask().state == "given"
    assert world.ask(TANAKA).id != asked.id
    assert world.ask(content=CONTENT | {"role": "lead"}).id != asked.id
    assert world.approvals.ask(SATO, Operation.BADGE_RENEW, METHOD, CONTENT, SEAT).id != asked.id
    assert world.approvals.ask(SATO, ENROL, "badge.other", CONTENT, SEAT).id != asked.id
    world.use(asked)
    assert world.ask().id != asked.id


def test_what_waits_is_bounded_and_nobody_fills_the_list_for_others(world: World) -> None:
    for number in range(MOST_OF_ONE):
        world.ask(content={"n": str(number)})
    with pytest.raises(TooManyRequests, match=f"limit={MOST_OF_ONE}"):
        world.ask(content={"n": "one more"})
    for number in range(MOST_OPEN - MOST_OF_ONE):
        world.ask(Operator(id=f"op-{number}", name="係", role="lead"))
    with pytest.raises(TooManyRequests, match=f"limit={MOST_OPEN}"):
        world.ask(TANAKA)
    world.clock.pass_s(300.0)
    world.ask(TANAKA)
    world.clock.pass_s(KEPT_S)
    world.ask(content={"n": "later"})
    assert world.store.rows("SELECT count(*) FROM approvals") == [(1,)]


@pytest.mark.proves("S9", "fault 97")
def test_a_restart_of_the_daemon_neither_ends_nor_prolongs_it(world: World) -> None:
    asked = world.ask()
    world.clock.pass_s(200.0)
    world.restart()
    given = world.give(asked)
    world.clock.pass_s(299.0)
    world.restart()
    assert world.approvals.find(asked.id) == given
    assert world.use(asked).state == "used"
    other = world.ask()
    world.restart()
    world.clock.pass_s(300.0)
    assert world.refused(other, "give") == "expired"


@pytest.mark.proves("S9", "fault 97", "fault 139")
@pytest.mark.parametrize("set_by", [-(10.0**8), -60.0, 0.0, 10.0**8])
def test_an_approval_ends_with_the_boot_of_the_kernel_whatever_the_clock_says(world: World, set_by: float) -> None:
    asked, other = world.ask(), world.ask(TANAKA)
    world.give(asked)
    world.store.close()
    world.clock.reboot(off_s=1.0)
    world.clock.set_utc(set_by)
    world.open(OTHER_BOOT)
    assert world.approvals.open() == ()
    assert world.refused(asked, "use") == "expired"
    assert world.refused(other, "give") == "expired"


@pytest.mark.proves("fault 139")
@pytest.mark.parametrize("set_by", [-(10.0**8), 10.0**8])
def test_a_clock_that_is_set_neither_ends_nor_prolongs_it(world: World, set_by: float) -> None:
    asked = world.ask()
    world.clock.set_utc(set_by)
    world.clock.pass_s(299.0)
    assert world.state(asked) == "asked"
    world.clock.pass_s(1.0)
    assert world.state(asked) == "expired"


@pytest.mark.proves("S9", "fault 97")
def test_a_use_that_cannot_be_written_is_no_use(world: World) -> None:
    asked = world.ask()
    world.give(asked)
    with disk_that_takes_nothing():
        with pytest.raises(AuditUnavailable):
            world.use(asked)
        with pytest.raises(AuditUnavailable):
            world.ask(TANAKA)
        with pytest.raises(AuditUnavailable):
            world.approvals.refuse(asked.id, SATO)
    assert [change for _, change, _ in world.events] == ["asked", "given"]
    assert world.use(asked).state == "used"


@pytest.mark.proves("S9")
def test_the_proof_is_kept(world: World) -> None:
    asked = world.ask()
    world.give(asked)
    assert world.store.rows("SELECT proof FROM approvals") == [(b"proof",)]


@pytest.mark.parametrize("name", ["a-0000000000000000", "", "' OR 1=1; --", "a-%", "\x00"])
def test_an_id_that_nobody_was_given_is_unknown(world: World, name: str) -> None:
    world.ask()
    assert world.approvals.find(name) is None
    for act in (
        lambda: world.approvals.give(name, SUZUKI, content_hash(CONTENT), b""),
        lambda: world.approvals.refuse(name, SUZUKI),
        lambda: world.approvals.use(name, SATO, ENROL, CONTENT),
        lambda: world.approvals.check_approver(name, SUZUKI),
    ):
        with pytest.raises(ApprovalInvalid, match="unknown"):
            act()
