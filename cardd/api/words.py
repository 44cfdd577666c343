"""Values of ours as words of the wire, where more than one handler needs them."""

from datetime import UTC, datetime
from typing import Any

from cardd.api.services import Services
from cardd.audit.journal import Receipt
from cardd.errors import BadRequest
from cardd.login.account import Account
from cardd.model import CardHandle
from cardd.ports import DocumentFacts
from cardd.reading.target import Target
from cardd.sessions.table import Session
from cardd.state.approvals import Approval
from cardd.wire import base
from cardd.wire.methods import session_login
from cardd.wire.methods.approval_list import ApprovalRow
from cardd.wire.methods.session_login import Operator

DAY_US = 86_400_000_000


def receipt(given: Receipt) -> base.Receipt:
    """A receipt of the record."""
    return base.Receipt(log_id=given.log_id, sequence=given.sequence, record_hash=given.record_hash)


def moment(utc_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 with `Z`, to the millisecond."""
    when = datetime.fromtimestamp(utc_us / 1_000_000, tz=UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def operator(services: Services, session: Session) -> Operator:
    """Who is logged in."""
    role_ja, role_en = services.role_names(session.role)
    return Operator(
        id=session.operator.id, name=session.operator.name, role=session.role, role_ja=role_ja, role_en=role_en
    )


def document(params: base.Document) -> DocumentFacts:
    """What a person is to be shown."""
    return DocumentFacts(params.name, params.size, params.sha256, params.pages)


def target(params: base.CardCall) -> Target:
    """Which card, for what, in which case."""
    return Target(CardHandle(params.card), params.purpose, params.case, params.approval)


def session_facts(services: Services, session: Session) -> dict[str, Any]:
    """The fields that login, unlock and status share. `locks_at` is None while the session is locked."""
    locks_us, expires_us = services.sessions.locks_us(session), session.badge_expires_us
    return {
        "seat": session.seat,
        "operator": operator(services, session),
        "badge": session.badge.handle,
        "since": moment(session.since_us),
        "ends_at": moment(session.ends_us),
        "locks_at": None if locks_us is None else moment(locks_us),
        "badge_expires_at": None if expires_us is None else moment(expires_us),
        "badge_days_left": None if expires_us is None else max(0, (expires_us - services.clock.utc_us()) // DAY_US),
    }


def account(params: session_login.Params) -> Account | None:
    """For which account of the machine a badge is to be proven. Raises `BadRequest` where one must be named and is not."""
    if params.unix_user is None:
        if params.hand_over:
            raise BadRequest(field="params.unix_user", problem="missing")
        return None
    return Account(params.unix_user, params.hand_over)


def approval_row(approval: Approval) -> ApprovalRow:
    """What waits for a second person, or was approved and not used yet."""
    return ApprovalRow(
        approval=approval.id,
        operation=approval.operation.value,
        state="given" if approval.state == "given" else "asked",
        requester=approval.requester,
        seat=approval.seat,
        content=dict(approval.content),
        content_hash=approval.content_hash,
        asked_at=moment(approval.asked_us),
        expires_at=moment(approval.expires_us),
        approver=approval.approver,
    )
