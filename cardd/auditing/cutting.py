"""`audit.cut`: the oldest sealed segments go, when their years are over and two people agree to exactly these records (A8)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import Head
from cardd.audit.cutting import EVENT, Cut, carry_out, joined, read_book
from cardd.audit.disk import Disk
from cardd.errors import AuditCutRefused
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Receipt, Request
from cardd.keeping.cut_plan import Plan, Summary, check_left, plan_cut, summarize
from cardd.model import Operation
from cardd.ports import Call
from cardd.sessions.session import Session


@dataclass(frozen=True, slots=True)
class CutRules:
    """What the settings say: where the log is, for how many years it is kept, and whether a head must have left the machine."""

    directory: Path
    keep_years: int
    needs_outside: bool


@dataclass(frozen=True, slots=True)
class CutDone:
    """What went, or with `cut` False: what would go."""

    plan: Plan
    cut: bool
    receipt: Receipt


class Cutting:
    """Needs the right `audit_cut`, and a second person."""

    def __init__(
        self, gate: Gate, journal: AsyncJournal, rules: CutRules, utc_us: Callable[[], int], disk: Disk
    ) -> None:
        """`utc_us`: the clock, microseconds since 1970."""
        self._gate, self._journal, self._rules, self._utc_us, self._disk = gate, journal, rules, utc_us, disk

    async def preview(self, call: Call, before: date) -> CutDone:
        """What `cut` would remove. On record, and for whoever may ask for the cut. Raises `SessionRequired`, `SessionLocked`,
        `PolicyDenied`, `AuditCutRefused`, `AuditUnavailable`."""
        request = Request(call, Operation.AUDIT_CUT, NO_CARD)
        session = await self._check_right(request)
        plan = await self._planned(request, before)
        async with refusing(self._gate, request):
            self._gate.check_session(session)
        told = {"first_sequence": plan.first_sequence, "last_sequence": plan.last_sequence, "count": plan.count}
        receipt = await self._gate.note(call, session, operation=Operation.AUDIT_CUT, problem="previewed", **told)
        return CutDone(plan, False, receipt)

    async def cut(self, call: Call, before: date, approval: str | None) -> CutDone:
        """Remove all whole segments whose records are older than the day `before`, in Japan.

        The second person sees numbers, days and the hash of the last record. Raises what `Gate.allow_by_two` raises, and on record
        `AuditCutRefused`: the problems of `plan_cut`, `no_head`, `not_outside`, `damaged`, `not_written`, `not_finished` (the next start
        goes on).
        """
        asked = Request(call, Operation.AUDIT_CUT, NO_CARD, approval=approval)
        await self._check_right(asked)
        plan = await self._planned(asked, before)
        request = Request(call, Operation.AUDIT_CUT, NO_CARD, approval=approval, content=_content(plan))
        session, agreed = await self._gate.allow_by_two(request)
        async with refusing(self._gate, request):
            head, summary = await self._checked(plan)
            self._gate.check_session(session)
            async with self._journal.undisturbed():
                receipt = await self._gate.note(
                    call, session, event=EVENT, operation=Operation.AUDIT_CUT, **agreed, **_said(plan, head)
                )
                await self._journal.head("cut")  # a start goes on with a cut only where a head covers its record
                await _finished(partial(self._remove, plan, head, summary, receipt.sequence))
        return CutDone(plan, True, receipt)

    async def _check_right(self, request: Request) -> Session:
        """No log is read for somebody who may not cut. Whoever may not is refused by the gate, on record, and so is nobody."""
        async with refusing(self._gate, request):
            session = self._gate.session(request.call)
        allowed = self._gate.has_right(session.operator, Operation.AUDIT_CUT) and not request.call.caller.private_sector
        if not allowed:
            await self._gate.allow_by_two(request)
            raise AssertionError("the gate allowed what the role has no right to")
        return session

    async def _planned(self, request: Request, before: date) -> Plan:
        rules = self._rules
        try:
            return await asyncio.to_thread(plan_cut, rules.directory, before, self._utc_us(), rules.keep_years)
        except OSError as error:
            raise await self._refused(request, AuditCutRefused(problem="unreadable")) from error
        except AuditCutRefused as error:
            raise await self._refused(request, error) from error.__cause__

    async def _refused(self, request: Request, error: AuditCutRefused) -> AuditCutRefused:
        await self._gate.refuse(request, error)
        return error

    async def _checked(self, plan: Plan) -> tuple[Head, Summary]:
        """The whole log holds together, and what goes is covered. Raises `AuditCutRefused`."""
        directory = self._rules.directory
        try:
            await self._journal.check_all()
            signed = self._journal.newest_head()
            if signed is None or signed.head.size < plan.last_sequence:
                raise AuditCutRefused(problem="no_head")
            if self._rules.needs_outside:
                await asyncio.to_thread(check_left, directory, plan.last_sequence)
            return signed.head, await asyncio.to_thread(summarize, plan)
        except Damaged as damage:
            raise AuditCutRefused(problem="damaged") from damage
        except OSError as error:
            raise AuditCutRefused(problem="unreadable") from error

    def _remove(self, plan: Plan, head: Head, summary: Summary, record: int) -> None:
        """Blocks. What it does stands on record already."""
        directory = self._rules.directory
        cut = Cut(
            record,
            plan.first_sequence,
            plan.last_sequence,
            plan.last_hash,
            head.size,
            head.root.hex(),
            plan.count,
            plan.first_utc_us,
            plan.last_utc_us,
            self._utc_us(),
        )
        known = None
        try:
            known = read_book(directory)
            book = joined(known, plan.log_id, cut, summary.counts, summary.keys)
            carry_out(directory, book, self._disk)
        except (OSError, Damaged) as error:
            begun = _book_now(directory) not in (None, known)
            raise AuditCutRefused(problem="not_finished" if begun else "not_written") from error


async def _finished(work: Callable[[], None]) -> None:
    """Let it end, whatever becomes of the caller: half a cut would wait for the next start."""
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()
        raise


def _book_now(directory: Path) -> object:
    try:
        return read_book(directory)
    except (OSError, Damaged):
        return None


def _said(plan: Plan, head: Head) -> dict[str, object]:
    """The words of the record, which `cut.json` repeats."""
    return {
        "first_sequence": plan.first_sequence,
        "last_sequence": plan.last_sequence,
        "last_hash": plan.last_hash,
        "head_size": head.size,
        "head_root": head.root.hex(),
        "count": plan.count,
    }


def _content(plan: Plan) -> tuple[tuple[str, str], ...]:
    """What the second person agrees to, beside the operation."""
    return (
        ("before", plan.before.isoformat()),
        ("first_record", str(plan.first_sequence)),
        ("last_record", str(plan.last_sequence)),
        ("records", str(plan.count)),
        ("last_hash", plan.last_hash),
    )
