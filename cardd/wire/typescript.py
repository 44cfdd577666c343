"""The types of the TypeScript client, made from the committed schema: `docs/vendors/typescript/methods.ts`.

`python -m cardd.wire.typescript` writes them to standard output; with `--check FILE` it ends with 1 when FILE differs. Names, shapes and
numbers come from `schema.json`; what a field means is written beside the models of this package, and comes from there.
"""

import ast
import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel

from cardd.wire import base, schema
from cardd.wire.catalogue import METHODS, NOTIFICATIONS, REVERSE
from cardd.wire.fault import Actor
from cardd.wire.fault_table import ROWS

BRANDS = {
    "CardHandle": (r"^c-[0-9a-f]{4}-[0-9]{1,10}$", "One insertion of one card; stale for ever once the card is out."),
    "ApprovalId": (r"^a-[0-9a-f]{16}$", "What waits for a second person, or has been approved."),
    "GrantId": (r"^g-[0-9a-f]{16}$", "A badge that is kept for several signatures."),
    "BegunId": (r"^b-[0-9a-f]{16}$", "A signature that was begun, for one `sign.finish`."),
}
"""Strings that are good for nothing but to be given back: a type of their own for each, by their pattern."""
_BY_PATTERN = {pattern: name for name, (pattern, _) in BRANDS.items()}
_BY_FIELD = {"approval": "ApprovalId", "grant": "GrantId", "begun": "BegunId"}
"""Answers say these as plain strings."""
_UNIONS = {
    "CardKind": base.KindWord,
    "PinKind": base.PinWord,
    "KeyRole": base.KeyWord,
    "Item": base.ItemWord,
    "Actor": Actor,
}
_BY_WORDS = {get_args(words): name for name, words in _UNIONS.items()}
_PLAIN = {"integer": "number", "number": "number", "boolean": "boolean", "null": "null"}
_LONGEST_PATTERN = 40

_HEAD = """\
// Made by `python -m cardd.wire.typescript` from cardd/wire/schema.json; a test compares. Change the schema's models instead.
// The API's words as types: parameters, results, events, error names. No code of the socket: that is cardd.ts.
"""


def text() -> str:
    """The whole file, TypeScript."""
    document = json.loads(schema.committed())
    definitions = document["components"]["schemas"]
    parts = [
        _HEAD,
        f"/** The API level spoken here. */\nexport const LEVEL = {document['level']};\n",
        *_brands(),
        *_unions(),
        *(_interface(name, shape) for name, shape in sorted(definitions.items()) if name != "Nothing"),
        _methods(document),
        _reverse(document),
        _notifications(document),
        _errors(),
    ]
    return "\n".join(parts)


def _brands() -> Iterator[str]:
    for name, (pattern, meaning) in BRANDS.items():
        yield (
            f'{_comment(meaning)}export type {name} = string & {{ readonly __is: "{name}" }};\n\n'
            f"/** `text`, known to be one. Throws TypeError for anything else. */\n"
            f"export function {name[0].lower()}{name[1:]}(text: unknown): {name} {{\n"
            f'  if (typeof text === "string" && /{pattern}/.test(text)) return text as {name};\n'
            f'  throw new TypeError("no {name}");\n}}\n'
        )


def _unions() -> Iterator[str]:
    for name, words in _UNIONS.items():
        yield f"export type {name} = {_union(get_args(words))};\n"


def _interface(name: str, shape: Mapping[str, Any]) -> str:
    told, needed = _told_fields(name), set(shape.get("required", ()))
    lines = [
        f"{_comment(_about(field, told.get(word, '')), '  ')}"
        f"  readonly {word}{'' if word in needed else '?'}: {_type(field, word)};\n"
        for word, field in shape.get("properties", {}).items()
    ]
    return f"{_comment(shape.get('description', ''))}export interface {_name(name)} {{\n{''.join(lines)}}}\n"


def _type(field: Mapping[str, Any], name: str = "") -> str:
    if "$ref" in field:
        return _name(field["$ref"].rsplit("/", 1)[1])
    if "anyOf" in field:
        return " | ".join(_type(each, name) for each in field["anyOf"])
    if "const" in field:
        return json.dumps(field["const"])
    if "enum" in field:
        words = tuple(field["enum"])
        return _BY_WORDS.get(words) or _union(words)
    return _plain(field, name)


def _plain(field: Mapping[str, Any], name: str) -> str:
    if field["type"] == "string":
        pattern = field.get("pattern")
        return _BY_FIELD.get(name, "string") if pattern is None else _BY_PATTERN.get(pattern, "string")
    if field["type"] == "array":
        return f"ReadonlyArray<{_type(field['items'], name)}>"
    if field["type"] == "object":
        more = field.get("additionalProperties")
        return f"Readonly<Record<string, {_type(more) if isinstance(more, dict) else 'unknown'}>>"
    return _PLAIN[field["type"]]


def _about(field: Mapping[str, Any], told: str) -> str:
    """What a person should know of a field: its meaning, what may stand in it, what stands there when it is left out."""
    plain = next((each for each in field.get("anyOf", ()) if each.get("type") != "null"), field)
    words = [told]
    low, high = plain.get("minLength", plain.get("minItems")), plain.get("maxLength", plain.get("maxItems"))
    unit = "characters" if plain.get("type") == "string" else "entries"
    if low is not None and high is not None:
        words.append(f"{low} to {high} {unit}.")
    elif high is not None:
        words.append(f"At most {high} {unit}.")
    if "minimum" in plain and "maximum" in plain:
        words.append(f"{plain['minimum']} to {plain['maximum']}.")
    pattern = plain.get("pattern")
    if pattern is not None and pattern not in _BY_PATTERN and len(pattern) <= _LONGEST_PATTERN and "*/" not in pattern:
        words.append(f"`{pattern}`.")
    if field.get("default") is not None:
        words.append(f"Left out: `{json.dumps(field['default'])}`.")
    return " ".join(word for word in words if word)


def _methods(document: Mapping[str, Any]) -> str:
    lines = []
    for row in METHODS:
        words = document["methods"][row.name]
        params, result = _type(words["params"]), _type(words["result"])
        takes = "" if params == "Nothing" else f"params{'' if _needs(document, params) else '?'}: {params}"
        lines.append(f'{_comment(_sentence(row.name), "  ")}  "{row.name}": ({takes}) => {result};\n')
    return (
        f"/** Every method: what it takes and what it gives. */\nexport interface Methods {{\n{''.join(lines)}}}\n\n"
        "export type MethodName = keyof Methods;\n"
    )


def _sentence(method: str) -> str:
    """What the method's own module says that it is."""
    told = import_module(f"cardd.wire.methods.{method.replace('.', '_')}").__doc__ or ""
    words = told.split("\n", 1)[0].removeprefix(f"`{method}`: ")
    return words[0].upper() + words[1:]


def _needs(document: Mapping[str, Any], params: str) -> bool:
    definitions = document["components"]["schemas"]
    return any(_name(name) == params and shape.get("required") for name, shape in definitions.items())


def _reverse(document: Mapping[str, Any]) -> str:
    lines = [
        f'  "{row.name}": (params: {_type(document["reverse"][row.name]["params"])}) => '
        f"{_type(document['reverse'][row.name]['result'])};\n"
        for row in REVERSE
    ]
    return f"/** What the daemon calls, of an agent. */\nexport interface ReverseMethods {{\n{''.join(lines)}}}\n"


def _notifications(document: Mapping[str, Any]) -> str:
    lines = [f'  "{name}": {_type(document["notifications"][name])};\n' for name, _ in NOTIFICATIONS]
    return f"/** What the daemon tells without being asked. */\nexport interface Notifications {{\n{''.join(lines)}}}\n"


def _errors() -> str:
    lines = [
        f'  "{row.name}": {{ code: {row.number}, actor: "{row.actor}", retryable: {str(row.retryable).lower()} }},\n'
        for row in ROWS
    ]
    return (
        "/** Every error by its name: number, who must act, whether to try again. What each means and what to do: docs/errors.md. */\n"
        f"export const ERRORS = {{\n{''.join(lines)}}} as const;\n\n"
        "export type ErrorName = keyof typeof ERRORS;\n"
    )


def _name(definition: str) -> str:
    """`card_read.Params` is called `CardReadParams`."""
    return "".join(part[0].upper() + part[1:] for part in re.split(r"[._]", definition))


def _union(words: tuple[str, ...]) -> str:
    return " | ".join(json.dumps(word) for word in words)


def _comment(words: str, indent: str = "") -> str:
    words = inspect.cleandoc(words).strip()
    if not words:
        return ""
    lines = words.split("\n")
    if len(lines) == 1:
        return f"{indent}/** {words} */\n"
    body = "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines)
    return f"{indent}/**\n{body}{indent} */\n"


def _told_fields(definition: str) -> Mapping[str, str]:
    """What is written under each field of the model behind a definition, and of the models that it stands on."""
    model = _models().get(definition)
    told: dict[str, str] = {}
    for each in reversed(model.__mro__ if model is not None else ()):
        if each.__module__.startswith("cardd.wire"):
            told |= _written(each.__module__).get(each.__name__, {})
    return told


@cache
def _models() -> Mapping[str, type[BaseModel]]:
    """Each model by the name of its definition: its own, and with its module's in front."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[type[BaseModel]] = [base.WireModel, base.Answer]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        found[f"{model.__module__.rsplit('.', 1)[1]}.{model.__name__}"] = model
        found.setdefault(model.__name__, model)
    return found


@cache
def _written(module: str) -> Mapping[str, Mapping[str, str]]:
    """The strings under the fields of each class of a module."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    return {node.name: dict(_under_fields(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _under_fields(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line, below in zip(node.body, node.body[1:], strict=False):
        match line, below:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str() as words)):
                yield field, words


def main(arguments: list[str]) -> int:
    """Write, or check. Gives the exit code."""
    match arguments:
        case []:
            sys.stdout.write(text())
            return 0
        case ["--check", file]:
            if Path(file).read_text("utf-8") == text():
                return 0
            sys.stderr.write(f"{file} is not up to date: python -m cardd.wire.typescript > {file}\n")
            return 1
        case _:
            sys.stderr.write("usage: python -m cardd.wire.typescript [--check FILE]\n")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
