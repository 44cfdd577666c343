import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from cardd import errors
from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.connection import InsertionNotes, SmartCardConnection
from cardd.model import ReaderName
from cardd.pcsc.calls import Disposition
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import Pcsc
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.reader_session import ReaderSession
from cardd.pcsc.reader_worker import PcscReaderWorker, WorkerSettings
from tests.unit.cardd.pcsc.fake_pcsc import FakePcsc

READER = ReaderName("R")
SELECT = CommandApdu(0x00, 0xA4, 0x04, 0x00)


def select(card: SmartCardConnection) -> ResponseApdu:
    return card.transmit(SELECT)


PATIENT_S = 30.0


class Bench:
    """A worker over a fake PC/SC, and what it told."""

    def __init__(self, **settings: float) -> None:
        self.fake = FakePcsc()
        self.reader = self.fake.plug(READER, atr=b"\x3b\x00")
        self.pauses: list[float] = []
        self.told: list[bool] = []
        self.freed = asyncio.Event()
        contexts = Contexts(self.fake)
        self.worker = PcscReaderWorker(
            READER,
            WorkerSettings(
                make_session=lambda reader: ReaderSession(reader, self.fake, contexts, pause=self.pauses.append),
                on_stuck=self.hear,
                **settings,
            ),
        )
        self.silence = threading.Event()

    def hear(self, _reader: ReaderName, stuck: bool) -> None:
        self.told.append(stuck)
        if not stuck:
            self.freed.set()

    async def perform(self, job=select, **more):  # type: ignore[no-untyped-def]
        return await self.worker.perform(job, notes=InsertionNotes(), **more)

    def fall_silent(self, command_limit_s: float = 0.5) -> None:
        """The card answers no more, until `silence` is set; then as a card that is gone. Its caller has the limit soon."""
        self.worker._settings = replace(self.worker._settings, command_limit_s=command_limit_s)

        def answer(_command: list[int]) -> tuple[int, list[int]]:
            self.silence.wait()
            return 0, []

        self.reader.answer = answer

    def speak(self) -> None:
        """The card answers, and has all the time that a busy machine may need for it."""
        self.worker._settings = replace(self.worker._settings, command_limit_s=PATIENT_S)
        self.reader.answer = lambda _: (0, [0x90, 0x00])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench(command_limit_s=PATIENT_S)
    yield made
    made.silence.set()
    made.worker.card_withdrawn()
    await made.worker.close(PATIENT_S)


@pytest.mark.proves("C5")
async def test_one_job_is_one_exclusive_connection_in_a_transaction(bench: Bench) -> None:
    assert (await bench.perform()).sw == 0x9000
    calls = [call for call, _ in bench.fake.log if call != "control"]
    assert calls == ["establish", "connect", "begin", "transmit", "end", "disconnect"]
    assert bench.fake.dispositions == [Disposition.UNPOWER]


async def test_jobs_share_one_thread_and_one_context(bench: Bench) -> None:
    for _ in range(3):
        await bench.perform()
    assert len({thread for _, thread in bench.fake.log}) == 1
    assert [call for call, _ in bench.fake.log].count("establish") == 1
    assert "MainThread" not in {thread for _, thread in bench.fake.log}


@pytest.mark.parametrize("error", [errors.PinRejected(tries_left=2), ValueError("bug")], ids=["refused", "bug"])
async def test_whatever_a_job_raises_reaches_the_caller_and_the_card_loses_power(
    bench: Bench, error: Exception
) -> None:
    def job(_card: SmartCardConnection) -> None:
        raise error

    with pytest.raises(type(error)):
        await bench.perform(job)
    assert bench.fake.dispositions == [Disposition.UNPOWER]


@pytest.mark.proves("C4")
async def test_a_job_that_hides_a_lost_card_gives_no_result(bench: Bench) -> None:
    bench.reader.answer = lambda _: (Pcsc.REMOVED_CARD, [])

    def job(card: SmartCardConnection) -> str:
        try:
            card.transmit(SELECT)
        except errors.CardRemoved:
            return "half a result"
        return "whole"

    with pytest.raises(errors.CardRemoved):
        await bench.perform(job)


@pytest.mark.proves("fault 172")
async def test_after_a_transport_error_handle_and_context_are_new(bench: Bench) -> None:
    bench.reader.answer = lambda _: (Pcsc.NOT_TRANSACTED, [])
    with pytest.raises(errors.CardRemoved):
        await bench.perform()
    bench.reader.answer = lambda _: (0, [0x90, 0x00])
    await bench.perform()
    calls = [call for call, _ in bench.fake.log if call in {"establish", "connect", "disconnect", "release"}]
    assert calls == ["establish", "connect", "disconnect", "release", "establish", "connect", "disconnect"]


@pytest.mark.proves("fault 43")
async def test_another_program_is_tried_three_times_in_two_seconds(bench: Bench) -> None:
    bench.fake.connect_codes = [Pcsc.SHARING_VIOLATION] * 3
    with pytest.raises(errors.ReaderBusy):
        await bench.perform()
    assert bench.fake.connect_codes == []
    assert len(bench.pauses) == 2
    assert sum(bench.pauses) <= 2.0


async def test_a_reader_that_is_free_at_the_third_try_serves(bench: Bench) -> None:
    bench.fake.connect_codes = [Pcsc.SHARING_VIOLATION] * 2
    assert (await bench.perform()).sw == 0x9000


@pytest.mark.proves("C10", "fault 40")
@pytest.mark.parametrize(
    "code", [Pcsc.COMM_ERROR, Pcsc.NO_SERVICE, Pcsc.SERVICE_STOPPED, Pcsc.INVALID_HANDLE], ids=lambda code: code.name
)
async def test_a_context_that_pcscd_forgot_is_opened_anew(bench: Bench, code: Pcsc) -> None:
    await bench.perform()
    bench.fake.connect_codes = [code]
    assert (await bench.perform()).sw == 0x9000
    assert len(bench.fake.contexts) == 1


@pytest.mark.proves("fault 39")
async def test_no_pcscd_is_said(bench: Bench) -> None:
    bench.fake.die()
    with pytest.raises(errors.PcscDown):
        await bench.perform()
    bench.fake.rise()
    assert (await bench.perform()).sw == 0x9000


@pytest.mark.proves("fault 1")
async def test_no_card_is_absent(bench: Bench) -> None:
    bench.reader.atr = None
    with pytest.raises(errors.CardAbsent):
        await bench.perform()
    assert bench.fake.sent == []


@pytest.mark.parametrize("code", [Pcsc.SHARING_VIOLATION, Pcsc.REMOVED_CARD], ids=lambda code: code.name)
async def test_a_transaction_that_does_not_begin_leaves_no_handle(bench: Bench, code: Pcsc) -> None:
    bench.fake.begin_codes = [code]
    with pytest.raises(errors.CarddError):
        await bench.perform()
    assert bench.fake.dispositions == [Disposition.UNPOWER]
    assert bench.fake.contexts == set()


@pytest.mark.proves("C7", "fault 15", "fault 138")
async def test_a_silent_card_costs_its_caller_the_command_limit_and_blocks_its_reader(bench: Bench) -> None:
    bench.fall_silent()
    with pytest.raises(errors.CardNoAnswer):
        await bench.perform()
    assert bench.worker.stuck
    assert bench.told == [True]
    with pytest.raises(errors.ReaderStuck):
        await bench.perform()


@pytest.mark.proves("C7")
async def test_a_stuck_context_is_never_released_from_another_thread(bench: Bench) -> None:
    bench.fall_silent()
    with pytest.raises(errors.CardNoAnswer):
        await bench.perform()
    (stuck,) = {thread for call, thread in bench.fake.log if call == "transmit"}
    assert [call for call, _ in bench.fake.log].count("release") == 0
    bench.worker.card_withdrawn()
    await bench.worker.close(0.05)
    assert [call for call, _ in bench.fake.log].count("release") == 0
    bench.silence.set()
    await asyncio.to_thread(bench.fake.wait_for, "release", 1)
    assert {thread for call, thread in bench.fake.log if call == "release"} == {stuck}


@pytest.mark.proves("fault 15", "fault 138")
async def test_once_the_card_is_pulled_a_new_thread_serves(bench: Bench) -> None:
    bench.fall_silent()
    with pytest.raises(errors.CardNoAnswer):
        await bench.perform()
    bench.worker.card_withdrawn()
    assert (bench.worker.stuck, bench.told) == (False, [True, False])
    bench.speak()
    assert (await bench.perform()).sw == 0x9000
    assert len({thread for call, thread in bench.fake.log if call == "transmit"}) == 2


async def test_a_card_that_answers_late_frees_its_reader_and_gets_nothing_more(bench: Bench) -> None:
    bench.fall_silent()

    def job(card: SmartCardConnection) -> None:
        card.transmit(SELECT)
        card.transmit(SELECT)

    with pytest.raises(errors.CardNoAnswer):
        await bench.perform(job)
    bench.silence.set()
    await bench.freed.wait()
    assert bench.told == [True, False]
    assert len(bench.fake.sent) == 1
    assert bench.fake.dispositions == [Disposition.UNPOWER]


async def test_who_waits_behind_a_stuck_job_is_told(bench: Bench) -> None:
    bench.fall_silent()
    first = asyncio.ensure_future(bench.perform())
    await asyncio.sleep(0)
    second = asyncio.ensure_future(bench.perform())
    results = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(result) for result in results] == [errors.CardNoAnswer, errors.ReaderStuck]
    assert len(bench.fake.sent) == 1


@pytest.mark.proves("C7", "fault 16")
async def test_a_job_of_many_quick_commands_has_a_limit_too() -> None:
    bench = Bench(command_limit_s=PATIENT_S)
    asked = threading.Event()

    def endless(card: SmartCardConnection) -> None:
        while True:
            card.transmit(SELECT)
            asked.wait(0.001)

    with pytest.raises(errors.CardNoAnswer) as caught:
        await bench.perform(endless, limit_s=0.05)
    assert caught.value.facts.problem == "operation_limit"
    await bench.freed.wait()
    await bench.worker.close(PATIENT_S)


@pytest.mark.proves("fault 61")
async def test_a_cancelled_caller_does_not_stop_the_job(bench: Bench) -> None:
    begun, go, finished = threading.Event(), threading.Event(), threading.Event()

    def job(card: SmartCardConnection) -> None:
        begun.set()
        go.wait()
        card.transmit(SELECT)
        finished.set()

    caller = asyncio.ensure_future(bench.perform(job))
    await asyncio.to_thread(begun.wait)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go.set()
    await bench.perform()
    assert finished.is_set()
    assert len(bench.fake.sent) == 2


@pytest.mark.proves("C7")
async def test_close_leaves_a_thread_behind_that_a_card_holds_and_tells_its_caller() -> None:
    bench = Bench()
    bench.fall_silent(PATIENT_S)
    caller = asyncio.ensure_future(bench.perform())
    await asyncio.to_thread(bench.fake.wait_for, "transmit", 1)
    await bench.worker.close(0.01)
    with pytest.raises(errors.CardNoAnswer):
        await caller
    assert "release" not in [call for call, _ in bench.fake.log]
    bench.silence.set()
    await asyncio.to_thread(bench.fake.wait_for, "release", 1)


async def test_close_lets_a_running_job_end(bench: Bench) -> None:
    begun, go = threading.Event(), threading.Event()

    def job(card: SmartCardConnection) -> int:
        begun.set()
        go.wait()
        return card.transmit(SELECT).sw

    caller = asyncio.ensure_future(bench.perform(job))
    await asyncio.to_thread(begun.wait)
    closing = asyncio.ensure_future(bench.worker.close(PATIENT_S))
    await asyncio.sleep(0)
    go.set()
    await closing
    assert await caller == 0x9000
    assert bench.fake.contexts == set()


@pytest.mark.proves("C7")
def test_the_time_of_a_person_at_the_pad_counts_in_no_limit() -> None:
    now = [0.0]
    clock = JobClock(limit_s=30, command_limit_s=10, now=lambda: now[0])
    clock.begin()
    now[0] = 25.0
    with clock.patient(35):
        now[0] = 59.0
        assert clock.passed() is None
        now[0] = 60.0
        assert clock.passed() == "command"
        now[0] = 59.9
    assert clock.passed() is None
    now[0] = 59.9 + 4.9
    assert clock.passed() is None
    now[0] = 59.9 + 5.1
    assert clock.passed() == "operation"


@pytest.mark.proves("C7")
def test_a_patient_command_is_never_given_less_than_others() -> None:
    now = [0.0]
    clock = JobClock(limit_s=300, command_limit_s=60, now=lambda: now[0])
    clock.begin()
    with clock.patient(35):
        now[0] = 59.0
        assert clock.passed() is None
        now[0] = 60.0
        assert clock.passed() == "command"


@pytest.mark.proves("C7", "fault 15")
def test_a_card_that_goes_silent_after_a_patient_command_is_noticed_in_time() -> None:
    now = [0.0]
    clock = JobClock(limit_s=30, command_limit_s=10, now=lambda: now[0])
    clock.begin()
    with clock.patient(120):
        looks_again = now[0] + clock.next_look()
        now[0] = 1.0
    with clock.command():
        now[0] = looks_again
        assert clock.passed() is None
        now[0] += clock.next_look()
        assert (now[0], clock.passed()) == (11.0, "command")
