"""The client library against a real server: results, errors, prompts, events, and a PIN that is wiped on this side too."""

import asyncio
import gc
import json
import os
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest

from cardd.client import ConnectionEnded, EventsLost, RemoteError, connect, connect_async
from cardd.ports import Call, Progress
from cardd.wire.talk import failure_of
from tests.unit.cardd.api.house import CARD, PATIENT, House, pin_prompt, running

T = TypeVar("T")


def asking_for_a_pin(house: House) -> None:
    async def behave(call: Call) -> str:
        with await call.prompter.pin(pin_prompt()) as pin:
            return str(len(pin))

    house.probe.behave = behave


async def in_thread(work: Callable[[], T]) -> T:
    async with asyncio.timeout(PATIENT):
        return await asyncio.to_thread(work)


async def test_the_example_reads_like_the_counter(tmp_path: Path) -> None:
    def at_the_counter() -> str:
        with connect(house.path, client="example") as counter:
            assert counter.greeting["product"] == "cardd"
            assert counter.me["seat"] == "s1"
            cards: list[dict[str, Any]] = counter.call("cards.list")["cards"]
            return str(cards[0]["card"])

    async with running(tmp_path) as house:
        assert await in_thread(at_the_counter) == CARD


async def test_the_path_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as house:
        monkeypatch.setenv("CARDD_SOCKET", str(house.path))
        with await in_thread(lambda: connect(client="example")) as counter:
            assert counter.me["client"] == "counter-app"


def test_no_daemon_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        connect(tmp_path / "nothing.sock", client="example")


async def test_an_error_carries_name_message_remedy_and_facts_in_the_chosen_language(tmp_path: Path) -> None:
    def wrong() -> RemoteError:
        with connect(house.path, client="example", locale="ja") as counter:
            with pytest.raises(RemoteError) as error:
                counter.call("probe.call", card="x", purpose="p", case="c")
            return error.value

    async with running(tmp_path) as house:
        error = await in_thread(wrong)
    assert (error.name, error.number, error.exit_code, error.retryable) == ("request.bad", -32600, 64, False)
    assert error.message == "要求の形式が正しくありません。"
    assert error.remedy.endswith("お知らせください。")
    assert error.data["field"] == "params.card"


def test_an_error_name_of_a_newer_daemon_counts_as_internal() -> None:
    failed = failure_of({"code": 9, "message": "new", "data": {"name": "card.exploded", "exit_code": 77}}, "en")
    assert (failed.name, failed.message, failed.data["exit_code"]) == ("internal", "new", 77)
    assert failure_of({}, "ja").message == "cardd の内部で問題が起きました。"


async def test_a_refused_user_learns_why(tmp_path: Path) -> None:
    async with running(tmp_path, client=None) as house:
        with pytest.raises(RemoteError, match=r"client\.unknown"):
            await in_thread(lambda: connect(house.path, client="example"))


@pytest.mark.proves("P6")
async def test_a_pin_is_asked_for_sent_and_wiped(tmp_path: Path) -> None:
    given = bytearray(b"2718")
    asked: list[Mapping[str, Any]] = []

    def ask(request: Mapping[str, Any]) -> bytearray:
        asked.append(request)
        return given

    def call() -> dict[str, Any]:
        with connect(house.path, client="example", pin_prompt=ask) as counter:
            return counter.call("probe.text")

    async with running(tmp_path) as house:
        asking_for_a_pin(house)
        assert await in_thread(call) == {"text": "4"}
    assert given == bytearray(4)
    assert (asked[0]["which"], asked[0]["step"], asked[0]["tries_left"]) == ("authentication", "enter", 3)


async def test_no_pin_given_is_a_cancelled_prompt(tmp_path: Path) -> None:
    def call() -> None:
        with connect(house.path, client="example", pin_prompt=lambda _: None) as counter:
            counter.call("probe.text")

    async with running(tmp_path) as house:
        asking_for_a_pin(house)
        with pytest.raises(RemoteError, match=r"pin\.cancelled"):
            await in_thread(call)


@pytest.mark.proves("P6")
def test_a_pin_typed_after_the_prompt_was_taken_back_is_not_sent(tmp_path: Path) -> None:
    given, taken_back = bytearray(b"2718"), threading.Event()
    answers: list[dict[str, Any]] = []

    def ask(_: Mapping[str, Any]) -> bytearray:
        assert taken_back.wait(PATIENT)
        return given

    def serve() -> None:
        connected, _ = listening.accept()
        with connected, connected.makefile("rwb", buffering=0) as line:
            line.write(b'{"jsonrpc":"2.0","method":"server.greeting","params":{}}\n')
            for number in (1, 2):  # hello, agent.register
                line.readline()
                line.write(b'{"jsonrpc":"2.0","id":%d,"result":{}}\n' % number)
            line.readline()
            line.write(b'{"jsonrpc":"2.0","id":"s-1","method":"agent.pin","params":{"prompt":"p"}}\n')
            line.write(b'{"jsonrpc":"2.0","method":"agent.cancel","params":{"prompt":"p","reason":"pin.timeout"}}\n')
            taken_back.set()
            answers.append(json.loads(line.readline()))
            line.write(b'{"jsonrpc":"2.0","id":3,"result":{"text":"late"}}\n')

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "x.sock"))
        listening.listen()
        serving = threading.Thread(target=serve)
        serving.start()
        with connect(tmp_path / "x.sock", client="example", pin_prompt=ask) as counter:
            assert counter.call("probe.text") == {"text": "late"}
        serving.join()
    assert answers == [{"jsonrpc": "2.0", "id": "s-1", "result": {"cancelled": True}}]
    assert given == bytearray(4)


@pytest.mark.parametrize("agrees", [True, False])
async def test_consent_is_asked_for(tmp_path: Path, agrees: bool) -> None:
    async def behave(call: Call) -> str:
        return str(await call.prompter.agrees_to_last_try(pin_prompt()))

    def call() -> dict[str, Any]:
        with connect(house.path, client="x", pin_prompt=lambda _: None, confirm=lambda _: agrees) as counter:
            return counter.call("probe.text")

    async with running(tmp_path) as house:
        house.probe.behave = behave
        assert await in_thread(call) == {"text": str(agrees)}


async def test_progress_is_told_while_waiting(tmp_path: Path) -> None:
    told: list[Mapping[str, Any]] = []

    async def behave(call: Call) -> str:
        call.progress(Progress("queued", place=1, holder="other"))
        return "done"

    def call() -> None:
        with connect(house.path, client="example", on_progress=told.append) as counter:
            counter.call("probe.text")

    async with running(tmp_path) as house:
        house.probe.behave = behave
        await in_thread(call)
    assert [(notice["state"], notice["place"], notice["holder"]) for notice in told] == [("queued", 1, "other")]


async def test_events_are_a_snapshot_and_then_changes(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        counter = await in_thread(lambda: connect(house.path, client="example"))
        with counter:
            snapshot, changes = await in_thread(lambda: counter.events(topics=["card"]))
            house.events.publish("card", "removed", {"card": CARD})
            change = await in_thread(lambda: next(changes))
    assert (snapshot["number"], snapshot["cards"][0]["card"]) == (0, CARD)
    assert (change["change"], change["facts"]) == ("removed", {"card": CARD})


async def test_a_reader_that_was_too_slow_learns_that_events_were_lost(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        counter = await in_thread(lambda: connect(house.path, client="example"))

        def read_all() -> None:
            for _ in changes:
                pass

        with counter:
            _, changes = await in_thread(counter.events)
            for _ in range(20_000):
                house.events.publish("card", "removed", {"card": CARD})
            with pytest.raises(EventsLost) as lost:
                await in_thread(read_all)
    assert 0 < lost.value.number < 20_000


async def test_a_daemon_that_stops_says_so_and_then_the_connection_has_ended(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        with await in_thread(lambda: connect(house.path, client="example")) as counter:
            await house.server.close(limit_s=1)
            with pytest.raises(RemoteError, match=r"request\.cancelled"):
                await in_thread(lambda: counter.call("whoami"))
            with pytest.raises(OSError, match="closed"):
                await in_thread(lambda: counter.call("whoami"))


@pytest.mark.parametrize(
    "octets", [b"HTTP/1.1 400\r\n", b'{"jsonrpc":"2.0","method":"other","params":{}}\n', b"[1]\n", b"{}\n", b""]
)
def test_what_is_no_daemon_is_not_believed(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "x.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            connected, _ = listening.accept()
            with connected:
                connected.sendall(octets)

        serving = threading.Thread(target=serve)
        serving.start()
        with pytest.raises(ConnectionEnded):
            connect(path, client="example")
        serving.join()


# --- asyncio ---------------------------------------------------------------------------------------------------------


async def test_overlapping_calls_get_their_own_answers(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.probe.behave = house.probe.wait
        async with await connect_async(house.path, client="example") as counter:
            slow = asyncio.create_task(counter.call("probe.text"))
            assert (await counter.call("whoami"))["uid"] == os.getuid()
            await house.probe.begun.wait()
            house.probe.go_on.set()
            assert await slow == {"text": "done"}
            with pytest.raises(RemoteError, match=r"request\.unknown_method"):
                await counter.call("nothing")


async def test_a_task_that_is_cancelled_here_cancels_its_call_there(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        house.probe.behave = house.probe.wait
        async with await connect_async(house.path, client="example") as counter:
            waiting = asyncio.create_task(counter.call("probe.text"))
            await house.probe.begun.wait()
            (running_call,) = house.server._tasks
            waiting.cancel()
            await asyncio.wait([waiting, running_call])
            assert house.probe.told == ["request.cancelled"]
            assert (await counter.call("whoami"))["seat"] == "s1"


@pytest.mark.proves("P6")
async def test_an_agent_of_a_seat_answers_for_other_connections_and_wipes(tmp_path: Path) -> None:
    given = bytearray(b"2718")

    async def ask(_: Mapping[str, Any]) -> bytearray:
        await asyncio.sleep(0)
        return given

    async with running(tmp_path) as house:
        asking_for_a_pin(house)
        async with (
            await connect_async(house.path, client="agent", pin_prompt=ask, scope="seat"),
            await connect_async(house.path, client="example") as counter,
        ):
            assert await counter.call("probe.text") == {"text": "4"}
    assert given == bytearray(4)


async def test_an_agents_prompt_is_cancelled_when_it_is_taken_back(tmp_path: Path) -> None:
    asked, ended = asyncio.Event(), asyncio.Event()

    async def ask(_: Mapping[str, Any]) -> bytearray | None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return None

    async with running(tmp_path) as house:
        asking_for_a_pin(house)
        async with (
            await connect_async(house.path, client="agent", pin_prompt=ask, scope="seat"),
            await connect_async(house.path, client="example") as counter,
        ):
            calling = asyncio.create_task(counter.call("probe.text"))
            await asked.wait()
            calling.cancel()
            await asyncio.wait([calling])
            async with asyncio.timeout(PATIENT):
                await ended.wait()


async def test_a_prompt_that_breaks_is_answered_at_once_and_its_error_is_not_hidden(tmp_path: Path) -> None:
    async def ask(_: Mapping[str, Any]) -> bytearray | None:
        raise RuntimeError("no display")

    broken: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: broken.append(context.get("exception")))
    async with running(tmp_path) as house:
        asking_for_a_pin(house)
        async with await connect_async(house.path, client="example", pin_prompt=ask) as counter:
            with pytest.raises(RemoteError, match=r"pin\.cancelled"):
                await counter.call("probe.text")
        gc.collect()
    assert [str(error) for error in broken] == ["no display"]


async def test_async_events_and_the_end(tmp_path: Path) -> None:
    async with running(tmp_path) as house, await connect_async(house.path, client="example") as counter:
        _, changes = await counter.events()
        house.events.publish("card", "removed", {"card": CARD})
        assert (await anext(changes))["change"] == "removed"
        await house.server.close(limit_s=1)
        with pytest.raises(RemoteError, match=r"request\.cancelled"):
            await anext(changes)
        with pytest.raises(RemoteError):
            await counter.call("whoami")


async def test_a_failing_hello_leaves_nothing_open(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        with pytest.raises(RemoteError, match=r"seat\.unknown"):
            await connect_async(house.path, client="example", seat="s9")
        with pytest.raises(RemoteError, match=r"seat\.unknown"):
            await in_thread(lambda: connect(house.path, client="example", seat="s9"))
