"""What the page is told by itself (server-sent events, HTML Standard 9.2): names of what changed, never data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from terminal.console.desk import Desk

BEAT_SECONDS: Final = 10.0
"""So often a line goes out though nothing happened: the page sees that we live."""


async def events(request: Request) -> Response:
    """`event: changed` with the names of what changed, separated by blanks. Ends when another tab has the desk."""
    desk: Desk = request.app.state.console.desk
    since = request.headers.get("last-event-id") or request.query_params.get("since", "")
    seen = int(since) if since.isascii() and since.isdigit() else -1
    return StreamingResponse(_lines(desk, request.query_params.get("tab", ""), seen), media_type="text/event-stream")


async def _lines(desk: Desk, tab: str, seen: int) -> AsyncIterator[str]:
    waiting = set(desk.missed(seen))
    wake = asyncio.Event()
    if waiting:
        wake.set()

    def watcher(parts: frozenset[str]) -> None:
        waiting.update(parts)
        wake.set()

    # Nothing is awaited between the look at what was missed and this.
    end = desk.watch(watcher)
    try:
        yield "retry: 1000\n\n"
        while desk.tab == tab:
            try:
                await asyncio.wait_for(wake.wait(), BEAT_SECONDS)
            except TimeoutError:
                yield "event: here\ndata:\n\n"
                continue
            wake.clear()
            told, waiting = sorted(waiting), set()
            if desk.tab == tab:
                yield f"id: {desk.number}\nevent: changed\ndata: {' '.join(told)}\n\n"
        yield "event: changed\ndata: superseded\n\n"
    finally:
        end()
