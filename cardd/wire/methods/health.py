"""`health`: whether the daemon can do its work, without any personal data."""

from typing import Literal

from cardd.wire.base import WireModel

METHOD = "health"


class Check(WireModel):
    name: str
    state: Literal["good", "warning", "bad"]
    problem: str | None = None
    """One word; the sentence stands in the documentation."""


class Result(WireModel):
    version: str
    boot_id: str
    mode: str
    uptime_s: int
    checks: tuple[Check, ...]
