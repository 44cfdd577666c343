"""A judge of JSON against a schema, for the keywords that our schema has (JSON Schema 2020-12, core 8.2.3.1 and validation 6).

A keyword that it does not know is an error, so that no rule is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Json = Any
SILENT = {"$schema", "$id", "title", "description", "$defs", "then", "else"}
TYPES: Mapping[str, Callable[[Json], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def problems(value: Json, root: Mapping[str, Any]) -> list[str]:
    """Keywords that the value breaks, with their places; empty for what holds."""
    return _Judge(root).look(value, root, "$")


class _Judge:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def look(self, value: Json, schema: Mapping[str, Any], place: str) -> list[str]:
        found: list[str] = []
        for keyword, rule in schema.items():
            if keyword in SILENT:
                continue
            found += self._one(keyword, rule, value, schema, place)
        return found

    def _one(self, keyword: str, rule: Any, value: Json, schema: Mapping[str, Any], place: str) -> list[str]:
        if keyword in _PLAIN:
            return [] if _PLAIN[keyword](rule, value) else [f"{place}: {keyword}"]
        handler = getattr(self, "_" + re.sub("([A-Z])", r"_\1", keyword.strip("$")).lower(), None)
        assert handler is not None, f"a keyword that this judge does not know: {keyword}"
        return list(handler(rule, value, schema, place))

    def _ref(self, rule: str, value: Json, _schema: Any, place: str) -> list[str]:
        target: Any = self._root
        for step in rule.removeprefix("#/").split("/"):
            target = target[step]
        return self.look(value, target, place)

    def _one_of(self, rule: list[Any], value: Json, _schema: Any, place: str) -> list[str]:
        answers = [self.look(value, each, place) for each in rule]
        fits = sum(not answer for answer in answers)
        return [] if fits == 1 else [f"{place}: oneOf, {fits} fit", *min(answers, key=len)]

    def _any_of(self, rule: list[Any], value: Json, _schema: Any, place: str) -> list[str]:
        return [] if any(not self.look(value, each, place) for each in rule) else [f"{place}: anyOf"]

    def _all_of(self, rule: list[Any], value: Json, _schema: Any, place: str) -> list[str]:
        return [problem for each in rule for problem in self.look(value, each, place)]

    def _not(self, rule: Any, value: Json, _schema: Any, place: str) -> list[str]:
        return [] if self.look(value, rule, place) else [f"{place}: not"]

    def _if(self, rule: Any, value: Json, schema: Mapping[str, Any], place: str) -> list[str]:
        branch = "else" if self.look(value, rule, place) else "then"
        return self.look(value, schema.get(branch, {}), f"{place} ({branch})")

    def _properties(self, rule: Mapping[str, Any], value: Json, _schema: Any, place: str) -> list[str]:
        given = value if isinstance(value, dict) else {}
        return [
            problem
            for name, each in rule.items()
            if name in given
            for problem in self.look(given[name], each, f"{place}.{name}")
        ]

    def _additional_properties(self, rule: bool, value: Json, schema: Mapping[str, Any], place: str) -> list[str]:
        assert rule is False
        given = value if isinstance(value, dict) else {}
        return [f"{place}: {name} is not of the form" for name in sorted(set(given) - set(schema["properties"]))]

    def _items(self, rule: Any, value: Json, _schema: Any, place: str) -> list[str]:
        given = value if isinstance(value, list) else []
        return [problem for at, each in enumerate(given) for problem in self.look(each, rule, f"{place}[{at}]")]


def _same(one: Json, other: Json) -> bool:
    """Equal, and a number is no truth value."""
    return type(one) is type(other) and one == other


_PLAIN: Mapping[str, Callable[[Any, Json], bool]] = {
    "type": lambda rule, value: TYPES[rule](value),
    "const": _same,
    "enum": lambda rule, value: any(_same(each, value) for each in rule),
    "required": lambda rule, value: not isinstance(value, dict) or set(rule) <= set(value),
    "pattern": lambda rule, value: not isinstance(value, str) or re.search(rule, value) is not None,
    "minLength": lambda rule, value: not isinstance(value, str) or len(value) >= rule,
    "maxLength": lambda rule, value: not isinstance(value, str) or len(value) <= rule,
    "minItems": lambda rule, value: not isinstance(value, list) or len(value) >= rule,
    "maxItems": lambda rule, value: not isinstance(value, list) or len(value) <= rule,
    "minimum": lambda rule, value: not TYPES["integer"](value) or value >= rule,
    "maximum": lambda rule, value: not TYPES["integer"](value) or value <= rule,
    "uniqueItems": lambda rule, value: not (rule and isinstance(value, list)) or len({*value}) == len(value),
}
