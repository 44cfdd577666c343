"""From the bytes of a resident's card to values: text, dates, digits, images. Checks form, never meaning; changes no character."""

import unicodedata
from datetime import date

from cardd.cards.card_type import DateValue
from cardd.errors import CardBadAnswer

TEXT_MAX = 1_024
"""Bytes of one text on a card; the longest addresses take some 300."""
DATE_LENGTH = 8
DATE_MAX = 16
UNKNOWN_PARTS = (("year", slice(0, 4)), ("month", slice(4, 6)), ("day", slice(6, 8)))

MY_NUMBER_LENGTH = 12
MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""総務省令第85号 (2014), article 5."""

SEX_CODES = frozenset("01239")
"""ISO/IEC 5218: 0 not known, 1 male, 2 female, 9 not applicable; 3 is taken for "other" by public readers of this card."""

IMAGE_SIGNATURES = (
    (bytes.fromhex("89504E470D0A1A0A"), "image/png"),
    (bytes.fromhex("0000000C6A5020200D0A870A"), "image/jp2"),
    (bytes.fromhex("FF4FFF51"), "image/j2c"),
)
"""PNG (ISO/IEC 15948, 5.2); JP2 signature box (ISO/IEC 15444-1, I.5.1); bare JPEG 2000 codestream, SOC and SIZ (ISO/IEC 15444-1, A.4)."""


def read_text(octets: bytes, field: str) -> str:
    """UTF-8 exactly as on the card, unnormalised. Raises `CardBadAnswer`: over 1,024 bytes, no UTF-8, control characters."""
    if len(octets) > TEXT_MAX:
        raise CardBadAnswer(field=field, problem="text_length", limit=TEXT_MAX)
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        raise CardBadAnswer(field=field, problem="text") from None  # the cause would carry the bytes
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise CardBadAnswer(field=field, problem="text")
    return text


def read_date(octets: bytes, field: str) -> DateValue:
    """`YYYYMMDD`. Unknown parts (00, year 0000) are named; what is no date at all has `iso` None and is no error.

    Raises `CardBadAnswer` only for more than 16 bytes or bytes that are no printable ASCII.
    """
    if len(octets) > DATE_MAX or not all(0x20 <= octet < 0x7F for octet in octets):
        raise CardBadAnswer(field=field, problem="date")
    source = octets.decode("ascii")
    if len(source) != DATE_LENGTH or not source.isdigit():
        return DateValue(None, source)
    unknown = tuple(name for name, part in UNKNOWN_PARTS if int(source[part]) == 0)
    if unknown:
        return DateValue(None, source, unknown)
    try:
        day = date(int(source[0:4]), int(source[4:6]), int(source[6:8]))
    except ValueError:
        return DateValue(None, source)
    return DateValue(day.isoformat(), source)


def read_sex(octets: bytes, field: str) -> str:
    """The one-character code, as text. Raises `CardBadAnswer` for any other content."""
    code = read_text(octets, field)
    if code not in SEX_CODES:
        raise CardBadAnswer(field=field, problem="code")
    return code


def read_my_number(octets: bytes, field: str) -> str:
    """個人番号, 12 digits. A wrong check digit is refused: a number that cannot be right must not reach a case file.

    Raises `CardBadAnswer`.
    """
    if len(octets) != MY_NUMBER_LENGTH or not octets.isdigit():
        raise CardBadAnswer(field=field, problem="digits")
    digits = [octet - 0x30 for octet in octets]
    remainder = sum(weight * digit for weight, digit in zip(MY_NUMBER_WEIGHTS, digits, strict=False)) % 11
    if digits[-1] != (0 if remainder <= 1 else 11 - remainder):
        raise CardBadAnswer(field=field, problem="check_digit")
    return octets.decode("ascii")


def image_type(octets: bytes, field: str, allowed: frozenset[str]) -> str:
    """The media type by the first bytes. Raises `CardBadAnswer` when it is not an `allowed` one."""
    for signature, media_type in IMAGE_SIGNATURES:
        if octets.startswith(signature) and media_type in allowed:
            return media_type
    raise CardBadAnswer(field=field, problem="image")
