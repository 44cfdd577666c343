"""`sign.finish`: the one signature of what was begun on this connection; then the card is cleared and let go."""

from typing import Literal

from cardd.wire.base import Base64, BegunWord, CallParams, Fingerprint, Receipt, WireModel
from cardd.wire.methods.sign_digest import IdempotencyKey

METHOD = "sign.finish"


class Params(CallParams):
    begun: BegunWord
    digest_base64: Base64
    """Over the bytes to be signed, by the hash that `sign.begin` named."""
    signature_format: Literal["pkcs1v15", "ecdsa_der"]
    """As the certificate's key wants it."""
    idempotency_key: IdempotencyKey | None = None


class Result(WireModel):
    signature_base64: Base64
    certificate_base64: Base64
    fingerprint: Fingerprint
    repeated: bool
    """True: this is the stored answer of an earlier call with the same idempotency key."""
    receipt: Receipt
