"""The file that says how a card shall misbehave: YAML or TOML, read strictly, every mistake named with its line.

```yaml
faults:
  - {at: 3, do: drop}                  # the third command after insertion: card gone before it is carried out
  - {at: 5, do: drop_mid_command}      # carried out, then gone: the answer never arrives
  - {at: 7, times: 2, do: answer, sw: "6F00"}
  - {match: "0020", do: silence}       # every VERIFY: no answer until the card is pulled
  - {do: delay, ms: 8, ms_per_byte: 0.1}
```

`at`: number of the command after insertion, from 1 (without it: every command). `times`: how many commands from there
on (default 1; 0 = all). `match`: hexadecimal beginning of the commands meant; `at` then counts those alone.
What `do` can be: see `Kind`. The preset `contactless` stands for the delay in the last line of the example.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

MAX_DELAY_MS = 600_000.0


class FaultScriptError(Exception):
    """The script cannot be used; the text names the file, the line where known, and what is wrong."""


class Kind(Enum):
    """What goes wrong."""

    DROP = "drop"
    """The card is gone before the command is carried out."""
    DROP_MID_COMMAND = "drop_mid_command"
    """The command is carried out, the card goes before it answers."""
    DELAY = "delay"
    """`ms` per command and `ms_per_byte` per byte of command and answer, then as usual."""
    GARBAGE = "garbage"
    """The command is carried out, the answer is `data` (hexadecimal; default: 16 bytes of nonsense)."""
    EMPTY = "empty"
    """An answer of no bytes."""
    ONE_BYTE = "one_byte"
    """An answer of one byte, 90."""
    ANSWER = "answer"
    """The command is not carried out; the answer is `data` (default none) and `sw`."""
    SILENCE = "silence"
    """No answer until the card is pulled."""
    MORE_FOR_EVER = "more_for_ever"
    """256 bytes and 6100 to this command and to every GET RESPONSE after it."""
    WRONG_LE_FOR_EVER = "wrong_le_for_ever"
    """6C10 to this command, whatever Le it has."""
    EXCHANGE = "exchange"
    """Another card (`card`: its file) takes the place; `noticed: false`: so quickly that the reader does not see it."""


_OPTIONS: dict[Kind, frozenset[str]] = {
    Kind.DELAY: frozenset({"ms", "ms_per_byte"}),
    Kind.GARBAGE: frozenset({"data"}),
    Kind.ANSWER: frozenset({"sw", "data"}),
    Kind.EXCHANGE: frozenset({"card", "noticed"}),
}
_COMMON = frozenset({"at", "times", "match", "do"})
_NONSENSE = bytes.fromhex("DEADBEEF" * 4)


@dataclass(frozen=True)
class Fault:
    """One rule. `times` 0 means without end; times in milliseconds."""

    kind: Kind
    at: int | None = None
    times: int = 1
    match: bytes = b""
    ms: float = 0.0
    ms_per_byte: float = 0.0
    sw: bytes = b""
    data: bytes = b""
    card: str | None = None
    noticed: bool = True

    def strikes(self, number: int) -> bool:
        """Whether the rule is meant for its `number`-th matching command, from 1."""
        if self.at is None:
            return True
        return number >= self.at and (self.times == 0 or number < self.at + self.times)


CONTACTLESS = (Fault(Kind.DELAY, ms=8.0, ms_per_byte=0.1),)
"""The time model of a contactless card: 8 ms a command and 0.1 ms a byte both ways."""

PRESETS: dict[str, tuple[Fault, ...]] = {"contactless": CONTACTLESS}


def load_script(path: Path) -> tuple[Fault, ...]:
    """The rules in a file; `.toml` is TOML, everything else YAML. Raises `FaultScriptError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FaultScriptError(f"{path}: cannot be read: {error}") from error
    return parse_script(text, str(path), toml=path.suffix == ".toml")


def parse_script(text: str, name: str = "fault script", *, toml: bool = False) -> tuple[Fault, ...]:
    """The rules in a text; `name` is used in errors. Raises `FaultScriptError`."""
    content, lines = _read_toml(text, name) if toml else _read_yaml(text, name)
    if not isinstance(content, dict) or set(content) != {"faults"} or not isinstance(content["faults"], list):
        raise FaultScriptError(f"{name}, line 1: the one key `faults` with a list is expected")
    rules = []
    for index, row in enumerate(content["faults"]):
        where = f"{name}, line {lines[index]}" if index < len(lines) else f"{name}, rule {index + 1}"
        try:
            rules.append(_read_rule(row))
        except (ValueError, TypeError) as error:
            raise FaultScriptError(f"{where}: {error}") from error
    return tuple(rules)


def _read_yaml(text: str, name: str) -> tuple[Any, list[int]]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FaultScriptError(f"{name}, line {line}: {error.problem}") from error
    except yaml.YAMLError as error:
        raise FaultScriptError(f"{name}: {error}") from error
    lines: list[int] = []
    if isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            if isinstance(value, yaml.SequenceNode):
                lines = [item.start_mark.line + 1 for item in value.value]
    return content, lines


def _read_toml(text: str, name: str) -> tuple[Any, list[int]]:
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultScriptError(f"{name}: {error}") from error  # its text ends with line and column
    heads = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[faults]]"]
    return content, heads


def _read_rule(row: object) -> Fault:
    if not isinstance(row, dict):
        raise TypeError("a rule is a table like {at: 3, do: drop}")
    words = {kind.value: kind for kind in Kind}
    if row.get("do") not in words:
        raise ValueError(f"`do` must be one of {', '.join(words)}")
    kind = words[row["do"]]
    unknown = set(row) - _COMMON - _OPTIONS.get(kind, frozenset())
    if unknown:
        raise ValueError(f"`{kind.value}` knows no `{sorted(map(str, unknown))[0]}`")
    fault = Fault(
        kind,
        at=None if "at" not in row else _whole(row, "at", 1),
        times=_whole(row, "times", 0) if "times" in row else 1,
        match=_hexadecimal(row, "match"),
        ms=_milliseconds(row, "ms"),
        ms_per_byte=_milliseconds(row, "ms_per_byte"),
        sw=_hexadecimal(row, "sw"),
        data=_hexadecimal(row, "data") if "data" in row or kind is not Kind.GARBAGE else _NONSENSE,
        card=row.get("card"),
        noticed=row.get("noticed", True),
    )
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    if fault.kind is Kind.ANSWER and len(fault.sw) != 2:
        raise ValueError("`answer` needs `sw`, four hexadecimal digits in quotes")
    if fault.kind is Kind.EXCHANGE and not isinstance(fault.card, str):
        raise ValueError("`exchange` needs `card`, the file of the other card")
    if not isinstance(fault.noticed, bool):
        raise TypeError("`noticed` is true or false")
    if fault.at is None and fault.times != 1:
        raise ValueError("`times` needs `at`")


def _whole(row: dict[str, Any], key: str, least: int) -> int:
    value = row[key]
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"`{key}` must be a whole number from {least} on")
    return value


def _milliseconds(row: dict[str, Any], key: str) -> float:
    value = row.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"`{key}` must be a number")
    if not 0 <= value <= MAX_DELAY_MS:
        raise ValueError(f"`{key}` must be between 0 and {MAX_DELAY_MS:.0f}")
    return float(value)


def _hexadecimal(row: dict[str, Any], key: str) -> bytes:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"`{key}` must be hexadecimal digits in quotes")  # noqa: TRY004
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise ValueError(f"`{key}` must be hexadecimal digits, two a byte") from None
