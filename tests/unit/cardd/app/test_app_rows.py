"""What the socket tells of readers, cards, queues and seats, and who may call."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from cardd.app.clients import ClientTable
from cardd.app.rows import PresenceRows, seats_of
from cardd.config import Settings, from_bytes
from cardd.model import CardKind, CardRef, Peer, ReaderName, SeatName
from cardd.ports import ReaderTraits
from cardd.readers.lease import LeaseDesk, QueueRow, ReaderLoad
from cardd.readers.roles import RoleBook
from cardd.readers.table import PresenceTable
from cardd.register import Operator
from cardd.sessions.table import SessionTable

LEFT, RIGHT = 1001, 1002
CONFIG = """
terminal = "t"
operator_ca = ["/ca.pem"]
[[clients]]
name = "left-app"
users = [1001]
may_prompt = true
[[clients]]
name = "right-app"
users = [1002, 1003]
private_sector = true
"""
SEATS = """
[[seats]]
name = "left"
users = [1001]
[[seats]]
name = "open"
"""


class StillClock:
    def utc_us(self) -> int:
        return 1_795_000_000_000_000

    def boottime(self) -> float:
        return 1000.0

    def monotonic(self) -> float:
        return self.boottime()


class ShownDesk:
    """Only what is shown of a desk."""

    def show(self) -> tuple[ReaderLoad, ...]:
        return (
            ReaderLoad("R", "busy", (QueueRow(0, "left-app", "read", 1.23456), QueueRow(1, "right-app", "sign", 0.0))),
        )


def settings(extra: str = "") -> Settings:
    return from_bytes((CONFIG + extra).encode())


def rows(extra: str = "") -> tuple[PresenceTable, SessionTable, PresenceRows]:
    clock = StillClock()

    def publish(_topic: str, _change: str, _facts: Mapping[str, str | int | None]) -> None:
        """Nobody listens."""

    roles = RoleBook(settings(extra).seats, virtual_readers=True)
    table = PresenceTable(boot_id="5f1e", roles=roles, clock=clock, publish=publish)
    sessions = SessionTable(clock, publish, ended=lambda *_: None)
    desk: LeaseDesk = ShownDesk()  # type: ignore[assignment]
    return table, sessions, PresenceRows(table, desk, sessions, settings(extra))


def test_readers_and_cards() -> None:
    table, _, shown = rows()
    assert not shown.pcsc_up()
    table.service_changed(up=True)
    name = ReaderName("Evil\\x1b[31m Reader 00 00")
    table.reader_appeared(name, ReaderTraits(usb_path="1-4.2", serial="S1", virtual=False, pin_pad=True))
    (reader,) = shown.readers()
    assert (reader.role, reader.state, reader.card, reader.seat) == ("any", "empty", None, None)
    assert (reader.usb_path, reader.serial, reader.virtual, reader.pin_pad) == ("1-4.2", "S1", False, True)
    table.card_inserted(name, bytes.fromhex("3B00"))
    (card,) = shown.cards()
    assert (card.kind, card.reader) == ("unknown", reader.name)
    (reader,) = shown.readers()
    assert (reader.state, reader.card) == ("card", card.card)
    assert shown.pcsc_up()


def test_the_queue_shows_who_and_how_long() -> None:
    _, _, shown = rows()
    (load,) = shown.queue()
    assert [(row.place, row.client, row.operation, row.since_s) for row in load.rows] == [
        (0, "left-app", "read", 1.235),
        (1, "right-app", "sign", 0.0),
    ]


@pytest.mark.parametrize(
    ("extra", "uid", "seats"),
    [("", LEFT, ["counter"]), (SEATS, LEFT, ["left", "open"]), (SEATS, RIGHT, ["open"]), (SEATS, 9, ["open"])],
)
def test_seats_of_a_user(extra: str, uid: int, seats: list[str]) -> None:
    assert list(seats_of(settings(extra), uid)) == seats


@pytest.mark.proves("fault 76")
def test_another_user_s_session_does_not_show() -> None:
    _, sessions, shown = rows(SEATS)
    operator = Operator(id="op", name="n", role="counter")
    badge = CardRef(ReaderName("R"), 1, "c-5f1e-1")  # type: ignore[arg-type]
    sessions.start(SeatName("open"), badge, LEFT, operator, "00")
    assert [(row.seat, row.logged_in) for row in shown.sessions(LEFT)] == [("left", False), ("open", True)]
    assert [(row.seat, row.logged_in) for row in shown.sessions(RIGHT)] == [("open", False)]
    assert CardKind.BADGE


@pytest.mark.proves("S3")
def test_a_locked_session_shows_to_its_own_user_alone() -> None:
    _, sessions, shown = rows(SEATS)
    badge = CardRef(ReaderName("R"), 1, "c-5f1e-1")  # type: ignore[arg-type]
    session = sessions.start(SeatName("open"), badge, LEFT, Operator(id="op", name="n", role="counter"), "00")
    assert not any(row.locked for row in shown.sessions(LEFT))
    sessions.lock(session)
    assert [(row.seat, row.logged_in, row.locked) for row in shown.sessions(LEFT)] == [
        ("left", False, False),
        ("open", True, True),
    ]
    assert not any(row.locked for row in shown.sessions(RIGHT))


@pytest.mark.proves("I1", "fault 49")
def test_clients_are_found_by_uid_and_nothing_else() -> None:
    table = ClientTable(settings(SEATS))
    left = table(Peer(LEFT, gid=0, pid=1))
    assert left is not None
    assert (left.name, left.may_prompt, left.private_sector, left.seats) == ("left-app", True, False, ("left", "open"))
    right = table(Peer(1003, gid=LEFT, pid=LEFT))
    assert right is not None
    assert (right.name, right.may_prompt, right.private_sector, right.seats) == ("right-app", False, True, ("open",))
    assert table(Peer(0, gid=LEFT, pid=LEFT)) is None


def test_a_reader_is_told_with_its_seat() -> None:
    """So that a screen shows the readers of its own seat alone."""
    two = '[[seats]]\nname = "left"\nbadge_reader = { name = "Left 00 00" }\n[[seats]]\nname = "right"\n'
    table, _, shown = rows(two)
    table.reader_appeared(ReaderName("Left 00 00"), ReaderTraits(usb_path=None, virtual=True, pin_pad=False))
    table.reader_appeared(ReaderName("Nobody 01 00"), ReaderTraits(usb_path=None, virtual=True, pin_pad=False))
    assert [row.seat for row in shown.readers()] == ["left", None]
