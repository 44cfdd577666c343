"""An office whose files are exchanged, without a daemon: real folders, real state.db, and a record that is kept in a list."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cardd.audit.records import StateRecord
from cardd.config import Settings
from cardd.config import from_bytes as settings_from
from cardd.errors import AuditUnavailable
from cardd.in_force import InForce
from cardd.japan_time import utc
from cardd.office import at_start, judging, signature_check
from cardd.office.block_list import BlockList
from cardd.office.contents import Kind
from cardd.office.exchange import OfficeFiles
from cardd.office.files import Folders
from cardd.office.parts import OfficeParts, Outcome
from cardd.office.signature_check import Checked, Job
from cardd.state.badges import BadgeBook
from cardd.state.store import StateStore
from cardd.state.versions import Versions
from tests.fixtures.signed_office import Badge, Person, badge, policy, put, register, town
from tests.unit.cardd.state.house import TurnedClock, open_state


def check_here(jobs: Sequence[Job], authorities: Sequence[Path], *, test: bool) -> tuple[Checked, ...]:
    """What the child does, without a process for each."""
    order = signature_check.order_of(jobs, authorities, test=test)
    return tuple(signature_check.checked_of(answer) for answer in signature_check.answers(order))


@dataclass
class Journal:
    """Keeps what is put on record; fails when told."""

    records: list[StateRecord] = field(default_factory=list)
    fails: bool = False

    async def state(self, record: StateRecord) -> None:
        if self.fails:
            raise AuditUnavailable(problem="disk_full")
        self.records.append(record)

    def of(self, event: str) -> list[StateRecord]:
        return [record for record in self.records if record.event == event]


class Town:
    """Two administrators and a clerk, and a machine with their files. `start` reads them as the daemon does."""

    def __init__(self, folder: Path, *, mode: str = "production", more: str = "") -> None:
        self.folder = folder
        self.mode = mode
        self.more = more
        self.ann, self.ben = Person("ann", badge()), Person("ben", badge())
        self.cleo = Person("cleo", badge(), role="counter")
        self.people = [self.ann, self.ben, self.cleo]
        self.clock = TurnedClock(us=time.time_ns() // 1000)
        self.journal = Journal()
        self.told: list[tuple[str, str, Mapping[str, Any]]] = []
        self.enrolled: list[str] = []
        self.state = folder / "state"
        for each in (self.state, self.state / "incoming"):
            each.mkdir(exist_ok=True)
        (folder / "ca.pem").write_bytes(town().pem)
        self.store: StateStore | None = None

    @property
    def two(self) -> tuple[Badge, Badge]:
        return self.ann.badge, self.ben.badge

    @property
    def incoming(self) -> Path:
        return self.state / "incoming"

    @property
    def office(self) -> Path:
        return self.state / "office"

    @property
    def settings(self) -> Settings:
        return settings_from(
            (
                f'mode = "{self.mode}"\nterminal = "t"\nstate_directory = "{self.state}"\n'
                f'policy = "{self.folder / "policy.toml"}"\nregister = "{self.folder / "register.toml"}"\n'
                f'operator_ca = ["{self.folder / "ca.pem"}"]\n{self.more}\n[[clients]]\nname = "a"\nusers = [0]\n'
            ).encode()
        )

    def seed(self, *signers: Badge) -> None:
        """The files that the settings name, version 1."""
        put(self.folder / "policy.toml", policy(), *signers)
        put(self.folder / "register.toml", register(*self.people), *signers)

    def arrive(self, kind: str, content: bytes, *signers: Badge) -> Path:
        """A new file in `incoming`."""
        put(self.incoming / f"{kind}.toml", content, *signers)
        return self.incoming / f"{kind}.toml"

    def read(self) -> at_start.AtStart:
        return at_start.load(self.settings, utc(self.clock.utc_us()))

    async def start(self) -> OfficeFiles:
        """As the daemon does; a state.db that was open is closed before."""
        start = self.read()
        assert start.problems == ()
        self.stop()
        self.store = open_state(self.state, self.clock)
        self.badges = BadgeBook(self.store)
        self.in_force = InForce(start.policy, start.register, self.badges)
        self.block_list = BlockList(self.clock)
        self.versions = Versions(self.store)
        self.parts = OfficeParts(
            Folders(self.state),
            at_start.seed_paths(self.settings),
            self.settings.operator_ca,
            self.mode == "test",
            self.in_force,
            self.versions,
            lambda: self.enrolled,
            self.block_list,
            self.journal,  # type: ignore[arg-type]
            lambda topic, change, facts: self.told.append((topic, change, facts)),
            self.clock,
        )
        self.files = OfficeFiles(self.parts)
        await self.files.begin(start)
        return self.files

    def stop(self) -> None:
        if self.store is not None:
            self.store.close()
            self.store = None

    async def look(self) -> Outcome:
        """What became of the one file that arrived."""
        (outcome,) = await self.files.look(at_once=True)
        return outcome

    def version(self, kind: Kind) -> int:
        known = self.versions.highest(kind)
        assert known is not None
        return known[0]

    def alarms(self) -> list[Mapping[str, Any]]:
        return [facts for topic, change, facts in self.told if (topic, change) == ("alarm", "office_file_refused")]


@contextmanager
def town_in(folder: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Iterator[Town]:
    """A town whose signatures are checked in this process."""
    for module in (judging, at_start):
        monkeypatch.setattr(module, "check", check_here)
    place = Town(folder, **more)
    try:
        yield place
    finally:
        place.stop()
