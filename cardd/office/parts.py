"""What the files of the office are judged by, who is told of them, and what is said of one that was looked at."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.records import StateRecord
from cardd.in_force import InForce
from cardd.office.block_list import BlockList, Blocks
from cardd.office.contents import Contents, Kind
from cardd.office.files import Folders
from cardd.policy.rules import Policy
from cardd.ports import Clock, Publish
from cardd.register import Operator, Register
from cardd.state.versions import Versions


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file."""

    kind: Kind
    outcome: Literal["in_force", "refused", "unchanged"]
    version: int | None
    problem: str | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfficeParts:
    """Everything that is asked and told."""

    folders: Folders
    seeds: Mapping[Kind, Path]
    """Files that the settings name."""
    authorities: tuple[Path, ...]
    """The operator CA, PEM."""
    test: bool
    """Mode test: unsigned files count too."""
    in_force: InForce
    versions: Versions
    enrolled: Callable[[], Collection[str]]
    """Ids of operators whose badges were made at this machine."""
    block_list: BlockList
    journal: AsyncJournal
    publish: Publish
    clock: Clock

    def put(self, contents: Contents) -> None:
        """From now on this is in force."""
        match contents:
            case Policy():
                self.in_force.put_policy(contents)
            case Register():
                self.in_force.put_register(contents)
            case Blocks():
                self.block_list.put(contents.issued)
                self.in_force.put_block_list(contents.marks)

    async def record(
        self,
        event: str,
        kind: Kind,
        version: int | None,
        content: str | None,
        *,
        signers: Sequence[Operator] = (),
        code: str | None = None,
        problem: str | None = None,
    ) -> None:
        """Put on record what becomes of a file; durable when this returns. `content`: its SHA-256. Raises `AuditUnavailable`."""
        first, second = [*(operator.id for operator in signers), None, None][:2]
        puts_policy = kind is Kind.POLICY and code is None
        await self.journal.state(
            StateRecord(
                event=event,
                subject=f"{kind}:{version}" if version is not None else kind.value,
                content=content,
                policy=content if puts_policy else self.in_force.policy.hash,
                operator=first,
                approver=second,
                code=code,
                problem=problem,
            )
        )
