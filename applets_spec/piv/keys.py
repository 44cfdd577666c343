"""The badge's asymmetric keys: generating, signing, decrypting, agreeing. No access rule is looked at here."""

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from applets_spec.iso7816 import CardRefusal, StatusWord, tlv
from applets_spec.piv.spec import PUBLIC_KEY, Algorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

PUBLIC_EXPONENT = 65537
MODULUS = 0x81
EXPONENT = 0x82
POINT = 0x86
CURVES: Mapping[Algorithm, type[ec.EllipticCurve]] = {Algorithm.P256: ec.SECP256R1, Algorithm.P384: ec.SECP384R1}
HASHES: Mapping[Algorithm, type[hashes.HashAlgorithm]] = {
    Algorithm.P256: hashes.SHA256,
    Algorithm.P384: hashes.SHA384,
}


def algorithm_of(key: PrivateKey) -> Algorithm:
    """The PIV algorithm identifier of a key. Raises `ValueError` for a key that no badge of ours holds."""
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size == 2048:
            return Algorithm.RSA_2048
        raise ValueError(f"RSA of {key.key_size} bits is no PIV algorithm")
    for algorithm, curve in CURVES.items():
        if isinstance(key.curve, curve):
            return algorithm
    raise ValueError(f"{key.curve.name} is no PIV algorithm")


def generate(algorithm: Algorithm) -> PrivateKey:
    """A new random key pair."""
    if algorithm is Algorithm.RSA_2048:
        return rsa.generate_private_key(PUBLIC_EXPONENT, 2048)
    return ec.generate_private_key(CURVES[algorithm]())


def public_key_object(key: PrivateKey) -> bytes:
    """The public half as `7F49 {81 modulus, 82 exponent}` or `7F49 {86 point}` (part 2, table 11)."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        return tlv(PUBLIC_KEY, tlv(MODULUS, _unsigned(numbers.n)) + tlv(EXPONENT, _unsigned(numbers.e)))
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return tlv(PUBLIC_KEY, tlv(POINT, point))


def _unsigned(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)


def use(key: PrivateKey, data: bytes) -> bytes:
    """What 81 asks for: RSA's private operation on a whole block, or ECDSA over a hash of the field's length (piv.sign)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return _private_operation(key, data)
    digest = HASHES[algorithm_of(key)]()
    if len(data) != digest.digest_size:
        raise CardRefusal(StatusWord.WRONG_DATA)
    return key.sign(data, ec.ECDSA(Prehashed(digest)))


def _private_operation(key: rsa.RSAPrivateKey, block: bytes) -> bytes:
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = key.key_size // 8
    value = int.from_bytes(block)
    if len(block) != size or value >= modulus:
        raise CardRefusal(StatusWord.WRONG_DATA)
    from_p, from_q = pow(value, numbers.dmp1, numbers.p), pow(value, numbers.dmq1, numbers.q)
    return (from_q + numbers.q * ((from_p - from_q) * numbers.iqmp % numbers.p)).to_bytes(size)


def agree(key: PrivateKey, point: bytes) -> bytes:
    """What 85 asks for: the x coordinate of the shared point (piv.key-agreement)."""
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise CardRefusal(StatusWord.WRONG_DATA)
    size = key.key_size // 8
    if len(point) != 1 + 2 * size or point[0] != 0x04:
        raise CardRefusal(StatusWord.WRONG_DATA)
    try:
        other = ec.EllipticCurvePublicKey.from_encoded_point(key.curve, point)
    except ValueError as not_on_curve:
        raise CardRefusal(StatusWord.WRONG_DATA) from not_on_curve
    return key.exchange(ec.ECDH(), other)


def to_state(keys: Mapping[int, PrivateKey]) -> dict[str, Any]:
    """Keys by reference, for the card file."""
    return {
        f"{reference:02X}": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        for reference, key in keys.items()
    }


def from_state(state: Mapping[str, str]) -> dict[int, PrivateKey]:
    """Read keys from a card file. Raises `ValueError` or `TypeError` for what is no key of ours."""
    keys: dict[int, PrivateKey] = {}
    for reference, pem in state.items():
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise TypeError("a badge holds RSA and elliptic curve keys only")
        algorithm_of(key)
        keys[int(reference, 16)] = key
    return keys
