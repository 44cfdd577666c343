"""The OpenRPC document and the JSON Schema of the wire, made from rows of methods. Used by `rpc.discover` and by the committed schema."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

OPENRPC = "1.3.2"
_REF = "#/components/schemas/{model}"
_LONG_NAME = re.compile(r"cardd__wire__(?:methods__)?([a-z_]+?)__([A-Z])")


class Described(Protocol):
    """One method, as far as its description goes."""

    @property
    def name(self) -> str: ...
    @property
    def params(self) -> type[BaseModel]: ...
    @property
    def result(self) -> type[BaseModel]: ...


def openrpc_document(methods: Sequence[Described], version: str) -> dict[str, Any]:
    """An OpenRPC 1.3 document: parameters by name, schemas under `components`."""
    refs, definitions = schemas(
        [(method.params, "validation") for method in methods] + [(method.result, "serialization") for method in methods]
    )
    return {
        "openrpc": OPENRPC,
        "info": {"title": "cardd", "version": version},
        "methods": [_method(row, refs, definitions) for row in methods],
        "components": {"schemas": definitions},
    }


def schemas(
    models: Iterable[tuple[type[BaseModel], JsonSchemaMode]],
) -> tuple[dict[type[Any], dict[str, Any]], dict[str, Any]]:
    """A reference for each model, and the definitions they point to, by readable names (`card_read.Params`)."""
    by_model, document = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    pair = json.loads(_LONG_NAME.sub(r"\1.\2", json.dumps([list(by_model.values()), document.get("$defs", {})])))
    refs = dict(zip((model for model, _ in by_model), pair[0], strict=True))
    return refs, pair[1]


def summary(model: type[BaseModel]) -> str:
    """What the method's own module says that it is: the first sentence of its docstring."""
    words = (sys.modules[model.__module__].__doc__ or "").split("\n", 1)[0]
    return words.split(": ", 1)[-1]


def _method(row: Described, refs: dict[type[Any], dict[str, Any]], definitions: dict[str, Any]) -> dict[str, Any]:
    params = definitions[refs[row.params]["$ref"].rsplit("/", 1)[1]]
    needed = params.get("required", [])
    return {
        "name": row.name,
        "summary": summary(row.result),
        "paramStructure": "by-name",
        "params": [
            {"name": name, "required": name in needed, "schema": schema}
            for name, schema in params.get("properties", {}).items()
        ],
        "result": {"name": "result", "schema": refs[row.result]},
    }
