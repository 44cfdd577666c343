"""券面事項確認AP: what is printed on the card, as images, and the card's expiry, behind 照合番号A or B.

Facts: jpki/myna `src/visual.rs`; soltia48/myna-card `src/ap`; siketyan/jpki-rs `core/src/ap/surface.rs`.
"""

from collections.abc import Mapping
from enum import IntEnum, unique
from types import MappingProxyType

from cardd.cards.card_type import Application, ItemSource, ItemValue, PinSpec
from cardd.cards.values import image_type, read_date
from cardd.errors import CardItemAbsent
from cardd.iso7816 import files
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import Item, PinKind, PinShape

AID = bytes.fromhex("D3921000310001010402")


@unique
class File(IntEnum):
    """Elementary files and PINs; each also works as a short identifier."""

    SURFACE = 0x0002
    VERIFICATION_B = 0x0012
    VERIFICATION_A = 0x0013


@unique
class Tag(IntEnum):
    """The template of EF 0002 and those of its elements that are read."""

    SURFACE = 0xFF20
    NAME_IMAGE = 0xDF25
    ADDRESS_IMAGE = 0xDF26
    PHOTO = 0xDF27
    EXPIRY = 0xDF29


PIN_FILES = MappingProxyType(
    {PinKind.VERIFICATION_A: File.VERIFICATION_A, PinKind.VERIFICATION_B: File.VERIFICATION_B},
)
TRIES = 10
"""Tries of 照合番号A and B: 10 in one public test script, 3 in its constant table; the counter on the card decides."""
PINS = MappingProxyType(
    {
        PinKind.VERIFICATION_A: PinSpec(Application.CARD_SURFACE, PinShape(12, 12, "digits"), TRIES),
        PinKind.VERIFICATION_B: PinSpec(Application.CARD_SURFACE, PinShape(14, 14, "digits"), TRIES),
    }
)
SURFACE_MAX = 32 * 1024 - 16
"""Bytes of EF 0002, photo included: as far as the 15-bit offset of READ BINARY reaches."""

TAGS = MappingProxyType(
    {
        Item.NAME_IMAGE: Tag.NAME_IMAGE,
        Item.ADDRESS_IMAGE: Tag.ADDRESS_IMAGE,
        Item.PHOTO: Tag.PHOTO,
        Item.CARD_EXPIRY: Tag.EXPIRY,
    }
)
PNG = frozenset({"image/png"})
JPEG_2000 = frozenset({"image/jp2", "image/j2c"})
IMAGE_TYPES = MappingProxyType({Item.NAME_IMAGE: PNG, Item.ADDRESS_IMAGE: PNG, Item.PHOTO: JPEG_2000})

SOURCE = ItemSource(Application.CARD_SURFACE, (PinKind.VERIFICATION_B, PinKind.VERIFICATION_A))
ITEMS = MappingProxyType({item: SOURCE for item in TAGS})


def select(connection: SmartCardConnection) -> None:
    """SELECT the application. Raises `CardWrongKind`, `CardBadAnswer`.

    Its free files show no identity: EF 0004 is the certificate of whoever signed the face, the same on many cards.
    """
    files.select(connection, AID)


def read_items(connection: SmartCardConnection, items: frozenset[Item]) -> Mapping[Item, ItemValue]:
    """The named items in one pass over EF 0002, 照合番号 verified. Raises `CardItemAbsent` (with `field`), `CardBadAnswer`."""
    wanted = frozenset(int(TAGS[item]) for item in items)
    parts = files.read_parts(connection, File.SURFACE, Tag.SURFACE, wanted, limit=SURFACE_MAX)
    content = {part.tag: part.value for part in parts}
    return {item: _value(item, content.get(TAGS[item])) for item in items}


def _value(item: Item, octets: bytes | None) -> ItemValue:
    if not octets:
        raise CardItemAbsent(field=item.value)
    if item is Item.CARD_EXPIRY:
        return ItemValue(read_date(octets, item.value), octets)
    return ItemValue(octets, octets, image_type(octets, item.value, IMAGE_TYPES[item]))
