"""The nouns of signed documents: what a file is, what is asked of the daemon, what a time stamp authority is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Format(StrEnum):
    """The form of a signature."""

    CADES = "cades"
    """CMS Advanced Electronic Signatures (ETSI EN 319 122-1)."""
    PADES = "pades"
    """PDF Advanced Electronic Signatures (ETSI EN 319 142-1)."""
    XADES = "xades"
    """XML Advanced Electronic Signatures (ETSI EN 319 132-1)."""
    JWS = "jws"
    """JSON Web Signature with `x5c` (RFC 7515, 4.1.6)."""


class Level(StrEnum):
    """Baseline levels of ETSI EN 319 122-1, 142-1."""

    B = "b"
    T = "t"
    """With a time stamp (RFC 3161) over the signature."""
    LT = "lt"
    """And with the revocation values that were known when it was made."""


Stamper = Callable[[bytes], bytes]
"""A time stamp authority: a DER TimeStampReq goes in, a DER TimeStampResp comes out (RFC 3161, 2.4). May raise what it wants
as `cardd.documents.errors.DocumentError`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person is shown before signing. Never in a log or record: a file's name may be a person's."""

    name: str = field(repr=False)
    media_type: str
    size: int
    """Bytes."""
    sha256: str
    """Of the document as it was given, 64 lower-case hex digits."""
    pages: int | None = None
    """Where the format has pages."""


@dataclass(frozen=True, slots=True)
class Order:
    """What the daemon is asked to sign.

    `cades_b`, `pades_b`: `sign.digest` with the document's digest; the answer is a whole CMS SignedData, detached.
    `raw`: `sign.finish` with the digest of the bytes to be signed; the answer is the bare signature value (RSA: PKCS#1 v1.5;
    EC: ECDSA in DER).
    """

    signature_format: Literal["cades_b", "pades_b", "raw"]
    hash_name: Literal["sha256", "sha384", "sha512"]
    digest: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ValidationMaterial:
    """What level LT puts into the document: DER certificates, revocation lists, OCSP responses (RFC 5280, RFC 6960)."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)
