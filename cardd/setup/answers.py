"""Answers to the questions of the set-up, from a TOML file instead of a person at the terminal. PINs never stand here."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cardd.config import TerminalWord, User
from cardd.register import DisplayName, OperatorId
from cardd.tomlfile import TomlModel, parse, read_bytes


class Person(TomlModel):
    """One administrator."""

    id: OperatorId
    name: DisplayName


class Answers(TomlModel):
    """All that may be asked, but secrets. What is left out has the default that the question shows, where it shows one."""

    mode: Literal["production", "test"] | None = None
    terminal: TerminalWord | None = None
    users: tuple[User, ...] | None = None
    office: str | None = None
    ca_name: str | None = None
    administrators: Annotated[tuple[Person, ...], Field(max_length=2)] = ()


def load(path: Path) -> Answers:
    """Raises `BrokenFile`."""
    return parse(Answers, read_bytes(path), str(path))
