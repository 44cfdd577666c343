"""What waits for a second person: asked, given, used once (S9). Bound to the exact content, at most 5 minutes, never one person alone."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal, NoReturn

import rfc8785

from cardd.errors import ApprovalInvalid, TooManyRequests
from cardd.model import Operation
from cardd.ports import Publish
from cardd.register import Operator
from cardd.state.people import marks_of, one_person
from cardd.state.store import Moment, StateStore, Value

State = Literal["asked", "given", "used", "refused", "expired"]
SECONDS: Final = 300.0
MOST_OPEN: Final = 50
MOST_OF_ONE: Final = 10
"""So many may wait at once, of all and of one requester: nobody can fill the list for the others."""
KEPT_S: Final = 48 * 3600
"""How long an approval that is over can still be told from one that never was; longer than the making of a
badge may take that goes on under one (`badges.PROGRESS_S`). The record keeps it for ever."""

_COLUMNS: Final = (
    "id, operation, method, content, content_hash, requester, requester_person, requester_marks, seat, state,"
    " asked_boot, asked_boottime, asked_own_us, asked_utc_us, approver, approver_person,"
    " given_boot, given_boottime, given_own_us, expires_utc_us"
)


@dataclass(frozen=True, slots=True)
class Approval:
    """One thing that somebody asked a second person for."""

    id: str
    """`a-` and 16 hex digits."""
    operation: Operation
    method: str
    content: Mapping[str, str] = field(repr=False)
    content_hash: str
    """`content_hash` of the content: 64 lower-case hex digits."""
    requester: str
    """Operator id."""
    requester_person: str
    seat: str
    state: State
    asked: Moment
    asked_us: int
    """UTC, for people."""
    approver: str | None
    approver_person: str | None
    given: Moment | None
    expires_us: int
    """UTC, for people: by when it must be given, or once given, be used."""
    requester_marks: frozenset[str] = field(default=frozenset(), repr=False)
    """Certificates and GUIDs of the requester's badges when it was asked."""


def content_hash(content: Mapping[str, str]) -> str:
    """SHA-256 of the RFC 8785 form, 64 lower-case hex digits."""
    return hashlib.sha256(rfc8785.dumps(dict(content))).hexdigest()


class Approvals:
    """All that was asked for. In the file alone: no copy in memory that could differ from it.

    An approval is a permission, so in doubt it has ended: it ends with the boot of the kernel in which it was asked or given,
    because the time between two boots is only as true as the clock (`StateStore`). A restart of the daemon alone ends nothing.
    All methods raise `AuditUnavailable` when the disk does not take it; then nothing has changed.
    """

    def __init__(self, store: StateStore, publish: Publish, *, seconds: float = SECONDS) -> None:
        """`seconds`: in which it must be given, and again in which it must be used."""
        self._store, self._publish, self._seconds = store, publish, seconds

    def ask(
        self, requester: Operator, operation: Operation, method: str, content: Mapping[str, str], seat: str
    ) -> Approval:
        """Ask a second person to agree to this content. Where this requester has asked for the same and it is open: that one.

        Raises `TooManyRequests` when 50 wait, or 10 of this requester.
        """
        hashed = content_hash(content)
        waiting = self.open()
        of_one = [each for each in waiting if each.requester == requester.id]
        for known in of_one:
            if (known.operation, known.method, known.content_hash) == (operation, method, hashed):
                return known
        if len(waiting) >= MOST_OPEN or len(of_one) >= MOST_OF_ONE:
            raise TooManyRequests(limit=MOST_OPEN if len(waiting) >= MOST_OPEN else MOST_OF_ONE)
        now, utc_us = self._store.now(), self._store.utc_us()
        approval = Approval(
            id=f"a-{secrets.token_hex(8)}",
            operation=operation,
            method=method,
            content=dict(content),
            content_hash=hashed,
            requester=requester.id,
            requester_person=requester.who,
            requester_marks=marks_of(requester),
            seat=seat,
            state="asked",
            asked=now,
            asked_us=utc_us,
            approver=None,
            approver_person=None,
            given=None,
            expires_us=utc_us + round(self._seconds * 1e6),
        )
        with self._store.transaction() as db:
            db.execute("DELETE FROM approvals WHERE asked_own_us <= ?", (now.utc_us - KEPT_S * 1_000_000,))
            values = _row_of(approval)
            db.execute(f"INSERT INTO approvals ({_COLUMNS}) VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608  # words of ours
        self._tell("asked", approval)
        return approval

    def find(self, approval_id: str) -> Approval | None:
        """Whatever its state; `expired` once its time has passed."""
        found = self._store.rows(f"SELECT {_COLUMNS} FROM approvals WHERE id = ?", (approval_id,))  # noqa: S608  # words of ours
        return self._judged(_approval(found[0])) if found else None

    def open(self) -> tuple[Approval, ...]:
        """Asked or given and not used, refused or expired; the oldest first."""
        found = self._store.rows(
            f"SELECT {_COLUMNS} FROM approvals WHERE state IN ('asked', 'given') ORDER BY asked_own_us, id"  # noqa: S608  # words of ours
        )
        return tuple(each for each in (self._judged(_approval(row)) for row in found) if each.state != "expired")

    def check_approver(self, approval_id: str, approver: Operator) -> None:
        """Whether this person can be the second one; asked before a PIN is.

        One person: by id, by person, or by a badge that both entries name (fault 96). Raises `ApprovalInvalid`: `unknown`,
        `used`, `refused`, `expired`, `same_person`.
        """
        approval = self._need(approval_id)
        if one_person(approver, approval.requester, approval.requester_person, approval.requester_marks):
            _refuse(approval, "same_person")

    def give(self, approval_id: str, approver: Operator, content_hash: str, proof: bytes) -> Approval:
        """A second person agrees. `content_hash`: of what that person was shown; `proof`: the badge's signature over it.

        Given again by the same person: unchanged, and no longer valid for it. Raises `ApprovalInvalid`: `unknown`, `used`,
        `refused`, `expired`, `other_content`, `same_person`, `given` (by somebody else).
        """
        approval = self._need(approval_id)
        if content_hash != approval.content_hash:
            _refuse(approval, "other_content")
        self.check_approver(approval_id, approver)
        if approval.state == "given":
            if approval.approver != approver.id:
                _refuse(approval, "given")
            return approval
        now = self._store.now()
        expires_us = self._store.utc_us() + round(self._seconds * 1e6)
        with self._store.transaction() as db:
            db.execute(
                "UPDATE approvals SET state = 'given', approver = ?, approver_person = ?, proof = ?, given_boot = ?,"
                " given_boottime = ?, given_own_us = ?, expires_utc_us = ? WHERE id = ?",
                (approver.id, approver.who, proof, now.boot_id, now.boottime, now.utc_us, expires_us, approval_id),
            )
        return self._told("given", approval_id)

    def refuse(self, approval_id: str, by: Operator) -> Approval:
        """Taken back by the requester, or refused by somebody else; who may is the policy's matter.

        Raises `ApprovalInvalid`: `unknown`, `used`, `refused`, `expired`.
        """
        self._need(approval_id)
        with self._store.transaction() as db:
            db.execute("UPDATE approvals SET state = 'refused' WHERE id = ?", (approval_id,))
        return self._told("refused", approval_id, by=by.id)

    def use(self, approval_id: str, requester: Operator, operation: Operation, content: Mapping[str, str]) -> Approval:
        """Use it, once: it counts as used, on the disk, before this returns, whatever comes of the work.

        Raises `ApprovalInvalid`: `unknown`, `used`, `refused`, `expired`, `not_given`, `other_requester`, `other_operation`,
        `other_content`, `same_person` (the register has learnt since that the two are one). None of these uses it up.
        """
        approval = self._need(approval_id)
        if approval.requester != requester.id:
            _refuse(approval, "other_requester")
        if approval.operation is not operation:
            _refuse(approval, "other_operation")
        if approval.content_hash != content_hash(content):
            _refuse(approval, "other_content")
        if approval.state != "given":
            _refuse(approval, "not_given")
        if requester.who in (approval.approver, approval.approver_person):
            _refuse(approval, "same_person")
        with self._store.transaction() as db:
            changed = db.execute("UPDATE approvals SET state = 'used' WHERE id = ? AND state = 'given'", (approval_id,))
            if changed.rowcount != 1:
                _refuse(approval, "used")
        return self._told("used", approval_id)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _need(self, approval_id: str) -> Approval:
        """An approval that is asked or given and in time."""
        approval = self.find(approval_id)
        if approval is None:
            raise ApprovalInvalid(approval=approval_id, problem="unknown")
        if approval.state in ("used", "refused", "expired"):
            _refuse(approval, approval.state)
        return approval

    def _judged(self, approval: Approval) -> Approval:
        since = approval.given if approval.state == "given" else approval.asked
        if approval.state in ("used", "refused") or since is None:
            return approval
        if self._store.this_boot(since) and self._store.elapsed_s(since) < self._seconds:
            return approval
        return replace(approval, state="expired")

    def _told(self, change: str, approval_id: str, **facts: str) -> Approval:
        approval = self.find(approval_id)
        assert approval is not None
        self._tell(change, approval, **facts)
        return approval

    def _tell(self, change: str, approval: Approval, **facts: str) -> None:
        known: dict[str, str | int | None] = {
            "approval": approval.id,
            "operation": approval.operation.value,
            "seat": approval.seat,
            "requester": approval.requester,
        }
        self._publish("approval", change, known | facts)


def _refuse(approval: Approval, problem: str) -> NoReturn:
    raise ApprovalInvalid(approval=approval.id, problem=problem)


def _row_of(approval: Approval) -> tuple[Value, ...]:
    """A new one, in the order of `_COLUMNS`."""
    return (
        approval.id,
        approval.operation.value,
        approval.method,
        rfc8785.dumps(dict(approval.content)).decode(),
        approval.content_hash,
        approval.requester,
        approval.requester_person,
        " ".join(sorted(approval.requester_marks)),
        approval.seat,
        approval.state,
        approval.asked.boot_id,
        approval.asked.boottime,
        approval.asked.utc_us,
        approval.asked_us,
        *(None,) * 5,
        approval.expires_us,
    )


def _approval(row: tuple[Any, ...]) -> Approval:
    """`row`: in the order of `_COLUMNS`."""
    return Approval(
        id=row[0],
        operation=Operation(row[1]),
        method=row[2],
        content=json.loads(row[3]),
        content_hash=row[4],
        requester=row[5],
        requester_person=row[6],
        requester_marks=frozenset(row[7].split()),
        seat=row[8],
        state=row[9],
        asked=Moment(row[10], row[11], row[12]),
        asked_us=row[13],
        approver=row[14],
        approver_person=row[15],
        given=None if row[16] is None else Moment(row[16], row[17], row[18]),
        expires_us=row[19],
    )
