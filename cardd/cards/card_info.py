"""券面事項入力補助AP: the four basic attributes and the 個人番号 as text, behind a PIN of 4 digits.

Facts: jpki/myna `src/text.rs`; siketyan/jpki-rs `core/src/ap/support.rs`; soltia48/myna-card `src/ap`.
"""

from collections.abc import Callable, Mapping
from enum import IntEnum, unique
from types import MappingProxyType

from cardd.cards.card_type import Application, DateValue, ItemSource, ItemValue, PinSpec
from cardd.cards.values import read_date, read_my_number, read_sex, read_text
from cardd.errors import CardBadAnswer, CardItemAbsent
from cardd.iso7816 import files, tlv
from cardd.iso7816.connection import SmartCardConnection
from cardd.model import Item, PinKind, PinShape

AID = bytes.fromhex("D3921000310001010408")


@unique
class File(IntEnum):
    """Elementary files and the PIN; each also works as a short identifier."""

    MY_NUMBER = 0x0001
    ATTRIBUTES = 0x0002
    SIGNER_CERTIFICATE = 0x0004
    INTERNAL_KEY_CERTIFICATE = 0x0007
    PIN = 0x0011


@unique
class Tag(IntEnum):
    """Templates of the files and elements of the attributes."""

    MY_NUMBER = 0xFF10
    ATTRIBUTES = 0xFF20
    NAME = 0xDF22
    ADDRESS = 0xDF23
    BIRTH_DATE = 0xDF24
    SEX = 0xDF25


IDENTITY_FILES: Mapping[int, int] = MappingProxyType({File.INTERNAL_KEY_CERTIFICATE: 64, File.SIGNER_CERTIFICATE: 64})
"""Free to read. EF 0007 begins with the card's own public key; EF 0004, where 0007 cannot be read, only tells issuers apart."""

PIN_FILES = MappingProxyType({PinKind.CARD_INFO: File.PIN})
PINS = MappingProxyType(
    {PinKind.CARD_INFO: PinSpec(Application.CARD_INFO, PinShape(4, 4, "digits"), tries=3, changeable=True)}
)
ATTRIBUTES_MAX = 4 * 1024
"""Bytes of EF 0002; some 500 are usual."""

Read = Callable[[bytes, str], str | DateValue]
ATTRIBUTES: Mapping[Item, tuple[Tag, Read]] = MappingProxyType(
    {
        Item.NAME: (Tag.NAME, read_text),
        Item.ADDRESS: (Tag.ADDRESS, read_text),
        Item.BIRTH_DATE: (Tag.BIRTH_DATE, read_date),
        Item.SEX: (Tag.SEX, read_sex),
        Item.AGE_OVER: (Tag.BIRTH_DATE, read_date),
    }
)
SOURCE = ItemSource(Application.CARD_INFO, (PinKind.CARD_INFO,))
ITEMS = MappingProxyType({item: SOURCE for item in (*ATTRIBUTES, Item.MY_NUMBER)})


def select(connection: SmartCardConnection) -> bytes:
    """SELECT the application and read its identity (up to 64 bytes). Raises `CardWrongKind`, `CardBadAnswer`."""
    files.select(connection, AID)
    return reread(connection)


def reread(connection: SmartCardConnection) -> bytes:
    """The identity again, without SELECT. Raises `CardBadAnswer`."""
    return files.identity(connection, IDENTITY_FILES)


def read_items(connection: SmartCardConnection, items: frozenset[Item]) -> Mapping[Item, ItemValue]:
    """The named items, PIN verified. Raises `CardItemAbsent` (with `field`), `CardBadAnswer`."""
    found = _read_attributes(connection, items & ATTRIBUTES.keys())
    if Item.MY_NUMBER in items:
        found[Item.MY_NUMBER] = _read_my_number(connection)
    return found


def _read_attributes(connection: SmartCardConnection, items: frozenset[Item]) -> dict[Item, ItemValue]:
    """One pass over EF 0002. Each element is judged for itself; a date that is none does not hide the name."""
    if not items:
        return {}
    wanted = frozenset(int(ATTRIBUTES[item][0]) for item in items)
    parts = files.read_parts(connection, File.ATTRIBUTES, Tag.ATTRIBUTES, wanted, limit=ATTRIBUTES_MAX)
    content = {part.tag: part.value for part in parts}
    found = dict[Item, ItemValue]()
    for item in items:
        tag, read = ATTRIBUTES[item]
        if tag not in content:
            raise CardItemAbsent(field=item.value)
        found[item] = ItemValue(read(content[tag], item.value), content[tag])
    return found


def _read_my_number(connection: SmartCardConnection) -> ItemValue:
    element = files.read_element(connection, File.MY_NUMBER, Tag.MY_NUMBER, limit=16)
    number, rest = tlv.first(element)
    if rest:
        raise CardBadAnswer(field=Item.MY_NUMBER.value, problem="tlv_truncated")
    return ItemValue(read_my_number(number.value, Item.MY_NUMBER.value), number.value)
