"""`card.read`: named items of a resident's card, for a purpose."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire.base import Base64, CardCall, ItemWord, KindWord, PinWord, Receipt, WireModel

METHOD = "card.read"


class Params(CardCall):
    items: Annotated[tuple[ItemWord, ...], Field(min_length=1, max_length=10)]
    age: Annotated[int, Field(ge=1, le=150)] | None = None
    """For `age_over`: the age in question, reached on the day of the request in Asia/Tokyo."""
    with_source: bool = False
    """Give the exact bytes on the card as well."""
    pin: Literal["card_info", "verification_a", "verification_b"] | None = None
    """Which PIN to open the items with, where the card gives a choice."""


class DateField(WireModel):
    iso: str | None
    source: str
    unknown: tuple[str, ...]


class ItemField(WireModel):
    item: ItemWord
    text: str | None = None
    date: DateField | None = None
    yes: bool | None = None
    image_base64: Base64 | None = None
    media_type: str | None = None
    source_base64: Base64 | None = None


class Result(WireModel):
    kind: KindWord
    items: tuple[ItemField, ...]
    pins_used: tuple[PinWord, ...]
    receipt: Receipt
