"""The outcome record of one operation: what the door has seen, what went wrong, and whether anybody still waits for it."""

import asyncio

from cardd.audit.records import OutcomeRecord, Result
from cardd.errors import CarddError
from cardd.gate.door import Door
from cardd.model import PinOutcome

CLIENT_GONE = "client.gone"
"""Why a call was given up (`cardd.api.method`); the others are error codes."""

_REFUSALS = frozenset(
    {
        "approval.invalid",
        "auth.failed",
        "auth.locked",
        "grant.impossible",
        "grant.mismatch",
        "grant.unknown",
        "lockdown.engaged",
        "policy.denied",
        "request.bad",
        "session.required",
        "sign.not_agreed",
        "sign.unknown",
        "sign.wrong_certificate",
    }
)
"""Codes by which a person or a rule said no before the card's work was done, beside those of the families `pin` and `cert`."""


def given_up(told: asyncio.CancelledError) -> str:
    """Why nobody waits any more: `client.gone`, `request.cancelled`, `request.deadline`, `server.stopping`."""
    return str(told.args[0]) if told.args else "request.cancelled"


def outcome_of(door: Door, error: CarddError | None, gone: str | None, duration_ms: int) -> OutcomeRecord:
    """`error`: what the plan raised. `gone`: why nobody waits for its result. Neither: it is done, and is handed out."""
    witness, notes = door.witness, door.notes
    done = error is None and gone is None
    asked = door.pin is not None
    return OutcomeRecord(
        result=_result(error, gone, witness.pin),
        code=error.code if error is not None else gone,
        problem=error.facts.problem if error is not None else notes.problem,
        items=notes.items if done else None,
        signatures=notes.signatures if done or notes.handed_out else None,
        pin=door.pin,
        pin_outcome=witness.pin if asked else None,
        tries_before=witness.tries_before if asked else None,
        tries_after=witness.tries_after if asked else None,
        pin_pad=door.pin_pad,
        last_try_agreed=door.last_try_agreed,
        card_outcome=witness.card,
        operator=notes.operator,
        role=notes.role,
        badge=notes.badge,
        certificate=notes.certificate,
        list_age_s=notes.list_age_s,
        duration_ms=duration_ms,
        caller_gone=True if gone == CLIENT_GONE else None,
        proof=notes.proof,
    )


def _result(error: CarddError | None, gone: str | None, pin: PinOutcome) -> Result:
    if error is None and gone is None:
        return Result.DONE
    if pin is PinOutcome.MAY_BE_SPENT:
        return Result.UNKNOWN
    if error is None or error.code in _REFUSALS or error.code.startswith(("cert.", "pin.")):
        return Result.REFUSED
    return Result.FAILED
