"""Reads the office's TOML files (settings, policy, operator register) into strict models, with errors that name file, line and key."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

LARGEST_FILE = 4 * 1024 * 1024
"""Bytes. Our choice: a policy of 20,000 rows stays below."""

KeyPath = tuple[str | int, ...]
"""Where a key stands: names of tables and keys, numbers in arrays."""


class TomlModel(BaseModel):
    """A table of a TOML file. Unknown keys are refused, and an error never repeats what was written."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


M = TypeVar("M", bound=TomlModel)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a file, said for the person who edits it."""

    file: str
    what: str
    key: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
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
        raise BrokenFile([Problem(name, "is not UTF-8 text", line=line)]) from None
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        raise BrokenFile([Problem(name, str(error), line=int(place[1]) if place else None)]) from None
    except RecursionError:
        raise BrokenFile([Problem(name, "is nested too deeply")]) from None
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise BrokenFile(problems_of(error, text, name)) from None


def problems_of(error: ValidationError, text: str, name: str) -> list[Problem]:
    """What a failed validation found, with the line of each key; inputs are left out."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    places = [each["loc"] for each in found]
    found = [  # "too few items" also follows from an item that is wrong itself
        each
        for each in found
        if each["type"] != "too_short" or not any(place[: len(each["loc"])] == each["loc"] != place for place in places)
    ]
    return [
        Problem(name, _plain(each["type"], each["msg"]), key=spell(each["loc"]), line=line_of(text, each["loc"]))
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
    return message.removeprefix("Value error, ")


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, path: KeyPath) -> int | None:
    """The line (from 1) where `path` is written, or that of the nearest table or key around it; None for nothing found.

    `tomllib` keeps no places, so the lines are looked through for headers and keys; good enough to point a person there.
    """
    lines = lines_of(text)
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def lines_of(text: str) -> dict[KeyPath, int]:
    """The line (from 1) of each header and each key that begins a line."""
    found: dict[KeyPath, int] = {}
    here: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            here = _indexed(_names(header[2]), counts, new=header[1] == "[[")
            found.setdefault(here, number)
        elif key:
            found.setdefault(here + _names(key[1]), number)
    return found


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
