"""Vectors: exchanges as data (given, exchange, then), loaded from YAML and run against any card that can be looked into."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from applets_spec.card import Card

DEFAULT_CARD = "my_number"
ACTIONS = ("power_on", "power_off", "reset", "save_and_load")

MakeCard = Callable[[str, Mapping[str, Any]], Card]
"""Gives a fresh card without power: name of the card, switches that differ from its defaults."""


class VectorError(Exception):
    """A vector file says something that is not understood."""


class VectorFailed(AssertionError):
    """The card did not do what the vector says. The text names vector, step, what was expected and what came."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command and what must come back, or one action on the card.

    `data`: exactly these bytes; `begins`: first bytes; `length`: number of bytes. None of them: no data must come.
    """

    send: bytes | None = None
    do: str | None = None
    sw: int = 0x9000
    data: bytes | None = None
    begins: bytes | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Vector:
    """One exchange: the clauses it shows, the card and its switches, tries left at the start, steps, state afterwards."""

    id: str
    clauses: tuple[str, ...]
    card: str
    variants: Mapping[str, Any]
    tries: Mapping[str, int]
    given: tuple[Step, ...]
    exchange: tuple[Step, ...]
    then: Mapping[str, Mapping[str, str]]


def vector_files() -> list[Traversable]:
    """All vector files of the package: `<applet>/vectors/*.yaml`."""
    folders = [room.joinpath("vectors") for room in resources.files("applets_spec").iterdir() if room.is_dir()]
    found = [file for folder in folders if folder.is_dir() for file in folder.iterdir()]
    return sorted((file for file in found if file.name.endswith(".yaml")), key=str)


def load_vectors() -> Iterator[Vector]:
    """All vectors of the package. Raises `VectorError`."""
    for file in vector_files():
        # BaseLoader: every scalar stays text, or `00200080` would become a number.
        entries = yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506
        for entry in entries:
            yield _vector(entry)


def _vector(entry: dict[str, Any]) -> Vector:
    given = dict(entry.pop("given", {}))
    vector = Vector(
        id=entry.pop("id"),
        clauses=tuple(word.strip() for word in entry.pop("clause").split(",")),
        card=given.pop("card", DEFAULT_CARD),
        variants={name: _switch(value) for name, value in given.pop("variants", {}).items()},
        tries={name: int(value) for name, value in given.pop("tries", {}).items()},
        given=tuple(_step(step) for step in given.pop("steps", [])),
        exchange=tuple(_step(step) for step in entry.pop("exchange")),
        then=entry.pop("then", {}),
    )
    if entry or given:
        raise VectorError(f"{vector.id}: unknown words {', '.join([*entry, *given])}")
    return vector


def _switch(value: str) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _step(entry: dict[str, str]) -> Step:
    if unknown := entry.keys() - set(Step.__dataclass_fields__):
        raise VectorError(f"unknown words in a step: {', '.join(unknown)}")
    if ("send" in entry) == ("do" in entry) or entry.get("do", ACTIONS[0]) not in ACTIONS:
        raise VectorError(f"a step sends a command or does one of {', '.join(ACTIONS)}")
    return Step(
        send=_hex(entry, "send"),
        do=entry.get("do"),
        sw=int(entry.get("sw", "9000"), 16),
        data=_hex(entry, "data"),
        begins=_hex(entry, "begins"),
        length=int(entry["length"]) if "length" in entry else None,
    )


def _hex(entry: dict[str, str], word: str) -> bytes | None:
    return bytes.fromhex(entry[word]) if word in entry else None


def run(vector: Vector, make_card: MakeCard) -> None:
    """Make the card, put it into the given state, go through the exchange, look at the state. Raises `VectorFailed`."""
    card = make_card(vector.card, vector.variants)
    for name, tries in vector.tries.items():
        card.references()[name].tries = tries
    card.power_on()
    for place, steps in (("given", vector.given), ("exchange", vector.exchange)):
        for number, step in enumerate(steps, 1):
            card = _take(card, step, f"{vector.id}, {place} {number}")
    _compare_state(card, vector)


def _take(card: Card, step: Step, where: str) -> Card:
    if step.send is not None:
        _compare_answer(card.transmit(step.send), step, where)
    elif step.do == "power_on":
        card.power_on()
    elif step.do == "power_off":
        card.power_off()
    elif step.do == "reset":
        card.reset()
    else:
        card = type(card).from_state(card.to_state())
        card.power_on()
    return card


def _compare_answer(answer: bytes, step: Step, where: str) -> None:
    data, sw = answer[:-2], int.from_bytes(answer[-2:])
    if sw != step.sw:
        raise VectorFailed(f"{where}: SW {step.sw:04X} expected, {sw:04X} came")
    if step.data is not None and data != step.data:
        raise VectorFailed(f"{where}: data {step.data.hex()} expected, {data.hex()} came")
    if step.begins is not None and not data.startswith(step.begins):
        raise VectorFailed(f"{where}: data beginning {step.begins.hex()} expected, {data[:16].hex()} came")
    if step.length is not None and len(data) != step.length:
        raise VectorFailed(f"{where}: {step.length} bytes expected, {len(data)} came")
    if data and (step.data, step.begins, step.length) == (None, None, None):
        raise VectorFailed(f"{where}: no data expected, {len(data)} bytes came")


def _compare_state(card: Card, vector: Vector) -> None:
    for name, expected in vector.then.items():
        pin = card.references()[name]
        state = {"tries": str(pin.tries), "verified": str(pin.verified).lower()}
        if wrong := {word: state.get(word) for word, value in expected.items() if state.get(word) != value}:
            raise VectorFailed(f"{vector.id}, then {name}: {dict(expected)} expected, {wrong} is")
