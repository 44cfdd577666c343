"""Who can ask a person for a PIN: the agent of a connection, and one agent for each seat (decision 14)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cardd.errors import AgentTaken
from cardd.model import SeatName
from cardd.wire.fault import Locale


class AgentGone(Exception):
    """The agent's connection ended, or it can answer no more."""


class AgentRefused(Exception):
    """The agent answered with an error."""


@dataclass(frozen=True, slots=True)
class AgentAnswer:
    """What an agent answered: the JSON result, and the octets that followed it. Whoever takes it wipes the secret."""

    result: object = field(repr=False)
    secret: bytearray | None = field(repr=False)


class Agent(Protocol):
    """The other end of a connection, as somebody who can be asked."""

    @property
    def locale(self) -> Locale: ...

    async def ask(self, method: str, params: Mapping[str, object], limit_s: float) -> AgentAnswer:
        """Call the agent and wait for its answer. Raises `AgentGone`, `AgentRefused`, `TimeoutError`.

        An answer that comes later is consumed and wiped.
        """
        ...

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        """Tell the agent something; nothing comes back."""
        ...


class AgentRegistry:
    """The registered agents. An agent of a connection goes before the agent of its seat."""

    def __init__(self) -> None:
        self._of_seat: dict[SeatName, Agent] = {}
        self._for_themselves: list[Agent] = []

    def register_for_seat(self, seat: SeatName, agent: Agent) -> None:
        """Make `agent` the one of its seat. Raises `AgentTaken` when there is another."""
        if self._of_seat.get(seat, agent) is not agent:
            raise AgentTaken()
        self._of_seat[seat] = agent

    def register_for_itself(self, agent: Agent) -> None:
        """Let `agent` answer the prompts of its own connection's calls."""
        if agent not in self._for_themselves:
            self._for_themselves.append(agent)

    def forget(self, agent: Agent) -> None:
        """The agent's connection has ended."""
        self._of_seat = {seat: other for seat, other in self._of_seat.items() if other is not agent}
        self._for_themselves = [other for other in self._for_themselves if other is not agent]

    def find(self, caller: Agent, seat: SeatName) -> Agent | None:
        """Who is to be asked for a call that came over the connection of `caller`."""
        return caller if caller in self._for_themselves else self._of_seat.get(seat)
