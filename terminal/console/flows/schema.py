"""The JSON Schema (draft 2020-12) of requests, out of the declared procedures.

`python -m terminal.console.flows.schema > docs/schemas/request-1.schema.json`
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

from terminal.console.flows.fields import LONGEST_LINE, Field
from terminal.console.flows.flow import ITEMS, Flow
from terminal.console.flows.registry import FLOWS
from terminal.console.flows.request import FORM, VERSION

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
ADDRESS: Final = "urn:cardd:request:1"
Schema = dict[str, Any]
_HEX_64: Final = "^[0-9a-f]{64}$"
_CARDS: Final = ["juki", "my_number"]
_RESULTS: Final = ["expired", "good", "not_checked", "not_yet_valid", "refused", "revoked", "unknown"]


def schema() -> Schema:
    """All of it."""
    requests = [_request(flow) for flow in FLOWS]
    checked = [_checked(flow) for flow in FLOWS if flow.checks_card_after]
    return {
        "$schema": DIALECT,
        "$id": ADDRESS,
        "title": "cardd-request, version 1",
        "description": "What a procedure of the counter ends with. Signed as canonical JSON (RFC 8785). docs/counter-procedures.md",
        "oneOf": [*requests, *checked],
        "$defs": _definitions(),
    }


def _request(flow: Flow) -> Schema:
    return _whole(
        flow,
        "request",
        {
            "answers": _answers(flow),
            "findings": {"$ref": f"#/$defs/findings_{flow.code}"}
            if flow.code in _FINDINGS
            else _object({}, required=()),
            "consent": _object({"read_aloud": {"const": True}, "at": _ref("time")}),
        },
    )


def _checked(flow: Flow) -> Schema:
    request = _object({"id": _pattern("^[0-9a-f]{32}$"), "sha256": _pattern(_HEX_64)})
    certificates = {"type": "array", "minItems": 1, "maxItems": 2, "items": _ref("certificate")}
    return _whole(flow, "checked", {"request": request, "certificates": certificates})


def _whole(flow: Flow, stage: str, more: Schema) -> Schema:
    head: Schema = {
        "form": {"const": FORM},
        "version": {"const": VERSION},
        "id": _pattern("^[0-9a-f]{32}$"),
        "made_at": _ref("time"),
        "kind": {"const": flow.code},
        "stage": {"const": stage},
        "mode": {"enum": ["production", "test"]},
        "office": _text(200),
        "seat": _text(64),
        "case": _text(64),
        "purpose": {"const": flow.purpose},
        "law": {"const": list(flow.law)},
        "operator": _object({"id": _text(64), "role": _text(64)}),
        "applicant": _ref("applicant"),
    }
    return {"title": f"{flow.code}, {stage}", **_object(head | more)}


def _answers(flow: Flow) -> Schema:
    needed = [field.name for field in flow.fields if _always(field)]
    made = _object({field.name: _answer(field) for field in flow.fields}, required=needed)
    conditions = [_condition(field) for field in flow.fields if field.only_if and not field.only_if[0].startswith("@")]
    return made | ({"allOf": conditions} if conditions else {})


def _always(field: Field) -> bool:
    """Whether it is in every request: `yes` is false and `choices` and `lines` are empty where nothing was said."""
    return field.only_if is None and (field.required or field.kind in {"choices", "yes"})


def _condition(field: Field) -> Schema:
    """A question that hangs on another: there with some of its answers, and never with others."""
    other, words = field.only_if or ("", ())
    given = {"properties": {other: {"enum": sorted(words)}}, "required": [other]}
    absent = {"not": {"required": [field.name]}}
    return {"if": given, "then": {"required": [field.name]} if field.required else {}, "else": absent}


def _answer(field: Field) -> Schema:
    kinds: dict[str, Schema] = {
        "choice": {"enum": sorted(field.choices)},
        "choices": {
            "type": "array",
            "items": {"enum": sorted(field.choices)},
            "uniqueItems": True,
            "minItems": 1 if field.required else 0,
        },
        "number": {"type": "integer", "minimum": field.least, "maximum": field.most},
        "date": _ref("day"),
        "text": _text(field.longest),
        "lines": {"type": "array", "items": _text(LONGEST_LINE), "maxItems": field.most},
        "yes": {"const": True} if field.required else {"type": "boolean"},
    }
    return kinds[field.kind]


def _definitions() -> Schema:
    receipt = {
        "log_id": _pattern("^[0-9a-f]{32}$"),
        "sequence": {"type": "integer", "minimum": 1},
        "record_hash": _pattern(_HEX_64),
    }
    source = {"card": {"enum": _CARDS}, "pins": {"type": "array", "items": _text(32)}}
    date_read = {
        "iso": {"anyOf": [_ref("day"), {"type": "null"}]},
        "source": _text(16),
        "unknown": {"type": "array", "items": _text(16)},
    }
    text_item = _object(
        {
            "item": {"enum": sorted(set(ITEMS) - {"birth_date"})},
            "source": _ref("source"),
            "text": {"anyOf": [_text(1000), {"type": "null"}]},
        }
    )
    date_item = _object({"item": {"const": "birth_date"}, "source": _ref("source"), "date": _object(date_read)})
    items = {
        "type": "array",
        "minItems": len(ITEMS),
        "maxItems": len(ITEMS),
        "items": {"oneOf": [text_item, date_item]},
    }
    return {
        "time": _pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"),
        "day": _pattern("^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
        "receipt": _object(receipt),
        "source": _object(source),
        "applicant": _object({"read_at": _ref("time"), "items": items, "receipt": _ref("receipt")}),
        "certificate": _certificate(),
        **{f"findings_{code}": made for code, made in _FINDINGS.items()},
    }


def _certificate() -> Schema:
    moment = {"anyOf": [_ref("time"), {"type": "null"}]}
    match = {"enum": ["differs", "not_said", "same"]}
    return _object(
        {
            "key": {"enum": ["authentication", "signature"]},
            "readable": {"type": "boolean"},
            "fingerprint": _pattern(_HEX_64),
            "not_before": moment,
            "not_after": moment,
            "result": {"enum": _RESULTS},
            "matches": _object(dict.fromkeys(ITEMS, match)),
            "receipt": _ref("receipt"),
        }
    )


def _object(members: Schema, *, required: Any = None) -> Schema:
    needed = sorted(members if required is None else required)
    made = {"type": "object", "properties": members, "additionalProperties": False}
    return made | ({"required": needed} if needed else {})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _pattern(pattern: str) -> Schema:
    return {"type": "string", "pattern": pattern}


def _text(longest: int) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": longest}


_OF_AGE: Final = {
    "years": {"type": "integer"},
    "day": _ref("day"),
    "by": {"enum": ["card", "proof"]},
    "age": {"type": "integer", "minimum": 0},
}
_FINDINGS: Final[Schema] = {
    "move_in": _object({"special_until": _ref("day"), "in_time": {"type": "boolean"}}),
    "move_out": _object({"special_until": _ref("day")}, required=()),
    "resident_code": _object({"of_age": _object(_OF_AGE, required=("years", "day", "by"))}, required=()),
}
"""What `findings` of a procedure gives."""


def main() -> None:
    """Write it."""
    sys.stdout.write(json.dumps(schema(), ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
