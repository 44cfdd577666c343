"""Child processes of the console: what comes from a card, or from somebody's document, is parsed in one of them and not here.

A child lives for one answer, sees what it is given on standard input and a few words of the environment, and is ended with the task
that waits for it.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from typing import Final

_HANDED_ON: Final = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CARDD_SOCKET", "HOME")


async def ask_child(module: str, given: bytes, limit_seconds: float) -> bytes | None:
    """What `python -m module` writes to standard output; None where it fails, or takes longer."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={name: os.environ[name] for name in _HANDED_ON if name in os.environ},
    )
    try:
        told, _ = await asyncio.wait_for(child.communicate(given), limit_seconds)
    except TimeoutError:
        return None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    return told if child.returncode == 0 else None


def bound(memory: int, seconds: float) -> None:
    """In the child, before it reads anything. `memory`: bytes of address space; `seconds` of CPU. No core dump holds what it saw."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
