"""The thread that keeps the index of the record, for as long as the daemon runs."""

import asyncio
from typing import Literal

from cardd.audit.asynchronous import AsyncJournal
from cardd.history.follower import Follower


async def follow(follower: Follower, journal: AsyncJournal) -> None:
    """Until cancelled; each durable record wakes it. What is not in the index then is read at the next start."""
    journal.on_durable(follower.wake)
    follower.start()
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        await asyncio.to_thread(follower.stop)


def index_check(follower: Follower) -> tuple[str, Literal["good", "warning", "bad"], str | None]:
    """For `health`. An index that is built, or cannot be kept, hinders questions alone; a log that cannot be read along is damaged."""
    problem = follower.problem
    if problem is None:
        return "audit_index", "good", None
    return "audit_index", "bad" if problem.startswith("log_") else "warning", problem
