"""What a resident's certificates say of the person: the otherNames in SubjectAltName, in whatever order they come.

J-LIS, プロファイル仕様書 3.2 (署名用電子証明書, subjectAltName); identifiers as in soltia48/myna-sign `src/x509.rs`; the order seen on a
real certificate and hnakamura's description of it. Only the signature certificate (署名用) carries them: the subject's name is an
identifier of the certificate, not the person's name. Cards issued up to 2015 (住民基本台帳カード) are read by the same rules: no public
description of theirs was found, so what is not there is None, and a date in another form is kept as text and not guessed at.

All of it is personal data. Nothing here has a repr, and no error repeats a value.
"""

import calendar
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509

from certs.errors import Malformed

_ARC = "1.2.392.200149.8.5.5"
NAME = f"{_ARC}.1"
NAME_SUBSTITUTES = f"{_ARC}.2"
SEX = f"{_ARC}.3"
BIRTH = f"{_ARC}.4"
ADDRESS = f"{_ARC}.5"
ADDRESS_SUBSTITUTES = f"{_ARC}.6"
KNOWN = frozenset({NAME, NAME_SUBSTITUTES, SEX, BIRTH, ADDRESS, ADDRESS_SUBSTITUTES})
LONGEST = 2048
"""Bytes of one value. Real ones are far shorter."""

_UTF8_STRING = 0x0C
_PRINTABLE_STRING = 0x13
_BIRTH_FORM = re.compile(r"([0-9])([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_FLAGS = re.compile(r"[01]*", re.ASCII)
_MONTHS = 12


class Era(StrEnum):
    """元号, as the first digit of a date of birth tells it."""

    MEIJI = "1"
    TAISHO = "2"
    SHOWA = "3"
    HEISEI = "4"
    REIWA = "5"


class Sex(StrEnum):
    """性別."""

    MALE = "1"
    FEMALE = "2"
    UNKNOWN = "unknown"
    """Any other digit."""


@dataclass(frozen=True, slots=True, repr=False)
class Birth:
    """生年月日: era digit and YYYYMMDD by the western calendar. A part that the register does not know is 0 there and None here."""

    text: str
    """As it stands in the certificate."""
    era: Era | None = None
    """None: not known (0), or of another form."""
    year: int | None = None
    month: int | None = None
    day: int | None = None

    @property
    def iso(self) -> str | None:
        """YYYY-MM-DD; None where a part is not known, or there is no such day."""
        if self.year is None or self.month is None or self.day is None:
            return None
        return f"{self.year:04}-{self.month:02}-{self.day:02}" if self.exists else None

    @property
    def exists(self) -> bool:
        """Whether year, month and day are a day of the calendar. Family registers hold some that are not."""
        if self.year is None or self.month is None or self.day is None or not 1 <= self.month <= _MONTHS:
            return False
        return 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The parts that are not known, of `era`, `year`, `month`, `day`, in this order."""
        parts = (("era", self.era), ("year", self.year), ("month", self.month), ("day", self.day))
        return tuple(word for word, value in parts if value is None)


@dataclass(frozen=True, slots=True, repr=False)
class ResidentNames:
    """What one certificate says; None for what it does not say."""

    name: str | None = None
    """氏名, unnormalised."""
    name_substitutes: tuple[int, ...] | None = None
    """Places in `name`, from 0, where another character stands for one that has no code (代替文字). Counted as the certificate
    counts; whether its row is as long as the name is not looked at, for test cards with shorter ones exist."""
    sex: Sex | None = None
    birth: Birth | None = None
    address: str | None = None
    address_substitutes: tuple[int, ...] | None = None
    """As `name_substitutes`, in `address`."""

    @property
    def empty(self) -> bool:
        """An authentication certificate says nothing of the person."""
        return self == ResidentNames()


def resident_names(certificate: x509.Certificate) -> ResidentNames:
    """What the certificate's SubjectAltName says of the person; all None where it says nothing.

    Raises `Malformed`: `duplicate_name` where one of the six stands there twice, `name_form` where a value is no UTF8String (or
    PrintableString) of at most 2,048 bytes without control characters.
    """
    texts: dict[str, str] = {}
    for other in _other_names(certificate):
        identifier = other.type_id.dotted_string
        if identifier not in KNOWN:
            continue
        if identifier in texts:
            raise Malformed("duplicate_name")
        texts[identifier] = _text(other.value)
    sex, birth = texts.get(SEX), texts.get(BIRTH)
    return ResidentNames(
        name=texts.get(NAME),
        name_substitutes=_places(texts.get(NAME_SUBSTITUTES)),
        sex=None if sex is None else _sex(sex),
        birth=None if birth is None else birth_of(birth),
        address=texts.get(ADDRESS),
        address_substitutes=_places(texts.get(ADDRESS_SUBSTITUTES)),
    )


def birth_of(text: str) -> Birth:
    """The parts of a date of birth; all None where it has another form than era digit and YYYYMMDD."""
    found = _BIRTH_FORM.fullmatch(text)
    if found is None:
        return Birth(text)
    digit, year, month, day = found.groups()
    era = Era(digit) if digit in set(Era) else None
    return Birth(text, era, int(year) or None, int(month) or None, int(day) or None)


def _other_names(certificate: x509.Certificate) -> list[x509.OtherName]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        raise Malformed("not_readable") from None
    return [each for each in names if isinstance(each, x509.OtherName)]


def _text(value: bytes) -> str:
    """The characters of one DER string."""
    if not 2 <= len(value) <= LONGEST or value[0] not in {_UTF8_STRING, _PRINTABLE_STRING}:
        raise Malformed("name_form")
    start = 2 if value[1] < 0x80 else 2 + (value[1] & 0x7F)
    length = value[1] if value[1] < 0x80 else int.from_bytes(value[2:start], "big")
    if start + length != len(value):
        raise Malformed("name_form")
    try:
        text = value[start:].decode("ascii" if value[0] == _PRINTABLE_STRING else "utf-8")
    except UnicodeDecodeError:
        raise Malformed("name_form") from None
    if any(unicodedata.category(each) == "Cc" for each in text):
        raise Malformed("name_form")
    return text


def _sex(digit: str) -> Sex:
    return Sex(digit) if digit in {Sex.MALE.value, Sex.FEMALE.value} else Sex.UNKNOWN


def _places(flags: str | None) -> tuple[int, ...] | None:
    """One digit for each character, 1 where it is a substitute. None where it is no such row of digits."""
    if flags is None or not _FLAGS.fullmatch(flags):
        return None
    return tuple(place for place, flag in enumerate(flags) if flag == "1")
