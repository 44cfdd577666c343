"""Pseudonyms of cards and badges for the record: keyed hashes, so that the log alone says nothing about a person.

The key belongs to one municipality and is kept apart from the log. Each calendar year of Japan has its own, derived from it, so
that records of different years cannot be joined by somebody who has one year's key.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cardd.audit.records import IdentitySource
from cardd.japan_time import today
from cardd.model import CardKind

SMALLEST_KEY = 32
LARGEST_KEY = 1024
LENGTH = 16
"""Bytes of a pseudonym: HMAC-SHA-256, the first half."""
DER_SEQUENCE = 0x30
"""A certificate begins so; token information begins with a label in ASCII."""


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """32 lower-case hex digits, and what they were made of."""

    value: str
    source: IdentitySource


class PseudonymKey:
    """The municipality's key. Has no text and cannot be stored."""

    __slots__ = ("_octets",)

    def __init__(self, octets: bytes) -> None:
        """32 to 1,024 bytes. Raises `ValueError`."""
        if not SMALLEST_KEY <= len(octets) <= LARGEST_KEY:
            raise ValueError(f"a pseudonym key has {SMALLEST_KEY} to {LARGEST_KEY} bytes")
        if len(set(octets)) == 1:
            raise ValueError("a pseudonym key is random")
        self._octets = octets

    def of(self, identity: bytes, source: IdentitySource, utc_us: int) -> Pseudonym:
        """The pseudonym that belongs to these identity bytes in the year of `utc_us` (microseconds since 1970, UTC)."""
        return self.in_year(identity, source, today(utc_us).year)

    def in_year(self, identity: bytes, source: IdentitySource, year: int) -> Pseudonym:
        """The same for a calendar year of Japan: with the key of the municipality a card is found again in older records."""
        year_key = hmac.digest(self._octets, b"cardd pseudonym 1 year %d" % year, "sha256")
        told = hmac.digest(year_key, source.value.encode("ascii") + b"\0" + identity, "sha256")
        return Pseudonym(told[:LENGTH].hex(), source)

    def mark(self, identity: bytes) -> str:
        """32 lower-case hex digits that are the same in every year: for counts of some hours or a day, never for the record.

        A count by pseudonym would begin anew at New Year, and whenever somebody sets the clock to another year.
        """
        key = hmac.digest(self._octets, b"cardd pseudonym 1 counts", "sha256")
        return hmac.digest(key, identity, "sha256")[:LENGTH].hex()

    def __repr__(self) -> str:
        return "<PseudonymKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a PseudonymKey cannot be copied or stored")


class CardPseudonyms:
    """Gives cards and badges the pseudonyms of the current year."""

    def __init__(self, key: PseudonymKey, utc_us: Callable[[], int]) -> None:
        self._key, self._utc_us = key, utc_us

    def of_card(self, kind: CardKind, identity: bytes | None) -> Pseudonym | None:
        """The pseudonym of a card by the identity bytes of its first look; None where nothing was readable."""
        return None if not identity else self._key.of(identity, _source(kind, identity), self._utc_us())

    def over_years(self, kind: CardKind, identities: Iterable[bytes], years_back: int) -> tuple[str, ...]:
        """All pseudonyms of one card in this year and so many before it. `identities`: what it shows today, one for each source.

        A card that was given new certificates showed others before: those pseudonyms cannot be found by the card.
        """
        this_year = today(self._utc_us()).year
        years = range(this_year - years_back, this_year + 1)
        found = (
            self._key.in_year(each, _source(kind, each), year).value for each in identities if each for year in years
        )
        return tuple(dict.fromkeys(found))

    def by_year(self, kind: CardKind, identity: bytes, years_ahead: int) -> dict[int, str]:
        """The pseudonyms of one card in this year and so many after it: for lists that must know it then (W8, W9)."""
        this_year, source = today(self._utc_us()).year, _source(kind, identity)
        years = range(this_year, this_year + years_ahead + 1)
        return {year: self._key.in_year(identity, source, year).value for year in years}

    def mark(self, identity: bytes | None) -> str | None:
        """By what a card or badge is counted, in every year the same; None where nothing was readable."""
        return self._key.mark(identity) if identity else None

    def of_certificate(self, fingerprint: str) -> Pseudonym:
        """The pseudonym of a badge's certificate; `fingerprint`: SHA-256 of its DER in hex."""
        return self._key.of(bytes.fromhex(fingerprint), IdentitySource.CERTIFICATE, self._utc_us())


def _source(kind: CardKind, identity: bytes) -> IdentitySource:
    if kind is CardKind.BADGE:
        return IdentitySource.PIV_CHUID
    if kind not in (CardKind.MY_NUMBER, CardKind.JUKI):
        return IdentitySource.CARD_IDENTITY
    return IdentitySource.AUTHENTICATION_CERTIFICATE if identity[0] == DER_SEQUENCE else IdentitySource.TOKEN_INFO


def read_key(path: Path) -> PseudonymKey:
    """The key from its file, all bytes as they are. Raises `OSError`, `ValueError`."""
    with path.open("rb") as file:
        return PseudonymKey(file.read(LARGEST_KEY + 1))
