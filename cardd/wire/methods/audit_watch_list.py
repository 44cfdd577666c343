"""`audit.watch_list`: the resident's card that lies in the reader goes on a list of those that are watched, or off it."""

from typing import Literal

from cardd.wire.base import CallParams, CaseNumber, Handle, PurposeCode, Receipt, Time, WireModel

METHOD = "audit.watch_list"


class Params(CallParams):
    card: Handle
    list: Literal["staff", "protected"]
    """`staff`: employees, their families and households. `protected`: people under support measures or in the public eye."""
    act: Literal["add", "remove"] = "add"
    purpose: PurposeCode
    case: CaseNumber
    approval: str | None = None


class Result(WireModel):
    changed: bool
    """False: the card stood there already, or did not."""
    known_until: Time | None
    """When the certificate ends by which the list knows the card. With another certificate, which may come earlier, the card is another one
    and must be put on the list again; None: nobody can say."""
    receipt: Receipt
