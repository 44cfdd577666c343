"""`card.pin_status`: how many tries each PIN has left. Costs no try."""

from typing import Annotated, Literal

from pydantic import Field

from cardd.wire.base import CardCall, PinWord, Receipt, WireModel

METHOD = "card.pin_status"


class Params(CardCall):
    pins: Annotated[tuple[PinWord, ...], Field(min_length=1, max_length=7)] | None = None
    """None: all PINs of this kind of card that a person knows."""


class PinState(WireModel):
    which: PinWord
    state: Literal["ready", "last_try", "blocked", "unknown", "absent"]
    tries_left: int | None
    tries_fresh: int | None
    """Of a fresh counter; None where the card counts nothing."""


class Result(WireModel):
    pins: tuple[PinState, ...]
    receipt: Receipt
