"""The relay without a browser: a daemon in mode production, too many calls, answers that are too long, a browser that reads nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from terminal.browser import frames, relay, words
from terminal.browser.host import Host
from terminal.browser.settings import Origin, Settings

EXTENSION = "abcdefghijklmnopabcdefghijklmnop"
SAFE, LOCAL = "https://counter.example.lg.jp", "http://localhost:8000"
LIMITS = {"calls_in_flight": 2}


class Daemon:
    """Greets, answers `hello`, keeps every line; other calls it lets wait."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.lines: list[dict[str, Any]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.say(writer, {"method": "server.greeting", "params": {"mode": self.mode, "limits": LIMITS}})
        while line := await reader.readline():
            self.lines.append(json.loads(line))
            if self.lines[-1]["method"] == "hello":
                self.say(writer, {"id": self.lines[-1]["id"], "result": {"client": "counter-app"}})
        writer.close()

    def say(self, writer: asyncio.StreamWriter, message: Mapping[str, object]) -> None:
        writer.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


@asynccontextmanager
async def daemon(folder: Path, mode: str) -> AsyncIterator[Daemon]:
    stand_in = Daemon(mode)
    server = await asyncio.start_unix_server(stand_in.serve, folder / "cardd.sock")
    async with server:
        yield stand_in


def settings(folder: Path, origin: str, *, trusted: bool = True) -> tuple[Settings, Origin]:
    row = Origin(origin, frozenset({EXTENSION}), frozenset({"cards.list", "card.read"}), "left")
    return Settings({origin: row}, str(folder / "cardd.sock"), trusted), row


@pytest.mark.parametrize(
    ("mode", "origin", "trusted", "refused"),
    [
        ("production", SAFE, True, False),
        ("production", LOCAL, True, True),
        ("production", SAFE, False, True),
        ("test", LOCAL, False, False),
    ],
)
async def test_what_is_for_tests_is_refused_by_a_daemon_in_production(
    tmp_path: Path, mode: str, origin: str, trusted: bool, refused: bool
) -> None:
    async with daemon(tmp_path, mode) as stand_in:
        file, row = settings(tmp_path, origin, trusted=trusted)
        if refused:
            with pytest.raises(relay.Refused) as caught:
                await relay.connect(file, row, EXTENSION, "ja")
            assert caught.value.why is words.TEST_ONLY
            assert stand_in.lines == []
            return
        client = await relay.connect(file, row, EXTENSION, "ja")
        await client.close()
        (said,) = stand_in.lines
        assert (
            said["params"].items() >= {"origin": origin, "extension": EXTENSION, "seat": "left", "locale": "ja"}.items()
        )


async def test_more_calls_than_the_daemon_takes_are_refused_here(tmp_path: Path) -> None:
    async with daemon(tmp_path, "production") as stand_in:
        file, row = settings(tmp_path, SAFE)
        sent: list[Mapping[str, Any]] = []
        conversation = relay.Relay(await relay.connect(file, row, EXTENSION, "en"), row, "en", sent.append)
        for number in (1, 2, 3):
            conversation.take({"id": number, "method": "cards.list"})
        (refused,) = sent
        assert (refused["id"], refused["error"]["data"]["name"]) == (3, "browser.too_many")
        with pytest.raises(relay.Refused):
            conversation.take({"id": 1, "method": "cards.list"})
        conversation.take({"cancel": 99})
        await conversation.close()
        assert [line["method"] for line in stand_in.lines][:1] == ["hello"]
        assert {answer["error"]["data"]["name"] for answer in sent[1:]} <= {"request.cancelled", "browser.daemon_gone"}


class Sink:
    """The pipe to the browser: what was written, and how much of it nobody has read."""

    def __init__(self, unread: int = 0) -> None:
        self.octets = b""
        self.unread = unread
        self.aborted = False
        self.transport = self

    def write(self, octets: bytes) -> None:
        self.octets += octets

    def get_write_buffer_size(self) -> int:
        return self.unread

    def abort(self) -> None:
        self.aborted = True


async def said(sink: Sink) -> dict[str, Any] | None:
    source = asyncio.StreamReader()
    source.feed_data(sink.octets)
    source.feed_eof()
    return await frames.read(source)


async def test_an_answer_that_is_too_long_becomes_an_error_of_its_call() -> None:
    sink = Sink()
    Host(asyncio.StreamReader(), sink)._send({"id": 7, "result": {"text": "x" * frames.LONGEST_OUT}})  # type: ignore[arg-type]
    told = await said(sink)
    assert told is not None
    assert (told["id"], told["error"]["data"]["name"]) == (7, "browser.answer_too_long")
    assert not sink.aborted


async def test_a_browser_that_reads_nothing_is_left() -> None:
    sink = Sink(unread=9 * 1024 * 1024)
    Host(asyncio.StreamReader(), sink)._send({"method": "events.changed", "params": {}})  # type: ignore[arg-type]
    assert sink.aborted
