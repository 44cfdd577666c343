"""A badge pulled at any command of its enrolment or renewal: the same order finishes it, nothing is locked, nothing counts twice."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from applets_spec.fault_script import Fault, Kind
from applets_spec.piv.spec import Algorithm
from cardd.enrolment.course import Puk, choose_puk
from cardd.errors import BadgeUnfit
from tests.unit.cardd.enrolment.badge_house import HOLDER, BadgeHouse, blank

PULLS = (Kind.DROP, Kind.DROP_MID_COMMAND)
PULLED = ("card.removed", "pin.unknown")
CARDS = {"plain": blank, "own-key": lambda: blank(own_key=True, management=Algorithm.AES_192)}
CHANGE_PIN, CHANGE_PUK, RESET = (bytes.fromhex(head) for head in ("00240080", "00240081", "002C0080"))


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of small state files: what a disk takes to sync them proves nothing here."""
    if Path("/dev/shm").is_dir():
        monkeypatch.setattr(tempfile, "tempdir", "/dev/shm")


def houses(make: Any, number: int) -> Iterator[BadgeHouse]:
    """So many offices, each with a badge of its own."""
    for _ in range(number):
        with tempfile.TemporaryDirectory() as folder:
            yield BadgeHouse(Path(folder), make())


async def commands_of(make: Any, *orders: str) -> int:
    """How many commands the last of these orders takes when nobody disturbs it."""
    (house,) = [house async for house in _after(make, *orders)]
    return len(house.seen.sent)


async def _after(make: Any, *orders: str) -> Any:
    for house in houses(make, 1):
        for order in orders:
            house.put_in(house.badge)
            await getattr(house, order)()
        yield house


def is_whole(house: BadgeHouse, guid: str) -> None:
    """The badge is its holder's, with full counters, one live certificate a key, and stands in the book."""
    assert house.takes_pin(HOLDER)
    assert house.takes_puk(house.own_puk(guid))
    assert house.tries() == (3, 3)
    (entered,) = house.badges.operators()
    assert (entered.operator.id, entered.guid) == ("tanaka", guid)
    assert house.live()[-1:] == list(entered.operator.certificates)
    assert house.badges.all_progress() == ()
    assert (entered.requested_by, entered.approved_by) == ("suzuki", "ito")


@pytest.mark.proves("S9", "S12")
@pytest.mark.parametrize("kind", PULLS, ids=[kind.value for kind in PULLS])
@pytest.mark.parametrize("make", CARDS.values(), ids=CARDS)
async def test_pulled_at_each_command_the_same_order_finishes_it(make: Any, kind: Kind) -> None:
    # The last command only logs out: whoever pulls there has a whole badge.
    last = await commands_of(make, "enrol")
    for number, house in enumerate(houses(make, last - 1), start=1):
        house.put_in(house.badge, Fault(kind, at=number))
        assert (await house.fails(house.enrol())).code in PULLED, number
        assert house.badges.operators() == ()
        assert min(house.tries()) >= 2, number
        house.put_in(house.badge)
        made = await house.again()
        assert len(house.live()) == 1, number
        is_whole(house, made.result.guid)


@pytest.mark.proves("S9")
@pytest.mark.parametrize("kind", PULLS, ids=[kind.value for kind in PULLS])
async def test_a_renewal_pulled_at_each_command_is_finished_by_the_same_order(kind: Kind) -> None:
    last = await commands_of(blank, "enrol", "renew")
    for number, house in enumerate(houses(blank, last - 1), start=1):
        first = (await house.enrol()).result
        house.put_in(house.badge, Fault(kind, at=number))
        assert (await house.fails(house.renew())).code in PULLED, number
        (entered,) = house.badges.operators()
        assert entered.operator.certificates[0] in first.certificates.values(), (
            "the old one counts until the new one is proven"
        )
        house.put_in(house.badge)
        made = await (house.renew_again() if house.badges.all_progress() else house.renew())
        assert made.result.guid == first.guid
        assert len(house.live()) == 2, number
        is_whole(house, first.guid)


@pytest.mark.parametrize("where", [CHANGE_PUK, CHANGE_PIN], ids=["puk", "pin"])
@pytest.mark.parametrize("times", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", PULLS, ids=[kind.value for kind in PULLS])
async def test_pulled_again_and_again_at_a_secret_never_locks_it(
    tmp_path: Path, where: bytes, times: int, kind: Kind
) -> None:
    house = BadgeHouse(tmp_path)
    for turn in range(times):
        house.put_in(house.badge, Fault(kind, at=1, match=where), Fault(kind, at=1, match=RESET))
        assert (await house.fails(house.again() if turn else house.enrol())).code in PULLED
        assert min(house.tries()) >= 2
    house.put_in(house.badge)
    if where == CHANGE_PUK and times == 4:
        # What it has can be found out only with a try that might be the last but one; such bad luck is another badge's worth.
        assert (await house.fails(house.again())).facts.problem == "puk_uncertain"
        assert house.tries()[1] >= 2
    else:
        is_whole(house, (await house.again()).result.guid)


@pytest.mark.parametrize(
    ("tries", "next_one"),
    [
        ((), Puk.FACTORY),
        (("factory?",), Puk.OWN),
        (("factory?", "own?"), Puk.FACTORY),
        (("factory?", "own?", "factory?"), Puk.OWN),
        (("factory?", "own-"), Puk.FACTORY),
        (("factory?", "factory-"), Puk.OWN),
        (("factory?", "own-", "factory?"), Puk.OWN),
    ],
)
def test_the_puk_that_is_tried_next(tries: tuple[str, ...], next_one: Puk) -> None:
    assert choose_puk(tries) is next_one


@pytest.mark.parametrize(
    ("tries", "problem"),
    [
        (("factory-",), "puk_not_factory"),
        (("factory?", "own-", "factory-"), "puk_not_factory"),
        (("factory?", "own?", "factory?", "own?"), "puk_uncertain"),
    ],
)
def test_when_no_puk_is_tried_any_more(tries: tuple[str, ...], problem: str) -> None:
    with pytest.raises(BadgeUnfit) as refused:
        choose_puk(tries)
    assert refused.value.facts.problem == problem


def test_whatever_the_puk_is_its_last_try_is_never_sent() -> None:
    """All courses of eight lost and answered tries, against a card with three: it is never asked with one left."""

    def go(tries: tuple[str, ...], puk: Puk, left: int) -> int:
        try:
            which = choose_puk(tries)
        except BadgeUnfit:
            return 0
        assert left >= 2, tries
        if len(tries) == 8:
            return 1
        right = which is puk
        after = 3 if right else left - 1
        # No answer: the command arrived, or it did not; then an answer, which is the end where it is right.
        lost = (*tries, f"{which}?")
        courses = go(lost, Puk.OWN if right else puk, after) + go(lost, puk, left)
        if right or after == 1:  # the badge says with its answer how many tries are left, and `Course` stops there
            return 1 + courses
        return 1 + courses + go((*tries, f"{which}-"), puk, after)

    assert go((), Puk.FACTORY, 3) > 100
