"""The check of every chain in the database, by the same verifier that checks a log directory, in a process of its own."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cardd.fleet.database import Link
from cardd.fleet.rebuilt import write_log
from cardd.fleet.terminals import Enrolled
from cardd.report.data import Terminal, Verification
from cardd.report.source import now_us, verify


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of one log. `records`: how many were written out for the check."""

    enrolled: Enrolled
    records: int
    verification: Verification

    @property
    def is_whole(self) -> bool:
        return self.verification.state == "whole"


def check(link: Link, each: Enrolled, work: Path, *, keys: Mapping[str, str] | None = None) -> Checked:
    """Write one log out and let the verifier look at it. `keys`: log id to first key, as the auditor has them from elsewhere; without
    them the keys of the enrolment count, which whoever runs the database could have exchanged. Raises `FleetProblem`, `OSError`.
    """
    with tempfile.TemporaryDirectory(prefix="cardd-fleet-", dir=work) as folder:
        return check_in(link, each, Path(folder), keys=keys)


def check_in(link: Link, each: Enrolled, folder: Path, *, keys: Mapping[str, str] | None = None) -> Checked:
    """The same in a folder that stays; it must be empty. Raises `FleetProblem`, `OSError`."""
    records = write_log(link, each.log_id, each.office, folder)
    key = each.first_key if keys is None else keys.get(each.log_id)
    return Checked(each, records, verify(folder, Terminal(each.terminal, each.log_id), now_us(), key))


def read_keys(text: str) -> dict[str, str]:
    """The auditor's own list of first keys, one verifier key a line: log id to key. Raises `ValueError` with the number of a bad line."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        name = words.split("+")[0].split("/")
        if len(name) != 3 or name[0] != "cardd" or len(name[1]) != 32:
            raise ValueError(f"line {number} is no first key of a log")
        found[name[1]] = words
    return found


def whole(checks: Iterable[Checked]) -> bool:
    """Whether each of them is."""
    return all(each.is_whole for each in checks)
