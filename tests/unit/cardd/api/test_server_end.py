"""The socket file of the server, and how the server ends."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cardd.api.listening import SocketInUse, bind
from tests.unit.cardd.api.house import AT_ONCE, running

HELLO: dict[str, Any] = {"level": 1, "client": "test", "version": "1"}


# --- the socket file, and the end ------------------------------------------------------------------------------------


@pytest.mark.proves("fault 73")
async def test_a_socket_file_that_is_removed_or_replaced_is_noticed(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        assert house.server.check() is None
        house.path.unlink()
        assert house.server.check() == "socket_removed"
        house.path.touch()
        assert house.server.check() == "socket_replaced"
    assert house.path.exists(), "what is not ours is not removed"


async def test_a_second_daemon_does_not_take_a_living_ones_socket(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        with pytest.raises(SocketInUse):
            await asyncio.to_thread(bind, house.path)
        assert house.server.check() is None


def test_a_dead_daemons_socket_is_replaced_but_a_file_is_not(tmp_path: Path) -> None:
    first = bind(tmp_path / "cardd.sock")
    first.socket.close()
    second = bind(tmp_path / "cardd.sock")
    assert first.problem() == "socket_replaced"
    assert second.problem() is None
    second.socket.close()
    (tmp_path / "file").touch()
    with pytest.raises(SocketInUse):
        bind(tmp_path / "file")


@pytest.mark.proves("H8")
async def test_the_end_tells_waiting_calls_and_leaves_no_socket(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait
        number = raw.ask("probe.text")
        await house.probe.begun.wait()
        assert await house.server.close(limit_s=5)
        answer = await raw.line()
        assert (answer["id"], answer["error"]["data"]["name"]) == (number, "request.cancelled")
        assert (await raw.line())["params"]["problem"] == "server_stopping"
        await raw.ends()
        assert house.probe.told == ["server.stopping"]
        assert not house.path.exists()


async def test_a_card_command_on_its_way_is_waited_for_at_the_end_up_to_the_limit(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        house.probe.behave = house.probe.wait_through
        raw.ask("probe.text")
        await house.probe.begun.wait()
        assert not await house.server.close(limit_s=0.05)
        house.probe.go_on.set()


async def test_discovery_tells_every_method_that_is_served(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready() as raw:
        document = (await raw.result("rpc.discover"))["document"]
        assert {row["name"] for row in document["methods"]} >= {"hello", "health", "probe.text"}


async def test_the_error_table_is_told_in_both_languages(tmp_path: Path) -> None:
    async with running(tmp_path, AT_ONCE) as house, house.ready() as raw:
        rows = {row["name"]: row for row in (await raw.result("errors.list"))["errors"]}
    assert rows["pin.was_blocked"]["message"]["ja"] == "暗証番号は、すでにロックされています。"
    assert rows["pin.was_blocked"]["number"] != rows["pin.now_blocked"]["number"]


async def test_errors_speak_the_language_of_the_connection(tmp_path: Path) -> None:
    async with running(tmp_path) as house, house.ready(locale="ja") as raw:
        error = await raw.error("nothing")
    assert error["message"] == "この機能はありません。"
