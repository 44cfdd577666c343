"""The check of every chain in the database, by the same verifier that checks a log directory, in a process of its own."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cardd.fleet.database import Link
from cardd.fleet.rebuilt import write_cosigned, write_log
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


@dataclass(frozen=True, slots=True)
class Brought:
    """What an auditor brings along from elsewhere. `keys`: log id to first key; None: those of the enrolment count, which whoever runs
    the database could have exchanged. `witnesses`: verifier keys of those who must have signed heads of each log.
    """

    keys: Mapping[str, str] | None = None
    witnesses: tuple[str, ...] = ()

    def key_of(self, each: Enrolled) -> str | None:
        """The first key of this log."""
        return each.first_key if self.keys is None else self.keys.get(each.log_id)


NOTHING = Brought()


def check(link: Link, each: Enrolled, work: Path, brought: Brought = NOTHING) -> Checked:
    """Write one log out below `work`, let the verifier look at it, and remove it. Raises `FleetProblem`, `OSError`."""
    with tempfile.TemporaryDirectory(prefix="cardd-fleet-", dir=work) as folder:
        return check_in(link, each, Path(folder), brought)


def check_in(link: Link, each: Enrolled, folder: Path, brought: Brought = NOTHING) -> Checked:
    """The same, and the log stays: its directory is `folder / "log"`, heads that witnesses signed are in `folder / "cosigned"`.

    `folder` must be empty. Raises `FleetProblem`, `OSError`.
    """
    directory = folder / "log"
    directory.mkdir()
    records = write_log(link, each.log_id, each.office, directory)
    verification = verify(
        directory,
        Terminal(each.terminal, each.log_id),
        now_us(),
        brought.key_of(each),
        without_previous=True,  # the log that this one goes on from has a check of its own, where it was enrolled
        anchors=write_cosigned(link, each.log_id, folder / "cosigned"),
        witnesses=brought.witnesses,
    )
    return Checked(each, records, verification)


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
