"""Data objects of a PIV card as they are written: CHUID, capability container, certificates (SP 800-73-4 part 1, 3.1 and 3.2)."""

from datetime import date

from cardd.cards.piv_data import Tag
from cardd.errors import CardBadAnswer
from cardd.iso7816 import tlv

FASC_N = bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB")
"""Agency 9999, system 9999, credential 999999, series 0, issue 1, person 0000000000, category 3, organisation 0000, association 1.

Agency 9999 says: no agency of the US government, the GUID is the number (SP 800-73-4 part 1, 3.1.2). Coding: TIG SCEPACS 2.3, 6.
"""
GUID_BYTES = 16
FASC_N_TAG, GUID_TAG, EXPIRY_TAG, SIGNATURE_TAG = 0x30, 0x34, 0x35, 0x3E
ERROR_DETECTION = 0xFE
"""Ends every object, without a value (SP 800-73-4 part 1, table 8 and following)."""
UNCOMPRESSED = b"\x00"

GSC_RID = bytes.fromhex("A000000116")
MAKER_UNKNOWN, JAVA_CARD = 0xFF, 0x02
CARD_NUMBER_BYTES = 14
CONTAINER_VERSION = b"\x21"
PIV_DATA_MODEL = b"\x10"
"""The parts of a capability container that PIV fixes; the others are there and empty (SP 800-73-4 part 1, 3.1.1 and table 8)."""


def chuid(guid: bytes, expires: date) -> bytes:
    """The content of a CHUID: 16 bytes of GUID, the date (YYYYMMDD), and no issuer's signature. Raises `ValueError` for another length.

    The signature belongs to the US government's issuers (SP 800-73-4 part 1, 3.1.2); badges of this office are proven by
    their certificates.
    """
    if len(guid) != GUID_BYTES:
        raise ValueError("a GUID has 16 bytes")
    return (
        tlv.encode(FASC_N_TAG, FASC_N)
        + tlv.encode(GUID_TAG, guid)
        + tlv.encode(EXPIRY_TAG, expires.strftime("%Y%m%d").encode("ascii"))
        + tlv.encode(SIGNATURE_TAG, b"")
        + tlv.encode(ERROR_DETECTION, b"")
    )


def capabilities(card_number: bytes) -> bytes:
    """The content of a card capability container: 14 bytes that only this card has, and that it follows PIV's data model.

    Some clients look for it before they take a card for a PIV card. Raises `ValueError` for another length.
    """
    if len(card_number) != CARD_NUMBER_BYTES:
        raise ValueError("a card number has 14 bytes")
    identifier = GSC_RID + bytes((MAKER_UNKNOWN, JAVA_CARD)) + card_number
    return (
        tlv.encode(0xF0, identifier)
        + tlv.encode(0xF1, CONTAINER_VERSION)
        + tlv.encode(0xF2, CONTAINER_VERSION)
        + tlv.encode(0xF3, b"")
        + tlv.encode(0xF4, b"\x00")
        + tlv.encode(0xF5, PIV_DATA_MODEL)
        + b"".join(tlv.encode(tag, b"") for tag in (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD))
        + tlv.encode(ERROR_DETECTION, b"")
    )


def certificate(der: bytes) -> bytes:
    """The content of a certificate's object, uncompressed (SP 800-73-4 part 1, table 10)."""
    return tlv.encode(Tag.CERTIFICATE, der) + tlv.encode(Tag.CERT_INFO, UNCOMPRESSED) + tlv.encode(ERROR_DETECTION, b"")


def read_chuid(octets: bytes) -> tuple[bytes | None, date | None]:
    """GUID (16 bytes) and expiry of a whole CHUID object; None for what is not there or no date. Raises `CardBadAnswer` for broken TLV."""
    outer, rest = tlv.first(octets)
    if outer.tag != Tag.OBJECT or rest:
        raise CardBadAnswer(command="GET DATA", problem="tlv_tag")
    elements = tlv.parse(outer.value)
    guid, expiry = tlv.one(elements, GUID_TAG), tlv.one(elements, EXPIRY_TAG)
    fits = guid is not None and len(guid.value) == GUID_BYTES
    return (guid.value if guid is not None and fits else None), _date(expiry.value if expiry is not None else b"")


def _date(octets: bytes) -> date | None:
    if len(octets) != 8 or not octets.isdigit():
        return None
    try:
        return date(int(octets[:4]), int(octets[4:6]), int(octets[6:]))
    except ValueError:
        return None
