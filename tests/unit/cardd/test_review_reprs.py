"""Whatever can hold a PIN or what a card told has no text of it: not in repr, not in str (requirements P6, P7).

Every dataclass and every message of the daemon is walked, so that a new one cannot be forgotten.
"""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

import cardd
import certs
from cardd.cards.card_type import DateValue
from cardd.model import CardKind
from cardd.register import Operator
from cardd.wire.base import Answer, WireModel

CANARY = "c4n4ry19800101"
HARMLESS = {
    "_Entry.params": "hash of an order",
    "Anchor.der": "a certificate of an authority",
    "CardInserted.atr": "what a card says before anybody asks, no person in it",
    "CardEntry.atr": "as above",
    "Sighting.atr": "as above",
    "Atr.historical": "as above",
    "Record.before": "hash of a record",
    "Record.hash": "hash of a record",
    "Record.json": "a record, which holds no such thing",
    "Last.hash": "hash of a record",
    "NamedKey.key_id": "of a public key",
    "NamedKey.public": "a public key",
    "SegmentHeader.log_id": "random",
    "SegmentHeader.before": "hash of a record",
    "Tail.log_id": "random",
    "Tail.last_hash": "hash of a record",
    "Tail.torn": "part of a record",
    "Head.root": "hash of the tree",
    "Head.chain": "hash of a record",
    "HeadMark.root": "hash of the tree",
    "Mark.root": "hash of the tree",
    "Mark.chain": "hash of a record",
    "Note.root": "hash of the tree",
    "Note.chain": "hash of a record",
    "Log.root": "hash of the tree",
    "Written.root": "hash of the tree over exported lines",
    "Ground.peaks": "hashes of the tree",
    "NextKey.inclusion": "hashes of the tree",
    "Submission.proof": "hashes of the tree",
    "Proof.leaf": "hash of a record",
    "Proof.inclusion": "hashes of the tree",
    "Position.last_hash": "hash of a record",
    "Span.log_id": "random",
    "Span.before": "hash of a record",
    "Span.last_hash": "hash of a record",
    "_Batch.leaves": "hashes of records",
    "_State.last_hash": "hash of a record",
    "Cut.keys": "records that name keys of the log",
    "Recovery.seal": "a public key",
    "Known.public": "a public key",
    "Outside.public": "a public key",
    "VerifierKey.public": "a public key",
    "Signature.key_id": "part of the hash of a public key",
    "Signature.octets": "a signature over a head",
    "Note.text": "a head: numbers, hashes, a time",
    "Note.signatures": "signatures over a head",
    "Note.octets": "a head with its signatures",
    "Export.note": "the same over exported lines",
    "Conflict.had": "a head",
    "Conflict.came": "a head",
    "Answer.body": "what a witness says: cosignatures, a size, a word",
    "_Witness.seen": "a cosigned head",
}


def modules() -> Iterator[ModuleType]:
    for package in (cardd, certs):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                yield importlib.import_module(found.name)


def classes() -> Iterator[type[Any]]:
    seen: set[type] = set()
    for module in modules():
        for each in vars(module).values():
            if isinstance(each, type) and each.__module__ == module.__name__ and each not in seen:
                seen.add(each)
                yield each


def holds_octets(annotation: object) -> bool:
    return ("bytes" in str(annotation) or "bytearray" in str(annotation)) and "Callable" not in str(annotation)


DATACLASSES = sorted((each for each in classes() if is_dataclass(each)), key=lambda each: each.__qualname__)
MESSAGES = sorted(
    (each for each in classes() if issubclass(each, WireModel | Answer) and each not in (WireModel, Answer)),
    key=lambda each: (each.__module__, each.__name__),
)


def filled(kind: type[Any]) -> object:
    """One with the canary wherever data can lie; built past its own checks."""
    one = object.__new__(kind)
    for field in fields(kind):
        plain = {"receipt": AnyReceipt(), "kind": CardKind.JUKI}.get(field.name, CANARY)
        value = CANARY.encode() if holds_octets(field.type) else 1 if "int" in str(field.type) else plain
        object.__setattr__(one, field.name, value)
    return one


class AnyReceipt:
    """Stands for what a record's receipt says."""

    sequence = 1


@pytest.mark.proves("P6", "P7")
@pytest.mark.parametrize("kind", DATACLASSES, ids=lambda kind: kind.__qualname__)
def test_no_dataclass_shows_octets(kind: type[Any]) -> None:
    if not kind.__dataclass_params__.repr:
        assert CANARY not in repr(filled(kind))  # it writes its own, or has none
        return
    shown = {f"{kind.__name__}.{field.name}" for field in fields(kind) if holds_octets(field.type) and field.repr}
    assert shown <= HARMLESS.keys()


@pytest.mark.proves("P7")
@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: f"{kind.__module__.rpartition('.')[2]}.{kind.__name__}")
def test_no_message_shows_what_it_carries(kind: type[BaseModel]) -> None:
    one = kind.model_construct(**dict.fromkeys(kind.model_fields, CANARY))  # type: ignore[arg-type]
    assert CANARY not in f"{one!r} {one} {[one]}"


@pytest.mark.proves("P7")
def test_what_was_read_has_no_text() -> None:
    assert CANARY not in repr(DateValue(CANARY, CANARY))
    assert CANARY not in str(Operator(id="sato", name=CANARY, role="clerk"))
