"""`card.token_info`: what the card says of itself, and which certificates it holds. No PIN."""

from cardd.wire.base import CardCall, KindWord, Receipt, WireModel

METHOD = "card.token_info"


class Params(CardCall):
    pass


class Result(WireModel):
    kind: KindWord
    label: str
    manufacturer: str
    model: str
    has_signature_certificate: bool | None
    has_authentication_certificate: bool | None
    receipt: Receipt
