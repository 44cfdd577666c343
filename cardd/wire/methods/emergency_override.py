"""`emergency.override`: for this case of a listed purpose, rows for emergencies count and no second person is needed (S10).

Raises an alarm at once and must be reviewed within a working day.
"""

from typing import Literal

from cardd.wire.base import CallParams, CaseNumber, PurposeCode, Receipt, Time, WireModel

METHOD = "emergency.override"

ReasonWord = Literal["disaster", "danger_to_life", "second_person_absent", "system_failure", "court_or_police", "other"]
"""A word and no free text: whatever people may type there stands in the record for years."""


class Params(CallParams):
    purpose: PurposeCode
    case: CaseNumber
    reason: ReasonWord


class Result(WireModel):
    until: Time
    receipt: Receipt
