"""Whether a new file may take the place of the one in force: version, signatures, persons, contents. Nothing is written here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cardd.japan_time import day_of
from cardd.office import contents as office_contents
from cardd.office.block_list import Blocks
from cardd.office.contents import Contents, Kind, foreign_roles
from cardd.office.files import Pair
from cardd.office.persons import Refused, signing_persons, two_administrators
from cardd.office.signature_check import Checked, Job, check
from cardd.office.signed_limits import CLOCKS_DIFFER
from cardd.policy.rules import Policy
from cardd.register import Operator, Register
from cardd.state.versions import HIGHEST_VERSION
from cardd.tomlfile import BrokenFile

ENOUGH = 2
"""Fewer persons than this could never sign a next file."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A new file as it was read. `incoming`: in the folder of that name; else it is the one that the settings name."""

    kind: Kind
    path: Path
    pair: Pair
    incoming: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """What is known of a new file without asking who may sign. `refused`: why it cannot be used."""

    arrived: Arrived
    contents: Contents | None = None
    checked: Checked | None = None
    """None: unsigned, which mode test allows."""
    refused: Refused | None = None

    @property
    def version(self) -> int | None:
        return None if self.contents is None else office_contents.version_of(self.contents)


@dataclass(frozen=True, slots=True)
class Rules:
    """Under what new files are judged: what was in force before any of them."""

    policy: Policy
    register: Register
    """With what was enrolled and blocked here."""
    versions: Mapping[Kind, tuple[int, str]]
    """Version and hash in force."""
    now: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """A new file that may be put in force. `signers`: empty where it is unsigned."""

    contents: Contents
    version: int
    signers: tuple[Operator, ...]


def examine(
    arrived: Sequence[Arrived], authorities: Sequence[Path], now: datetime, *, test: bool
) -> tuple[Examined, ...]:
    """Check signatures and read contents; blocks, and is done on a thread. What is not signed is not read in production."""
    signed = [each for each in arrived if each.pair.signatures]
    jobs = [Job(each.pair.content, each.pair.signatures, now) for each in signed]
    checked = dict(zip((each.kind for each in signed), check(jobs, authorities, test=test), strict=True))
    return tuple(_examine(each, checked.get(each.kind), test=test) for each in arrived)


def _examine(arrived: Arrived, checked: Checked | None, *, test: bool) -> Examined:
    if checked is None and not test:
        return Examined(arrived, refused=Refused("unsigned"))
    if checked is not None and checked.problem is not None:
        details = (checked.detail,) if checked.detail else ()
        return Examined(arrived, checked=checked, refused=Refused(checked.problem, *details))
    try:
        contents = office_contents.read(arrived.kind, arrived.pair.content, arrived.kind.file_name)
    except BrokenFile as error:
        return Examined(arrived, refused=Refused("broken", *(str(problem) for problem in error.problems)))
    return Examined(arrived, contents, checked)


def judge(examined: Examined, rules: Rules, policy_now: Policy) -> Judged:
    """Ask who signed, and whether the version rises. `policy_now`: in force by now, for the roles of a register that came with it.

    Raises `Refused`.
    """
    if examined.refused is not None:
        raise examined.refused
    assert examined.contents is not None
    version = office_contents.version_of(examined.contents)
    _check_version(examined.arrived, version, rules)
    signers: tuple[Operator, ...] = ()
    if examined.checked is not None:
        signers = two_administrators(examined.checked.signers, rules.register, rules.policy, day_of(rules.now))
    _check_contents(examined.contents, rules, policy_now)
    return Judged(examined.contents, version, signers)


def _check_version(arrived: Arrived, version: int, rules: Rules) -> None:
    if version > HIGHEST_VERSION:
        raise Refused("version_too_high")
    if arrived.kind not in rules.versions:
        return
    known, file_hash = rules.versions[arrived.kind]
    if version < known:
        raise Refused("rolled_back", f"version {version} was put there, version {known} is in force")
    if version == known and arrived.pair.hash != file_hash:
        raise Refused("same_version", f"version {known} is in force with another content")


def _check_contents(contents: Contents, rules: Rules, policy_now: Policy) -> None:
    if isinstance(contents, Blocks) and contents.issued > rules.now + CLOCKS_DIFFER:
        raise Refused("issued_in_future")
    if isinstance(contents, Register):
        missing = foreign_roles(contents, policy_now)
        if missing:
            raise Refused("role_missing", *missing)


def warnings(
    contents: Contents, policy: Policy, register: Register, enrolled: Collection[str], now: datetime
) -> tuple[str, ...]:
    """What somebody should know of a file that was put in force, a sentence each. `policy`, `register`: in force with it;
    `enrolled`: ids of operators whose badges were made at this machine."""
    told: list[str] = []
    if isinstance(contents, Policy):
        told += foreign_roles(register, policy)
    if isinstance(contents, Register):
        known = {operator.id for operator in contents.operators}
        told += [
            f"operator `{each}` has a badge of this machine and is missing here"
            for each in sorted(set(enrolled) - known)
        ]
    if not isinstance(contents, Blocks) and signing_persons(register, policy, day_of(now)) < ENOUGH:
        told.append("fewer than two persons have the right `office_files`: nobody could sign the next file")
    return tuple(told)
