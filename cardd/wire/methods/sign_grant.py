"""`sign.grant`: so many signatures with an operator's key after one PIN, for a bounded time. Never for a resident's card."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire.base import Base64, CardCall, Receipt, Time, WireModel

METHOD = "sign.grant"


class Params(CardCall):
    key: Literal["authentication", "key_management"]
    """9C wants its PIN before each signature and cannot be granted."""
    hash: Literal["sha256", "sha384", "sha512"]
    count: Annotated[int, Field(ge=1, le=1000)]
    seconds: Annotated[int, Field(ge=1, le=3600)]
    digests_base64: Annotated[tuple[Base64, ...], Field(max_length=1000)] = ()
    """The only digests that may be signed, where they are known already."""


class Result(WireModel):
    grant: str
    remaining: int
    ends_at: Time
    certificate_base64: Base64
    fingerprint: str
    receipt: Receipt
