"""From the bytes of a policy file to a `Policy`, or to errors that name line and key."""

import hashlib
from pathlib import Path

from cardd.policy.agreement import disagreements
from cardd.policy.rules import Policy, cell_count, index
from cardd.policy.table import PolicyTable
from cardd.tomlfile import BrokenFile, KeyPath, Layout, Problem, parse, read_bytes

MOST_CELLS = 200_000
"""Role × purpose × operation × item × card × client. Our choice: four hundred times the shipped policy.

Measured with a hundred times the shipped one (48,100 cells): 0.4 s to load, 7.3 MiB in memory; `./dev bench --only policy`.
"""


def load(path: Path) -> Policy:
    """Raises `BrokenFile`."""
    return from_bytes(read_bytes(path), str(path))


def from_bytes(content: bytes, name: str = "policy") -> Policy:
    """`content`: TOML, UTF-8. Raises `BrokenFile`."""
    table = parse(PolicyTable, content, name)
    layout = Layout(content.decode("utf-8"))
    problems = [layout.problem(name, what, key) for key, what in disagreements(table)]
    if problems:
        raise BrokenFile(problems)
    cells = sum(cell_count(row) for row in table.rows)
    if cells > MOST_CELLS:
        raise BrokenFile([Problem(name, f"allows {cells} single cells, more than {MOST_CELLS}", "rows")])
    return index(table, hashlib.sha256(content).hexdigest(), _lines(table, layout))


def _lines(table: PolicyTable, layout: Layout) -> dict[str, int]:
    """The line of each role, purpose and row, by `role:CODE`, `purpose:CODE`, `row:ID`."""
    names: list[tuple[KeyPath, str]] = [
        (("roles", place), f"role:{role.code}") for place, role in enumerate(table.roles)
    ]
    names += [(("purposes", place), f"purpose:{purpose.code}") for place, purpose in enumerate(table.purposes)]
    names += [(("rows", place), f"row:{row.id}") for place, row in enumerate(table.rows)]
    return {name: line for path, name in names if (line := layout.line(path)) is not None}
