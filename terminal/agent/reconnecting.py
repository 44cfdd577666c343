"""Connecting to the daemon for ever, with growing pauses, and telling each trouble once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from cardd.client import AsyncClient, EventsLost, RemoteError

PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Seconds before the next try; the last one again and again. The first is short: a daemon that starts again is ready within one second."""
TAKEN_PAUSE: Final = 10.0
"""Before the next try while another agent has the seat."""
LASTING: Final = 5.0
"""Seconds that a connection must have held for the pauses to begin anew: a daemon that ends each one at once is not asked ever faster."""
TAKEN: Final = "agent.taken"

OnTrouble = Callable[[OSError | RemoteError | None], None]
"""Told why there is no connection; None: there is one again."""


async def keep(
    connect: Callable[[], Awaitable[AsyncClient]],
    use: Callable[[AsyncClient], Awaitable[None]],
    on_trouble: OnTrouble,
) -> None:
    """Connect, `use` the connection until it ends, and again, until cancelled. Each kind of trouble is told once until it changes.

    `connect` and `use` may raise `OSError`, `RemoteError`; `use` `EventsLost` as well, after which there is a new connection.
    """
    loop = asyncio.get_running_loop()
    tries, told = 0, ""
    while True:
        trouble: OSError | RemoteError
        began = loop.time()
        try:
            async with await connect() as daemon:
                began, told = loop.time(), ""
                on_trouble(None)
                await use(daemon)
            continue
        except EventsLost:
            continue
        except (OSError, RemoteError) as error:
            trouble = error
        if _kind(trouble) != told:
            told = _kind(trouble)
            on_trouble(trouble)
        tries = 0 if loop.time() - began > LASTING else tries
        await asyncio.sleep(_pause(trouble, tries))
        tries += 1


def _kind(trouble: OSError | RemoteError) -> str:
    if isinstance(trouble, RemoteError):
        return trouble.name
    return "no_access" if isinstance(trouble, PermissionError) else "no_daemon"


def _pause(trouble: OSError | RemoteError, tries: int) -> float:
    if _kind(trouble) == TAKEN:
        return TAKEN_PAUSE
    return PAUSES[min(tries, len(PAUSES) - 1)]
