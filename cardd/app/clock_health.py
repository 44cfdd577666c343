"""What `health` says of the clock, as the record sees it (A10)."""

from typing import Literal

from cardd.audit.asynchronous import AsyncJournal


def clock_check(journal: AsyncJournal) -> tuple[str, Literal["good", "warning"], str | None]:
    """For `health`. A clock that is not believed at all stops the record, which has a row of its own."""
    problem = journal.clock_problem
    return "clock", "good" if problem is None else "warning", problem
