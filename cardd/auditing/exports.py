"""`audit.export`: records leave as a file, when two people agree to exactly which; the file carries its own signed head."""

import asyncio
import secrets
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from cardd.auditing.desk import Desk
from cardd.errors import AuditUnavailable, AuditUnknown, CarddError
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.history.book import Book
from cardd.history.export import Form, Written, asked_for, note_text, write
from cardd.history.questions import Filters, Use
from cardd.model import Operation
from cardd.ports import Call, Clock

REASONS = ("audit", "inspection", "investigation", "court", "archive")
KEPT_S = 900.0
"""So long an export can be taken; then its file goes."""
MOST_KEPT = 4
PAGE = 500
PREFIX, SUFFIX = "x-", ".part"
"""Of the files that are ours in the folder of exports."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to leave. `reason`: one of `REASONS`; `approval`: the second person's, once given."""

    filters: Filters
    form: Form
    reason: str
    approval: str | None = None


@dataclass(frozen=True, slots=True)
class Export:
    """An export that waits to be taken. `note`: its signed head, whole."""

    id: str
    written: Written
    note: bytes
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class _Kept:
    export: Export
    session: str
    until: float


@dataclass(frozen=True, slots=True)
class Tools:
    """Where files wait, who signs (a text becomes a whole note), and whose time it is."""

    directory: Path
    log_id: str
    sign: Callable[[bytes], Awaitable[bytes]]
    clock: Clock
    part_bytes: int
    """Of one answer with a part of the file."""


class Exports:
    """Needs the right `audit_export`, and a second person."""

    def __init__(self, gate: Gate, desk: Desk, tools: Tools) -> None:
        """`desk`: one of its own, for an export may take minutes. What an earlier run left behind is removed."""
        self._gate, self._desk, self._tools = gate, desk, tools
        self._kept: dict[str, _Kept] = {}
        for left in tools.directory.glob(f"{PREFIX}*{SUFFIX}") if tools.directory.is_dir() else ():
            if left.is_symlink() or not left.is_dir():  # whatever else somebody put there is not ours to remove
                left.unlink(missing_ok=True)

    @property
    def part_bytes(self) -> int:
        """At most so many bytes are given at once."""
        return self._tools.part_bytes

    async def export(self, call: Call, order: Order) -> Export:
        """Write the file, sign it, put it on record; `part` gives it to the same session for 15 minutes.

        Raises `ApprovalRequired`, `ApprovalInvalid`, what `Gate.allow` raises, `AuditIndexing`, `AuditUnavailable`, `BadRequest`.
        """
        content = (("form", order.form), ("reason", order.reason), *asked_for(order.filters))
        request = Request(call, Operation.AUDIT_EXPORT, NO_CARD, approval=order.approval, content=content)
        session, agreed = await self._gate.allow_by_two(request)
        facts = agreed | {
            "operation": Operation.AUDIT_EXPORT,
            "reason": order.reason,
            "filters": order.filters.names() or None,
        }
        # First on record that it is begun: a file that was written and never reported would be one too many.
        await self._gate.note(call, session, problem="begun", **facts)
        self._forget_old()
        try:
            written = await self._write(order)
        except CarddError as error:
            await self._gate.note(call, session, code=error.code, problem=error.facts.problem, **facts)
            raise
        try:
            note = await self._tools.sign(note_text(self._tools.log_id, written, self._tools.clock.utc_us()))
            receipt = await self._gate.note(
                call,
                session,
                count=written.lines,
                export_root=written.root.hex(),
                first_sequence=written.first,
                last_sequence=written.last,
                **facts,
            )
            self._gate.check_session(session)
        except BaseException as error:
            written.path.unlink(missing_ok=True)
            if isinstance(error, CarddError):
                await self._gate.refuse(request, error)
            raise
        export = Export(written.path.stem, written, note, receipt)
        self._kept[export.id] = _Kept(export, session.id, self._tools.clock.boottime() + KEPT_S)
        return export

    async def part(self, call: Call, export: str, offset: int) -> tuple[bytes, bool]:
        """Bytes of the file from `offset` on, and whether they are the last. Raises `AuditUnknown` (`export`: none of this session),
        `SessionRequired`, `SessionLocked`, `LockedDown`, `AuditUnavailable`; each is on record.
        """
        async with refusing(self._gate, Request(call, Operation.AUDIT_EXPORT, NO_CARD)):
            return await self._part(call, export, offset)

    # --- inside ------------------------------------------------------------------------------------------------------

    async def _part(self, call: Call, export: str, offset: int) -> tuple[bytes, bool]:
        session = self._gate.session(call)
        self._gate.check_lockdown()
        self._forget_old()
        kept = self._kept.get(export)
        if kept is None or kept.session != session.id or offset > kept.export.written.size:
            raise AuditUnknown(problem="export")
        written, most = kept.export.written, self._tools.part_bytes

        def read() -> bytes:
            with written.path.open("rb") as file:
                file.seek(offset)
                return file.read(most)

        try:
            octets = await asyncio.to_thread(read)
        except OSError as error:
            raise AuditUnavailable(problem="export_unreadable") from error
        self._gate.check_session(session)
        last = offset + len(octets) >= written.size
        return octets, last

    async def _write(self, order: Order) -> Written:
        if len(self._kept) >= MOST_KEPT:
            self._drop(min(self._kept, key=lambda each: self._kept[each].until))
        path = self._tools.directory / f"{PREFIX}{secrets.token_hex(8)}{SUFFIX}"
        given_up = threading.Event()

        def make(book: Book) -> Written:
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                return write(
                    path, order.form, lambda cursor: _page(book, order.filters, cursor), lambda: not given_up.is_set()
                )
            except InterruptedError:
                raise AuditUnavailable(problem="given_up") from None
            except OSError as error:
                raise AuditUnavailable(problem="export_not_written") from error

        try:
            return await self._desk.answer(make, given_up.set)
        except asyncio.CancelledError:
            path.unlink(missing_ok=True)
            raise

    def _forget_old(self) -> None:
        now = self._tools.clock.boottime()
        for name in [name for name, kept in self._kept.items() if kept.until <= now]:
            self._drop(name)

    def _drop(self, name: str) -> None:
        self._kept.pop(name).export.written.path.unlink(missing_ok=True)


def _page(book: Book, filters: Filters, cursor: str | None) -> tuple[tuple[Use, ...], str | None]:
    page = book.page(filters, order="oldest", cursor=cursor, limit=PAGE)
    return page.uses, page.cursor
