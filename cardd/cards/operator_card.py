"""The operator's badge: any PIV card (NIST SP 800-73-4), no vendor command.

Owns the sequences: identity, the PIN, certificates, signatures with keys 9A, 9C, 9D, 9E; what the bytes mean is in `piv_data`.
"""

from collections.abc import Mapping
from enum import IntEnum, unique
from types import MappingProxyType

from cardd.cards import piv_data
from cardd.cards.card_type import (
    Application,
    CardType,
    ItemValue,
    KeySpec,
    PadEntry,
    PinSpec,
    PublicKeyKind,
    Recognition,
    TriesLeft,
)
from cardd.errors import CardBadAnswer, CardItemAbsent, CardWrongKind
from cardd.iso7816 import commands, files, pins
from cardd.iso7816.apdu import wipe
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.status import StatusWord, more_bytes
from cardd.model import CardKind, Item, KeyRole, PinKind, PinShape
from cardd.pin import Pin

AID = bytes.fromhex("A00000030800001000")
"""PIV card application without version (SP 800-73-4 part 1, 2.2)."""
SECURITY_DOMAINS = (bytes.fromhex("A000000151000000"), bytes.fromhex("A0000001510000"))
"""GlobalPlatform issuer security domain, long and short: selecting it ends the PIV application's state."""

CHUID = bytes.fromhex("5FC102")
IDENTITY_LENGTH = 64
"""FASC-N, GUID and expiry stand in the first 61 bytes of the CHUID (SP 800-73-4 part 1, table 9)."""

PIN_REFERENCE = 0x80
PIN_LENGTH = 8
FILLER = 0xFF
"""A PIN is 6 to 8 digits, padded with FF to 8 bytes (SP 800-73-4 part 2, 2.4.3)."""


@unique
class Key(IntEnum):
    """Key references (SP 800-73-4 part 1, table 4b)."""

    AUTHENTICATION = 0x9A
    SIGNATURE = 0x9C
    KEY_MANAGEMENT = 0x9D
    CARD_AUTHENTICATION = 0x9E


KEY_OBJECTS: Mapping[KeyRole, tuple[Key, bytes]] = MappingProxyType(
    {
        KeyRole.AUTHENTICATION: (Key.AUTHENTICATION, bytes.fromhex("5FC105")),
        KeyRole.SIGNATURE: (Key.SIGNATURE, bytes.fromhex("5FC10A")),
        KeyRole.KEY_MANAGEMENT: (Key.KEY_MANAGEMENT, bytes.fromhex("5FC10B")),
        KeyRole.CARD_AUTHENTICATION: (Key.CARD_AUTHENTICATION, bytes.fromhex("5FC101")),
    }
)
"""Key and certificate object of each role (SP 800-73-4 part 1, table 3)."""

PINS = MappingProxyType(
    {PinKind.BADGE: PinSpec(Application.PIV, PinShape(6, PIN_LENGTH, "digits"), tries=3, changeable=True)}
)
KEYS = MappingProxyType(
    {
        KeyRole.AUTHENTICATION: KeySpec(Application.PIV, PinKind.BADGE),
        KeyRole.SIGNATURE: KeySpec(Application.PIV, PinKind.BADGE, pin_always=True),
        KeyRole.KEY_MANAGEMENT: KeySpec(Application.PIV, PinKind.BADGE),
        KeyRole.CARD_AUTHENTICATION: KeySpec(Application.PIV, None),
    }
)


def recognise(connection: SmartCardConnection) -> Recognition | None:
    """SELECT the application and look at the CHUID. None = not there. Raises nothing of its own."""
    if files.try_select(connection, AID, fci=True).sw != StatusWord.SUCCESS:
        return None
    return Recognition(CardKind.BADGE, try_identity(connection))


def select(connection: SmartCardConnection, application: Application) -> bytes:
    """SELECT and read the beginning of the CHUID (up to 64 bytes). Raises `CardWrongKind`, `CardItemAbsent`, `CardBadAnswer`."""
    if application is not Application.PIV:
        raise CardWrongKind(problem="application")
    files.select(connection, AID, fci=True)
    return reread(connection, application)


def reread(connection: SmartCardConnection, _application: Application) -> bytes:
    """The beginning of the CHUID again. Raises `CardBadAnswer` where the badge has none: it was never made out to anybody."""
    found = try_identity(connection)
    if found is None:
        raise CardBadAnswer(command="GET DATA", problem="no_identity")
    return found


def clear(connection: SmartCardConnection) -> None:
    """Log out (VERIFY with P1 = FF), else select another application. Raises `CardBadAnswer` when neither works."""
    answer = connection.transmit(commands.log_out(PIN_REFERENCE))
    if answer.sw == StatusWord.SUCCESS:
        return
    for aid in SECURITY_DOMAINS:
        answer = files.try_select(connection, aid)
        if answer.sw == StatusWord.SUCCESS:
            return
    raise CardBadAnswer(command="VERIFY", sw=answer.sw, problem="not_cleared")


def tries_left(connection: SmartCardConnection, which: PinKind) -> TriesLeft:
    """The badge PIN's counter. Raises `CardWrongKind`, `CardItemAbsent`, `CardBadAnswer`."""
    _require_badge_pin(which)
    return TriesLeft(*pins.read_tries(pins.ask_tries(connection, PIN_REFERENCE), which))


def verify(connection: SmartCardConnection, which: PinKind, entry: Pin | PadEntry) -> None:
    """One VERIFY, the PIN padded to 8 bytes; the padded copy is wiped. Raises as `CardType.verify`."""
    _require_badge_pin(which)
    shape = PINS[which].shape
    if isinstance(entry, PadEntry):
        pins.verify_on_pad(connection, PIN_REFERENCE, which, shape, padded_to=PIN_LENGTH)
        return
    pins.check_shape(entry, shape, which)
    padded = _padded(entry)
    try:
        pins.verify(connection, commands.verify(PIN_REFERENCE, padded), which)
    finally:
        wipe(padded)


def change_pin(connection: SmartCardConnection, which: PinKind, old: Pin, new: Pin) -> None:
    """CHANGE REFERENCE DATA with old and new PIN in one command, which counts as a try of the old one. Raises as `verify`."""
    _require_badge_pin(which)
    for pin in (old, new):
        pins.check_shape(pin, PINS[which].shape, which)
    both = _padded(old, new)
    try:
        pins.change(connection, commands.change_from_to(PIN_REFERENCE, both), which)
    finally:
        wipe(both)


def read_certificate(connection: SmartCardConnection, role: KeyRole) -> bytes:
    """DER of the certificate of that key, at most 8 KiB, unpacked where it is gzipped.

    Raises `CardItemAbsent` (no such object, or empty), `CardBadAnswer`.
    """
    _, tag = _key_object(role)
    answer = connection.transmit(commands.get_data(tag))
    if answer.sw == StatusWord.NOT_FOUND:
        raise CardItemAbsent(command="GET DATA", sw=answer.sw)
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command="GET DATA", sw=answer.sw)
    return piv_data.read_certificate(answer.data)


def sign(
    connection: SmartCardConnection, role: KeyRole, algorithm: str, digest: bytes, public_key: PublicKeyKind
) -> bytes:
    """One GENERAL AUTHENTICATE: PKCS#1 v1.5 (256 bytes) or DER Ecdsa-Sig-Value.

    Raises `AlgorithmUnsupported` (digest), `CardWrongKind` (key), `CardBadAnswer`.
    """
    key, _ = _key_object(role)
    template = piv_data.signature_request(algorithm, digest, public_key)
    answer = connection.transmit(commands.general_authenticate(piv_data.ALGORITHMS[public_key], key, template))
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command="GENERAL AUTHENTICATE", sw=answer.sw)
    return piv_data.read_signature(answer.data, public_key)


def read_items(_connection: SmartCardConnection, _items: tuple[Item, ...]) -> Mapping[Item, ItemValue]:
    """A badge holds nothing of a resident. Raises `CardWrongKind`."""
    raise CardWrongKind(problem="items")


def try_identity(connection: SmartCardConnection) -> bytes | None:
    """The beginning of the CHUID (up to 64 bytes); None on a card without one."""
    answer = connection.transmit(commands.get_data(CHUID, first_part_only=True))
    whole = answer.sw == StatusWord.SUCCESS or more_bytes(answer.sw) is not None
    return answer.data[:IDENTITY_LENGTH] if whole and answer.data else None


def _require_badge_pin(which: PinKind) -> None:
    if which not in PINS:
        raise CardWrongKind(which=which)


def _key_object(role: KeyRole) -> tuple[Key, bytes]:
    if role not in KEY_OBJECTS:
        raise CardWrongKind(problem="key")
    return KEY_OBJECTS[role]


def _padded(*entries: Pin) -> bytearray:
    block = bytearray((FILLER,)) * (PIN_LENGTH * len(entries))
    for number, pin in enumerate(entries):
        start = number * PIN_LENGTH
        block[start : start + len(pin)] = pin.octets
    return block


BADGE = CardType(
    kind=CardKind.BADGE,
    recognise=recognise,
    pins=PINS,
    keys=KEYS,
    items=MappingProxyType({}),
    select=select,
    reread=reread,
    clear=clear,
    tries_left=tries_left,
    verify=verify,
    change_pin=change_pin,
    read_certificate=read_certificate,
    sign=sign,
    read_items=read_items,
    same_identity=frozenset({Application.PIV}),
)
