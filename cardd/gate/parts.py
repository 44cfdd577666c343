"""What gate and admission are made of."""

from dataclasses import dataclass

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.pseudonym import CardPseudonyms
from cardd.gate.door import DoorTools
from cardd.gate.refusals import Refusals
from cardd.in_force import InForce
from cardd.ports import Clock
from cardd.readers.table import PresenceTable
from cardd.sessions.overrides import Overrides
from cardd.sessions.table import SessionTable
from cardd.state.approvals import Approvals
from cardd.state.lockdown import Lockdown
from cardd.state.pin_counts import PinCounts


@dataclass(frozen=True, slots=True)
class GateParts:
    """What the gate asks and tells."""

    presence: PresenceTable
    sessions: SessionTable
    journal: AsyncJournal
    refusals: Refusals
    pseudonyms: CardPseudonyms
    in_force: InForce
    lockdown: Lockdown
    approvals: Approvals
    overrides: Overrides
    pin_counts: PinCounts
    clock: Clock
    tools: DoorTools
    pin_fresh_s: float = 300.0
    """A high-risk purpose wants the operator's PIN typed within so long (S6)."""
