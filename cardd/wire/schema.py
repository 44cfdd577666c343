"""The JSON schema of the whole wire, as committed in `schema.json`.

`python -m cardd.wire.schema` writes it to standard output; with `--check` it ends with 1 when the committed file differs.
"""

import json
import sys
from importlib.resources import files
from typing import Any

from pydantic.json_schema import JsonSchemaMode

from cardd.wire.catalogue import METHODS, NOTIFICATIONS, REVERSE, Words
from cardd.wire.fault_table import ROWS
from cardd.wire.faults import ErrorData
from cardd.wire.methods.hello import LEVEL
from cardd.wire.openrpc import schemas

COMMITTED = "schema.json"


def document() -> dict[str, Any]:
    """Methods, notifications, error numbers, and the schemas they point to."""
    incoming: JsonSchemaMode = "validation"
    outgoing: JsonSchemaMode = "serialization"
    calls = [(row.params, incoming) for row in METHODS] + [(row.result, outgoing) for row in METHODS]
    reverse = [(row.params, outgoing) for row in REVERSE] + [(row.result, incoming) for row in REVERSE]
    notices = [(model, outgoing) for _, model in NOTIFICATIONS]
    refs, definitions = schemas([*calls, *reverse, *notices, (ErrorData, outgoing)])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The cardd socket",
        "level": LEVEL,
        "methods": {row.name: _words(row, refs) for row in METHODS},
        "reverse": {row.name: _words(row, refs) for row in REVERSE},
        "notifications": {name: refs[model] for name, model in NOTIFICATIONS},
        "errors": {row.name: {"number": row.number, "exit_code": row.exit_code} for row in ROWS},
        "error_data": refs[ErrorData],
        "components": {"schemas": definitions},
    }


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def committed() -> str:
    """The file as it lies in this package."""
    return (files("cardd.wire") / COMMITTED).read_text("utf-8")


def _words(row: Words, refs: dict[type[Any], dict[str, Any]]) -> dict[str, Any]:
    return {"params": refs[row.params], "result": refs[row.result]}


def main(arguments: list[str]) -> int:
    """Write, or check. Gives the exit code."""
    if arguments == ["--check"]:
        if committed() == text():
            return 0
        sys.stderr.write("schema.json is not up to date: python -m cardd.wire.schema > cardd/wire/schema.json\n")
        return 1
    sys.stdout.write(text())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
