"""The request: one JSON object in canonical form (RFC 8785), and what is put beside it. Schema: docs/schemas/request-1.schema.json."""

from __future__ import annotations

import hashlib
import io
import secrets
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

FORM: Final = "cardd-request"
VERSION: Final = 1
ID_BYTES: Final = 16
_ZIP_DAY: Final = (1980, 1, 1, 0, 0, 0)
"""Of all members: the time stands in the request, where it is signed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A request before it is signed. `octets`: canonical JSON, UTF-8; exactly these are signed."""

    name: str
    content: Mapping[str, Any] = field(repr=False)
    octets: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.octets).hexdigest()


def now() -> str:
    """RFC 3339, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def make(content: Mapping[str, Any]) -> Made:
    """Number it and write it canonically. The name says kind, time and number, and nothing of a person."""
    import rfc8785  # noqa: PLC0415  # with the first request

    number = secrets.token_hex(ID_BYTES)
    whole = {"form": FORM, "version": VERSION, "id": number, "made_at": now(), **content}
    stamp = whole["made_at"].replace("-", "").replace(":", "")
    return Made(f"{content['kind']}-{stamp}-{number[:8]}.json", whole, rfc8785.dumps(whole))


def applicant(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Who was read, each item with where it comes from."""
    pins = list(reading["pins_used"])
    source = {"card": reading["kind"], "pins": pins}
    rows = [
        {"item": row["item"], "source": source}
        | ({"text": row["text"]} if row["date"] is None else {"date": row["date"]})
        for row in reading["items"]
    ]
    return {"read_at": reading["at"], "items": rows, "receipt": reading["receipt"]}


def bundle(made: Made, signature: bytes) -> bytes:
    """Both files in one ZIP, uncompressed, for one download. `signature`: CAdES, detached, DER."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_STORED) as packed:
        for name, content in ((made.name, made.octets), (f"{made.name}.p7s", signature)):
            member = zipfile.ZipInfo(name, _ZIP_DAY)
            member.external_attr = 0o640 << 16
            packed.writestr(member, content)
    return octets.getvalue()
