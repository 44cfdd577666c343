"""Whether a signature holds, checked with the card's own certificate before anything leaves (habit 23)."""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from cardd.cards.card_type import PublicKeyKind
from cardd.errors import AlgorithmUnsupported, CardBadAnswer, SignatureMismatch
from certs.errors import Malformed
from certs.reading import CARDS, read

_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def public_key(certificate: bytes) -> PublicKey:
    """The public key in a certificate from a card, mended where it is not quite DER (`certs.reading`); who trusts it judges it apart.

    Raises `CardBadAnswer` when it is no certificate, `AlgorithmUnsupported` else.
    """
    try:
        key = read(certificate, CARDS).certificate.public_key()
    # Neither keeps its cause: the texts of these errors quote the certificate.
    except (ValueError, Malformed):
        raise CardBadAnswer(problem="certificate") from None
    except UnsupportedAlgorithm:
        raise AlgorithmUnsupported(problem="public_key") from None
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise AlgorithmUnsupported(problem="public_key")
    return key


def key_kind(key: PublicKey) -> PublicKeyKind:
    """Which of the key types of today's cards this is. Raises `AlgorithmUnsupported` for any other."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size == 2048:
            return PublicKeyKind.RSA_2048
    elif isinstance(key.curve, ec.SECP256R1):
        return PublicKeyKind.EC_P256
    elif isinstance(key.curve, ec.SECP384R1):
        return PublicKeyKind.EC_P384
    raise AlgorithmUnsupported(problem="public_key")


def check_signature(key: PublicKey, signature: bytes, digest: bytes, hash_name: str) -> None:
    """Raise `SignatureMismatch` unless `signature` over `digest` holds (RSA: PKCS#1 v1.5; EC: ECDSA in DER)."""
    algorithm = utils.Prehashed(_HASHES[hash_name])
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, digest, padding.PKCS1v15(), algorithm)
        else:
            key.verify(signature, digest, ec.ECDSA(algorithm))
    except InvalidSignature as error:
        raise SignatureMismatch() from error
