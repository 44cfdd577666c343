"""Any command over a card that answers anything: an answer or a `CarddError`, and never a secret sent twice."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat

from hypothesis import given
from hypothesis import strategies as st

from cardd.errors import CarddError
from cardd.iso7816.apdu import CommandApdu, encode
from cardd.iso7816.atr import read_atr
from cardd.iso7816.chaining import ANSWER_MAX, OperationBudget, exchange, is_secret

STATUS = st.one_of(
    st.sampled_from(
        [b"\x90\x00", b"\x61\x00", b"\x61\x10", b"\x6c\x00", b"\x6c\x04", b"\x67\x00", b"\x63\xc2", b"\x62\x82"]
    ),
    st.binary(min_size=2, max_size=2),
)
ANSWERS = st.one_of(st.builds(lambda data, sw: data + sw, st.binary(max_size=300), STATUS), st.binary(max_size=3))
BYTE = st.integers(0, 255)
COMMANDS = st.builds(
    CommandApdu,
    BYTE,
    st.one_of(st.sampled_from([0x20, 0x24, 0x2C, 0x32, 0x87, 0xA4, 0xB0, 0xCB]), BYTE),
    BYTE,
    BYTE,
    st.binary(max_size=600),
    st.none() | st.integers(1, 65_536),
    secret=st.booleans(),
    first_part_only=st.booleans(),
)


class AnyCard:
    """Gives a list of answers, then the last one for ever."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers: Iterator[bytes] = chain(answers, repeat(answers[-1]))
        self.sent: list[bytes] = []

    def __call__(self, octets: bytearray) -> bytes:
        self.sent.append(bytes(octets))
        return next(self._answers)


@given(COMMANDS, st.lists(ANSWERS, min_size=1, max_size=6), st.booleans())
def test_exchange_ends_with_an_answer_or_an_error_of_ours(
    command: CommandApdu, answers: list[bytes], extended: bool
) -> None:
    if is_secret(command) and len(command.data) > 255 and not extended:
        return  # a secret of more than 255 bytes does not exist
    if is_secret(command) and (command.le or 0) > 256 and not extended:
        return
    card = AnyCard(answers)
    with suppress(CarddError):
        answer = exchange(card, command, extended=extended, budget=OperationBudget())
        assert 0 <= answer.sw <= 0xFFFF
        assert len(answer.data) <= ANSWER_MAX
    assert len(card.sent) <= 300
    if is_secret(command):
        assert len(card.sent) == 1


@given(COMMANDS)
def test_extended_form_carries_every_command(command: CommandApdu) -> None:
    octets = encode(command, extended=True)
    assert bytes(command.data) in bytes(octets)
    assert len(octets) <= 4 + 3 + len(command.data) + 3


@given(st.binary(max_size=80))
def test_any_bytes_are_read_as_an_atr(octets: bytes) -> None:
    atr = read_atr(octets)
    assert atr.historical in octets
