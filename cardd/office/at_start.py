"""The files of the office as the daemon finds them at its start: what was put in force before, else what the settings name.

A file that is in force here was judged when it arrived, under the rules of that day; at start its signatures must still hold, as of
the time of signing. Files that the settings name and that were never in force here are a beginning: they are judged under
themselves, and the record says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cardd.config import Settings
from cardd.japan_time import day_of
from cardd.office import contents as office_contents
from cardd.office.block_list import Blocks
from cardd.office.contents import Contents, Kind, foreign_roles
from cardd.office.files import Folders, Pair, Untrusted, read_pair
from cardd.office.persons import Refused, check_two_badges, two_administrators
from cardd.office.signature_check import Checked, Job, SignedBy, check
from cardd.office.signed_limits import CLOCKS_DIFFER
from cardd.office.words import sentence
from cardd.policy.rules import Policy
from cardd.register import Operator, Register
from cardd.tomlfile import BrokenFile


@dataclass(frozen=True, slots=True)
class Found:
    """One file to start with."""

    kind: Kind
    path: Path
    pair: Pair
    contents: Contents
    beginning: bool
    """Not in force here before."""
    signers: tuple[SignedBy, ...]

    @property
    def version(self) -> int:
        return office_contents.version_of(self.contents)


@dataclass(frozen=True, slots=True)
class AtStart:
    """What the daemon starts with. `problems`: a sentence for each thing that is wrong; then it must not start."""

    files: Mapping[Kind, Found] = field(repr=False)
    problems: tuple[str, ...] = ()
    persons: Mapping[Kind, tuple[Operator, ...]] = field(default_factory=dict, repr=False)
    """Who signed those that were not in force here before."""

    @property
    def policy(self) -> Policy:
        """Raises `KeyError` where there are problems."""
        found = self.files[Kind.POLICY].contents
        assert isinstance(found, Policy)
        return found

    @property
    def register(self) -> Register:
        """As `policy`."""
        found = self.files[Kind.REGISTER].contents
        assert isinstance(found, Register)
        return found

    @property
    def blocks(self) -> Blocks | None:
        """The block list, where there is one."""
        if Kind.BLOCK_LIST not in self.files:
            return None
        found = self.files[Kind.BLOCK_LIST].contents
        assert isinstance(found, Blocks)
        return found


def seed_paths(settings: Settings) -> dict[Kind, Path]:
    """Where the settings say that files lie."""
    paths = {Kind.POLICY: settings.policy, Kind.REGISTER: settings.register_file}
    return paths if settings.block_list is None else {**paths, Kind.BLOCK_LIST: settings.block_list}


def load(settings: Settings, now: datetime) -> AtStart:
    """Read and judge them; nothing is changed on the disk. `now`: aware. Takes 0.3 s more where something is signed."""
    test = settings.mode == "test"
    problems: list[str] = []
    read = [each for kind in Kind if (each := _read(kind, settings, problems)) is not None]
    jobs = [Job(each.pair.content, each.pair.signatures, now if each.beginning else None) for each in read]
    signed = [number for number, each in enumerate(read) if each.pair.signatures]
    checked = dict(zip(signed, check([jobs[n] for n in signed], settings.operator_ca, test=test), strict=True))
    files: dict[Kind, Found] = {}
    for number, each in enumerate(read):
        found = _found(each, checked.get(number), problems, test=test)
        if found is not None:
            files[each.kind] = found
    start = AtStart(files, tuple(problems))
    return start if problems else _together(start, now)


@dataclass(frozen=True, slots=True)
class _Read:
    kind: Kind
    path: Path
    pair: Pair
    beginning: bool


def _read(kind: Kind, settings: Settings, problems: list[str]) -> _Read | None:
    folders = Folders(settings.state_directory)
    seed = seed_paths(settings).get(kind)
    try:
        kept = folders.in_force(kind)
        if kept is not None:
            return _Read(kind, folders.office / kind.file_name, kept, beginning=False)
        pair = None if seed is None else read_pair(seed, links=True)
    except Untrusted as error:
        problems.append(error.detail)
        return None
    if seed is None:
        return None
    if pair is None:
        problems.append(f"{seed}: cannot be read (there is no such file)")
        return None
    return _Read(kind, seed, pair, beginning=True)


def _found(read: _Read, checked: Checked | None, problems: list[str], *, test: bool) -> Found | None:
    if checked is None and not test:
        problems.append(f"{read.path} {sentence('unsigned')}")
        return None
    if checked is not None and checked.problem is not None:
        problems.append(_told(read.path, checked.problem, checked.detail))
        return None
    try:
        if checked is not None:
            check_two_badges(checked.signers)
        contents = office_contents.read(read.kind, read.pair.content, str(read.path))
    except Refused as error:
        problems.append(_told(read.path, error.problem, *error.details))
        return None
    except BrokenFile as error:
        problems += [str(problem) for problem in error.problems]
        return None
    return Found(read.kind, read.path, read.pair, contents, read.beginning, checked.signers if checked else ())


def _together(start: AtStart, now: datetime) -> AtStart:
    """What is wrong between files that each are good; and who signed a beginning."""
    problems: list[str] = []
    persons: dict[Kind, tuple[Operator, ...]] = {}
    beginning = [each for each in start.files.values() if each.beginning]
    if any(each.kind is not Kind.BLOCK_LIST for each in beginning):
        path = start.files[Kind.REGISTER].path
        problems += [f"{path}: {told}" for told in foreign_roles(start.register, start.policy)]
    for each in beginning:
        if each.signers:
            try:
                persons[each.kind] = two_administrators(each.signers, start.register, start.policy, day_of(now))
            except Refused as error:
                problems.append(_told(each.path, error.problem, *error.details))
        if isinstance(each.contents, Blocks) and each.contents.issued > now + CLOCKS_DIFFER:
            problems.append(_told(each.path, "issued_in_future"))
    return replace(start, problems=tuple(problems), persons=persons)


def later_problems(settings: Settings, start: AtStart) -> list[str]:
    """What is wrong with files of the settings though others are in force: for `--check-config`. Signatures are not looked at."""
    problems: list[str] = []
    for kind, path in seed_paths(settings).items():
        found = start.files.get(kind)
        if found is None or found.beginning:
            continue
        try:
            pair = read_pair(path, links=True)
            contents = None if pair is None else office_contents.read(kind, pair.content, str(path))
        except Untrusted as error:
            problems.append(error.detail)
        except BrokenFile as error:
            problems += [str(problem) for problem in error.problems]
        else:
            same = contents is not None and office_contents.version_of(contents) == found.version
            if pair is not None and same and pair.hash != found.pair.hash:
                problems.append(_told(path, "same_version"))
    return problems


def _told(path: Path, problem: str, *details: str) -> str:
    more = "; ".join(detail for detail in details if detail)
    return f"{path} {sentence(problem)}" + (f" ({more})" if more else "")
