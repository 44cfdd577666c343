"""Chrome's native messaging, without I/O of its own: 4 bytes of length in the machine's order, then JSON in UTF-8.

Source: developer.chrome.com/docs/extensions/develop/concepts/native-messaging, "Native messaging protocol".
"""

import asyncio
import struct
from collections.abc import Mapping
from typing import Final

from cardd.wire.strict_json import JsonProblem, dump, parse

LONGEST_IN: Final = 64 * 1024
"""Bytes of one message from the browser. The browser allows 64 MiB; the daemon takes lines of 64 KiB, so this is enough."""
LONGEST_OUT: Final = 1024 * 1024
"""Bytes of one message to the browser, which ends a host that sends more."""
_LENGTH: Final = struct.Struct("=I")


class FrameProblem(Exception):
    """What came is no message; `problem` is one word: too_long, truncated, no_object, or a word of `strict_json`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class TooLong(Exception):
    """What should go out is longer than the browser takes."""


async def read(source: asyncio.StreamReader) -> dict[str, object] | None:
    """The next message; None at the end of the stream. Raises `FrameProblem`, after which nothing more can be read."""
    try:
        (size,) = _LENGTH.unpack(await source.readexactly(_LENGTH.size))
        if size > LONGEST_IN:
            raise FrameProblem("too_long")
        value = parse(await source.readexactly(size))
    except asyncio.IncompleteReadError as error:
        if not error.partial and error.expected == _LENGTH.size:
            return None
        raise FrameProblem("truncated") from None
    except JsonProblem as error:
        raise FrameProblem(error.problem) from None
    if not isinstance(value, dict):
        raise FrameProblem("no_object")
    return value


def encode(message: Mapping[str, object]) -> bytes:
    """The octets of one message. Raises `TooLong`."""
    body = dump(message)
    if len(body) > LONGEST_OUT:
        raise TooLong
    return _LENGTH.pack(len(body)) + body
