"""The fields of a record that the gate knows, and the exact content that a second person approves."""

from typing import Any

from cardd.audit.pseudonym import CardPseudonyms
from cardd.errors import Internal
from cardd.gate.request import Request
from cardd.model import CardKind, Operation, PinKind
from cardd.ports import Call
from cardd.readers.entries import CardEntry
from cardd.sessions.table import Session

REQUESTER = "requester"
"""The word under which the approver is told who asked; it is no part of the content."""


def of_caller(call: Call) -> dict[str, Any]:
    """Who calls."""
    caller = call.caller
    page = {} if caller.page is None else {"origin": caller.page.origin, "extension": caller.page.extension}
    return page | {
        "event": call.method,
        "request": call.request_id,
        "seat": caller.seat,
        "client": caller.client,
        "uid": caller.peer.uid,
        "gid": caller.peer.gid,
    }


def of_request(request: Request) -> dict[str, Any]:
    """What the request alone knows."""
    return of_caller(request.call) | {
        "operation": request.operation,
        "purpose": request.purpose,
        "case": request.case,
        "items": request.items or None,
        "key": request.key,
        "pin": only(request.pins),
        "digests": request.digests,
        "algorithm": request.algorithm,
        "fingerprint_given": request.fingerprint_given,
        "approval": request.approval,
        "content": request.agrees_to,
        "subject": request.subject,
        "grant": request.grant,
        "begun": request.begun,
        "owner_uid": request.owner_uid,
        "document": request.document.sha256 if request.document is not None else None,
    }


def of_session(session: Session | None) -> dict[str, Any]:
    """Who is logged in."""
    if session is None:
        return {}
    return {"session": session.id, "operator": session.operator.id, "role": session.operator.role}


def of_card(entry: CardEntry, pseudonyms: CardPseudonyms) -> dict[str, Any]:
    """Which card, without its number."""
    pseudonym = pseudonyms.of_card(entry.kind, entry.identity)
    return {
        "reader": entry.place,
        "reader_role": "badge" if entry.kind is CardKind.BADGE else "resident",
        "card_kind": entry.kind,
        "card": pseudonym.value if pseudonym is not None else None,
        "card_source": pseudonym.source if pseudonym is not None else None,
    }


def content_of(request: Request, facts: dict[str, Any]) -> dict[str, str]:
    """What a second person sees and approves: everything that would make it another act if it were different.

    The card stands in it by its pseudonym, so that it may be taken out meanwhile; one without a pseudonym by its insertion.
    A badge from the factory is nobody's yet: any one will do. Raises `Internal` when a use case calls something of its own by a
    word of the gate's.
    """
    factory = request.operation is Operation.BADGE_ENROL
    card = None if factory else facts.get("card")
    known = {
        "operation": request.operation.value,
        "purpose": request.purpose,
        "case": request.case,
        "items": ",".join(item.value for item in request.items) or None,
        "key": request.key.value if request.key is not None else None,
        "pins": ",".join(pin.value for pin in request.pins) or None,
        "card_kind": facts["card_kind"].value if "card_kind" in facts else None,
        "card": card,
        "insertion": None if card or factory else request.card or None,
        REQUESTER: None,
    }
    if known.keys() & dict(request.content).keys():
        # It would stand in the place of what the gate knows: the second person would agree to another act.
        raise Internal(problem="content_words")
    return {word: value for word, value in known.items() if value is not None} | dict(request.content)


def sternest(pins: tuple[PinKind, ...]) -> PinKind | None:
    """The PIN that a rule must look at: 照合番号A is the individual number, also in the company of others."""
    return PinKind.VERIFICATION_A if PinKind.VERIFICATION_A in pins else only(pins)


def only(pins: tuple[PinKind, ...]) -> PinKind | None:
    """The PIN, where it is one."""
    return pins[0] if len(pins) == 1 else None
