"""Reads the office's TOML files (settings, policy, operator register) into strict models, with errors that name file, line and key."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. Our choice: a policy of 20,000 rows stays below."""

KeyPath = tuple[str | int, ...]
"""Where a key stands: names of tables and keys, numbers in arrays."""


class TomlModel(BaseModel):
    """A table of a TOML file. Unknown keys are refused, and an error never repeats what was written."""

    # Built when it is first filled: a table that stands in another one is never filled alone.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


M = TypeVar("M", bound=TomlModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, said for the person who edits it."""

    file: str
    what: str
    key: str = ""
    line: int | None = None
    column: int | None = None
    """In characters, from 1."""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place}: {self.key}: {self.what}" if self.key else f"{place}: {self.what}"


class BrokenFile(Exception):
    """A file of the office cannot be used; `problems` says why, one line each."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def read_bytes(path: Path) -> bytes:
    """The whole file, at most 4 MiB. Raises `BrokenFile`."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise BrokenFile([Problem(str(path), f"cannot be read: {error.strerror}")]) from None
    if len(content) > LARGEST_FILE:
        raise BrokenFile([Problem(str(path), f"is larger than {LARGEST_FILE} bytes")])
    return content


def parse(model: type[M], content: bytes, name: str) -> M:
    """The TOML text `content` (UTF-8) as `model`; `name` is what errors call the file. Raises `BrokenFile`."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[content.rfind(b"\n", 0, error.start) + 1 : error.start].decode("utf-8")) + 1
        raise BrokenFile([Problem(name, "is not UTF-8 text", line=line, column=column)]) from None
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BrokenFile([_no_toml(name, str(error), text)]) from None
    except RecursionError:
        raise BrokenFile([Problem(name, "is nested too deeply")]) from None
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise BrokenFile(problems_of(error, text, name)) from None


def problems_of(error: ValidationError, text: str, name: str) -> list[Problem]:
    """What a failed validation found, with the place of each; inputs are left out."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    places = [each["loc"] for each in found]
    found = [  # "too few items" also follows from an item that is wrong itself
        each
        for each in found
        if each["type"] != "too_short" or not any(place[: len(each["loc"])] == each["loc"] != place for place in places)
    ]
    layout = Layout(text)
    return [
        layout.problem(name, _plain(each["type"], each["msg"]), each["loc"], at_key=each["type"] == "extra_forbidden")
        for each in found
    ]


def spell(path: KeyPath) -> str:
    """A key path as people write it: `rows[2].items`."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words


def _plain(kind: str, message: str) -> str:
    if kind == "extra_forbidden":
        return "is not a key that is known here"
    if kind == "missing":
        return "is missing"
    return re.sub(r"<\w+\.\w+: ('[^']*')>", r"\1", message.removeprefix("Value error, "))


def _no_toml(name: str, message: str, text: str) -> Problem:
    """What `tomllib` says, which puts the place in words behind it."""
    what, _, place = message.rstrip(")").rpartition(" (at ")
    found = re.fullmatch(r"line (\d+), column (\d+)", place)
    if found:
        return Problem(name, what, line=int(found[1]), column=int(found[2]))
    *before, last = text.split("\n")
    return Problem(name, f"{what} at the end of the file", line=len(before) + 1, column=len(last) + 1)


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


class Layout:
    """Where things stand in a TOML text.

    `tomllib` keeps no places, so the lines are looked through for headers and keys; good enough to point a person there.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._found: dict[KeyPath, tuple[Place, int]] = {}
        here: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        offset = 0
        for number, line in enumerate(text.split("\n"), 1):
            header, key = _HEADER.match(line), _KEY.match(line)
            if header:
                here = _indexed(_names(header[2]), counts, new=header[1] == "[[")
                self._found.setdefault(here, (Place(number, header.start(1) + 1), -1))
            elif key:
                full = here + _names(key[1])
                self._found.setdefault(full, (Place(number, key.start(1) + 1), offset + key.end()))
            offset += len(line) + 1

    def line(self, path: KeyPath) -> int | None:
        """The line where `path` is written, or that of the nearest table or key around it; None for nothing found."""
        place = self.place(path)
        return place.line if place else None

    def place(self, path: KeyPath, *, at_key: bool = True) -> "Place | None":
        """Where `path` is written, or the nearest table or key around it; None for nothing found.

        `at_key`: where its name is; else where its value begins. An entry of an array that is written in place has no name.
        """
        for length in range(len(path), 0, -1):
            if path[:length] not in self._found:
                continue
            place, value = self._found[path[:length]]
            if value < 0:
                return place
            if length == len(path):
                return place if at_key else self._at(_value_start(self._text, value))
            entry = path[length]
            starts = _entries(self._text, value) if isinstance(entry, int) else []
            return self._at(starts[entry]) if isinstance(entry, int) and entry < len(starts) else place
        return None

    def problem(self, name: str, what: str, path: KeyPath, *, at_key: bool = False) -> Problem:
        """Something wrong with `path` in the file `name`."""
        place = self.place(path, at_key=at_key)
        return Problem(name, what, spell(path), place.line if place else None, place.column if place else None)

    def _at(self, offset: int) -> "Place":
        before = self._text[:offset]
        return Place(before.count("\n") + 1, offset - before.rfind("\n"))


class Place(NamedTuple):
    """Both from 1; the column in characters."""

    line: int
    column: int


_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""|\'\'\'.*?\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)


def _value_start(text: str, offset: int) -> int:
    blank = _BLANK.match(text, offset)
    return blank.end() if blank else offset


def _entries(text: str, offset: int) -> list[int]:
    """Where the entries of the array that begins behind `offset` begin. The text is TOML that was read already."""
    offset = _value_start(text, offset)
    if text[offset : offset + 1] != "[":
        return []
    starts: list[int] = []
    depth, fresh = 1, True
    offset += 1
    while depth and (offset := _value_start(text, offset)) < len(text):
        char, string = text[offset], _STRING.match(text, offset)
        if fresh and char not in "],":
            starts.append(offset)
            fresh = False
        if char == "," and depth == 1:
            fresh = True
        depth += (char in "[{") - (char in "]}")
        offset = string.end() if string else offset + 1
    return starts


def _names(dotted: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""", dotted))


def _indexed(names: KeyPath, counts: dict[KeyPath, int], *, new: bool) -> KeyPath:
    """Put the running numbers of arrays of tables into a header's names."""
    full: KeyPath = ()
    for place, name in enumerate(names):
        full += (name,)
        if new and place == len(names) - 1:
            counts[full] = counts.get(full, -1) + 1
        if full in counts:
            full += (counts[full],)
    return full
