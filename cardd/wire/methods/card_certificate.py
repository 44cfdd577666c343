"""`card.certificate`: a certificate of the card. The signature certificate of a resident opens only after its PIN."""

from cardd.wire.base import Base64, CardCall, Fingerprint, KeyWord, Receipt, WireModel

METHOD = "card.certificate"


class Params(CardCall):
    key: KeyWord


class Result(WireModel):
    key: KeyWord
    certificate_base64: Base64
    fingerprint: Fingerprint
    receipt: Receipt
