"""`sign.begin`: one PIN, the certificate out, and the card kept for exactly one `sign.finish` of this connection.

For formats whose signed bytes name the certificate (XAdES: ETSI EN 319 132-1, 5.2.2; JWS with `x5c`: RFC 7515, 4.1.6): a resident's
signature certificate is readable only after its PIN, and the PIN is asked once.
"""

from typing import Literal

from cardd.wire.base import Base64, BegunWord, CardCall, Document, Fingerprint, KeyWord, Receipt, Time, WireModel

METHOD = "sign.begin"


class Params(CardCall):
    key: KeyWord
    hash: Literal["sha256", "sha384", "sha512"]
    """Of the digest that `sign.finish` will bring."""
    document: Document
    """What the person is shown, and asked about, before the PIN."""
    fingerprint: Fingerprint | None = None
    """Of the certificate that the person was shown; another one on the card refuses the request."""


class Result(WireModel):
    begun: BegunWord
    certificate_base64: Base64
    """DER of the certificate that the key belongs to."""
    fingerprint: Fingerprint
    ends_at: Time
    """`sign.finish` must have come by then: 10 s after the card was opened."""
    receipt: Receipt
