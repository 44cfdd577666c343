"""The settings of the operator's terminal: one TOML file for agent and console, read strictly.

Unknown keys are refused, and so is a file that somebody else than root or the person who reads it may write: `lock_command` and
`pinentry` are run, and what is run decides whether a pulled badge locks anything.
"""

import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast, get_args

from cardd.wire.fault import Locale
from terminal import words
from terminal.toml_lines import line_of

DEFAULT_FILE: Final = Path("/etc/cardd/terminal.toml")
LARGEST_FILE: Final = 64 * 1024
"""Bytes. Our choice: the example with all its comments is a tenth of it."""
VARIABLE: Final = "CARDD_TERMINAL"

PromptKind = Literal["pinentry", "tty", "console"]
Action = Literal["lock", "end_session", "nothing"]


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """`[agent]`: who asks for PINs."""

    prompt: PromptKind = "pinentry"
    """`pinentry`: a window of that program; `tty`: the terminal that the agent was started at; `console`: the counter console."""
    pinentry: str = "/usr/bin/pinentry"
    """Path of the program. `/usr/bin/pinentry` is what Debian's alternatives system chose."""


@dataclass(frozen=True, slots=True)
class RemovalSettings:
    """`[removal]`: what happens to the desktop when the badge is gone."""

    action: Action = "lock"
    wait_seconds: float = 2.0
    """How long the desktop may take to say that it is locked (LockedHint), and `lock_command` after that. Seconds."""
    lock_command: tuple[str, ...] = ()
    """Program and arguments, run where the desktop did not say so. Empty: the session is ended instead."""


@dataclass(frozen=True, slots=True)
class LeftSettings:
    """`[left]`: when cards count as left behind. 0 turns a warning off."""

    badge_minutes: float = 10.0
    resident_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """`[console]`: the counter console."""

    port: int = 0
    """TCP port on 127.0.0.1; 0: any that is free, told at the start."""
    keypad: bool = True
    """Whether residents may type digits on a shuffled pad on the screen."""
    clear_seconds: float = 60.0
    """After so many seconds without a touch a resident's data leaves the screen."""
    draft_minutes: float = 15.0
    """How long a form that was not sent is kept in memory."""
    browser: tuple[str, ...] = ("xdg-open",)
    """Program and arguments that open the page; its address comes last."""
    hand_over: str | None = None
    """Folder into which signed requests of the procedures are put; None: they are downloaded alone."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All of the file. Each key has a default; an empty file is a good one."""

    seat: str | None = None
    """The seat's name in the daemon's settings; None: the only one there is."""
    locale: Locale | None = None
    """None: from the environment (LC_ALL, LC_MESSAGES, LANG)."""
    agent: AgentSettings = field(default_factory=AgentSettings)
    removal: RemovalSettings = field(default_factory=RemovalSettings)
    left: LeftSettings = field(default_factory=LeftSettings)
    console: ConsoleSettings = field(default_factory=ConsoleSettings)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with the file. `word` names a sentence of `terminal.words`."""

    file: str
    word: str
    key: str = ""
    line: int | None = None
    allowed: str = ""

    def say(self, locale: Locale) -> str:
        """File, line, key and what is wrong, in one line."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what = words.say(locale, f"settings.{self.word}", allowed=self.allowed)
        return f"{place}: {self.key}: {what}" if self.key else f"{place}: {what}"


class SettingsError(Exception):
    """The file cannot be used; `problems` says why."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("\n".join(problem.say("en") for problem in problems))

    def say(self, locale: Locale) -> str:
        """Every problem, one line each."""
        return "\n".join(problem.say(locale) for problem in self.problems)


def load(given: str | os.PathLike[str] | None = None) -> Settings:
    """The settings in the file `given`, else in the one that CARDD_TERMINAL names, else in /etc/cardd/terminal.toml.

    A named file must be there; without the one in /etc every key has its default. Raises `SettingsError`.
    """
    file = used(given)
    return Settings() if file is None else parse(_read(Path(file)), file)


def used(given: str | os.PathLike[str] | None = None) -> str | None:
    """The file that `load` reads; None where there is none and every key has its default."""
    named = given if given is not None else os.environ.get(VARIABLE) or None
    if named is not None:
        return os.fspath(named)
    return str(DEFAULT_FILE) if DEFAULT_FILE.exists() else None


def parse(content: bytes, name: str) -> Settings:
    """The settings in the TOML text `content` (UTF-8); `name` is what errors call the file. Raises `SettingsError`."""
    try:
        text = content.decode("utf-8")
        tree = tomllib.loads(text)
    except UnicodeDecodeError:
        raise SettingsError(Problem(name, "not_utf8")) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(Problem(name, "not_toml", allowed=str(error))) from None
    reader = _Reader(name, text)
    settings = reader.settings(tree)
    if reader.problems:
        raise SettingsError(*reader.problems)
    return settings


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            for status in (os.fstat(file.fileno()), path.resolve().parent.stat()):
                if _others_may_write(status):
                    raise SettingsError(Problem(str(path), "writable"))
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise SettingsError(Problem(str(path), "unreadable", allowed=error.strerror or type(error).__name__)) from None
    if len(content) > LARGEST_FILE:
        raise SettingsError(Problem(str(path), "too_large", allowed=str(LARGEST_FILE)))
    return content


def _others_may_write(status: os.stat_result) -> bool:
    """Whether anybody but root and this user may write here, or exchange what lies here (a folder with the sticky bit lets nobody)."""
    if status.st_uid not in (0, os.geteuid()):
        return True
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return False
    return bool(status.st_mode & stat.S_IWOTH) or bool(status.st_mode & stat.S_IWGRP and status.st_gid != 0)


Table = TypeVar("Table", AgentSettings, RemovalSettings, LeftSettings, ConsoleSettings)
_TABLES: Final = ("agent", "removal", "left", "console")
_PLAIN: Final = ("seat", "locale")


class _Reader:
    """Goes over the tree that tomllib made, and collects what is wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._text = text
        self.problems: list[Problem] = []

    def settings(self, tree: Mapping[str, Any]) -> Settings:
        self._known(tree, (), (*_PLAIN, *_TABLES))
        return Settings(
            seat=self._value(tree, (), "seat", _word, None, '"…"'),
            locale=cast(Locale | None, self._value(tree, (), "locale", _one_of("ja", "en"), None, '"ja", "en"')),
            agent=self._table(tree, "agent", AgentSettings, _AGENT),
            removal=self._table(tree, "removal", RemovalSettings, _REMOVAL),
            left=self._table(tree, "left", LeftSettings, _LEFT),
            console=self._table(tree, "console", ConsoleSettings, _CONSOLE),
        )

    def _table(self, tree: Mapping[str, Any], name: str, made: type[Table], rules: Mapping[str, "_Rule"]) -> Table:
        given = tree.get(name, {})
        if not isinstance(given, dict):
            self._add("wrong_value", (name,), f"[{name}]")
            return made()
        self._known(given, (name,), tuple(rules))
        defaults = made()
        found = {
            each.name: self._value(given, (name,), each.name, *_told(rules[each.name], getattr(defaults, each.name)))
            for each in fields(made)
        }
        return made(**found)

    def _value(
        self, tree: Mapping[str, Any], table: tuple[str, ...], key: str, read: "_Read", default: Any, allowed: str
    ) -> Any:
        if key not in tree:
            return default
        value = read(tree[key])
        if value is None:
            self._add("wrong_value", (*table, key), allowed)
            return default
        return value

    def _known(self, tree: Mapping[str, Any], table: tuple[str, ...], allowed: tuple[str, ...]) -> None:
        for key in tree:
            if key not in allowed:
                self._add("unknown_key", (*table, key), ", ".join(allowed))

    def _add(self, word: str, path: tuple[str, ...], allowed: str) -> None:
        self.problems.append(Problem(self._name, word, ".".join(path), line_of(self._text, path), allowed))


_Read = Callable[[Any], Any]
"""Gives a value as settings have it, or None for one that may not stand there."""


@dataclass(frozen=True, slots=True)
class _Rule:
    read: _Read
    allowed: str


def _told(rule: _Rule, default: Any) -> tuple[_Read, Any, str]:
    return rule.read, default, rule.allowed


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


def _path(value: Any) -> str | None:
    return value if _word(value) and os.path.isabs(value) and "\0" not in value else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _one_of(*allowed: str) -> _Read:
    return lambda value: value if isinstance(value, str) and value in allowed else None


def _number(least: float, most: float) -> _Read:
    def read(value: Any) -> float | None:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
        return float(value) if fits else None

    return read


def _port(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and (value == 0 or 1024 <= value <= 65535)
    return value if fits else None


def _argv(least: int) -> _Read:
    def read(value: Any) -> tuple[str, ...] | None:
        fits = isinstance(value, list) and len(value) >= least and all(isinstance(each, str) for each in value)
        if not fits or any("\0" in each for each in value) or (value and not value[0]):
            return None
        return tuple(value)

    return read


def _quoted(choice: Any) -> str:
    return ", ".join(f'"{each}"' for each in get_args(choice))


_AGENT: Final = {
    "prompt": _Rule(_one_of(*get_args(PromptKind)), _quoted(PromptKind)),
    "pinentry": _Rule(_path, '"/…"'),
}
_REMOVAL: Final = {
    "action": _Rule(_one_of(*get_args(Action)), _quoted(Action)),
    "wait_seconds": _Rule(_number(0.1, 30), "0.1–30"),
    "lock_command": _Rule(_argv(0), '["program", "argument", …]'),
}
_LEFT: Final = {
    "badge_minutes": _Rule(_number(0, 1440), "0–1440"),
    "resident_seconds": _Rule(_number(0, 86400), "0–86400"),
}
_CONSOLE: Final = {
    "port": _Rule(_port, "0, 1024–65535"),
    "keypad": _Rule(_flag, "true, false"),
    "clear_seconds": _Rule(_number(5, 3600), "5–3600"),
    "draft_minutes": _Rule(_number(1, 480), "1–480"),
    "browser": _Rule(_argv(1), '["program", "argument", …]'),
    "hand_over": _Rule(_path, '"/…"'),
}
