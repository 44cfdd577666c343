"""The compact form of JWS (RFC 7515, 3.1 and 7.1): base64url without padding, headers in strict JSON, algorithms by name."""

import base64
import json
import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardd.documents.errors import DocumentError
from cardd.documents.keys import PublicKey, Scheme

LARGEST_HEADER = 64 * 1024
"""Characters of a protected header: room for a chain of certificates, none for anything else."""
ALGORITHMS = {
    "RS256": Scheme("rsa", "sha256"),
    "RS384": Scheme("rsa", "sha384"),
    "RS512": Scheme("rsa", "sha512"),
    "ES256": Scheme("ecdsa", "sha256"),
    "ES384": Scheme("ecdsa", "sha384"),
}
"""What is understood (RFC 7518, 3.1). No HMAC: with `x5c` it would make a public key a secret. No `none`."""
CURVES = {"ES256": "secp256r1", "ES384": "secp384r1"}
"""An ECDSA algorithm of JWS is for one curve (RFC 7518, 3.4)."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")


def packed(octets: bytes) -> str:
    """Base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """The bytes behind base64url. Raises `ValueError` for any other way of writing them than the one that `packed` gives."""
    if not _BASE64URL.match(text) or len(text) % 4 == 1:
        raise ValueError
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if packed(octets) != text:
        raise ValueError
    return octets


def algorithm_of(key: PublicKey) -> str:
    """The algorithm for a signer's key: RS256, ES256 or ES384. Raises `DocumentError("key_not_supported")`."""
    if isinstance(key, rsa.RSAPublicKey):
        return "RS256"
    for name, curve in CURVES.items():
        if key.curve.name == curve:
            return name
    raise DocumentError("key_not_supported")


def fits(name: str, key: PublicKey) -> bool:
    """Whether this kind of key makes this algorithm's values."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return CURVES.get(name) == key.curve.name
    return ALGORITHMS[name].family == "rsa"


def read_header(text: str) -> dict[str, Any]:
    """A protected header. Raises `ValueError`: no base64url, no UTF-8, no JSON object, a name twice (RFC 7515, 4)."""
    header = json.loads(unpacked(text).decode(), object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
    if not isinstance(header, dict):
        raise ValueError  # noqa: TRY004 - the caller's one word for every header that is none
    return header


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError
    return read


def _no_constant(_: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not have (RFC 8259, 6)."""
    raise ValueError
