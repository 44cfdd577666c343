"""The office's block list: badges that count no more, and how old that knowledge is (S11, fault 90)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from cardd.errors import LoginRefused
from cardd.ports import Clock
from cardd.register import Fingerprint, Guid
from cardd.tomlfile import TomlModel, parse

OLD_S = 24 * 3600
"""From this age on `health` warns (S11)."""
TOO_OLD_S = 72 * 3600
"""From this age on nobody logs in (S11)."""


class BlockListFile(TomlModel):
    """A whole block list."""

    version: Annotated[int, Field(ge=1)]
    issued: Annotated[AwareDatetime, Field(strict=True)]
    """When the office put it together: a TOML date-time with its offset (RFC 3339). Its age counts from here."""
    certificates: tuple[Fingerprint, ...] = ()
    badges: tuple[Guid, ...] = ()


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a block list says."""

    version: int
    issued: datetime
    marks: frozenset[str]
    """Fingerprints of certificates and GUIDs of badges."""


def from_bytes(content: bytes, name: str = "block_list") -> Blocks:
    """`content`: TOML, UTF-8. Raises `BrokenFile`."""
    file = parse(BlockListFile, content, name)
    return Blocks(file.version, file.issued, frozenset(file.certificates) | frozenset(file.badges))


class BlockList:
    """How old the block list in force is. Without one nothing is asked: then only what was blocked at this machine counts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._issued_us: int | None = None
        self._since = 0.0
        self._age_then_s = 0.0

    def put(self, issued: datetime) -> None:
        """Another list is in force."""
        self._issued_us = round(issued.timestamp() * 1e6)
        self._since = self._clock.boottime()
        self._age_then_s = self._by_utc()

    def age_s(self) -> int | None:
        """Seconds since the list was issued, None without one. A clock that is set back makes no list younger than it was."""
        if self._issued_us is None:
            return None
        ran_s = self._clock.boottime() - self._since
        return int(max(self._by_utc(), self._age_then_s + ran_s))

    def check_login(self) -> None:
        """Raises `LoginRefused` (`block_list_too_old`) from 72 hours on: who was blocked since is not known here."""
        age_s = self.age_s()
        if age_s is not None and age_s >= TOO_OLD_S:
            raise LoginRefused(problem="block_list_too_old")

    @property
    def problem(self) -> str | None:
        """One word for `health`: `old` from 24 hours on, `too_old` from 72; None while it is fresh, or there is none."""
        age_s = self.age_s()
        if age_s is None or age_s < OLD_S:
            return None
        return "too_old" if age_s >= TOO_OLD_S else "old"

    def _by_utc(self) -> float:
        assert self._issued_us is not None
        return max(0.0, (self._clock.utc_us() - self._issued_us) / 1e6)
