"""`card.change_pin`: the resident changes a PIN. Old and new one are asked through the agent, the new one twice."""

from typing import Literal

from cardd.wire.base import CardCall, Receipt, WireModel

METHOD = "card.change_pin"


class Params(CardCall):
    which: Literal["signature", "authentication", "card_info", "resident_register", "badge"]


class Result(WireModel):
    changed: bool
    receipt: Receipt
