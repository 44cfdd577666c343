"""公的個人認証AP (JPKI application): certificates, the two PINs, token information, signatures.

Facts: OpenSC `card-jpki.c`, `pkcs15-jpki.c`; jpki/myna `src/jpki.rs`; short identifiers as P2: soltia48/myna-card.
"""

from collections.abc import Mapping
from enum import IntEnum, unique
from types import MappingProxyType

from cardd.cards.card_type import Application, KeySpec, PinSpec, TokenInfo
from cardd.errors import CardBadAnswer, CardWrongKind
from cardd.iso7816 import commands, der, files
from cardd.iso7816.connection import SmartCardConnection
from cardd.iso7816.digest_info import digest_info
from cardd.iso7816.status import SFI_REFUSED, StatusWord
from cardd.model import KeyRole, PinKind, PinShape

AID = bytes.fromhex("D392F000260100000001")


@unique
class File(IntEnum):
    """Elementary files, keys and PINs of the application; each also works as a short identifier."""

    SIGNATURE_CERTIFICATE = 0x0001
    TOKEN_INFO = 0x0006
    AVAILABILITY = 0x0008
    AUTHENTICATION_CERTIFICATE = 0x000A
    AUTHENTICATION_KEY = 0x0017
    AUTHENTICATION_PIN = 0x0018
    SIGNATURE_KEY = 0x001A
    SIGNATURE_PIN = 0x001B


IDENTITY_FILES: Mapping[int, int] = MappingProxyType({File.AUTHENTICATION_CERTIFICATE: 64, File.TOKEN_INFO: 160})
"""Where one card differs from another: the serial number in the certificate, else in the token information (whole)."""

PIN_FILES = MappingProxyType(
    {PinKind.AUTHENTICATION: File.AUTHENTICATION_PIN, PinKind.SIGNATURE: File.SIGNATURE_PIN},
)
PINS = MappingProxyType(
    {
        PinKind.SIGNATURE: PinSpec(
            Application.JPKI, PinShape(6, 16, "upper_alnum", needs_letter_and_digit=True), tries=5, changeable=True
        ),
        PinKind.AUTHENTICATION: PinSpec(Application.JPKI, PinShape(4, 4, "digits"), tries=3, changeable=True),
    }
)
KEYS = MappingProxyType(
    {
        KeyRole.AUTHENTICATION: KeySpec(Application.JPKI, PinKind.AUTHENTICATION),
        KeyRole.SIGNATURE: KeySpec(Application.JPKI, PinKind.SIGNATURE, certificate_pin=PinKind.SIGNATURE),
    }
)
CERTIFICATE_FILES = MappingProxyType(
    {
        KeyRole.AUTHENTICATION: File.AUTHENTICATION_CERTIFICATE,
        KeyRole.SIGNATURE: File.SIGNATURE_CERTIFICATE,
    }
)
KEY_FILES = MappingProxyType(
    {KeyRole.AUTHENTICATION: File.AUTHENTICATION_KEY, KeyRole.SIGNATURE: File.SIGNATURE_KEY},
)

SIGNATURE_LENGTH = 256
"""Bytes of a signature: all keys in use are RSA-2048."""
LABEL_LENGTH = 32
TOKEN_INFO_LENGTH = 160
MANUFACTURER = slice(32, 64)
MODEL = slice(64, 80)
AVAILABILITY_LENGTH = 3
ABSENT = 0x00
"""In EF 0008: this certificate is not on the card (soltia48/myna-card)."""
PRINTABLE_ASCII = range(0x20, 0x7F)


def select(connection: SmartCardConnection) -> bytes:
    """SELECT the application and read its identity (up to 160 bytes). Raises `CardWrongKind`, `CardBadAnswer`."""
    files.select(connection, AID)
    return reread(connection)


def reread(connection: SmartCardConnection) -> bytes:
    """The identity again, without SELECT. Raises `CardBadAnswer`."""
    return files.identity(connection, IDENTITY_FILES)


def recognise(connection: SmartCardConnection) -> str | None:
    """SELECT the application and give the label of the token; None when either is not there. Raises nothing of its own."""
    if files.try_select(connection, AID).sw != StatusWord.SUCCESS:
        return None
    answer = files.try_read_start(connection, File.TOKEN_INFO, LABEL_LENGTH)
    label = answer.data[:LABEL_LENGTH]
    if answer.sw not in files.READ_DONE or not all(octet in PRINTABLE_ASCII for octet in label):
        return None
    return label.decode("ascii").rstrip(" ")


def identity(connection: SmartCardConnection) -> bytes | None:
    """The identity for a first look; None when nothing is readable."""
    return files.try_identity(connection, IDENTITY_FILES)


def identities(connection: SmartCardConnection) -> tuple[bytes, ...]:
    """Everything by which this card may have been known: the certificate's beginning and the token information, as far as they are
    there. The application is selected. Raises as `SmartCardConnection.transmit`.
    """
    found = (files.try_identity(connection, {ef: length}) for ef, length in IDENTITY_FILES.items())
    return tuple(each for each in found if each is not None)


def read_certificate(connection: SmartCardConnection, role: KeyRole) -> bytes:
    """DER of the holder's certificate, at most 8 KiB, all nested lengths checked.

    Raises `CardItemAbsent` (none on this card), `CardWrongKind` (no such key), `CardBadAnswer`.
    """
    if role not in CERTIFICATE_FILES:
        raise CardWrongKind(problem="key")
    certificate = files.read_element(connection, CERTIFICATE_FILES[role], der.SEQUENCE, limit=der.DER_MAX)
    der.check_der(certificate)
    return certificate


def sign(connection: SmartCardConnection, role: KeyRole, algorithm: str, digest: bytes) -> bytes:
    """PKCS#1 v1.5 signature (256 bytes) over a digest; the PIN must be verified. Names the key in P2, else by SELECT EF.

    Raises `AlgorithmUnsupported` (digest), `CardWrongKind` (no such key), `CardBadAnswer`.
    """
    if role not in KEY_FILES:
        raise CardWrongKind(problem="key")
    info = digest_info(algorithm, digest)
    by_sfi = connection.notes.files_by_sfi
    answer = connection.transmit(commands.compute_signature(files.reference_of(connection, KEY_FILES[role]), info))
    if by_sfi and answer.sw in SFI_REFUSED:
        files.select_file(connection, KEY_FILES[role])
        answer = connection.transmit(commands.compute_signature(commands.SPECIFIC_REFERENCE, info))
        connection.notes.files_by_sfi = answer.sw in SFI_REFUSED
    if answer.sw != StatusWord.SUCCESS:
        raise CardBadAnswer(command="COMPUTE DIGITAL SIGNATURE", sw=answer.sw)
    if len(answer.data) != SIGNATURE_LENGTH:
        raise CardBadAnswer(command="COMPUTE DIGITAL SIGNATURE", problem="signature_length")
    return answer.data


def read_token_info(connection: SmartCardConnection) -> TokenInfo:
    """EF 0006 (160 bytes, fields of fixed width) and EF 0008 (3 bytes). Raises `CardItemAbsent`, `CardBadAnswer`."""
    record = files.read_start(connection, File.TOKEN_INFO, TOKEN_INFO_LENGTH)
    if len(record) < MODEL.stop:
        raise CardBadAnswer(command="READ BINARY", problem="file_size")
    availability = files.try_read_start(connection, File.AVAILABILITY, AVAILABILITY_LENGTH)
    flags = availability.data if availability.sw in files.READ_DONE else b""
    return TokenInfo(
        label=_words(record[:LABEL_LENGTH]),
        manufacturer=_words(record[MANUFACTURER]),
        model=_words(record[MODEL]),
        has_signature_certificate=_present(flags, 0),
        has_authentication_certificate=_present(flags, 1),
    )


def _present(flags: bytes, place: int) -> bool | None:
    return flags[place] != ABSENT if len(flags) == AVAILABILITY_LENGTH else None


def _words(field: bytes) -> str:
    """A space-padded ASCII field."""
    if not all(octet in PRINTABLE_ASCII for octet in field):
        raise CardBadAnswer(command="READ BINARY", problem="text")
    return field.decode("ascii").rstrip(" ")
