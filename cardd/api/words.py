"""Values of ours as words of the wire, where more than one handler needs them."""

from datetime import UTC, datetime
from typing import Any

from cardd.audit.journal import Receipt
from cardd.model import CardHandle
from cardd.reading.target import Target
from cardd.sessions.table import Session
from cardd.wire import base
from cardd.wire.methods.session_login import Operator


def receipt(given: Receipt) -> base.Receipt:
    """A receipt of the record."""
    return base.Receipt(log_id=given.log_id, sequence=given.sequence, record_hash=given.record_hash)


def moment(utc_us: int) -> str:
    """Microseconds since 1970 as RFC 3339 with `Z`, to the millisecond."""
    when = datetime.fromtimestamp(utc_us / 1_000_000, tz=UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def operator(session: Session) -> Operator:
    """Who is logged in."""
    return Operator(id=session.operator.id, name=session.operator.name, role=session.operator.role)


def target(params: base.CardCall) -> Target:
    """Which card, for what, in which case."""
    return Target(CardHandle(params.card), params.purpose, params.case)


def session_facts(session: Session) -> dict[str, Any]:
    """The fields that login and status share."""
    return {
        "seat": session.seat,
        "operator": operator(session),
        "badge": session.badge.handle,
        "since": moment(session.since_us),
        "ends_at": moment(session.ends_us),
    }
