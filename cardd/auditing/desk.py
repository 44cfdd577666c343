"""Where answers are made: off the event loop, one after the other, so that no question slows a counter and many do not pile up."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from cardd.errors import TooManyRequests
from cardd.history.book import Book

T = TypeVar("T")
MOST_WAITING = 8


class Desk:
    """One thread's worth of answers."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def answer(self, make: Callable[[Book], T], give_up: Callable[[], object] = lambda: None) -> T:
        """What `make` gives; it may block. It runs to its end, whatever becomes of the caller; `give_up` is called when that has gone.

        Raises `TooManyRequests`, and what `make` raises.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyRequests(limit=MOST_WAITING, retry_after_s=1)
        self._waiting += 1
        try:
            async with self._turn:
                work = asyncio.ensure_future(asyncio.to_thread(make, self.book))
                try:
                    return await asyncio.shield(work)
                except asyncio.CancelledError:
                    give_up()
                    await asyncio.wait([work])
                    if not work.cancelled():
                        work.exception()
                    raise
        finally:
            self._waiting -= 1
