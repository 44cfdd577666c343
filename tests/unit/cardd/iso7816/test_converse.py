"""Learning from a card's first answer whether extended length works with it."""

import pytest

from cardd.iso7816.apdu import CommandApdu
from cardd.iso7816.chaining import OperationBudget
from cardd.iso7816.connection import converse
from tests.unit.cardd.iso7816.fake_connection import FakeConnection, says

LONG = CommandApdu(0x00, 0x87, 0x07, 0x9A, bytes(266), 256)
ALL = CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 65_536)


class Wire:
    """A raw card that refuses or takes extended APDUs."""

    def __init__(self, *, extended_sw: int) -> None:
        self.sent: list[bytes] = []
        self._extended_sw = extended_sw

    def __call__(self, octets: bytearray) -> bytes:
        self.sent.append(bytes(octets))
        extended = len(octets) > 5 and octets[4] == 0
        return (self._extended_sw if extended else 0x9000).to_bytes(2, "big")


def connection_over_extended_reader() -> FakeConnection:
    connection = FakeConnection(says(0x9000))
    connection.reader_takes_extended = True
    return connection


@pytest.mark.parametrize("command", [LONG, ALL], ids=["long data", "long answer"])
def test_refusal_is_remembered_and_the_same_said_in_short_form(command: CommandApdu) -> None:
    connection, wire = connection_over_extended_reader(), Wire(extended_sw=0x6700)
    assert converse(connection, wire, command, OperationBudget()).sw == 0x9000
    assert connection.notes.extended_apdus is False
    before = len(wire.sent)
    converse(connection, wire, command, OperationBudget())
    assert all(octets[4] != 0 for octets in wire.sent[before:])


def test_success_is_remembered() -> None:
    connection, wire = connection_over_extended_reader(), Wire(extended_sw=0x9000)
    converse(connection, wire, LONG, OperationBudget())
    assert (connection.notes.extended_apdus, len(wire.sent)) == (True, 1)


def test_another_refusal_teaches_nothing_and_is_not_repeated() -> None:
    connection, wire = connection_over_extended_reader(), Wire(extended_sw=0x6982)
    assert converse(connection, wire, LONG, OperationBudget()).sw == 0x6982
    assert (connection.notes.extended_apdus, len(wire.sent)) == (None, 1)


@pytest.mark.proves("P4")
def test_long_secret_is_not_said_twice() -> None:
    connection, wire = connection_over_extended_reader(), Wire(extended_sw=0x6700)
    secret = CommandApdu(0x00, 0x24, 0x00, 0x80, bytes(300), secret=True)
    assert converse(connection, wire, secret, OperationBudget()).sw == 0x6700
    assert len(wire.sent) == 1
