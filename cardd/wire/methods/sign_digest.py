"""`sign.digest`: signatures over digests with a key of the card, verified against its certificate before they leave."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cardd.wire.base import Base64, CardCall, Document, Fingerprint, GrantWord, KeyWord, Receipt, Time, WireModel

METHOD = "sign.digest"
MOST_DIGESTS = 64
"""In one call: each takes a badge up to 3 commands of the 300 that one operation may send (RSA, short APDUs), and its time."""

IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class Params(CardCall):
    key: KeyWord
    hash: Literal["sha256", "sha384", "sha512"]
    digests_base64: Annotated[tuple[Base64, ...], Field(min_length=1, max_length=MOST_DIGESTS)]
    """More than one: operators' keys only."""
    signature_format: Literal["pkcs1v15", "ecdsa_der", "cades_b", "pades_b"]
    """`cades_b`: the digest is the document's; the answer is a detached CMS SignedData (CAdES-B-B, ETSI EN 319 122-1).

    `pades_b`: the digest is over the PDF's byte ranges; the answer is what goes into /Contents (PAdES-B-B, ETSI EN 319 142-1, 6.3):
    the same without signing-time, which stands in the PDF.
    """
    document: Document | None = None
    """What the person is shown, and asked about, before the PIN; then there is one digest. Under a grant it is recorded alone."""
    fingerprint: Fingerprint | None = None
    """Of the certificate that the person was shown; another one on the card refuses the request."""
    idempotency_key: IdempotencyKey | None = None
    grant: GrantWord | None = None
    """Sign under this grant: no PIN is asked."""


class GrantLeft(WireModel):
    grant: str
    remaining: int
    ends_at: Time


class Result(WireModel):
    signatures_base64: tuple[Base64, ...]
    certificate_base64: Base64
    fingerprint: Fingerprint
    repeated: bool
    """True: this is the stored answer of an earlier call with the same idempotency key."""
    grant: GrantLeft | None = None
    """What is left of the grant that was used."""
    receipt: Receipt
