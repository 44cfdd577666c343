"""Waiting for a file descriptor on the event loop, for what is read into buffers of our own: asyncio's streams keep copies."""

import asyncio


async def readable(descriptor: int) -> None:
    """Until there is something to read, or the other side has hung up."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, settle)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
