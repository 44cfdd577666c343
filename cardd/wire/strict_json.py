"""JSON as the wire allows it (RFC 8259, and stricter): no duplicate names, no NaN, no deep nesting, no half characters."""

import json
import math
from typing import NoReturn

DEEPEST = 32
"""Levels of objects and lists in one line, our choice: the deepest message of ours has 6."""


class JsonProblem(ValueError):
    """Not acceptable; `problem` is one word of ours. Never carries the text it was found in."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


def parse(octets: bytes | bytearray | memoryview) -> object:
    """The value in `octets` (UTF-8).

    Raises `JsonProblem`: not_utf8, not_json, duplicate_name, not_finite, nested_too_deep, half_character.
    """
    try:
        text = str(octets, "utf-8")
    except UnicodeDecodeError:
        raise JsonProblem("not_utf8") from None
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse_constant, parse_float=_finite)
    except JsonProblem:
        raise
    except RecursionError:
        raise JsonProblem("nested_too_deep") from None
    except ValueError:  # also a number with more digits than Python converts
        raise JsonProblem("not_json") from None
    _check(value)
    return value


def dump(value: object) -> bytes:
    """Compact UTF-8 text of `value`, without a newline. Raises `ValueError` for NaN and half characters: a bug of ours."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonProblem("duplicate_name")
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise JsonProblem("not_finite")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonProblem("not_finite")
    return number


def _check(value: object) -> None:
    """Walk the value level by level: not too deep, and every text can be written out again."""
    level: list[object] = [value]
    for _depth in range(DEEPEST + 1):
        for text in level:
            if isinstance(text, str) and not text.isascii():
                _check_text(text)
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise JsonProblem("nested_too_deep")


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:  # an escape like \ud800 alone
        raise JsonProblem("half_character") from None
