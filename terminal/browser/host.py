"""The program that the browser starts for each page: checks who asks, then relays, until the browser or the daemon ends.

The browser gives the extension's origin as its first argument; the extension, in its first message, the page's. Both must stand in
the settings together. Nothing but messages goes to standard output; nothing that a page or a card said goes to standard error.
"""

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from typing import BinaryIO, Final

from cardd.client import RemoteError
from cardd.wire.fault import Locale
from terminal.browser import frames, relay, words
from terminal.browser.settings import Settings, SettingsProblem, load

_CALLER: Final = re.compile(r"chrome-extension://([a-p]{32})/")
_MOST_UNREAD: Final = 8 * 1024 * 1024
"""Bytes that the browser has not taken yet; beyond it the conversation ends. Our choice: eight of the longest answers."""
_FIRST_SECONDS: Final = 30.0


class Host:
    """One run. `source` and `sink`: the two pipes to the browser."""

    def __init__(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        self._source = source
        self._sink = sink
        self._locale: Locale = "ja"

    async def run(self, caller: str) -> int:
        """From the first message to the end; the exit status: 0 where the browser ended it, 1 for anything else."""
        try:
            await self._converse(caller)
        except relay.Refused as refused:
            return await self._end(refused.why.told(self._locale), refused.why.name)
        except frames.FrameProblem as problem:
            return await self._end(words.MESSAGE.told(self._locale), f"{words.MESSAGE.name} {problem.problem}")
        except RemoteError as error:
            told = {"code": error.number, "message": error.message, "data": error.data}
            return await self._end(told, error.name)
        except (BrokenPipeError, ConnectionResetError):
            return 0  # the browser went while it was written to
        return 0

    async def _converse(self, caller: str) -> None:
        extension = _CALLER.fullmatch(caller)
        settings = _settings()
        if extension is None or not settings.knows(extension[1]):
            raise relay.Refused(words.EXTENSION)
        try:
            async with asyncio.timeout(_FIRST_SECONDS):
                first = await frames.read(self._source)
        except TimeoutError:
            raise relay.Refused(words.MESSAGE) from None
        if first is None:
            return
        origin = settings.origins.get(self._opened(first))
        if origin is None:
            raise relay.Refused(words.ORIGIN)
        if extension[1] not in origin.extension_ids:
            raise relay.Refused(words.EXTENSION)
        client = await relay.connect(settings, origin, extension[1], self._locale)
        conversation = relay.Relay(client, origin, self._locale, self._send)
        reading = asyncio.ensure_future(self._read(conversation))
        ended = asyncio.ensure_future(client.ended())
        try:
            self._send({"opened": client.me, "mode": client.greeting["mode"]})
            await asyncio.wait({reading, ended}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
            else:
                raise _why(ended.result())
        finally:
            reading.cancel()
            ended.cancel()
            await conversation.close()
            await asyncio.gather(reading, ended, return_exceptions=True)

    def _opened(self, first: Mapping[str, object]) -> str:
        """The page's origin, as the extension says it."""
        match first:
            case {"open": {"origin": str(origin), **rest}} if len(first) == 1 and set(rest) <= {"locale"}:
                if rest.get("locale") == "en":
                    self._locale = "en"
                return origin
        raise relay.Refused(words.MESSAGE)

    async def _read(self, conversation: relay.Relay) -> None:
        while (message := await frames.read(self._source)) is not None:
            if set(message) != {"page"}:
                raise relay.Refused(words.MESSAGE)
            conversation.take(message["page"])
            await self._sink.drain()

    def _send(self, message: Mapping[str, object]) -> None:
        try:
            octets = frames.encode(message)
        except frames.TooLong:
            octets = frames.encode({"id": message.get("id"), "error": words.TOO_LONG.told(self._locale)})
        if self._sink.transport.get_write_buffer_size() > _MOST_UNREAD:
            self._sink.transport.abort()  # nobody reads; the next write says so
        self._sink.write(octets)

    async def _end(self, why: Mapping[str, object], for_the_log: str) -> int:
        """The last word, to the page and to the browser's log."""
        sys.stderr.write(f"cardd-browser-host: {for_the_log}\n")
        try:
            self._send({"end": why})
            await self._sink.drain()
        except (BrokenPipeError, ConnectionResetError):
            return 1  # nobody is there to read it
        return 1


def _settings() -> Settings:
    try:
        return load()
    except SettingsProblem as error:
        sys.stderr.write(f"cardd-browser-host: {error.problem}\n")
        raise relay.Refused(words.SETTINGS) from None


def _why(ended: Exception) -> Exception:
    """A connection that went without a word is the daemon's end."""
    return ended if isinstance(ended, RemoteError) else relay.Refused(words.DAEMON)


async def serve(caller: str, source: BinaryIO, sink: BinaryIO) -> int:
    """Talk to the browser over these two until one of us ends. Exit status as `Host.run` says."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2 * frames.LONGEST_IN)
    in_transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    out_transport, protocol = await loop.connect_write_pipe(lambda: asyncio.streams.FlowControlMixin(loop=loop), sink)
    out_transport.set_write_buffer_limits(high=0)  # so that `drain` waits until the browser has everything
    writer = asyncio.StreamWriter(out_transport, protocol, None, loop)
    try:
        return await Host(reader, writer).run(caller)
    finally:
        in_transport.close()
        out_transport.close()


def run(caller: str) -> int:
    """The host, over standard input and output. What else would write to standard output goes to standard error."""
    with os.fdopen(os.dup(0), "rb", 0) as source, os.fdopen(os.dup(1), "wb", 0) as sink:
        os.dup2(2, 1)
        return asyncio.run(serve(caller, source, sink))
