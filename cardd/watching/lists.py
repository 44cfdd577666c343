"""The lists of watched cards (W8, W9): pseudonyms only, kept in the state directory, readable by cardd alone.

    {"format": 1, "cards": [{"2026": "<32 hex>", "2027": "…"}, …]}

A card has another pseudonym each year. Its years from the one in which it was put on the list, to the last in which its
certificate can still be valid, stand there from the beginning: nobody keeps what they are made of.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cardd.audit.records import Pseudonym

ListName = Literal["staff", "protected"]
LISTS: Final[tuple[ListName, ...]] = ("staff", "protected")
YEARS_AHEAD: Final = 10
"""A card without a certificate is known by itself, and valid until the tenth birthday after its issue (番号法第17条, 個人番号カード
の有効期間); an authentication certificate of JPKI until the fifth (公的個人認証法施行規則)."""
LARGEST: Final = 16 * 1024 * 1024
"""Bytes of a list: about 30,000 cards."""
Year = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}$")]


class ListBroken(Exception):
    """A list cannot be read. `problem`: one word; nothing of its content."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True, frozen=True)

    format: Literal[1]
    cards: Annotated[list[dict[Year, Pseudonym]], Field(max_length=40_000)]


class WatchList:
    """One list in memory, as its file has it."""

    def __init__(self, path: Path) -> None:
        """No file: an empty list. Raises `ListBroken`."""
        self._path = path
        self._cards = _read(path)
        self._all = {pseudonym for card in self._cards for pseudonym in card.values()}

    def __contains__(self, pseudonym: object) -> bool:
        return pseudonym in self._all

    def __len__(self) -> int:
        return len(self._cards)

    def __repr__(self) -> str:
        return f"<WatchList, {len(self)} cards>"

    def add(self, card: Mapping[int, str]) -> bool:
        """Put a card on the list: its pseudonym by year. A card that stands there gets the years that it lacks. False when it lacks
        none. Raises `OSError`: nothing has changed.
        """
        wanted = {str(year): pseudonym for year, pseudonym in sorted(card.items())}
        same = [each for each in self._cards if set(each.values()) & set(wanted.values())]
        if any(wanted.items() <= each.items() for each in same):
            return False
        # What stood there already comes first: years that are over are of use to a replay.
        whole = {year: name for each in same for year, name in each.items()} | wanted
        grown = [*[each for each in self._cards if each not in same], whole]
        _write(self._path, grown)
        self._take(grown)
        return True

    def remove(self, card: Mapping[int, str]) -> bool:
        """Take a card off the list. False when it did not stand there. Raises `OSError`: it still does."""
        gone = set(card.values())
        left = [each for each in self._cards if not gone & set(each.values())]
        if len(left) == len(self._cards):
            return False
        _write(self._path, left)
        self._take(left)
        return True

    def _take(self, cards: list[dict[str, str]]) -> None:
        # In this order, and each at once: the rules ask from another thread.
        self._cards, self._all = cards, {pseudonym for card in cards for pseudonym in card.values()}


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open("rb") as file:
            octets = file.read(LARGEST + 1)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ListBroken("unreadable") from error
    if len(octets) > LARGEST:
        raise ListBroken("too_large")
    try:
        return [dict(card) for card in _File.model_validate_json(octets).cards]
    except ValidationError:
        raise ListBroken("content") from None


def _write(path: Path, cards: list[dict[str, str]]) -> None:
    """Whole or not at all, 0600."""
    new = path.with_name(path.name + ".new")
    octets = json.dumps({"format": 1, "cards": cards}).encode()
    if len(octets) > LARGEST:
        raise OSError(27, "the list is full")
    new.unlink(missing_ok=True)
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    new.rename(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
