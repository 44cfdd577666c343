"""A person at a terminal: runs a command on a terminal of its own, and types when it asks."""

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from demo.ending import Ending

PROMPT = ": "
SECONDS = 20.0
COLUMNS = 160


def converse(
    command: Sequence[str], answers: Sequence[str], environment: Mapping[str, str], into: Path | None, ending: Ending
) -> tuple[int, str]:
    """Exit code, and what stood on the screen. `answers`: a line for each question, which ends with a colon and a space.

    A command that asks more than there are answers, or nothing at all for 20 s, is ended.
    """
    terminal, its_end = pty.openpty()
    process = None
    try:
        termios.tcsetwinsize(terminal, (50, COLUMNS))
        with ending.held():
            process = subprocess.Popen(
                list(command),
                env={**environment, "COLUMNS": str(COLUMNS)},
                stdin=its_end,
                stdout=its_end,
                stderr=its_end,
                cwd=into,
            )
        os.close(its_end)
        its_end = -1
        screen, closed = _screen(terminal, list(answers))
        if not closed:
            process.kill()
        return process.wait(), screen
    finally:
        for descriptor in (terminal, its_end):
            if descriptor >= 0:
                os.close(descriptor)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()


def _screen(terminal: int, answers: list[str]) -> tuple[str, bool]:
    """What stood there, and whether the program closed its end by itself."""
    screen, closed, deadline = bytearray(), False, time.monotonic() + SECONDS
    while time.monotonic() < deadline and select.select([terminal], [], [], deadline - time.monotonic())[0]:
        try:
            part = os.read(terminal, 4096)
        except OSError:  # EIO: nobody holds the other end any more
            part = b""
        if not part:
            closed = True
            break
        screen += part
        if screen.endswith(PROMPT.encode()):
            if not answers:
                break
            os.write(terminal, f"{answers.pop(0)}\n".encode())
            deadline = time.monotonic() + SECONDS
    return screen.decode(errors="replace").replace("\r\n", "\n").strip(), closed
