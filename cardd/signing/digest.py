"""Hash algorithms a signature may be made over, their lengths, and which signature format fits which key."""

from collections.abc import Mapping
from types import MappingProxyType

from cardd.cards.card_type import PublicKeyKind
from cardd.errors import AlgorithmUnsupported, BadRequest
from cardd.signing.order import SignOrder

DIGEST_BYTES: Mapping[str, int] = MappingProxyType({"sha256": 32, "sha384": 48, "sha512": 64})
"""Length of a digest in bytes, by hash name (FIPS 180-4)."""

FORMATS: Mapping[str, frozenset[PublicKeyKind]] = MappingProxyType(
    {
        "pkcs1v15": frozenset({PublicKeyKind.RSA_2048}),
        "ecdsa_der": frozenset({PublicKeyKind.EC_P256, PublicKeyKind.EC_P384}),
        "cades_b": frozenset(PublicKeyKind),
        "pades_b": frozenset(PublicKeyKind),
    }
)


def check_digest(hash_name: str, digest: bytes, field: str = "digests_base64") -> None:
    """Raise `BadRequest` unless `digest` has the length of `hash_name`."""
    if len(digest) != DIGEST_BYTES[hash_name]:
        raise BadRequest(field=field, limit=DIGEST_BYTES[hash_name])


def check_order(order: SignOrder) -> None:
    """Raise `BadRequest` unless each digest has the length of its hash and what is signed can be the document that is shown."""
    for digest in order.digests:
        check_digest(order.hash_name, digest)
    if order.document is None:
        return
    if len(order.digests) != 1:
        raise BadRequest(field="digests_base64", limit=1)
    # Here alone the digest is the document's own: what the person reads is what is signed, or nothing is.
    comparable = order.signature_format == "cades_b" and order.hash_name == "sha256"
    if comparable and order.digests[0].hex() != order.document.sha256:
        raise BadRequest(field="params.document.sha256", problem="other_digest")


def check_format(signature_format: str, key: PublicKeyKind) -> None:
    """Raise `AlgorithmUnsupported` unless the key can make signatures of this format."""
    if key not in FORMATS[signature_format]:
        raise AlgorithmUnsupported(field="signature_format", problem=key.value)
