"""`emergency.override`: for this case of a listed purpose, rows for emergencies count and no second person is needed (S10).

Raises an alarm at once and must be reviewed within a working day.
"""

from typing import Annotated

from pydantic import StringConstraints

from cardd.wire.base import CallParams, CaseNumber, PurposeCode, Receipt, Time, WireModel

METHOD = "emergency.override"

ReasonText = Annotated[
    str, StringConstraints(min_length=4, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$")
]
"""Why, in the operator's words; stands in the record and must name nobody."""


class Params(CallParams):
    purpose: PurposeCode
    case: CaseNumber
    reason: ReasonText


class Result(WireModel):
    until: Time
    receipt: Receipt
