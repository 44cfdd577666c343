"""One logical command over a card that chains, answers in parts, corrects lengths, or never ends."""

import contextlib
from collections.abc import Callable, Iterable

import pytest

from cardd.errors import CardBadAnswer, CardRemoved
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.chaining import OperationBudget, exchange


class Wire:
    """Answers raw APDUs from a list, or by a function when the list is over. Keeps copies of what was sent, and the live buffers."""

    def __init__(self, answers: Iterable[str], after: Callable[[bytes], bytes] | None = None) -> None:
        self._answers = [bytes.fromhex(answer) for answer in answers]
        self._after = after
        self.sent: list[bytes] = []
        self.buffers: list[bytearray] = []

    def __call__(self, octets: bytearray) -> bytes:
        self.sent.append(bytes(octets))
        self.buffers.append(octets)
        if self._answers:
            return self._answers.pop(0)
        assert self._after is not None, "one command more than this card was asked for"
        return self._after(bytes(octets))


def ask(
    wire: Wire, command: CommandApdu, *, extended: bool = False, budget: OperationBudget | None = None
) -> ResponseApdu:
    return exchange(wire, command, extended=extended, budget=budget or OperationBudget())


READ = CommandApdu(0x00, 0xB0, 0x00, 0x00, le=256)
LONG = CommandApdu(0x00, 0x87, 0x07, 0x9A, bytes(range(256)) + bytes(10), 256)


def test_short_command_is_one_apdu() -> None:
    wire = Wire(["0102 9000"])
    answer = ask(wire, READ, extended=True)
    assert (answer.data.hex(), answer.sw, wire.sent) == ("0102", 0x9000, [bytes.fromhex("00B0000000")])


def test_long_data_is_chained_in_short_form() -> None:
    wire = Wire(["9000", "AA 9000"])
    assert ask(wire, LONG).data == b"\xaa"
    first, last = wire.sent
    assert (first[:5].hex(), len(first)) == ("1087079aff", 260)
    assert last == bytes.fromhex("0087079A0B") + LONG.data[255:] + b"\x00"


def test_a_refused_link_of_the_chain_ends_it() -> None:
    wire = Wire(["6883"])
    assert ask(wire, LONG).sw == 0x6883
    assert len(wire.sent) == 1


def test_long_data_is_one_extended_apdu_where_allowed() -> None:
    wire = Wire(["AA 9000"])
    ask(wire, LONG, extended=True)
    assert wire.sent == [bytes.fromhex("0087079A00010A") + LONG.data + b"\x00\x00"]


def test_all_there_is_falls_back_to_short_form() -> None:
    command = CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 65_536)
    wire = Wire(["01 9000"])
    ask(wire, command)
    assert wire.sent == [bytes.fromhex("00CB3FFF035C017E00")]


def test_answer_in_parts_is_put_together() -> None:
    wire = Wire(["0102 6102", "0304 6101", "05 9000"])
    answer = ask(wire, READ)
    assert (answer.data.hex(), answer.sw) == ("0102030405", 0x9000)
    assert [sent.hex() for sent in wire.sent[1:]] == ["00c0000002", "00c0000001"]


def test_first_part_is_enough_when_asked_for() -> None:
    command = CommandApdu(0x00, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256, first_part_only=True)
    wire = Wire(["01 6100"])
    assert ask(wire, command).sw == 0x6100
    t0 = Wire(["6102", "0304 6105"])
    assert ask(t0, command).data.hex() == "0304"


def test_wrong_length_is_repeated_once_with_the_length_told() -> None:
    wire = Wire(["6C02", "0102 9000"])
    assert ask(wire, READ).data.hex() == "0102"
    assert wire.sent[1].hex() == "00b0000002"


@pytest.mark.proves("C8", "fault 19")
@pytest.mark.parametrize("answers", [["6C02", "6C03"], ["6C02", "01 6101", "6C01"]], ids=["at once", "in GET RESPONSE"])
def test_second_correction_of_a_length_is_a_bad_answer(answers: list[str]) -> None:
    with pytest.raises(CardBadAnswer):
        ask(Wire(answers), READ)


@pytest.mark.proves("C8", "fault 18")
def test_parts_without_end_stop_at_256_rounds() -> None:
    wire = Wire([], lambda _: b"\x00\x61\x01")
    with pytest.raises(CardBadAnswer) as caught:
        ask(wire, READ, budget=OperationBudget(commands_left=10_000))
    assert caught.value.facts.problem == "too_many_rounds"
    assert len(wire.sent) == 257


@pytest.mark.proves("C1", "fault 18")
def test_parts_without_end_stop_at_64_kib() -> None:
    wire = Wire([], lambda _: bytes(300) + b"\x61\x00")
    with pytest.raises(CardBadAnswer) as caught:
        ask(wire, READ, budget=OperationBudget(bytes_left=10**9))
    assert caught.value.facts.problem == "answer_too_long"


def test_exactly_256_rounds_are_allowed() -> None:
    rounds = iter(range(257))
    wire = Wire([], lambda _: b"\x00\x61\x01" if next(rounds) < 256 else b"\x00\x90\x00")
    assert len(ask(wire, READ).data) == 257


def test_part_that_brings_nothing_is_a_bad_answer() -> None:
    with pytest.raises(CardBadAnswer):
        ask(Wire(["01 6101", "6101"]), READ)


SECRETS = [
    pytest.param(CommandApdu(0x00, 0x20, 0x00, 0x98, b"1234", secret=True), id="VERIFY"),
    pytest.param(CommandApdu(0x00, 0x20, 0x00, 0x98, b"1234"), id="VERIFY not marked"),
    pytest.param(CommandApdu(0x00, 0x24, 0x01, 0x98, b"1234", secret=True), id="CHANGE"),
    pytest.param(CommandApdu(0x00, 0x2C, 0x00, 0x80, b"12345678", secret=True), id="RESET RETRY COUNTER"),
    pytest.param(CommandApdu(0x80, 0x32, 0x00, 0x80, b"1234"), id="JICSAP CHANGE KEY"),
]


@pytest.mark.proves("P4")
@pytest.mark.parametrize("command", SECRETS)
@pytest.mark.parametrize("answer", ["6C04", "6102", "6700", "6F00", "63C2"])
def test_secret_is_sent_exactly_once_whatever_is_answered(command: CommandApdu, answer: str) -> None:
    wire = Wire([answer])
    assert ask(wire, command).sw == int(answer, 16)
    assert len(wire.sent) == 1


@pytest.mark.proves("P6")
@pytest.mark.parametrize("answer", ["9000", "63C2", "90", ""])
def test_buffer_of_a_secret_is_zero_afterwards(answer: str) -> None:
    wire = Wire([answer])
    with contextlib.suppress(CardRemoved, CardBadAnswer):
        ask(wire, CommandApdu(0x00, 0x20, 0x00, 0x98, b"1234", secret=True))
    assert wire.sent == [bytes.fromhex("0020009804") + b"1234"]
    assert wire.buffers == [bytearray(9)]


def test_status_question_is_not_a_secret() -> None:
    wire = Wire(["6C00", "63C3"])
    assert ask(wire, CommandApdu(0x00, 0x20, 0x00, 0x98)).sw == 0x63C3


@pytest.mark.proves("C1")
def test_operation_ends_after_300_commands() -> None:
    budget = OperationBudget()
    wire = Wire([], lambda _: b"\x90\x00")
    for _ in range(300):
        ask(wire, READ, budget=budget)
    with pytest.raises(CardBadAnswer) as caught:
        ask(wire, READ, budget=budget)
    assert (caught.value.facts.problem, len(wire.sent)) == ("too_many_commands", 300)


@pytest.mark.proves("C1")
def test_operation_ends_after_256_kib() -> None:
    budget = OperationBudget(commands_left=10_000)
    wire = Wire([], lambda _: bytes(1_000) + b"\x90\x00")
    for _ in range(260):  # 5 bytes there, 1,002 back: 261,820 of 262,144
        ask(wire, READ, budget=budget)
    with pytest.raises(CardBadAnswer) as caught:
        ask(wire, READ, budget=budget)
    assert caught.value.facts.problem == "too_many_bytes"
