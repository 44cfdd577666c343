"""Reading ATRs: the known ones, and nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.iso7816.atr import AtrProblem, read_atr
from cardd.iso7816.connection import extended_allowed
from tests.unit.cardd.iso7816.fake_connection import FakeConnection, says

KNOWN = [
    pytest.param("3BE000FF8131FE4514", None, None, id="contact, no historical bytes"),
    pytest.param("3BDA13FF8131FB468012392F31C173C601C03B", True, True, id="contact, extended length"),
    pytest.param("3BC5FF8131FB458073C6010000", False, False, id="contact, short APDUs"),
    pytest.param("3BF59100FF918171FE400042000100D1D6", None, None, id="contact, other historical bytes"),
    pytest.param("3B888001000005E0B381A1007F", None, None, id="contactless"),
    pytest.param("3B80800101", None, None, id="contactless, bare"),
]


@pytest.mark.parametrize(("octets", "chaining", "extended"), KNOWN)
def test_known_cards_declare(octets: str, chaining: bool | None, extended: bool | None) -> None:
    atr = read_atr(bytes.fromhex(octets))
    assert (atr.problem, atr.chaining, atr.extended_length, atr.protocols[-1]) == (None, chaining, extended, 1)


@pytest.mark.proves("fault 31")
@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        ("", AtrProblem.EMPTY),
        ("3B", AtrProblem.BAD_START),
        ("00" * 10, AtrProblem.BAD_START),
        ("3B" * 41, AtrProblem.TOO_LONG),
        ("3BE000FF8131FE4515", AtrProblem.BAD_CHECK_BYTE),
        ("3BE000FF8131FE45", AtrProblem.TRUNCATED),
        ("3BE000FF8131FE451400", AtrProblem.EXTRA_BYTES),
    ],
)
def test_nonsense_is_named_and_tells_nothing(octets: str, problem: AtrProblem) -> None:
    atr = read_atr(bytes.fromhex(octets))
    assert (atr.problem, atr.extended_length) == (problem, None)


@given(st.binary(max_size=64))
def test_any_bytes_can_be_read(octets: bytes) -> None:
    assert len(read_atr(octets).historical) <= 15


def test_capabilities_that_end_early_are_no_capabilities() -> None:
    assert read_atr(bytes.fromhex("3B048073C601")).extended_length is None


@pytest.mark.parametrize(
    ("atr", "reader", "known", "allowed"),
    [
        ("3BE000FF8131FE4514", True, None, True),
        ("3BE000FF8131FE4514", False, None, False),
        ("3BE000FF8131FE4514", False, True, False),
        ("3BE000FF8131FE4514", True, False, False),
        ("3BC5FF8131FB458073C6010000", True, None, False),
        ("3BC5FF8131FB458073C6010000", True, True, True),
    ],
    ids=["card silent", "reader short", "reader short though card can", "card refused", "ATR says no", "card took one"],
)
def test_extended_length_needs_reader_and_card(atr: str, reader: bool, known: bool | None, allowed: bool) -> None:
    connection = FakeConnection(says(0x9000))
    connection.atr = bytes.fromhex(atr)
    connection.reader_takes_extended = reader
    connection.notes.extended_apdus = known
    assert extended_allowed(connection) is allowed
