"""A journal on a log that has lived for more than eight years, with heads and keys of each day, and a gate that says who is there."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.journal import Receipt
from cardd.audit.records import StateRecord
from cardd.errors import ApprovalRequired, CarddError, PolicyDenied
from cardd.gate.request import Request
from tests.fixtures.made_log import INTENT, RESULT, LogMaker, us_of
from tests.unit.cardd.audit.journals import START_US, journal, key_of

FIRST = us_of(2018, 4, 2, 1)
STEP_US = 7 * 86_400_000_000
READING = {
    "event": "card.read",
    "operation": "read",
    "operator": "sato",
    "role": "counter",
    "purpose": "passport",
}
BEFORE = date(2019, 11, 1)


def old_log(directory: Path, *, until_us: int = START_US - 3_600_000_000, segment_bytes: int = 60_000) -> Path:
    """A reading each week since April 2018; `until_us`: its end."""
    with LogMaker(directory, start_us=FIRST, segment_bytes=segment_bytes) as log:
        at = FIRST
        while (at := at + STEP_US) < until_us:
            intent = log.put(at, INTENT, READING)
            log.put(at + 1_000_000, RESULT, {"intent": intent, "result": "done"})
        log.put(until_us, 3, {"event": "daemon.stopped"})
        log.head("stop")
        seed = log.key.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()).hex()
        day = log.key.name.rpartition("/")[2]
        key_of(directory).write_text(f"cardd log key 1\n{log.log_id}\n{day}\n{seed}\n")
        key_of(directory).chmod(0o600)
    return directory


@dataclass
class Someone:
    """Whoever is logged in."""

    id: str = "kanri"

    @property
    def operator(self) -> "Someone":
        return self


@dataclass
class TwoPeopleGate:
    """Stands where `cardd.gate.gate.Gate` stands; writes what is noted into the real journal."""

    journal: AsyncJournal
    right: bool = True
    agreed: bool = True
    asked: list[Request] = field(default_factory=list)
    refused: list[tuple[str, str | None]] = field(default_factory=list)

    def session(self, _: object) -> Someone:
        return Someone()

    def has_right(self, *_: object) -> bool:
        return self.right

    def check_session(self, _: object) -> None:
        return None

    async def allow_by_two(self, request: Request) -> tuple[Someone, dict[str, Any]]:
        self.asked.append(request)
        if not self.right:
            raise PolicyDenied(rule="rights", problem="no_right")
        if not self.agreed:
            raise ApprovalRequired(approval="a-1")
        return Someone(), {"approval": "a-1", "approver": "kansa", "content": "c" * 64}

    async def refuse(self, _: Request, error: CarddError) -> None:
        self.refused.append((error.code, error.facts.problem))

    async def note(self, _: object, who: Someone, **more: Any) -> Receipt:
        return await self.journal.state(StateRecord(**{"event": "audit.cut", "operator": who.id, **more}))


def opened(directory: Path) -> AsyncJournal:
    """The journal as the daemon has it."""

    def broken(error: BaseException) -> None:
        raise AssertionError("the journal broke") from error

    return AsyncJournal(journal(directory, segment_bytes=60_000), directory, broken)
