"""What a use case refuses before or beside the gate stands on record like what the gate refuses (A1)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from cardd.errors import CarddError
from cardd.gate.gate import Gate
from cardd.gate.request import Request


@asynccontextmanager
async def refusing(gate: Gate, request: Request) -> AsyncIterator[None]:
    """Put a `CarddError` from inside on record as the refusal of `request`, and let it go on. Raises `AuditUnavailable` where it cannot."""
    try:
        yield
    except CarddError as error:
        await gate.refuse(request, error)
        raise
