"""A card job that outlives the call that began it: through the gate as a task of its own, waited for until its card takes orders."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.request import Performed, Request
from cardd.signing.held_card import HeldCard

Running = asyncio.Task[Performed[None]]


async def hold(
    gate: Gate, request: Request, plan: Callable[[Door], Awaitable[None]], held: "asyncio.Future[HeldCard]"
) -> Running:
    """Let `plan` work, and come back when the card that it gave to `held` is ready, or when it is over.

    Cancelled meanwhile, it ends that card and waits until the plan's outcome is on record. Raises why it was over before anybody
    could use it: all that the gate and the plan raise.
    """
    running = asyncio.get_running_loop().create_task(gate.perform(request, plan))
    running.add_done_callback(_heard)
    try:
        await _either(running, held)
        if held.done():
            await _either(running, held.result().ready)
    except asyncio.CancelledError as told:
        if held.done():
            held.result().end()
        running.cancel(*told.args)
        await asyncio.wait({running})
        raise
    if running.done():
        await running
    return running


def _heard(done: Running) -> None:
    """What it raises stands on its outcome record; nobody waits for it."""
    if not done.cancelled():
        done.exception()


async def _either(*awaited: "asyncio.Future[Any]") -> None:
    await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
