"""The public half of a key that a PIV card has just made: taken out of its answer, checked, and put into SubjectPublicKeyInfo."""

from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardd.cards.card_type import PublicKeyKind
from cardd.cards.piv_data import ALGORITHMS, CURVE_BYTES, RSA_BYTES
from cardd.errors import BadgeUnfit, CardBadAnswer
from cardd.iso7816 import tlv

CONTROL = 0xAC
MECHANISM = 0x80
PUBLIC_KEY = 0x7F49
MODULUS, EXPONENT, POINT = 0x81, 0x82, 0x86
"""Control reference template and answer of GENERATE ASYMMETRIC KEY PAIR (SP 800-73-4 part 2, 3.3.2, tables 10 and 11)."""

PUBLIC_EXPONENT = 65_537
"""The one public exponent of PIV keys (SP 800-78-4, 3.1)."""
CURVES: MappingProxyType[PublicKeyKind, ec.EllipticCurve] = MappingProxyType(
    {PublicKeyKind.EC_P256: ec.SECP256R1(), PublicKeyKind.EC_P384: ec.SECP384R1()}
)

ROCA_PRIMES = (
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127,
    131, 137, 139, 149, 151, 157, 163, 167,
)  # fmt: skip
"""Moduli made by the broken library of CVE-2017-15361 are powers of 65537 modulo each of these (Nemec et al., ACM CCS 2017, 3)."""


def generation_request(kind: PublicKeyKind) -> bytes:
    """The `AC` template that says which key to make."""
    return tlv.encode(CONTROL, tlv.encode(MECHANISM, bytes((ALGORITHMS[kind],))))


def read_public_key(octets: bytes, kind: PublicKeyKind) -> bytes:
    """SubjectPublicKeyInfo (DER) out of the `7F49` template, which must hold a key of that kind and nothing else.

    Raises `CardBadAnswer` (form, lengths, exponent, a point that is not on the curve), `BadgeUnfit` for an RSA key that can be
    factored (CVE-2017-15361).
    """
    outer, rest = tlv.first(octets)
    if outer.tag != PUBLIC_KEY or rest:
        raise _bad("tlv_tag")
    elements = tlv.parse(outer.value)
    tags = tuple(element.tag for element in elements)
    values = tuple(element.value for element in elements)
    if kind is PublicKeyKind.RSA_2048:
        if tags != (MODULUS, EXPONENT):
            raise _bad("tlv_tag")
        return _rsa(*values)
    if tags != (POINT,):
        raise _bad("tlv_tag")
    return _curve(values[0], kind)


def is_roca_modulus(modulus: int) -> bool:
    """Whether a modulus has the shape of CVE-2017-15361. Of good keys one in 2^154 has it by chance (there, 3.2)."""
    return all(modulus % prime in _powers(prime) for prime in ROCA_PRIMES)


def _powers(prime: int) -> set[int]:
    found, power = set[int](), 1
    while power not in found:
        found.add(power)
        power = power * PUBLIC_EXPONENT % prime
    return found


def _rsa(modulus: bytes, exponent: bytes) -> bytes:
    number = int.from_bytes(modulus, "big")
    if len(modulus) != RSA_BYTES or number.bit_length() != 8 * RSA_BYTES or not number & 1:
        raise _bad("modulus")
    if len(exponent) > RSA_BYTES or int.from_bytes(exponent, "big") != PUBLIC_EXPONENT:
        raise _bad("exponent")
    if is_roca_modulus(number):
        raise BadgeUnfit(command="GENERATE ASYMMETRIC KEY PAIR", problem="weak_key")
    key = rsa.RSAPublicNumbers(PUBLIC_EXPONENT, number).public_key()
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _curve(point: bytes, kind: PublicKeyKind) -> bytes:
    if len(point) != 1 + 2 * CURVE_BYTES[kind]:  # the compressed form is shorter, others are not taken below
        raise _bad("point")
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[kind], point)
    except ValueError:
        raise _bad("point") from None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _bad(problem: str) -> CardBadAnswer:
    return CardBadAnswer(command="GENERATE ASYMMETRIC KEY PAIR", problem=problem)
