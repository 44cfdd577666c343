"""What stands in the EFs of a 券面事項確認AP (myna-card, jpki-rs src/ap/surface.rs; what is assumed is marked in `spec.py`)."""

from dataclasses import dataclass
from enum import IntEnum, unique
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from applets_spec.card_info.content import with_offsets
from applets_spec.cv_certificate import FaceAuthority, public_key, sign
from applets_spec.drawing import photo_jp2, text_png
from applets_spec.holder import Holder
from applets_spec.iso7816 import tlv

APPLICATION_INFO = bytes.fromhex("01030E01")
VERSION = b"\x01"
NAME_COLUMNS, ADDRESS_COLUMNS, CODE_COLUMNS, NUMBER_COLUMNS = 20, 22, 4, 14


@unique
class Tag(IntEnum):
    """BER tags of the files."""

    AGE = 0xFF10
    AGE_BIRTH_DATE = 0xDF11
    AGE_PUBLIC_KEY = 0xDF12
    AGE_SIGNATURE = 0xDF13
    FACE = 0xFF20
    OFFSETS = 0xDF21
    BIRTH_DATE = 0xDF22
    SEX = 0xDF23
    PUBLIC_KEY = 0xDF24
    NAME_IMAGE = 0xDF25
    ADDRESS_IMAGE = 0xDF26
    PHOTO = 0xDF27
    SIGNATURE = 0xDF28
    EXPIRY = 0xDF29
    SECURITY_CODE_IMAGE = 0xDF2A
    APPLICATION = 0xFF30
    APPLICATION_INFO = 0xDF31
    KEY_ID = 0xDF32
    VERSION = 0xDF33
    MUNICIPALITY = 0xDF34
    KEY_CHECK = 0xDF35
    MY_NUMBER = 0xFF40
    MY_NUMBER_IMAGE = 0xDF41
    MY_NUMBER_PUBLIC_KEY = 0xDF42
    MY_NUMBER_SIGNATURE = 0xDF43


@dataclass(frozen=True, slots=True, repr=False)
class FaceImages:
    """The images of one card: PNG, PNG, JPEG 2000, PNG, PNG."""

    name: bytes
    address: bytes
    photo: bytes
    security_code: bytes
    my_number: bytes

    @classmethod
    def draw(cls, holder: Holder) -> Self:
        """Draw them. Raises `FontMissing`."""
        number = " ".join(holder.my_number[at : at + 4] for at in range(0, 12, 4))
        return cls(
            text_png(holder.name, NAME_COLUMNS),
            text_png(holder.address, ADDRESS_COLUMNS),
            photo_jp2(sha256(holder.name.encode()).digest()),
            text_png(holder.security_code, CODE_COLUMNS),
            text_png(number, NUMBER_COLUMNS),
        )


def age(holder: Holder, key: RSAPublicKey, authority: FaceAuthority) -> bytes:
    """EF 0001: birth date, public key, signature over both objects (what is signed is assumed)."""
    said = tlv(Tag.AGE_BIRTH_DATE, holder.birth_date.encode("ascii")) + tlv(Tag.AGE_PUBLIC_KEY, public_key(key))
    return tlv(Tag.AGE, said + tlv(Tag.AGE_SIGNATURE, sign(authority.signer, said)))


def face(holder: Holder, images: FaceImages, key: RSAPublicKey, authority: FaceAuthority) -> bytes:
    """EF 0002. The signature covers three hashes: DF22 to DF24, DF25 and DF26, DF27."""
    birth_sex_key = [
        tlv(Tag.BIRTH_DATE, holder.birth_date.encode("ascii")),
        tlv(Tag.SEX, holder.sex.encode("ascii")),
        tlv(Tag.PUBLIC_KEY, public_key(key)),
    ]
    texts = [tlv(Tag.NAME_IMAGE, images.name), tlv(Tag.ADDRESS_IMAGE, images.address)]
    photo = [tlv(Tag.PHOTO, images.photo)]
    three_hashes = b"".join(sha256(b"".join(group)).digest() for group in (birth_sex_key, texts, photo))
    rest = [
        tlv(Tag.SIGNATURE, sign(authority.signer, three_hashes)),
        tlv(Tag.EXPIRY, holder.card_expiry.encode("ascii")),
        tlv(Tag.SECURITY_CODE_IMAGE, images.security_code),
    ]
    return with_offsets(Tag.FACE, Tag.OFFSETS, birth_sex_key + texts + photo + rest)


def application_info(holder: Holder, authority: FaceAuthority) -> bytes:
    """EF 0003; DF35 is 272 bytes: here the signer's key identifier and a signature over the municipality code."""
    municipality = holder.municipality.encode("ascii")
    check = authority.signer_id + sign(authority.signer, municipality)
    return tlv(
        Tag.APPLICATION,
        tlv(Tag.APPLICATION_INFO, APPLICATION_INFO)
        + tlv(Tag.KEY_ID, authority.signer_id)
        + tlv(Tag.VERSION, VERSION)
        + tlv(Tag.MUNICIPALITY, municipality)
        + tlv(Tag.KEY_CHECK, check),
    )


def my_number_image(images: FaceImages, key: RSAPublicKey, authority: FaceAuthority) -> bytes:
    """EF 0005: the number as image, public key, signature over both objects (what is signed is assumed)."""
    said = tlv(Tag.MY_NUMBER_IMAGE, images.my_number) + tlv(Tag.MY_NUMBER_PUBLIC_KEY, public_key(key))
    return tlv(Tag.MY_NUMBER, said + tlv(Tag.MY_NUMBER_SIGNATURE, sign(authority.signer, said)))
