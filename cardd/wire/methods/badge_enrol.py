"""`badge.enrol`: a badge from the factory becomes an operator's badge. Under four eyes; goes on where it was broken off."""

from typing import Annotated

from pydantic import StringConstraints

from cardd.wire.base import CardCall, OperatorWord, PlainText, PurposeCode, Receipt, Time, WireModel

METHOD = "badge.enrol"


class Params(CardCall):
    operator: OperatorWord
    name: PlainText
    role: PurposeCode
    person: OperatorWord | None = None
    """Who it is, where this person has another entry already (a day badge)."""
    unix_user: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")] | None = None


class Result(WireModel):
    operator: str
    guid: str
    certificates: dict[str, str]
    """Fingerprints of the new certificates by key: `authentication`, `signature`."""
    expires_at: Time
    management_key: str
    """`own` (derived from the master key), or `factory`: the badge has no command to change it."""
    resumed: bool
    """Whether an earlier, broken-off enrolment of this badge was finished."""
    receipt: Receipt
