"""The socket's rules, tried over a real AF_UNIX socket: who gets in, what is refused, and what a caller may use up."""

import asyncio
import contextlib
import io
import json
import os
import socket
import stat
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from cardd.api.limits import Limits
from tests.unit.cardd.api.house import CARD, CLERK, PATIENT, READER, running

HELLO: dict[str, Any] = {"level": 1, "client": "test", "version": "1"}


# --- who gets in ---------------------------------------------------------------------------------------------------


@pytest.mark.proves("I1")
async def test_the_server_speaks_first_and_says_what_it_is(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        greeting = await raw.line()
    assert greeting["method"] == "server.greeting"
    told = greeting["params"]
    assert (told["product"], told["level_min"], told["level_max"], told["mode"]) == ("cardd", 1, 1, "test")
    assert told["limits"]["request_line_bytes"] == 65536
    assert told["time"].endswith("Z")


@pytest.mark.proves("I1")
async def test_the_socket_and_its_folder_are_closed_to_others(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        assert stat.S_IMODE(house.path.stat().st_mode) == 0o660
        assert stat.S_IMODE(house.path.parent.stat().st_mode) == 0o750


@pytest.mark.proves("fault 49")
async def test_a_user_not_in_the_table_is_told_so_and_closed_and_noted_once_a_minute(tmp_path: Path) -> None:
    async with running(tmp_path, client=None) as house:
        for _ in range(3):
            async with house.raw() as raw:
                last = await raw.line()
                assert last["method"] == "server.closing"
                assert last["params"]["name"] == "client.unknown"
                await raw.ends()
        assert [(peer.uid, code, times) for peer, code, times in house.refusals] == [(os.getuid(), "client.unknown", 1)]


@pytest.mark.proves("I1")
async def test_who_calls_is_what_the_kernel_says(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready(locale="ja") as raw:
        assert await raw.result("whoami") == {
            "uid": os.getuid(),
            "gid": os.getgid(),
            "client": "counter-app",
            "seat": "s1",
            "locale": "ja",
            "may_prompt": True,
        }


@pytest.mark.proves("fault 51", "fault 52")
@pytest.mark.parametrize("claim", ["uid", "gid", "pid", "client_name", "user"])
async def test_a_claimed_identity_is_refused(tmp_path: Path, claim: str) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        await raw.line()
        error = await raw.error("hello", **HELLO, **{claim: 0})
    assert (error["data"]["name"], error["data"]["field"]) == ("request.bad", f"params.{claim}")


# --- hello -----------------------------------------------------------------------------------------------------------


async def test_before_hello_nothing_else_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        await raw.line()
        assert (await raw.error("readers.list"))["data"]["name"] == "request.hello_required"
        assert (await raw.result("hello", **HELLO))["seat"] == "s1"
        assert (await raw.result("readers.list"))["readers"][0]["name"] == READER


async def test_calls_may_follow_hello_without_waiting_for_its_answer(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        await raw.line()
        raw.ask("hello", **HELLO)
        raw.ask("cards.list")
        assert "result" in await raw.line()
        assert (await raw.line())["result"]["cards"][0]["card"] == CARD


@pytest.mark.proves("fault 72")
@pytest.mark.parametrize(("level", "problem"), [(0, "too_old"), (2, "too_new"), (99, "too_new")])
async def test_another_api_level_is_refused_with_the_range_that_is_spoken(
    tmp_path: Path, level: int, problem: str
) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        await raw.line()
        data = (await raw.error("hello", **{**HELLO, "level": level}))["data"]
    assert (data["name"], data["problem"]) == ("request.level_unsupported", problem)
    assert (data["level_min"], data["level_max"]) == (1, 1)


async def test_hello_is_said_once(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        assert (await raw.error("hello", **HELLO))["data"]["problem"] == "said_before"


@pytest.mark.parametrize(("seat", "problem"), [("s2", "not_yours"), (None, "must_be_named")])
async def test_a_seat_must_be_one_of_the_callers(tmp_path: Path, seat: str | None, problem: str) -> None:
    async with running(tmp_path) as house, house.raw() as raw:
        house.client = CLERK if seat else type(CLERK)("counter-app", (*CLERK.seats, *CLERK.seats), may_prompt=True)
        async with house.raw() as other:
            await other.line()
            data = (await other.error("hello", **HELLO, **({"seat": seat} if seat else {})))["data"]
        await raw.line()
    assert (data["name"], data["problem"], data["field"]) == ("seat.unknown", problem, "params.seat")


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.proves("fault 57", "fault 64", "I4")
@pytest.mark.parametrize("method", ["card.transmit", "card.apdu", "session.login2", "", "x" * 64])
async def test_what_is_not_in_the_list_cannot_be_called(tmp_path: Path, method: str) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        data = (await raw.error(method, apdu="00A40400"))["data"]
    assert data["name"] == ("request.unknown_method" if method else "request.bad")
    assert data["field"] == "method"


CARD_CALL: dict[str, Any] = {"card": CARD, "purpose": "juminhyo", "case": "R8-1"}


@pytest.mark.proves("fault 57", "fault 66", "S8")
@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"extra": 1}, "params.extra", "extra_forbidden"),
        ({"card": 7}, "params.card", "string_type"),
        ({"card": "c-1"}, "params.card", "string_pattern_mismatch"),
        ({"deadline_ms": "5"}, "params.deadline_ms", "int_type"),
        ({"deadline_ms": 0}, "params.deadline_ms", "greater_than_equal"),
        ({"purpose": "Any text"}, "params.purpose", "string_pattern_mismatch"),
        ({"case": "R8\n1"}, "params.case", "string_pattern_mismatch"),
        ({"case": "R8\x1b[2J"}, "params.case", "string_pattern_mismatch"),
        ({"case": "x" * 65}, "params.case", "string_too_long"),
        ({"case": None}, "params.case", "string_type"),
    ],
)
async def test_a_wrong_field_is_named_and_its_value_is_not_repeated(
    tmp_path: Path, change: dict[str, Any], field: str, problem: str
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        data = (await raw.error("probe.call", **{**CARD_CALL, **change}))["data"]
        assert not house.probe.calls
    assert (data["name"], data["field"], data["problem"]) == ("request.bad", field, problem)


@pytest.mark.proves("fault 66", "S8")
@pytest.mark.parametrize("missing", ["card", "purpose", "case"])
async def test_context_has_no_default(tmp_path: Path, missing: str) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        error = await raw.error("probe.call", **{name: CARD_CALL[name] for name in CARD_CALL if name != missing})
    assert (error["data"]["field"], error["data"]["problem"]) == (f"params.{missing}", "missing")


@pytest.mark.proves("fault 70", "P7")
@pytest.mark.parametrize(
    "params",
    [{"pin": "ZQ271828"}, {"ZQ271828": 1}, {"card": "ZQ271828"}, {"text": {"ZQ271828": "ZQ271828"}}],
    ids=["field", "name of a field", "known field", "nested"],
)
async def test_a_pin_sent_in_a_field_is_not_repeated_anywhere(
    tmp_path: Path, params: dict[str, Any], log: io.StringIO
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        for method in ("probe.text", "probe.call", "session.verify", "ZQ271828"):
            assert "ZQ271828" not in str(await raw.error(method, **params))
        raw.send({"jsonrpc": "2.0", "id": 99, "method": "health", "ZQ271828": 1})
        assert "ZQ271828" not in str(await raw.line())
    assert "ZQ271828" not in log.getvalue()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"ZQ271828\n", "not_json"),
        (b'{"jsonrpc":"2.0","id":1,"id":1,"method":"health"}\n', "duplicate_name"),
        (b'{"jsonrpc":"2.0","id":NaN,"method":"health"}\n', "not_finite"),
        (b"[" * 40 + b"]" * 40 + b"\n", "nested_too_deep"),
        (b'{"a":"\xff"}\n', "not_utf8"),
        (b"x" * 70_000, "line_too_long"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.proves("I2")
async def test_an_unreadable_line_is_answered_and_ends_the_connection(
    tmp_path: Path, line: bytes, problem: str
) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        raw.send(line)
        answer = await raw.line()
        assert answer["id"] is None
        assert (answer["error"]["data"]["name"], answer["error"]["data"]["problem"]) == ("request.bad", problem)
        assert (await raw.line())["method"] == "server.closing"
        await raw.ends()


@pytest.mark.proves("I2")
async def test_a_batch_is_refused_and_the_connection_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        raw.send(b'[{"jsonrpc":"2.0","id":1,"method":"health"}]\n')
        assert (await raw.line())["error"]["data"]["problem"] == "not_an_object"
        assert (await raw.result("health"))["checks"] == [{"name": "pcsc", "state": "good", "problem": None}]


async def test_a_notification_from_a_client_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        raw.send({"jsonrpc": "2.0", "method": "probe.text"})
        data = (await raw.line())["error"]["data"]
        assert (data["name"], data["field"]) == ("request.bad", "id")
        assert not house.probe.calls


@pytest.mark.proves("fault 54")
async def test_half_a_line_and_then_silence_ends_the_connection(tmp_path: Path) -> None:
    async with running(tmp_path, Limits(line_seconds=0.05)) as house, house.ready() as raw:
        raw.send(b'{"jsonrpc"')
        assert (await raw.line())["params"]["problem"] == "line_too_slow"
        await raw.ends()


@pytest.mark.proves("fault 55")
async def test_a_line_that_comes_byte_by_byte_must_be_whole_in_time(tmp_path: Path) -> None:
    async with running(tmp_path, Limits(line_seconds=0.1)) as house:
        lines = await asyncio.to_thread(_drip, house.path)
    assert [line["method"] for line in lines] == ["server.greeting", "server.closing"]
    assert lines[-1]["params"]["problem"] == "line_too_slow"


def _drip(path: Path) -> list[dict[str, Any]]:
    """Send a blank every 10 ms until nobody takes it any more; everything that was said meanwhile."""
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(PATIENT)
        slow.connect(str(path))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while True:
                slow.send(b" ")
                time.sleep(0.01)
        said = b""
        with contextlib.suppress(ConnectionResetError):
            while part := slow.recv(65_536):
                said += part
    return [json.loads(line) for line in said.splitlines()]


async def test_a_silent_connection_between_lines_may_stay(tmp_path: Path) -> None:
    async with running(tmp_path, Limits(line_seconds=0.02)) as house, house.ready() as raw:
        await asyncio.sleep(0.06)
        assert (await raw.result("whoami"))["seat"] == "s1"


# --- what a caller may use up ----------------------------------------------------------------------------------------


@pytest.mark.proves("I3")
async def test_requests_past_the_rate_are_refused_for_the_user_over_all_connections(tmp_path: Path) -> None:
    async with running(tmp_path, Limits()) as house, house.ready() as raw, house.ready() as other:
        answers: list[dict[str, Any]] = []
        began = time.monotonic()
        for _ in range(75):
            raw.ask("whoami")
            other.ask("whoami")
        for _ in range(75):
            answers += [await raw.line(), await other.line()]
        seconds = time.monotonic() - began
    refused = [answer["error"]["data"] for answer in answers if "error" in answer]
    assert len(refused) >= 150 - 20 * (1 + seconds)
    assert {(data["name"], data["retryable"]) for data in refused} == {("request.too_many", True)}
    # Where a connection has sixteen calls under way already, that is said first.
    assert 20 in {data["limit"] for data in refused} <= {16, 20}


@pytest.mark.proves("I3")
async def test_a_ninth_connection_of_a_user_is_refused_until_one_has_ended(tmp_path: Path) -> None:
    async with running(tmp_path) as house, AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(house.raw()) for _ in range(8)]
        for raw in opened:
            assert (await raw.line())["method"] == "server.greeting"
        async with house.raw() as ninth:
            assert (await ninth.line())["params"]["name"] == "request.too_many"
        leaving = [connection.closed for connection in house.server._live]
        opened[0].writer.close()
        await asyncio.wait(leaving, return_when=asyncio.FIRST_COMPLETED)
        async with house.raw() as again:
            assert (await again.line())["method"] == "server.greeting"


@pytest.mark.proves("I3")
async def test_connections_in_all_have_a_limit(tmp_path: Path) -> None:
    async with running(tmp_path, Limits(connections=1)) as house, house.raw() as raw:
        await raw.line()
        async with house.raw() as second:
            assert (await second.line())["params"]["name"] == "request.too_many"


@pytest.mark.proves("I3")
async def test_calls_in_flight_have_a_limit(tmp_path: Path) -> None:
    limits = Limits(requests_per_second=1000, calls_in_flight=2)
    async with running(tmp_path, limits) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        waiting = [raw.ask("probe.text"), raw.ask("probe.text")]
        assert (await raw.error("whoami"))["data"]["limit"] == 2
        house.probe.go_on.set()
        assert [(await raw.line())["id"] for _ in waiting] == waiting


@pytest.mark.proves("fault 58", "I3")
async def test_a_client_that_does_not_read_its_answers_is_cut(tmp_path: Path) -> None:
    limits = Limits(requests_per_second=10_000, output_queue_bytes=64 * 1024)
    async with running(tmp_path, limits) as house, house.ready() as raw:
        for _ in range(10_000):
            raw.ask("nothing")
        (connection,) = house.server._live
        async with asyncio.timeout(PATIENT):
            await connection.closed
        async with house.ready() as other:
            assert (await other.result("whoami"))["seat"] == "s1"
