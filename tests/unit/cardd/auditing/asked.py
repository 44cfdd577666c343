"""A gate that says who is there, over a real record that is read along: for the questions of this folder."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cardd.audit.journal import Journal, Receipt
from cardd.audit.records import StateRecord
from cardd.auditing.alarms import Alarms
from cardd.auditing.desk import Desk
from cardd.errors import AuditUnavailable, CarddError
from cardd.gate.gate import Gate
from cardd.gate.request import Request
from cardd.history.book import Book
from cardd.ports import Call
from cardd.register import Operator
from cardd.watch_settings import Hours
from cardd.watching.hours import Office
from tests.unit.cardd.history.logs import Clock, following, journal

CALL = cast(Call, None)


def person(operator_id: str, **more: Any) -> Operator:
    """Somebody of the register."""
    facts = {"id": operator_id, "name": operator_id, "role": "auditor", "certificates": ("0" * 64,)}
    return Operator.model_construct(**facts | {"person": None, "guid": None, "until": None, "from_": None} | more)


@dataclass
class Session:
    operator: Operator
    id: str = "s-1"


@dataclass
class AskedGate:
    """Stands where `cardd.gate.gate.Gate` stands."""

    journal: Journal
    who: Operator
    same: Callable[[Operator, str], bool] = lambda operator, named: operator.id == named
    refused: list[str | None] = field(default_factory=list)
    full: bool = False
    session_id: str = "s-1"

    async def allow(self, _: Request) -> Session:
        return Session(self.who)

    def session(self, _: Call) -> Session:
        return Session(self.who, self.session_id)

    def check_session(self, _: Session) -> None:
        return None

    def is_person(self, operator: Operator, named: str) -> bool:
        return self.same(operator, named)

    async def refuse(self, _: Request, error: CarddError) -> None:
        self.refused.append(error.facts.problem)

    async def note(self, _: Call, who: Session, **more: Any) -> Receipt:
        if self.full:
            raise AuditUnavailable(problem="full")
        return self.journal.state(StateRecord(**{"event": "audit.asked", "operator": who.operator.id} | more))


@dataclass
class Asked:
    """A record, who asks it, and the parts that answer."""

    journal: Journal
    clock: Clock
    book: Book
    gate: AskedGate
    alarms: Alarms

    def alarm(self, watch: str = "w8", **more: Any) -> int:
        """One alarm on record; its number."""
        facts = {"event": "watch.alarm", "watch": watch, "evidence": (1,), "operator": "hanako"}
        return self.journal.state(StateRecord(**facts | more)).sequence

    def as_gate(self) -> Gate:
        return cast(Gate, self.gate)


@contextmanager
def asked(folder: Path, hours: Hours | None = None) -> Iterator[Asked]:
    """An empty record, and `ueda`, who asks."""
    clock = Clock()
    with journal(folder / "log", clock) as log, following(folder / "log", folder / "index", log.log_id) as book:
        assert book.follower.catch_up(20), "the index was not made"
        gate = AskedGate(log, person("ueda"))
        alarms = Alarms(cast(Gate, gate), Desk(book), clock, Office(hours or Hours()), 1)
        yield Asked(log, clock, book, gate, alarms)
