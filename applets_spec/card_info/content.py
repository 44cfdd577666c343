"""What stands in the EFs of a 券面事項入力補助AP (jpki/myna src/text.rs, myna-card; what is assumed is marked in `spec.py`)."""

from enum import IntEnum, unique
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from applets_spec.card_info.spec import TABLE, TEXT_FILLER
from applets_spec.cv_certificate import FaceAuthority, key_id, public_key, sign
from applets_spec.filesystem import FileRow
from applets_spec.holder import Holder
from applets_spec.iso7816 import tlv

APPLICATION_INFO = bytes.fromhex("01030E01")
KEY_CHECK_BYTES = 128


@unique
class Tag(IntEnum):
    """BER tags of the files."""

    MY_NUMBER = 0xFF10
    BASIC_FOUR = 0xFF20
    OFFSETS = 0xDF21
    NAME = 0xDF22
    ADDRESS = 0xDF23
    BIRTH_DATE = 0xDF24
    SEX = 0xDF25
    HASHES = 0xFF30
    MY_NUMBER_HASH = 0xDF31
    BASIC_FOUR_HASH = 0xDF32
    HASHES_SIGNATURE = 0xDF33
    APPLICATION = 0xFF40
    APPLICATION_INFO = 0xDF41
    KEY_ID = 0xDF42
    KEY_CHECK = 0xDF43
    INTERNAL_CERTIFICATE = 0xFF50
    INTERNAL_PUBLIC_KEY = 0xDF51
    INTERNAL_SIGNATURE = 0xDF52


def my_number(holder: Holder) -> bytes:
    """EF 0001 without filler: 15 bytes."""
    return tlv(Tag.MY_NUMBER, holder.my_number.encode("ascii"))


def basic_four(holder: Holder) -> bytes:
    """EF 0002 without filler."""
    return with_offsets(Tag.BASIC_FOUR, Tag.OFFSETS, _four_attributes(holder))


def _four_attributes(holder: Holder) -> list[bytes]:
    return [
        tlv(Tag.NAME, holder.name.encode()),
        tlv(Tag.ADDRESS, holder.address.encode()),
        tlv(Tag.BIRTH_DATE, holder.birth_date.encode("ascii")),
        tlv(Tag.SEX, holder.sex.encode("ascii")),
    ]


def with_offsets(file_tag: int, table_tag: int, objects: list[bytes]) -> bytes:
    """A template whose first object lists where the others begin: 16-bit offsets of their tags from the start of the file."""
    table_size = len(tlv(table_tag, bytes(2 * len(objects))))
    body = table_size + sum(map(len, objects))
    at = len(tlv(file_tag, bytes(body))) - body + table_size
    offsets = b""
    for one in objects:
        offsets += at.to_bytes(2)
        at += len(one)
    return tlv(file_tag, tlv(table_tag, offsets) + b"".join(objects))


def hashes(holder: Holder, authority: FaceAuthority) -> bytes:
    """EF 0003, 336 bytes: SHA-256 of EF 0001 with its filler, SHA-256 of DF22 to DF25 as stored, signature over both."""
    size = next(row.size or 0 for row in TABLE.efs if isinstance(row, FileRow) and row.name == "my_number")
    number = sha256(my_number(holder).ljust(size, bytes([TEXT_FILLER]))).digest()
    four = sha256(b"".join(_four_attributes(holder))).digest()
    signature = sign(authority.signer, number + four)
    values = tlv(Tag.MY_NUMBER_HASH, number) + tlv(Tag.BASIC_FOUR_HASH, four)
    return tlv(Tag.HASHES, values + tlv(Tag.HASHES_SIGNATURE, signature))


def application_info() -> bytes:
    """EF 0005; DF43 is 128 bytes of unknown meaning, here zeros."""
    info = tlv(Tag.APPLICATION_INFO, APPLICATION_INFO) + tlv(Tag.KEY_ID, key_id("session key"))
    return tlv(Tag.APPLICATION, info + tlv(Tag.KEY_CHECK, bytes(KEY_CHECK_BYTES)))


def internal_certificate(key: RSAPublicKey, authority: FaceAuthority) -> bytes:
    """EF 0007: the public half of key 0013 and the authority's signature over it."""
    encoded = public_key(key)
    signature = tlv(Tag.INTERNAL_SIGNATURE, sign(authority.signer, encoded))
    return tlv(Tag.INTERNAL_CERTIFICATE, tlv(Tag.INTERNAL_PUBLIC_KEY, encoded) + signature)
