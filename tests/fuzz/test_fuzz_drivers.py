"""Every function of every driver on cards that answer nonsense, or mean something and then lie: a result or a `CarddError`."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.cards.card_type import CardType, PublicKeyKind
from cardd.cards.identify import identify
from cardd.cards.registry import CARD_TYPES
from cardd.errors import CardBadAnswer, CarddError
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.chaining import OperationBudget, exchange
from cardd.iso7816.connection import InsertionNotes
from cardd.iso7816.tlv import encode
from cardd.model import PinShape
from cardd.pin import Pin

SECRET_INS = (0x20, 0x24)
VALUES = {"digits": b"12345678901234", "upper_alnum": b"ABC123DEF"}
CERTIFICATE = b"\x30\x82\x01\x00" + b"\x04\x81\xfd" + bytes(253)

MEANT = st.sampled_from(
    [
        b"JPKIAPICCTOKEN2".ljust(32) + bytes(128),
        CERTIFICATE,
        encode(0xFF20, encode(0xDF22, "見本".encode()) + encode(0xDF24, b"19800217") + encode(0xDF25, b"1")),
        encode(0xFF10, b"614106526000"),
        bytes.fromhex("FF100C") + b"614106526000",
        encode(0xFF20, encode(0xDF27, bytes.fromhex("FF4FFF51") + bytes(200)) + encode(0xDF29, b"20350217")),
        encode(0x53, encode(0x70, CERTIFICATE[:7] + bytes(253)) + b"\x71\x01\x00\xfe\x00"),
        encode(0x7C, encode(0x82, bytes(256))),
        encode(0x7C, encode(0x82, bytes.fromhex("3006020101020101"))),
        b"\x8f\x8f\x00",
    ]
)
DATA = st.one_of(
    MEANT,
    st.builds(lambda octets, cut: octets[:cut], MEANT, st.integers(0, 260)),
    st.builds(
        lambda octets, place, value: octets[:place] + bytes([value]) + octets[place + 1 :],
        MEANT,
        st.integers(0, 80),
        st.integers(0, 255),
    ),
    st.binary(max_size=256),
    st.just(b""),
)
STATUS = st.one_of(
    st.sampled_from(
        [0x9000] * 6
        + [
            0x6282,
            0x63C2,
            0x63C0,
            0x6300,
            0x6700,
            0x6982,
            0x6984,
            0x6A82,
            0x6A86,
            0x6A88,
            0x6B00,
            0x6C04,
            0x6110,
            0x6F00,
        ]
    ),
    st.integers(0, 0xFFFF),
)
RAW_ANSWERS = st.lists(
    st.builds(lambda data, sw: data + sw.to_bytes(2, "big"), DATA, STATUS) | st.binary(max_size=2),
    min_size=1,
    max_size=25,
)


class HostileCard:
    """Answers from a list, over and over, through the real chaining and its limits."""

    has_pin_pad = True
    reader_takes_extended = True
    atr = b""

    def __init__(self, answers: list[bytes]) -> None:
        self.notes = InsertionNotes()
        self.asked = 0
        self.secrets = 0
        self.sent = 0
        self._answers = answers
        self._budget = OperationBudget()

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        self.asked += 1
        self.secrets += command.ins in SECRET_INS and len(command.data) > 0
        return exchange(self._send, command, extended=False, budget=self._budget)

    def check_there(self) -> None:
        """It is there."""

    def verify_on_pad(self, command: CommandApdu, shape: PinShape, *, padded_to: int | None = None) -> ResponseApdu:  # noqa: ARG002
        return self.transmit(command)

    def _send(self, _: bytearray) -> bytes:
        self.sent += 1
        return self._answers[self.sent % len(self._answers)]


def pin_for(row: CardType, shape: PinShape) -> Pin:
    return Pin(bytearray(VALUES[shape.alphabet][: shape.longest]))


def deeds(row: CardType) -> dict[str, Callable[[HostileCard], object]]:
    """All that can be asked of a card of this kind, by name."""
    found: dict[str, Callable[[HostileCard], object]] = {"recognise": row.recognise, "clear": row.clear}
    for application in dict.fromkeys(spec.application for spec in row.pins.values()):
        found[f"select {application}"] = lambda card, application=application: row.select(card, application)
        found[f"reread {application}"] = lambda card, application=application: row.reread(card, application)
    for which, spec in row.pins.items():
        found[f"tries {which}"] = lambda card, which=which: row.tries_left(card, which)
        found[f"verify {which}"] = lambda card, which=which, spec=spec: row.verify(
            card, which, pin_for(row, spec.shape)
        )
        found[f"change {which}"] = lambda card, which=which, spec=spec: row.change_pin(
            card, which, pin_for(row, spec.shape), pin_for(row, spec.shape)
        )
    for role in row.keys:
        found[f"certificate {role}"] = lambda card, role=role: row.read_certificate(card, role)
        for key in PublicKeyKind:
            found[f"sign {role} {key}"] = lambda card, role=role, key=key: row.sign(
                card, role, "sha256", bytes(32), key
            )
    for item in row.items:
        found[f"read {item}"] = lambda card, item=item: row.read_items(card, (item,))
    if row.read_token_info is not None:
        found["token info"] = row.read_token_info
    return found


DEEDS = [pytest.param(deed, id=f"{row.kind}: {name}") for row in CARD_TYPES for name, deed in deeds(row).items()]


@pytest.mark.proves("C1")
@pytest.mark.parametrize("deed", DEEDS)
@given(answers=RAW_ANSWERS)
def test_nonsense_ends_in_a_result_or_an_error_of_ours(
    deed: Callable[[HostileCard], object], answers: list[bytes]
) -> None:
    card = HostileCard(answers)
    with suppress(CarddError):
        deed(card)
    assert card.secrets <= 1
    assert card.sent <= 300


@given(answers=RAW_ANSWERS)
def test_identification_ends_within_thirty_commands_and_touches_no_pin(answers: list[bytes]) -> None:
    card = HostileCard(answers)
    with suppress(CarddError):
        identify(card)
    assert card.secrets == 0
    assert card.asked <= 30


def test_hostile_card_is_hostile() -> None:
    with pytest.raises(CardBadAnswer):
        identify(HostileCard([b"\x90"]))
