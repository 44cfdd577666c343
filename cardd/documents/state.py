"""What stands between prepare and finish, as bytes: one JSON form for every format, with a version.

It is neither secret nor signed. It may hold the document and its name: a server keeps it to itself, and does not let it go
through the browser of somebody who could change it.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document
from cardd.documents.model import Facts, Format, Order

VERSION = 1
_FORM = "cardd.documents"
_ORDER_FORMATS = ("cades_b", "pades_b", "raw")
_DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}

Value = bytes | str | int | bool | None | Sequence[bytes]


@dataclass(frozen=True, slots=True, repr=False)
class State:
    """What was read back. The rest is asked for by name and type; each raises `DocumentError("state_unreadable")`."""

    facts: Facts
    order: Order
    rest: Mapping[str, Any] = field(repr=False)

    def text(self, name: str) -> str:
        """A string."""
        value = self._at(name)
        if not isinstance(value, str):
            raise DocumentError("state_unreadable")
        return value

    def optional_text(self, name: str) -> str | None:
        """A string or nothing."""
        return None if self._at(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """A whole number."""
        value = self._at(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise DocumentError("state_unreadable")
        return value

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._at(name)
        if not isinstance(value, bool):
            raise DocumentError("state_unreadable")
        return value

    def octets(self, name: str) -> bytes:
        """Bytes."""
        return _unpacked(self._at(name))

    def optional_octets(self, name: str) -> bytes | None:
        """Bytes or nothing."""
        value = self._at(name)
        return None if value is None else _unpacked(value)

    def many_octets(self, name: str) -> tuple[bytes, ...]:
        """A list of byte strings."""
        value = self._at(name)
        if not isinstance(value, list):
            raise DocumentError("state_unreadable")
        return tuple(_unpacked(item) for item in value)

    def document(self, given: Document | None) -> Document | None:
        """What `kept_document` put there: where the document stands, or its bytes; `given` goes before."""
        path, kept = self.optional_text("path"), self.optional_octets("document")
        return given if given is not None else Path(path) if path is not None else kept

    def _at(self, name: str) -> Any:
        if name not in self.rest:
            raise DocumentError("state_unreadable")
        return self.rest[name]


def kept_document(document: Document | None, *, whole: bool) -> dict[str, Value]:
    """A file's place; of bytes all of them where `whole`, else nothing. A part of `rest` that `State.document` reads."""
    return {
        "path": str(document.absolute()) if isinstance(document, Path) else None,
        "document": document if whole and isinstance(document, bytes) else None,
    }


def dump_state(form: Format, facts: Facts, order: Order, rest: Mapping[str, Value]) -> bytes:
    """The state as JSON. `rest`: what the format needs besides."""
    whole = {
        "form": _FORM,
        "version": VERSION,
        "format": form.value,
        "facts": asdict(facts),
        "order": {
            "signature_format": order.signature_format,
            "hash_name": order.hash_name,
            "digest": _packed(order.digest),
        },
        "rest": {name: _packed(value) for name, value in rest.items()},
    }
    return json.dumps(whole).encode()  # ASCII: the path of a file need not be UTF-8


def load_state(octets: bytes, form: Format) -> State:
    """Read it back. Raises `DocumentError`: `state_unreadable`, `state_version`, `state_other_format`."""
    try:
        whole = json.loads(octets)
    except (ValueError, RecursionError):
        raise DocumentError("state_unreadable") from None
    if not isinstance(whole, dict) or whole.get("form") != _FORM:
        raise DocumentError("state_unreadable")
    if whole.get("version") != VERSION:
        raise DocumentError("state_version")
    if whole.get("format") != form.value:
        raise DocumentError("state_other_format")
    rest = whole.get("rest")
    if not isinstance(rest, dict):
        raise DocumentError("state_unreadable")
    return State(_facts(whole.get("facts")), _order(whole.get("order")), rest)


def _facts(found: Any) -> Facts:
    try:
        facts = Facts(**found)
    except TypeError:
        raise DocumentError("state_unreadable") from None
    texts = (facts.name, facts.media_type, facts.sha256)
    if not all(isinstance(text, str) for text in texts) or not _is_count(facts.size):
        raise DocumentError("state_unreadable")
    if facts.pages is not None and not _is_count(facts.pages):
        raise DocumentError("state_unreadable")
    return facts


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _order(found: Any) -> Order:
    if not isinstance(found, dict):
        raise DocumentError("state_unreadable")
    kind, hash_name = found.get("signature_format"), found.get("hash_name")
    digest = _unpacked(found.get("digest"))
    if kind not in _ORDER_FORMATS or not isinstance(hash_name, str) or _DIGEST_BYTES.get(hash_name) != len(digest):
        raise DocumentError("state_unreadable")
    return Order(kind, hash_name, digest)  # type: ignore[arg-type] # looked up in the tables above


def _packed(value: Value) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if value is None or isinstance(value, str | int):
        return value
    return [_packed(item) for item in value]


def _unpacked(value: Any) -> bytes:
    packed = value.get("base64") if isinstance(value, dict) else None
    if not isinstance(packed, str):
        raise DocumentError("state_unreadable")
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise DocumentError("state_unreadable") from None
