"""`audit.review`: what became of an alarm. The newest review counts, earlier ones stay on record."""

from typing import Annotated

from pydantic import Field

from cardd.wire.base import CallParams, Receipt, WireModel
from cardd.wire.methods.audit_alarms import ReasonWord, VerdictWord

METHOD = "audit.review"


class Params(CallParams):
    alarm: Annotated[int, Field(ge=1, le=2**53 - 1)]
    """Number of the alarm's record."""
    verdict: VerdictWord
    reason: ReasonWord


class Result(WireModel):
    receipt: Receipt
