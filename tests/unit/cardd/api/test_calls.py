"""Calls on their way: overlapping, cancelled, late, abandoned by their client, broken by a bug of ours."""

import asyncio
import io
import socket
from pathlib import Path

import pytest

from cardd.errors import PinRejected
from cardd.model import CardOutcome, PinKind, PinOutcome
from cardd.ports import Call, Progress
from tests.unit.cardd.api.house import CARD, PATIENT, running

CANARY = "ZQ271828"


async def test_calls_overlap_and_answer_out_of_order(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        slow = raw.ask("probe.text")
        quick = raw.ask("whoami")
        assert (await raw.line())["id"] == quick
        house.probe.go_on.set()
        assert (await raw.line())["id"] == slow


@pytest.mark.proves("fault 63")
async def test_an_id_that_is_still_running_is_refused_and_the_running_call_is_not_disturbed(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        raw.send({"jsonrpc": "2.0", "id": "a", "method": "probe.text", "params": {"text": "one"}})
        raw.send({"jsonrpc": "2.0", "id": "a", "method": "probe.text", "params": {"text": "two"}})
        refused = await raw.line()
        assert (refused["id"], refused["error"]["data"]["name"]) == ("a", "request.duplicate_id")
        house.probe.go_on.set()
        assert (await raw.line())["result"] == {"text": "done"}
        assert len(house.probe.calls) == 1


async def test_a_waiting_call_is_cancelled_by_its_id(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        number = raw.ask("probe.text")
        await house.probe.begun.wait()
        raw.ask("request.cancel", id=number)
        answer = await raw.line()
        assert (answer["id"], answer["error"]["data"]["name"]) == (number, "request.cancelled")
        assert (await raw.line())["result"] == {"cancelled": True}
        assert house.probe.told == ["request.cancelled"]


async def test_a_call_whose_card_command_is_on_its_way_runs_to_its_end(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait_through
        number = raw.ask("probe.text")
        await house.probe.begun.wait()
        assert await raw.result("request.cancel", id=number) == {"cancelled": False}
        house.probe.go_on.set()
        house_answer = await raw.line()
        assert house_answer["result"] == {"text": "done"}
        assert house.probe.told == ["request.cancelled"]


@pytest.mark.parametrize("unknown", [77, "nobody", "s-1"])
async def test_cancelling_what_does_not_run_says_so(tmp_path: Path, unknown: int | str) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        assert await raw.result("request.cancel", id=unknown) == {"cancelled": False}


async def test_nobody_cancels_the_call_of_another_connection(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw, house.ready() as other:
        house.probe.behave = house.probe.wait
        number = raw.ask("probe.text")
        await house.probe.begun.wait()
        other.number = 40
        assert await other.result("request.cancel", id=number) == {"cancelled": False}
        assert not house.probe.told
        house.probe.go_on.set()
        assert (await raw.line())["result"] == {"text": "done"}


async def test_a_deadline_ends_a_waiting_call(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        error = await raw.error("probe.call", card=CARD, purpose="juminhyo", case="R8-1", deadline_ms=10)
        assert error["data"]["name"] == "request.deadline"
        assert house.probe.told == ["request.deadline"]
        assert house.probe.calls[0].deadline == pytest.approx(house.clock.now + 0.010)


async def test_a_call_that_ends_in_time_leaves_no_deadline_behind(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        await raw.result("probe.call", card=CARD, purpose="juminhyo", case="R8-1", deadline_ms=1)
        await asyncio.sleep(0.15)
        assert (await raw.result("whoami"))["seat"] == "s1"


@pytest.mark.proves("fault 61", "I6")
async def test_running_calls_are_told_that_their_client_is_gone(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.probe.behave = house.probe.wait
        async with house.ready() as raw:
            raw.ask("probe.text")
            await house.probe.begun.wait()
            (task,) = house.server._tasks
        async with asyncio.timeout(PATIENT):
            await asyncio.wait([task])
        assert house.probe.told == ["client.gone"]
        async with house.ready() as other:
            assert (await other.result("whoami"))["seat"] == "s1"


@pytest.mark.proves("fault 61")
async def test_a_card_command_goes_on_after_its_client_is_gone_and_its_result_is_dropped(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.probe.behave = house.probe.wait_through
        async with house.ready() as raw:
            raw.ask("probe.text")
            await house.probe.begun.wait()
            (task,) = house.server._tasks
            (connection,) = house.server._live
        await connection.closed
        assert not task.done()
        house.probe.go_on.set()
        await asyncio.wait([task])
        assert task.exception() is None
        assert house.probe.told == ["client.gone"]


async def test_who_only_stops_sending_still_gets_its_answers(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        number = raw.ask("probe.text")
        raw.writer.write_eof()
        await house.probe.begun.wait()
        house.probe.go_on.set()
        assert (await raw.line())["id"] == number
        await raw.ends()


@pytest.mark.proves("I6")
async def test_who_stops_sending_and_then_hangs_up_is_noticed(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.probe.behave = house.probe.wait
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(house.path))
            plain.sendall(
                b'{"jsonrpc":"2.0","id":1,"method":"hello","params":{"level":1,"client":"x","version":"1"}}\n'
            )
            plain.sendall(b'{"jsonrpc":"2.0","id":2,"method":"probe.text"}\n')
            plain.shutdown(socket.SHUT_WR)
            await house.probe.begun.wait()
            (task,) = house.server._tasks
        async with asyncio.timeout(PATIENT):
            await asyncio.wait([task])
        assert house.probe.told == ["client.gone"]


async def test_progress_is_told_while_a_call_runs_and_never_after(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        number = raw.number + 1

        async def behave(call: Call) -> str:
            call.progress(Progress("queued", place=2, holder="other-app"))
            call.progress(Progress("reading", percent=40))
            return "done"

        house.probe.behave = behave
        raw.ask("probe.text")
        first, second = await raw.line(), await raw.line()
        assert first["params"] == {"id": number, "state": "queued", "place": 2, "holder": "other-app"}
        assert second["params"] == {"id": number, "state": "reading", "percent": 40}
        assert (await raw.line())["id"] == number
        house.probe.calls[0].progress(Progress("reading"))
        assert (await raw.result("whoami"))["seat"] == "s1"


@pytest.mark.proves("I5")
async def test_an_error_says_what_became_of_card_and_pin_and_carries_our_request_id(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:

        async def behave(_: Call) -> str:
            raise PinRejected(
                which=PinKind.SIGNATURE, tries_left=4, sw=0x63C4, card=CardOutcome.CLEARED, pin=PinOutcome.SPENT
            )

        house.probe.behave = behave
        error = await raw.error("probe.text")
        data = error["data"]
        assert error["code"] == 4001
        assert (data["card"], data["pin"], data["tries_left"]) == ("cleared", {"outcome": "spent", "tries_left": 4}, 4)
        assert (data["which"], data["sw"]) == ("signature", "63C4")
        assert data["request_id"] == house.probe.calls[0].request_id


@pytest.mark.proves("I5", "P7", "fault 70")
async def test_a_bug_of_ours_is_told_with_an_incident_number_and_logged_without_values(
    tmp_path: Path, log: io.StringIO
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:

        async def behave(_: Call) -> str:
            try:
                int(CANARY)
            except ValueError as error:
                raise RuntimeError(CANARY) from error
            return ""

        house.probe.behave = behave
        error = await raw.error("probe.text")
        assert error["data"]["name"] == "internal"
        assert error["data"]["incident"] in log.getvalue()
        assert "RuntimeError[" in log.getvalue()
        assert "ValueError[" in log.getvalue()
        assert "test_calls.py" in log.getvalue()
        assert CANARY not in log.getvalue() + str(error)
        assert (await raw.result("whoami"))["seat"] == "s1"


async def test_an_answer_past_the_longest_line_is_an_incident_and_not_sent(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:

        async def behave(_: Call) -> str:
            return "x" * 2**20

        house.probe.behave = behave
        assert (await raw.error("probe.text"))["data"]["name"] == "internal"
