from collections.abc import Callable

import pytest

from cardd import errors
from cardd.iso7816.apdu import CommandApdu
from cardd.iso7816.connection import InsertionNotes
from cardd.model import PinShape
from cardd.pcsc.calls import CardProtocol
from cardd.pcsc.connection import PcscConnection
from cardd.pcsc.errors import Pcsc
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.part10 import ReaderFeatures
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc

SELECT = CommandApdu(0x00, 0xA4, 0x04, 0x00, b"\xa0\x00", le=256)
VERIFY = CommandApdu(0x00, 0x20, 0x00, 0x80, bytearray(b"1234"), secret=True)
PAD_VERIFY = CommandApdu(0x00, 0x20, 0x00, 0x80)
FOUR_DIGITS = PinShape(4, 4, "digits")
PAD_CONTROL = 0x42000DB2

Connect = Callable[..., tuple[FakePcsc, PcscConnection]]


@pytest.fixture
def connect() -> Connect:
    def make(
        answer: Callable[[list[int]], tuple[int, list[int]]],
        features: ReaderFeatures = ReaderFeatures(),  # noqa: B008 -- frozen
        clock: JobClock | None = None,
        notes: InsertionNotes | None = None,
        over: CardProtocol | None = None,
    ) -> tuple[FakePcsc, PcscConnection]:
        fake = FakePcsc()
        fake.plug("R", atr=b"\x3b\x00", answer=answer)
        _, context = fake.establish_context()
        _, card, protocol = fake.connect(context, "R", 1, 3)
        connection = PcscConnection(
            fake,
            card,
            over or protocol,
            atr=b"\x3b\x00",
            notes=notes or InsertionNotes(),
            features=features,
            clock=clock or JobClock(30, 10),
        )
        return fake, connection

    return make


def test_answer_is_taken_apart(connect: Connect) -> None:
    _, connection = connect(lambda _: (0, [1, 2, 0x90, 0x00]))
    answer = connection.transmit(SELECT)
    assert (answer.data, answer.sw) == (b"\x01\x02", 0x9000)


@pytest.mark.proves("C2", "C3", "fault 6")
def test_success_with_an_empty_answer_is_a_card_that_is_gone(connect: Connect) -> None:
    _, connection = connect(lambda _: (0, []))
    with pytest.raises(errors.CardRemoved):
        connection.transmit(SELECT)


@pytest.mark.proves("C2", "fault 7")
def test_one_byte_is_a_bad_answer(connect: Connect) -> None:
    _, connection = connect(lambda _: (0, [0x90]))
    with pytest.raises(errors.CardBadAnswer):
        connection.transmit(SELECT)


@pytest.mark.proves("C2")
def test_leftover_memory_beside_an_error_code_is_not_an_answer(connect: Connect) -> None:
    _, connection = connect(lambda _: (Pcsc.NOT_TRANSACTED, [0x90, 0x00]))
    with pytest.raises(errors.CardRemoved):
        connection.transmit(SELECT)


@pytest.mark.proves("C4", "fault 10")
@pytest.mark.parametrize(
    "first",
    [(Pcsc.NOT_TRANSACTED, []), (0, []), (0, [0x90]), (Pcsc.COMM_ERROR, []), (Pcsc.RESET_CARD, [])],
    ids=["not transacted", "empty", "one byte", "service lost", "reset by another"],
)
def test_after_a_transport_error_nothing_reaches_the_card(connect: Connect, first: tuple[int, list[int]]) -> None:
    answers = [first, (0, [0x90, 0x00])]
    fake, connection = connect(lambda _: answers.pop(0))
    with pytest.raises(errors.CarddError) as failure:
        connection.transmit(SELECT)
    with pytest.raises(type(failure.value)):
        connection.transmit(SELECT)
    assert len(fake.sent) == 1
    assert connection.failure is failure.value


@pytest.mark.proves("P6")
@pytest.mark.parametrize("code", [0, Pcsc.NOT_TRANSACTED], ids=["answered", "failed"])
def test_the_buffer_of_a_secret_command_is_zeros_afterwards(connect: Connect, code: int) -> None:
    seen: list[list[int]] = []

    def answer(command: list[int]) -> tuple[int, list[int]]:
        seen.append(list(command))
        return code, [0x90, 0x00]

    fake, connection = connect(answer)
    if code:
        with pytest.raises(errors.CardRemoved):
            connection.transmit(VERIFY)
    else:
        connection.transmit(VERIFY)
    assert bytes(seen[0][5:]) == b"1234"
    assert fake.sent[0] == [0] * 9


@pytest.mark.proves("C7", "fault 15")
def test_a_late_answer_is_dropped(connect: Connect) -> None:
    clock = JobClock(30, 10)

    def answer(_: list[int]) -> tuple[int, list[int]]:
        clock.abandon()
        return 0, [0x90, 0x00]

    fake, connection = connect(answer, clock=clock)
    with pytest.raises(errors.CardNoAnswer):
        connection.transmit(SELECT)
    with pytest.raises(errors.CardNoAnswer):
        connection.transmit(SELECT)
    assert len(fake.sent) == 1


@pytest.mark.proves("C1")
def test_an_operation_of_too_many_commands_ends(connect: Connect) -> None:
    _, connection = connect(lambda _: (0, [0x90, 0x00]))
    for _ in range(300):
        connection.transmit(SELECT)
    with pytest.raises(errors.CardBadAnswer):
        connection.transmit(SELECT)


@pytest.mark.proves("C7")
def test_a_command_that_may_take_longer_has_its_own_limit(connect: Connect) -> None:
    now = [0.0]
    clock = JobClock(30, 10, now=lambda: now[0])
    clock.begin()
    passed: list[str | None] = []

    def answer(_: list[int]) -> tuple[int, list[int]]:
        now[0] += 119.0
        passed.append(clock.passed())
        return 0, [0x90, 0x00]

    _, connection = connect(answer, clock=clock)
    connection.transmit(CommandApdu(0x00, 0x47, 0x00, 0x9A, b"\xac\x00", le=256, patience_s=120.0))
    assert clock.passed() is None  # nor did the whole operation pass its limit
    connection.transmit(SELECT)
    assert passed == [None, "command"]


@pytest.mark.proves("C7")
def test_fetching_a_long_answer_is_as_patient_as_the_command(connect: Connect) -> None:
    now = [0.0]
    clock = JobClock(30, 10, now=lambda: now[0])
    clock.begin()
    passed: list[str | None] = []

    def answer(command: list[int]) -> tuple[int, list[int]]:
        now[0] += 11.0
        passed.append(clock.passed())
        return 0, [0x61, 0x01] if command[1] == 0x47 else [0x01, 0x90, 0x00]

    _, connection = connect(answer, clock=clock)
    connection.transmit(CommandApdu(0x00, 0x47, 0x00, 0x9A, b"\xac\x00", le=256, patience_s=120.0))
    assert passed == [None, None]


LONG = CommandApdu(0x00, 0x2A, 0x9E, 0x9A, bytes(300), le=256)


def test_a_reader_for_short_apdus_gets_long_data_in_a_chain(connect: Connect) -> None:
    fake, connection = connect(lambda _: (0, [0x90, 0x00]))
    connection.transmit(LONG)
    assert [len(command) for command in fake.sent] == [5 + 255, 5 + 45 + 1]


def test_a_card_without_extended_length_gets_a_chain_and_it_is_remembered(connect: Connect) -> None:
    sizes: list[int] = []

    def answer(command: list[int]) -> tuple[int, list[int]]:
        sizes.append(len(command))
        return 0, [0x67, 0x00] if len(command) > 261 else [0x90, 0x00]

    notes = InsertionNotes()
    _, connection = connect(answer, features=ReaderFeatures(extended_apdus=True), notes=notes)
    assert connection.transmit(LONG).sw == 0x9000
    assert connection.transmit(LONG).sw == 0x9000
    assert sizes == [309, 260, 51, 260, 51]
    assert notes.extended_apdus is False


def test_a_card_with_extended_length_gets_one_apdu(connect: Connect) -> None:
    notes = InsertionNotes()
    fake, connection = connect(lambda _: (0, [0x90, 0x00]), features=ReaderFeatures(extended_apdus=True), notes=notes)
    connection.transmit(LONG)
    assert len(fake.sent) == 1
    assert notes.extended_apdus is True


def test_pin_pad_gets_the_verify_block(connect: Connect) -> None:
    fake, connection = connect(lambda _: (0, []), features=ReaderFeatures(verify_direct=PAD_CONTROL))
    fake.readers["R"].controls[PAD_CONTROL] = b"\x64\x01"
    assert connection.has_pin_pad
    assert connection.verify_on_pad(PAD_VERIFY, FOUR_DIGITS).sw == 0x6401
    code, block = fake.controlled[0]
    assert code == PAD_CONTROL
    assert block == bytes.fromhex("1e1e82000004040201110400000000050000000020008000")


def test_a_failed_pad_command_kills_the_connection(connect: Connect) -> None:
    fake, connection = connect(lambda _: (0, [0x90, 0x00]), features=ReaderFeatures(verify_direct=PAD_CONTROL))
    with pytest.raises(errors.Internal):  # the fake reader does not know the control code: 0x8010001F
        connection.verify_on_pad(PAD_VERIFY, FOUR_DIGITS)
    with pytest.raises(errors.Internal):
        connection.transmit(SELECT)
    assert fake.sent == []


def test_reader_without_pad_refuses_before_anything_is_sent(connect: Connect) -> None:
    fake, connection = connect(lambda _: (0, [0x90, 0x00]))
    assert not connection.has_pin_pad
    with pytest.raises(errors.Internal):
        connection.verify_on_pad(PAD_VERIFY, FOUR_DIGITS)
    assert fake.controlled == []


@pytest.mark.parametrize(
    ("over", "sent"),
    [
        (CardProtocol.T1, ["00A4040002A00000"]),
        (CardProtocol.T0, ["00A4040002A000", "00C0000002"]),
    ],
    ids=["T=1", "T=0"],
)
def test_le_does_not_travel_beside_data_over_t0(connect: Connect, over: CardProtocol, sent: list[str]) -> None:
    seen: list[str] = []

    def card(command: list[int]) -> tuple[int, list[int]]:
        seen.append(bytes(command).hex().upper())
        more = over is CardProtocol.T0 and command[1] != 0xC0
        return 0, [0x61, 0x02] if more else [0x6F, 0x00, 0x90, 0x00]

    _, connection = connect(card, over=over)
    assert connection.transmit(SELECT).data == b"\x6f\x00"
    assert seen == sent


def test_other_cases_go_over_t0_as_they_are(connect: Connect) -> None:
    seen: list[str] = []

    def card(command: list[int]) -> tuple[int, list[int]]:
        seen.append(bytes(command).hex().upper())
        return 0, [0x90, 0x00]

    _, connection = connect(card, ReaderFeatures(extended_apdus=True), over=CardProtocol.T0)
    for command in (
        CommandApdu(0x00, 0x20, 0x00, 0x80),
        CommandApdu(0x00, 0xB0, 0x00, 0x00, le=256),
        CommandApdu(0x00, 0xA4, 0x02, 0x0C, b"\x00\x18"),
    ):
        connection.transmit(command)
    assert seen == ["00200080", "00B0000000", "00A4020C020018"]
    assert not connection.reader_takes_extended


@pytest.mark.proves("C4", "fault 1")
def test_a_job_that_waits_for_something_else_learns_that_its_card_has_gone(connect: Connect) -> None:
    commands: list[list[int]] = []

    def card(command: list[int]) -> tuple[int, list[int]]:
        commands.append(command)
        return 0, [0x90, 0x00]

    fake, connection = connect(card)
    connection.check_there()
    fake.get_atr = lambda _: (Pcsc.REMOVED_CARD, b"")  # type: ignore[method-assign]
    for _ in range(2):
        with pytest.raises(errors.CardRemoved):
            connection.check_there()
    with pytest.raises(errors.CardRemoved):
        connection.transmit(SELECT)
    assert commands == []


def test_a_job_that_waits_for_something_else_ends_with_the_emergency_stop(connect: Connect) -> None:
    clock = JobClock(30, 10)
    _, connection = connect(lambda _: (0, [0x90, 0x00]), clock=clock)
    connection.check_there()
    clock.stop()
    with pytest.raises(errors.LockedDown):
        connection.check_there()
