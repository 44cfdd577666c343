"""`badge.list`: the operators and their badges, with what runs out soon."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire.base import Receipt, Time, WireModel

METHOD = "badge.list"


class Params(WireModel):
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 200


class BadgeRow(WireModel):
    operator: str
    name: str
    role: str
    role_ja: str | None
    role_en: str | None
    """None: the policy does not know the role."""
    status: Literal["active", "blocked", "ended", "incomplete"]
    """`ended`: the last day of the role has passed; `incomplete`: its enrolment was broken off."""
    source: Literal["register", "here"]
    """`here`: enrolled at this terminal and not in the signed register yet."""
    guid: str | None
    expires_at: Time | None
    """When the badge's certificate ends, where this terminal knows it."""
    days_left: int | None
    management_key: Literal["own", "factory"] | None


class Result(WireModel):
    badges: tuple[BadgeRow, ...]
    cursor: str | None
    """For the next page; None = that was all."""
    receipt: Receipt
