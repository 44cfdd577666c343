"""From the bytes of a policy file to a `Policy`, or to errors that name line and key."""

import hashlib
from pathlib import Path

from cardd.policy.rules import Policy, index
from cardd.policy.table import PolicyTable, disagreements
from cardd.tomlfile import BrokenFile, Problem, line_of, parse, read_bytes, spell


def load(path: Path) -> Policy:
    """Raises `BrokenFile`."""
    return from_bytes(read_bytes(path), str(path))


def from_bytes(content: bytes, name: str = "policy") -> Policy:
    """`content`: TOML, UTF-8. Raises `BrokenFile`."""
    table = parse(PolicyTable, content, name)
    text = content.decode("utf-8")
    problems = [Problem(name, what, spell(key), line_of(text, key)) for key, what in disagreements(table)]
    if problems:
        raise BrokenFile(problems)
    return index(table, hashlib.sha256(content).hexdigest())
