"""What lies in a badge's data objects: CHUID, capability container, discovery object, certificates, printed information."""

import gzip
import uuid
from dataclasses import dataclass
from datetime import date

from applets_spec.iso7816 import tlv
from applets_spec.piv.spec import AID

ERROR_DETECTION = tlv(0xFE, b"")
"""Ends every object inside 53 (SP 800-73-4 part 1, tables 8 and on)."""

NO_PIN_BUT_PIV = bytes.fromhex("4000")
GLOBAL_PIN_TOO = bytes.fromhex("6010")
"""PIN usage policy (part 1, 3.3.2): the PIV PIN alone; or also the global PIN, the PIV PIN being the primary one."""

CERTIFICATE = 0x70
CERTIFICATE_INFO = 0x71
PLAIN = b"\x00"
COMPRESSED = b"\x01"

GSC_RID = bytes.fromhex("A000000116")
MANUFACTURER_UNKNOWN = 0xFF
JAVA_CARD = 0x02
DATA_MODEL = 0x10
"""SP 800-73-4 part 1, 3.1.1: data model number of PIV in the capability container."""


@dataclass(frozen=True, slots=True)
class FascN:
    """Federal Agency Smart Credential Number. Agency 9999 means: not of the US government, the GUID is the identity."""

    agency: str = "9999"
    system: str = "9999"
    credential: str = "999999"
    series: str = "0"
    issue: str = "1"
    person: str = "0000000000"
    category: str = "3"
    organisation: str = "0000"
    association: str = "1"

    def encode(self) -> bytes:
        """25 bytes: 40 characters of 5 bits, least significant bit first, odd parity (TIG SCEPACS 2.3, 6)."""
        person = f"{self.person}{self.category}{self.organisation}{self.association}"
        text = f"S{self.agency}F{self.system}F{self.credential}F{self.series}F{self.issue}F{person}E"
        values = [_FASC_N_CHARACTERS.index(character) for character in text]
        check = 0
        for value in values:
            check ^= value
        bits = "".join(_five_bits(value) for value in (*values, check))
        return int(bits, 2).to_bytes(25)


_FASC_N_CHARACTERS = "0123456789_S_F_E"
"""Characters by value: start sentinel 11, field separator 13, end sentinel 15."""


def _five_bits(value: int) -> str:
    low_first = f"{value:04b}"[::-1]
    return low_first + str((low_first.count("1") + 1) % 2)


def chuid(guid: uuid.UUID, expires: date, fasc_n: FascN | None = None) -> bytes:
    """Card holder unique identifier. Its issuer signature is empty: assumed, as plain PivApplet cards have it."""
    return (
        tlv(0x30, (fasc_n or FascN()).encode())
        + tlv(0x34, guid.bytes)
        + tlv(0x35, f"{expires:%Y%m%d}".encode())
        + tlv(0x3E, b"")
        + ERROR_DETECTION
    )


def capabilities(card_number: bytes) -> bytes:
    """Card capability container (part 1, table 8). `card_number`: 14 bytes that only this card has."""
    identifier = GSC_RID + bytes([MANUFACTURER_UNKNOWN, JAVA_CARD]) + card_number
    if len(identifier) != 21:
        raise ValueError("a card number of 14 bytes is needed")
    version = b"\x21"
    return (
        tlv(0xF0, identifier)
        + tlv(0xF1, version)
        + tlv(0xF2, version)
        + tlv(0xF3, b"")
        + tlv(0xF4, b"\x00")
        + tlv(0xF5, bytes([DATA_MODEL]))
        + b"".join(tlv(tag, b"") for tag in (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD))
        + ERROR_DETECTION
    )


def discovery(*, global_pin: bool) -> bytes:
    """Discovery object: the AID and which PINs open the application (part 1, 3.3.2)."""
    return tlv(0x4F, AID) + tlv(0x5F2F, GLOBAL_PIN_TOO if global_pin else NO_PIN_BUT_PIV)


def key_history(on_card: int = 0) -> bytes:
    """Key history object: how many retired keys have their certificates on the card (part 1, 3.3.3)."""
    return tlv(0xC1, bytes([on_card])) + tlv(0xC2, b"\x00") + tlv(0xF3, b"") + ERROR_DETECTION


def certificate(der: bytes, *, compressed: bool = False) -> bytes:
    """A certificate's object: the DER as it is, or in a GZIP stream (part 1, appendix A)."""
    content = gzip.compress(der, mtime=0) if compressed else der
    info = COMPRESSED if compressed else PLAIN
    return tlv(CERTIFICATE, content) + tlv(CERTIFICATE_INFO, info) + ERROR_DETECTION


def printed_information(name: str, affiliation: str, expires: date, serial: str) -> bytes:
    """What is printed on the badge (part 1, table 12). Names are UTF-8 here; US cards keep to ASCII."""
    parts = (
        (0x01, name.encode()),
        (0x02, affiliation.encode()),
        (0x04, f"{expires:%Y%b%d}".upper().encode()),
        (0x05, serial.encode()),
        (0x06, b"TEST000000001"),
    )
    return b"".join(tlv(tag, value) for tag, value in parts) + ERROR_DETECTION
