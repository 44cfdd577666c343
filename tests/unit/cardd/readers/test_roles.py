import pytest

from cardd.config import ReaderMatch, Seat
from cardd.model import CardKind
from cardd.ports import ReaderTraits
from cardd.readers.roles import Assignment, ReaderRole, RoleBook

LEFT = ReaderTraits(usb_path="1-4.2", serial="0001", virtual=False)
RIGHT = ReaderTraits(usb_path="1-4.3", serial="0002", virtual=False)
OTHER = ReaderTraits(usb_path="1-9", virtual=False)
VIRTUAL = ReaderTraits()

COUNTER = Seat(
    name="counter",
    badge_reader=ReaderMatch(usb_path="1-4.2"),
    resident_readers=(ReaderMatch(serial="0002"), ReaderMatch(name="Virtual PCD 00 00")),
)
BADGE, RESIDENT, ANY, IGNORED = ReaderRole.BADGE, ReaderRole.RESIDENT, ReaderRole.ANY, ReaderRole.IGNORED


def book(*seats: Seat, virtual_readers: bool = False) -> RoleBook:
    return RoleBook(seats, virtual_readers)


@pytest.mark.proves("C11", "fault 36")
@pytest.mark.parametrize("name", ["Sony RC-S300 00 00", "Sony RC-S300 01 00"])
def test_the_role_follows_port_and_serial_whatever_number_is_in_the_name(name: str) -> None:
    assert book(COUNTER).assign(name, LEFT) == Assignment(BADGE, "counter")
    assert book(COUNTER).assign(name, RIGHT) == Assignment(RESIDENT, "counter")


@pytest.mark.proves("C11", "fault 36")
def test_a_reader_that_nobody_named_is_ignored_and_said_to_be_unknown() -> None:
    assert book(COUNTER).assign("Sony RC-S300 00 00", OTHER) == Assignment(IGNORED, problem="unknown")


@pytest.mark.proves("C11", "fault 99")
def test_a_virtual_reader_serves_in_test_mode_only() -> None:
    assert book(COUNTER).assign("Virtual PCD 00 00", VIRTUAL) == Assignment(IGNORED, problem="virtual")
    assert book(COUNTER, virtual_readers=True).assign("Virtual PCD 00 00", VIRTUAL) == Assignment(RESIDENT, "counter")


@pytest.mark.parametrize(
    ("seat", "role"),
    [
        (Seat(name="a"), ANY),
        (Seat(name="a", badge_reader=ReaderMatch(serial="x")), RESIDENT),
        (Seat(name="a", resident_readers=(ReaderMatch(serial="x"),)), BADGE),
    ],
    ids=["nothing named", "badge reader named", "resident reader named"],
)
def test_the_only_seat_takes_other_readers_for_what_it_leaves_open(seat: Seat, role: ReaderRole) -> None:
    assert book(seat).assign("R", OTHER) == Assignment(role, "a")


def test_with_two_seats_a_reader_that_nobody_named_belongs_to_nobody() -> None:
    assert book(Seat(name="a"), Seat(name="b")).assign("R", OTHER).role is IGNORED


def test_without_seats_all_readers_serve() -> None:
    assert book().assign("R", OTHER) == Assignment(ANY)


def test_a_reader_named_for_both_takes_any_card() -> None:
    both = Seat(name="a", badge_reader=ReaderMatch(serial="0001"), resident_readers=(ReaderMatch(serial="0001"),))
    assert book(both).assign("R", LEFT) == Assignment(ANY, "a")


def test_all_keys_of_a_match_must_fit() -> None:
    seat = Seat(name="a", badge_reader=ReaderMatch(usb_path="1-4.2", serial="9999"), resident_readers=())
    assert book(seat, COUNTER).assign("R", LEFT) == Assignment(BADGE, "counter")


@pytest.mark.proves("fault 33")
@pytest.mark.parametrize(
    ("role", "takes"),
    [
        (BADGE, {CardKind.BADGE}),
        (RESIDENT, {CardKind.MY_NUMBER, CardKind.JUKI}),
        (ANY, {CardKind.BADGE, CardKind.MY_NUMBER, CardKind.JUKI}),
    ],
    ids=["badge", "resident", "any"],
)
def test_which_known_cards_belong_into_which_reader(role: ReaderRole, takes: set[CardKind]) -> None:
    known = {CardKind.BADGE, CardKind.MY_NUMBER, CardKind.JUKI}
    assert {kind for kind in known if role.takes(kind)} == takes
    assert role.takes(CardKind.UNSUPPORTED)
