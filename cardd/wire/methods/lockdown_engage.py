"""`lockdown.engage`: the emergency stop. Ends all sessions, resets all cards, refuses all card work, also after a restart."""

from typing import Literal

from cardd.wire.base import CallParams, Receipt, Time, WireModel

METHOD = "lockdown.engage"

ReasonWord = Literal["intrusion", "lost_badge", "misuse", "malfunction", "drill", "other"]


class Params(CallParams):
    reason: ReasonWord


class Result(WireModel):
    since: Time
    sessions_ended: int
    receipt: Receipt
