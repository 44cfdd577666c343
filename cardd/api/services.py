"""What the handlers of methods work with: ports that `app` fills, so that no handler knows what stands behind them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from cardd.api.agents import AgentRegistry
from cardd.api.events import EventHub
from cardd.api.use_cases import LoadUseCases
from cardd.policy.rules import Policy
from cardd.ports import Clock
from cardd.sessions.table import SessionTable
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.events_subscribe import SessionState
from cardd.wire.methods.health import Check
from cardd.wire.methods.queue_show import ReaderLoad
from cardd.wire.methods.readers_list import ReaderRow

Mode = Literal["production", "test"]


class Presence(Protocol):
    """Who and what is there now. All answers are snapshots, given at once, without personal data."""

    def readers(self) -> tuple[ReaderRow, ...]:
        """The readers, names cleaned for display."""
        ...

    def cards(self) -> tuple[CardRow, ...]:
        """The cards in them."""
        ...

    def queue(self) -> tuple[ReaderLoad, ...]:
        """Who has each reader, and who waits for it."""
        ...

    def sessions(self, uid: int) -> tuple[SessionState, ...]:
        """The seats that `uid` may use, and whether a session of that uid is open there."""
        ...

    def pcsc_up(self) -> bool:
        """Whether pcscd answers."""
        ...

    def lockdown(self) -> bool:
        """Whether the emergency stop is in force."""
        ...


class Health(Protocol):
    """The daemon's own checks."""

    def checks(self) -> tuple[Check, ...]:
        """The latest result of each; touches no card and does not wait."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What the daemon says of itself."""

    version: str
    boot_id: str
    """Made anew at each start of the daemon."""
    mode: Mode
    started: float
    """On the clock `Clock.boottime`."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler may use. Built once, by `app`."""

    about: About
    clock: Clock
    presence: Presence
    health: Health
    events: EventHub
    agents: AgentRegistry
    load_use_cases: LoadUseCases
    sessions: SessionTable
    role_names: Callable[[str], tuple[str | None, str | None]]
    """A role in Japanese and English, as the policy in force names it; None where it knows no such role."""
    policy: Callable[[], Policy]
    """The policy in force."""
    private_clients: frozenset[str]
    """Names of the configuration's clients that are no public body."""
