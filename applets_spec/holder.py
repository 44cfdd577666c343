"""The made-up person a card is for: read from a TOML file, checked, and turned into the forms that the cards use."""

import re
import tomllib
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any, Self

SEXES = {"male": "1", "female": "2", "not applicable": "9", "unknown": "0"}
"""ISO/IEC 5218, as the cards hold it."""

MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
"""Weights of the first eleven digits, left to right (総務省令第85号 of 2014, article 5)."""

ERAS = (("20190501", 2018), ("19890108", 1988), ("19261225", 1925), ("19120730", 1911), ("18680125", 1867))
"""First day of each era, and the year before its first."""

EXAMPLES = ("long_address", "latin_name", "substitute_characters", "child")
"""The holders that come with the package, all made up."""


class HolderError(Exception):
    """The holder file is not there or says something a card cannot hold. Names the field, never its value."""


@dataclass(frozen=True, slots=True, repr=False)
class Pins:
    """The PINs of a new card. Defaults are easy to remember and for test cards only."""

    signature: str = "ABC123"
    authentication: str = "1234"
    card_info: str = "5678"
    resident_register: str = "9012"
    common_card: str = "9012"

    def __post_init__(self) -> None:
        _expect("pins.signature", r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{6,16}", self.signature)
        for name in ("authentication", "card_info", "resident_register", "common_card"):
            _expect(f"pins.{name}", r"[0-9]{4}", getattr(self, name))

    def __repr__(self) -> str:
        return "<Pins>"


@dataclass(frozen=True, slots=True, repr=False)
class Holder:
    """A made-up resident.

    `name`: family and given name parted by U+3000. `birth_date`: YYYYMMDD, month or day 00 when unknown. `sex`: one digit,
    ISO/IEC 5218. `my_number`: 12 digits, check digit right. `card_expiry`: YYYYMMDD. `municipality`: 5 digits.
    `security_code`: the 4 digits printed on the card. `signature_certificate`: False for small children's cards.
    """

    name: str
    address: str
    birth_date: str
    sex: str
    my_number: str
    card_expiry: str
    municipality: str
    security_code: str
    signature_certificate: bool = True
    pins: Pins = field(default_factory=Pins)

    def __post_init__(self) -> None:
        _expect("name", r".{1,100}", self.name)
        _expect("address", r".{1,250}", self.address)
        _expect("birth_date", r"(18|19|20)[0-9]{2}(00|0[1-9]|1[0-2])(00|0[1-9]|[12][0-9]|3[01])", self.birth_date)
        _expect("sex", r"[0129]", self.sex)
        _expect("card_expiry", r"20[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", self.card_expiry)
        _expect("municipality", r"[0-9]{5}", self.municipality)
        _expect("security_code", r"[0-9]{4}", self.security_code)
        _expect("my_number", r"[0-9]{12}", self.my_number)
        if my_number_check_digit(self.my_number[:11]) != self.my_number[11]:
            raise HolderError("my_number: the check digit is wrong")

    @property
    def era_birth_date(self) -> str:
        """YYMMDD with the year of the Japanese era, without the era's letter (myna-card)."""
        before = next((year for first_day, year in ERAS if self.birth_date >= first_day), ERAS[-1][1])
        return f"{int(self.birth_date[:4]) - before:02d}{self.birth_date[4:]}"

    @property
    def verification_a(self) -> str:
        """照合番号A: the individual number."""
        return self.my_number

    @property
    def verification_b(self) -> str:
        """照合番号B, 14 digits: era birth date, year of expiry, security code (myna-card)."""
        return self.era_birth_date + self.card_expiry[:4] + self.security_code

    def __repr__(self) -> str:
        return "<Holder>"

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Read a holder. Dates are written `YYYY-MM-DD` (00 = unknown), `sex` as a word. Raises `HolderError`."""
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise HolderError("not a TOML file") from error
        _expect_fields("", content, cls)
        pins = content.pop("pins", {})
        _expect_fields("pins.", pins, Pins)
        content["birth_date"] = _compact("birth_date", content.get("birth_date"))
        content["card_expiry"] = _compact("card_expiry", content.get("card_expiry"))
        if content.get("sex") not in SEXES:
            raise HolderError(f"sex: one of {', '.join(SEXES)} is needed")
        content["sex"] = SEXES[content["sex"]]
        try:
            return cls(**content, pins=Pins(**pins))
        except TypeError as error:
            raise HolderError(f"a field is missing: {_missing(cls, content)}") from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """The holder in this TOML file. Raises `HolderError`."""
        try:
            return cls.from_toml(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise HolderError(f"cannot read the holder file {path}") from error
        except HolderError as error:
            raise HolderError(f"{path}: {error}") from error

    @classmethod
    def example(cls, name: str = EXAMPLES[0]) -> Self:
        """One of the holders that come with the package, see `EXAMPLES`. Raises `HolderError` for others."""
        if name not in EXAMPLES:
            raise HolderError(f"no such example: {name}; there are {', '.join(EXAMPLES)}")
        file = resources.files("applets_spec").joinpath("holders", f"{name}.toml")
        return cls.from_toml(file.read_text(encoding="utf-8"))


def my_number_check_digit(first_eleven: str) -> str:
    """The twelfth digit of an individual number: 0 if the weighted sum mod 11 is 0 or 1, else 11 less it."""
    rest = sum(weight * int(digit) for weight, digit in zip(MY_NUMBER_WEIGHTS, first_eleven, strict=True)) % 11
    return "0" if rest <= 1 else str(11 - rest)


def _expect(name: str, pattern: str, value: object) -> None:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise HolderError(f"{name}: not of the form a card holds")


def _compact(name: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise HolderError(f'{name}: a text "YYYY-MM-DD" is needed')
    return value.replace("-", "")


def _expect_fields(prefix: str, content: object, cls: type[Holder] | type[Pins]) -> None:
    if not isinstance(content, dict):
        raise HolderError(f"{prefix.rstrip('.')}: a table is needed")
    if unknown := content.keys() - {one.name for one in fields(cls)}:
        raise HolderError(f"unknown field: {', '.join(sorted(prefix + name for name in unknown))}")


def _missing(cls: type[Holder], content: dict[str, Any]) -> str:
    optional = {"signature_certificate", "pins"}
    return ", ".join(sorted({one.name for one in fields(cls)} - content.keys() - optional))
