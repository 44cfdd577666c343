"""/etc/cardd/browser.toml: which pages, brought by which extensions, may call which methods. Read strictly.

A file that somebody else than root may have written, and an origin without TLS, count only while the daemon is in mode `test`.
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cardd.wire.remote import DEFAULT_SOCKET
from terminal.browser.relayed import RELAYED

DEFAULT_FILE: Final = Path("/etc/cardd/browser.toml")
VARIABLE: Final = "CARDD_BROWSER"
"""Names another file."""
LARGEST_FILE: Final = 64 * 1024
"""Bytes; our choice."""
ORIGIN: Final = re.compile(
    r"(https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|http://localhost|http://127\.0\.0\.1)(:[1-9][0-9]{0,4})?"
)
"""As the daemon takes it (`cardd/wire/base.py`): scheme, host in ASCII, port where it is not the scheme's own."""
EXTENSION_ID: Final = re.compile(r"[a-p]{32}")
_SEAT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH


class SettingsProblem(Exception):
    """The file cannot be used; `problem` says what and where, in words for an administrator."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Origin:
    """One `[[origins]]`: a page's origin, the extensions that may bring it, and what it may call."""

    origin: str
    extension_ids: frozenset[str]
    methods: frozenset[str]
    seat: str | None

    @property
    def test_only(self) -> bool:
        """Whether it is an origin without TLS."""
        return not self.origin.startswith("https://")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings."""

    origins: Mapping[str, Origin]
    socket: str
    trusted: bool
    """Whether the file is root's, and nobody else may write it."""

    def knows(self, extension: str) -> bool:
        """Whether any page may be brought by this extension."""
        return any(extension in row.extension_ids for row in self.origins.values())


def load(path: Path | None = None) -> Settings:
    """Read and check. `path`: else CARDD_BROWSER of the environment, else /etc/cardd/browser.toml. Raises `SettingsProblem`."""
    path = path or Path(os.environ.get(VARIABLE) or DEFAULT_FILE)
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SettingsProblem(f"{path}: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise SettingsProblem(f"{path}: longer than {LARGEST_FILE} bytes")
    trusted = stat.S_ISREG(found.st_mode) and found.st_uid == 0 and not found.st_mode & _WRITABLE_BY_OTHERS
    try:
        return _settings(tomllib.loads(content.decode("utf-8")), trusted)
    except SettingsProblem as error:
        raise SettingsProblem(f"{path}: {error.problem}") from None
    except ValueError as error:  # not UTF-8, not TOML
        raise SettingsProblem(f"{path}: {error}") from None


def _settings(told: Mapping[str, Any], trusted: bool) -> Settings:
    _only(told, {"origins", "socket"}, "the file")
    rows = told.get("origins")
    if not isinstance(rows, list) or not rows:
        raise SettingsProblem("there is no [[origins]]")
    origins: dict[str, Origin] = {}
    for number, row in enumerate(rows):
        origin = _origin(row, f"origins[{number}]")
        if origin.origin in origins:
            raise SettingsProblem(f"origins[{number}].origin: stands there twice")
        origins[origin.origin] = origin
    socket = told.get("socket", os.environ.get("CARDD_SOCKET") or DEFAULT_SOCKET)
    if not isinstance(socket, str) or not socket.startswith("/"):
        raise SettingsProblem("socket: must be an absolute path")
    return Settings(origins, socket, trusted)


def _origin(row: object, where: str) -> Origin:
    if not isinstance(row, dict):
        raise SettingsProblem(f"{where}: must be a table")
    _only(row, {"origin", "extension_ids", "methods", "seat"}, where)
    origin, seat = row.get("origin"), row.get("seat")
    if not isinstance(origin, str) or not ORIGIN.fullmatch(origin):
        raise SettingsProblem(
            f"{where}.origin: must be like https://counter.example.lg.jp, without a path; in tests http://localhost:PORT"
        )
    if seat is not None and not (isinstance(seat, str) and _SEAT.fullmatch(seat)):
        raise SettingsProblem(f"{where}.seat: small letters, digits, `_`, `-`")
    ids = _words(row, "extension_ids", where)
    if not all(EXTENSION_ID.fullmatch(each) for each in ids):
        raise SettingsProblem(f"{where}.extension_ids: an id is 32 letters from a to p")
    methods = _words(row, "methods", where)
    never = sorted(methods - RELAYED)
    if never:
        raise SettingsProblem(f"{where}.methods: no page may call {', '.join(never)}")
    return Origin(origin, ids, methods, seat)


def _words(row: Mapping[str, Any], key: str, where: str) -> frozenset[str]:
    words = row.get(key)
    if not isinstance(words, list) or not words or not all(isinstance(word, str) for word in words):
        raise SettingsProblem(f"{where}.{key}: must be a list of words, and not empty")
    return frozenset(words)


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise SettingsProblem(f"{where}: does not know {', '.join(unknown)}")
