"""`audit.head` and `audit.proof`: what an outsider needs to check one receipt without this machine."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from cardd.auditing.desk import Desk
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Handover, Proof, SignedHead
from cardd.model import Operation
from cardd.ports import Call

T = TypeVar("T")
KEYS_AT_ONCE = 200
"""Hand-overs in one answer, each about 1.3 KB: half a year of days."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest head, and some of the hand-overs of keys that lead to its own."""

    head: SignedHead | None
    first_key: str | None
    keys: tuple[Handover, ...]
    more_keys: bool


class Proofs:
    """Needs the right `audit`."""

    def __init__(
        self, gate: Gate, desk: Desk, newest: Callable[[], SignedHead | None], sign: Callable[[], Awaitable[SignedHead]]
    ) -> None:
        """`newest`: the newest head of the log that is written; `sign`: a new one over all records now."""
        self._gate, self._desk, self._newest, self._sign = gate, desk, newest, sign

    async def head(self, call: Call, keys_after: date | None, log_id: str | None) -> tuple[Head, Receipt]:
        """The newest head of the log that is written, and up to 200 hand-overs of keys behind that day; of a closed log (`log_id`) its
        hand-overs alone. On record before it is given.

        Raises `AuditUnknown`, `AuditIndexing`, `AuditUnavailable`, what `Gate.allow` raises.
        """

        async def made() -> Head:
            first, keys, more = await self._desk.answer(lambda book: book.keys(keys_after, KEYS_AT_ONCE, log_id))
            return Head(self._newest() if log_id is None else None, first, tuple(keys), more)

        return await self._on_record(call, made)

    async def proof(
        self, call: Call, sequence: int, record_hash: str | None, log_id: str | None
    ) -> tuple[Proof, Receipt]:
        """That the record of a receipt stands under a head, which is signed now where the newest does not cover it yet.

        On record before it is given. Raises `AuditUnknown`, `AuditIndexing`, `AuditUnavailable`, what `Gate.allow` raises.
        """

        async def made() -> Proof:
            head = self._newest()
            if log_id is None and (head is None or head.head.size < sequence):
                head = await self._sign()
            return await self._desk.answer(lambda book: book.proof(sequence, record_hash, head, log_id))

        return await self._on_record(call, made, first_sequence=sequence)

    async def _on_record(self, call: Call, made: Callable[[], Awaitable[T]], **facts: object) -> tuple[T, Receipt]:
        request = Request(call, Operation.AUDIT, NO_CARD)
        session = await self._gate.allow(request)
        async with refusing(self._gate, request):
            found = await made()
        receipt = await self._gate.note(call, session, operation=Operation.AUDIT, **facts)
        self._gate.check_session(session)
        return found, receipt
