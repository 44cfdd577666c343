"""A coroutine on a thread with an event loop of its own, which ends with the task that waits for it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any


async def run_apart(work: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
    """Run `work()` on a new thread with a new event loop, and wait for its end.

    What it raises is raised here; cancelling this task cancels it there, and waits until it has ended.
    """
    here = asyncio.get_running_loop()
    over: asyncio.Future[None] = here.create_future()
    apart = _Apart(work)

    def body() -> None:
        try:
            asyncio.run(apart.main())
        except asyncio.CancelledError:
            here.call_soon_threadsafe(_settle, over, None)
        except BaseException as error:  # whatever it is, it belongs to whoever waits
            here.call_soon_threadsafe(_settle, over, error)
        else:
            here.call_soon_threadsafe(_settle, over, None)

    thread = threading.Thread(target=body, name=name)
    thread.start()
    try:
        await asyncio.shield(over)
    except asyncio.CancelledError:
        apart.cancel()
        await over
        raise
    finally:
        thread.join()


class _Apart:
    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._work = work
        self._begun = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    async def main(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        self._begun.set()
        await self._work()

    def cancel(self) -> None:
        self._begun.wait()
        if self._loop is not None and self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


def _settle(over: asyncio.Future[None], error: BaseException | None) -> None:
    if over.done():
        return
    if error is None:
        over.set_result(None)
    else:
        over.set_exception(error)
