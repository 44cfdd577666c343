"""`audit.disclose`: a resident, whose card lies in the reader, hears who used it, when, where and why. No PIN."""

from typing import Annotated

from pydantic import StringConstraints

from cardd.wire.base import CardCall, KindWord, Receipt, Time, WireModel
from cardd.wire.methods.audit_query import KeptLine

METHOD = "audit.disclose"


class Params(CardCall):
    until: Time | None = None
    """Only what was before."""
    goes_on: Annotated[str, StringConstraints(pattern=r"^d-[0-9a-f]{16}$")] | None = None
    """From the answer before: the rest of the same disclosure, in the same session, with the same card, purpose and case. It needs no
    other approval, and holds 5 minutes from the first answer on."""


class UseLine(WireModel):
    at: Time
    terminal: str | None
    seat: str | None
    client: str | None
    """The program that asked, as the office names it."""
    operator: str | None
    role: str | None
    role_ja: str | None
    role_en: str | None
    approver: str | None
    """The second person."""
    purpose: str | None
    purpose_ja: str | None
    purpose_en: str | None
    legal_basis: str | None
    """As the policy in force says today; None where it does not know the purpose any more."""
    event: str
    operation: str | None
    items: tuple[str, ...]
    """Names of what was asked for."""
    items_given: tuple[str, ...]
    """Names of what was read and handed out."""
    key: str | None
    result: str
    """`done`, `refused`, `failed`, `unknown`; `open`: not ended yet; `noted`: a state, nothing was done with the card."""
    code: str | None
    """Name of the error, for what was refused or failed."""
    problem: str | None
    log_id: str
    sequence: int


class Result(WireModel):
    kind: KindWord
    uses: tuple[UseLine, ...]
    """Newest first."""
    complete: bool
    """False: there is more before the last one, which `goes_on` brings."""
    goes_on: str | None
    known_since: Time | None
    """From when on the certificate holds by which the record knows this card. Uses under an earlier certificate of the card stand under
    another pseudonym and are not here; None: nobody can say from when on it is known."""
    kept: tuple[KeptLine, ...]
    """The log that is written first, then those before it."""
    years: int
    """How far back it looks, this year not counted."""
    receipt: Receipt
