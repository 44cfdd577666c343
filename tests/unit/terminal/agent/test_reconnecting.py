"""Connecting for ever: pauses grow and begin anew, each trouble is told once; and a loop of its own that ends with its task."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, cast

import pytest

from cardd.client import AsyncClient, ConnectionEnded, EventsLost, RemoteError
from cardd.wire.talk import failure_of
from terminal.agent import reconnecting
from terminal.agent.own_loop import run_apart


class Enough(Exception):
    """The end of a test."""


class Connection:
    """Stands for a connection."""

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def taken() -> RemoteError:
    return RemoteError(failure_of({"data": {"name": "agent.taken"}}, "en"))


async def kept(monkeypatch: pytest.MonkeyPatch, *steps: Exception | None) -> tuple[list[str], list[float]]:
    """What was told, and the pauses, when connecting raises these, or (None) succeeds and ends at once."""
    left, told, pauses = list(steps), list[str](), list[float]()

    async def connect() -> AsyncClient:
        if not left:
            raise Enough
        step = left.pop(0)
        if step is not None and not isinstance(step, EventsLost | ConnectionEnded):
            raise step
        ends.append(step or ConnectionEnded("over"))
        return cast(AsyncClient, Connection())

    ends: list[Exception] = []

    async def use(_: AsyncClient) -> None:
        raise ends.pop(0)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(reconnecting.asyncio, "sleep", pause)
    with pytest.raises(Enough):
        await reconnecting.keep(connect, use, lambda why: told.append(type(why).__name__ if why else "there"))
    return told, pauses


async def test_a_trouble_is_told_once_and_the_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    told, pauses = await kept(monkeypatch, *[FileNotFoundError()] * 8)
    assert told == ["FileNotFoundError"]
    assert pauses == [0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0, 10.0]


async def test_another_trouble_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    told, pauses = await kept(
        monkeypatch, FileNotFoundError(), ConnectionRefusedError(), PermissionError(), taken(), taken()
    )
    assert told == ["FileNotFoundError", "PermissionError", "RemoteError"]
    assert pauses[-2:] == [10.0, 10.0]


async def test_an_end_is_told_after_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    told, _ = await kept(monkeypatch, None, FileNotFoundError(), None)
    assert told == ["there", "ConnectionEnded", "there", "ConnectionEnded"]


async def test_a_daemon_that_ends_each_connection_at_once_is_not_asked_ever_faster(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, pauses = await kept(monkeypatch, None, None, None, None)
    assert pauses == [0.2, 0.5, 1.0, 2.0]


async def test_lost_events_mean_a_new_connection_and_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    told, pauses = await kept(monkeypatch, EventsLost(7), None)
    assert told == ["there", "there", "ConnectionEnded"]
    assert pauses == [0.2]


async def test_a_loop_of_its_own_is_another_thread() -> None:
    seen: list[Any] = []

    async def work() -> None:
        seen.append(threading.current_thread().name)

    await run_apart(work, "apart")
    assert seen == ["apart"]


async def test_what_it_raises_is_raised_here() -> None:
    async def work() -> None:
        raise Enough

    with pytest.raises(Enough):
        await run_apart(work, "apart")


async def test_it_is_cancelled_with_the_task_that_waits() -> None:
    began, ended = threading.Event(), threading.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.ensure_future(run_apart(work, "apart"))
    await asyncio.to_thread(began.wait, 30)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert ended.is_set()
