"""From a fresh card to its kind."""

import pytest

from cardd.cards.card_type import CardType
from cardd.cards.identify import identify
from cardd.cards.registry import CARD_TYPES, card_type
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.model import CardKind
from tests.unit.cardd.iso7816.fake_connection import VERIFY, FakeConnection, says


@pytest.mark.proves("fault 31")
@pytest.mark.parametrize("sw", [0x6A82, 0x6F00, 0x6D00, 0x6985, 0x6283, 0x0000])
def test_card_that_refuses_everything_is_unsupported(sw: int) -> None:
    connection = FakeConnection(says(sw))
    found = identify(connection)
    assert (found.recognition.kind, found.recognition.identity, found.card_type) == (CardKind.UNSUPPORTED, None, None)
    assert len(connection.sent) <= 2 * len(CARD_TYPES)


def test_no_pin_is_touched_while_a_card_is_recognised() -> None:
    def eager(command: CommandApdu) -> ResponseApdu:
        assert command.ins != VERIFY or (command.p1 == 0xFF and not command.data), "only a log-out may use VERIFY"
        return ResponseApdu(b"JPKIAPICCTOKEN3".ljust(32), 0x9000)

    assert identify(FakeConnection(eager)).recognition.kind is CardKind.BADGE


def test_each_kind_has_at_most_one_row() -> None:
    kinds = [row.kind for row in CARD_TYPES]
    assert len(set(kinds)) == len(kinds)
    assert [card_type(kind) for kind in kinds] == list(CARD_TYPES)
    assert card_type(CardKind.UNSUPPORTED) is None


@pytest.mark.parametrize("row", CARD_TYPES, ids=lambda row: row.kind.value)
def test_tables_of_a_row_fit_together(row: CardType) -> None:
    for source in row.items.values():
        assert {row.pins[which].application for which in source.opened_by} == {source.application}
    for key in row.keys.values():
        assert all(which in row.pins for which in (key.pin, key.certificate_pin) if which is not None)
