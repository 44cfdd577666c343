"""cardd with a bug of the tests' making: what it is, the environment says in SICK. Run as a program, like `python -m cardd`."""

import asyncio
import os
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from cardd.__main__ import main
from cardd.app.daemon import Daemon
from cardd.pcsc.calls import PyscardCalls
from cardd.pcsc.connection import PcscConnection

VERIFY = 0x20
SECRET_COMMAND = 5


class Bug(Exception):
    """Says everything it knows, as careless exceptions do."""


def secret_text() -> str:
    """What must not come out; from a file, because the environment of a process can be read."""
    return Path(os.environ["SICK_TEXT_FILE"]).read_text(encoding="utf-8")


def in_verify() -> None:
    """Breaks with the whole VERIFY command in the exception's text."""
    send = PcscConnection._send

    def broken(self: PcscConnection, octets: bytearray, patience_s: float | None) -> bytes:
        if octets[1] == VERIFY and len(octets) > SECRET_COMMAND:
            raise Bug(f"cannot send {bytes(octets)!r} {octets.hex()}", str(octets[5:], "ascii"))
        return send(self, octets, patience_s)

    PcscConnection._send = broken  # type: ignore[method-assign]


def in_answer() -> None:
    """Breaks with what the card said in the exception's text, in a chain of exceptions."""
    send = PcscConnection._send
    wanted = secret_text().encode()

    def broken(self: PcscConnection, octets: bytearray, patience_s: float | None) -> bytes:
        answer = send(self, octets, patience_s)
        if wanted in answer:
            try:
                raise Bug(answer.decode("utf-8", "replace"))
            except Bug as cause:
                raise ValueError(f"unexpected: {answer!r}") from cause
        return answer

    PcscConnection._send = broken  # type: ignore[method-assign]


def in_thread() -> None:
    """Ends the monitor's thread, some time after the start, with what it had in hand."""
    seen = PyscardCalls.get_status_change

    def broken(self: PyscardCalls, *arguments: Any) -> Any:
        answer = seen(self, *arguments)
        if Path(os.environ["SICK_NOW"]).exists():
            raise Bug(secret_text())
        return answer

    PyscardCalls.get_status_change = broken  # type: ignore[method-assign, assignment]


def in_start() -> None:
    """Breaks before anything is served."""

    def broken(*_: Any) -> NoReturn:
        raise Bug(secret_text())

    Daemon._open_journal = broken  # type: ignore[method-assign, assignment]


def in_loop() -> None:
    """Breaks in a callback of the event loop and in a thread of its own, and goes on."""
    serve = Daemon.serve

    def broken() -> NoReturn:
        raise Bug(secret_text())

    async def sick(self: Daemon) -> int:
        loop = asyncio.get_running_loop()
        loop.call_later(0.2, broken)
        loop.call_later(0.3, lambda: loop.create_future().set_exception(Bug(secret_text())))
        loop.call_later(0.4, lambda: threading.Thread(target=broken).start())
        return await serve(self)

    Daemon.serve = sick  # type: ignore[method-assign]


if __name__ == "__main__":
    {"verify": in_verify, "answer": in_answer, "thread": in_thread, "start": in_start, "loop": in_loop}[
        os.environ["SICK"]
    ]()
    main(sys.argv[1:], prog_name="cardd")
