"""A checking child that hangs, is killed, or talks nonsense: the list before counts on, and nobody waits for ever (K3, H5)."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cardd.revocation.child import CHECK_FAILED, ListChild, Taken
from cardd.revocation.taking import RETRY_SECONDS
from tests.unit.cardd.revocation.list_house import HOUR, NOW, House, made

LONG_S = 60.0


def interpreter(folder: Path, script: str) -> str:
    """In the place of Python: what the child does then."""
    file = folder / "python"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return str(file)


def taken(child: ListChild, folder: Path) -> Taken:
    return child.take_in(folder / "badges.crl", (folder / "ca.pem",), folder, NOW)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pid_in(file: Path) -> int:
    """Of the child, once it runs."""
    until = time.monotonic() + LONG_S
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < until
        time.sleep(0.01)
    return int(file.read_text())


@pytest.mark.proves("K3", "fault 157")
@pytest.mark.parametrize(
    "script",
    [
        "kill -KILL $$",
        "exit 1",
        "echo '{}'",
        "echo nonsense",
        "echo '[]'; exit 3",
        "echo '{}'; exit 3",
        "echo '{\"problem\": null}'; exit 4",
        "",
    ],
    ids=["killed", "failed", "says nothing of it", "no JSON", "a list", "no reason", "unknown exit", "silent"],
)
def test_a_child_that_says_nothing_that_counts_has_failed(tmp_path: Path, script: str) -> None:
    assert taken(ListChild(interpreter=interpreter(tmp_path, script)), tmp_path) == Taken(CHECK_FAILED)


def test_a_child_that_cannot_be_started_has_failed(tmp_path: Path) -> None:
    assert taken(ListChild(interpreter=str(tmp_path / "none")), tmp_path) == Taken(CHECK_FAILED)


@pytest.mark.proves("K3", "H5")
def test_a_child_that_hangs_is_ended(tmp_path: Path) -> None:
    """Also one that would not go by itself."""
    script = f"trap '' TERM INT HUP\necho $$ > {tmp_path}/pid\nwhile :; do sleep 1; done"
    child = ListChild(limit_s=1.0, interpreter=interpreter(tmp_path, script))
    assert taken(child, tmp_path) == Taken(CHECK_FAILED)
    assert not alive(pid_in(tmp_path / "pid"))


@pytest.mark.proves("H5")
def test_a_stop_ends_the_child_and_begins_no_other(tmp_path: Path) -> None:
    script = f"echo $$ > {tmp_path}/pid\nexec sleep 600"
    child = ListChild(interpreter=interpreter(tmp_path, script))
    found: list[Taken] = []
    waiting = threading.Thread(target=lambda: found.append(taken(child, tmp_path)))
    waiting.start()
    pid = pid_in(tmp_path / "pid")
    child.stop()
    waiting.join(LONG_S)
    assert (found, alive(pid)) == ([Taken(CHECK_FAILED)], False)
    (tmp_path / "pid").unlink()
    assert taken(child, tmp_path) == Taken(CHECK_FAILED)
    assert not (tmp_path / "pid").exists()


@pytest.mark.proves("K3", "fault 157")
async def test_the_list_before_counts_on_and_the_new_one_is_taken_when_a_child_lives(tmp_path: Path) -> None:
    working, broken = ListChild(), ListChild(interpreter=interpreter(tmp_path, "kill -KILL $$"))
    children: list[Callable[..., Taken]] = [working.take_in, broken.take_in, working.take_in]

    def take(*given: Any) -> Taken:
        return children.pop(0)(*given)

    house = House(tmp_path, take)
    await house.take(made(7, NOW - 2 * HOUR, 5))
    await house.take(made(8, NOW - HOUR, 5, 6))
    assert (house.revoked(5), house.revoked(6)) == (True, False)
    assert (house.health, house.problems) == (("warning", CHECK_FAILED), [CHECK_FAILED])
    house.clock.boot_s += RETRY_SECONDS + 1
    await house.taking.look()
    assert (house.revoked(6), house.health) == (True, ("good", None))


@pytest.mark.proves("H5")
async def test_the_stop_of_the_daemon_waits_for_no_list(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.taking._child = child = ListChild(
        interpreter=interpreter(tmp_path, f"echo $$ > {tmp_path}/pid\nexec sleep 600")
    )
    house.taking._take = child.take_in
    house.put(made(7))
    running = asyncio.create_task(house.taking.run())
    pid = await asyncio.to_thread(pid_in, tmp_path / "pid")
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    # What asyncio.run does at its end: it waits for its threads, however long.
    await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), LONG_S)
    assert not alive(pid)
