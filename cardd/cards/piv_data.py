"""What goes over the wire to and from a PIV card (SP 800-73-4): certificate objects, signature requests and answers. Sends nothing."""

import zlib
from enum import IntEnum, unique
from types import MappingProxyType

from cardd.cards.card_type import PublicKeyKind
from cardd.errors import CardBadAnswer, CardItemAbsent
from cardd.iso7816 import der, tlv
from cardd.iso7816.digest_info import check_digest, digest_info, pkcs1_block


@unique
class Algorithm(IntEnum):
    """Algorithm identifiers (SP 800-78-4, table 6-2)."""

    RSA_2048 = 0x07
    EC_P256 = 0x11
    EC_P384 = 0x14


@unique
class Tag(IntEnum):
    """Elements of a certificate object (SP 800-73-4 part 1, table 10) and of the dynamic authentication template (part 2, table 7)."""

    OBJECT = 0x53
    CERTIFICATE = 0x70
    CERT_INFO = 0x71
    TEMPLATE = 0x7C
    CHALLENGE = 0x81
    RESPONSE = 0x82


GZIP_FLAG = 0x01
GZIP_WINDOW = 31
"""`wbits` of zlib for gzip with the largest window."""
RSA_BYTES = 256
CURVE_BYTES = MappingProxyType({PublicKeyKind.EC_P256: 32, PublicKeyKind.EC_P384: 48})
ALGORITHMS = MappingProxyType(
    {
        PublicKeyKind.RSA_2048: Algorithm.RSA_2048,
        PublicKeyKind.EC_P256: Algorithm.EC_P256,
        PublicKeyKind.EC_P384: Algorithm.EC_P384,
    }
)


def read_certificate(octets: bytes) -> bytes:
    """DER (at most 8 KiB, nested lengths checked) out of a `53` object, unpacked where it says gzip.

    Raises `CardItemAbsent` for an object that was emptied, `CardBadAnswer`.
    """
    certificate = _certificate(octets)
    der.check_der(certificate)
    return certificate


def signature_request(algorithm: str, digest: bytes, public_key: PublicKeyKind) -> bytes:
    """The `7C` template that asks for a signature over a digest. Raises `AlgorithmUnsupported`."""
    challenge = _challenge(algorithm, digest, public_key)
    return tlv.encode(Tag.TEMPLATE, tlv.encode(Tag.RESPONSE, b"") + tlv.encode(Tag.CHALLENGE, challenge))


def read_signature(octets: bytes, public_key: PublicKeyKind) -> bytes:
    """The signature out of a `7C` template: 256 bytes for RSA, else a well-formed Ecdsa-Sig-Value. Raises `CardBadAnswer`."""
    signature = _inside(octets, Tag.TEMPLATE, Tag.RESPONSE)
    size = CURVE_BYTES.get(public_key)
    fits = len(signature) == RSA_BYTES if size is None else _fits_curve(signature, size)
    if not fits:
        raise CardBadAnswer(command="GENERAL AUTHENTICATE", problem="signature_length")
    return signature


def _certificate(octets: bytes) -> bytes:
    """The certificate inside a `53` object. An object that was emptied counts as absent."""
    outer, rest = tlv.first(octets)
    if outer.tag != Tag.OBJECT or rest:
        raise CardBadAnswer(command="GET DATA", problem="tlv_tag")
    if not outer.value:
        raise CardItemAbsent(command="GET DATA")
    elements = tlv.parse(outer.value)
    found, info = tlv.one(elements, Tag.CERTIFICATE), tlv.one(elements, Tag.CERT_INFO)
    if found is None or not found.value:
        raise CardItemAbsent(command="GET DATA")
    packed = info is not None and len(info.value) == 1 and info.value[0] & GZIP_FLAG
    return _unpack(found.value) if packed else found.value


def _unpack(octets: bytes) -> bytes:
    """Inflate gzip to at most 8 KiB (SP 800-73-4 part 1, 3.2)."""
    inflater = zlib.decompressobj(GZIP_WINDOW)
    try:
        content = inflater.decompress(octets, der.DER_MAX + 1)
    except zlib.error:
        raise CardBadAnswer(command="GET DATA", problem="gzip") from None
    if len(content) > der.DER_MAX or not inflater.eof:
        raise CardBadAnswer(command="GET DATA", problem="gzip")
    return content


def _challenge(algorithm: str, digest: bytes, public_key: PublicKeyKind) -> bytes:
    """What the key is applied to: a padded block, or for curves the leftmost bits of the digest (FIPS 186-5, 6.4.1)."""
    if public_key is PublicKeyKind.RSA_2048:
        return pkcs1_block(digest_info(algorithm, digest), RSA_BYTES)
    check_digest(algorithm, digest)
    size = CURVE_BYTES[public_key]
    return digest[:size].rjust(size, b"\x00")


def _inside(octets: bytes, outer: Tag, inner: Tag) -> bytes:
    """The value of `inner` in `outer`, which must be all there is."""
    element, rest = tlv.first(octets)
    found = tlv.one(tlv.parse(element.value), inner) if element.tag == outer and not rest else None
    if found is None:
        raise CardBadAnswer(command="GENERAL AUTHENTICATE", problem="tlv_tag")
    return found.value


def _fits_curve(signature: bytes, size: int) -> bool:
    return max(der.ecdsa_values(signature)).bit_length() <= 8 * size
