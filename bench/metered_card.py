"""A virtual card that counts what passes and answers after the time of a model, never before."""

import time
from dataclasses import dataclass

from applets_spec.card import VirtualCard
from bench.figures import Exchanges


@dataclass(frozen=True)
class TimeModel:
    """How long a command takes: `command_ms` and `byte_ms` for each byte both ways, the card's computing included."""

    name: str
    command_ms: float = 0.0
    byte_ms: float = 0.0

    def seconds(self, octets: int) -> float:
        """Time of one command that moves so many bytes."""
        return (self.command_ms + self.byte_ms * octets) / 1000


ZERO = TimeModel("zero latency")
CONTACTLESS = TimeModel("contactless", 8.0, 0.1)
"""8 ms a command and 0.1 ms a byte: some 106 kbit/s with the rests of ISO/IEC 14443 between."""


class MeteredCard:
    """`card`, counted and slowed. One reader uses it at a time; `take` may come from another thread between two jobs."""

    def __init__(self, card: VirtualCard, model: TimeModel) -> None:
        self._card = card
        self._model = model
        self._sessions: list[list[bytes]] = []
        self._received = 0
        self._busy_s = 0.0

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def power_on(self) -> bytes:
        """A new session begins."""
        self._sessions.append([])
        return self._card.power_on()

    def reset(self) -> bytes:
        return self._card.reset()

    def power_off(self) -> None:
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        """The card's answer, when its time has come."""
        began = time.monotonic()
        answer = self._card.transmit(command)
        due = began + self._model.seconds(len(command) + len(answer))
        left = due - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._sessions[-1].append(command)
        self._received += len(answer)
        self._busy_s += time.monotonic() - began
        return answer

    def take(self) -> Exchanges:
        """What passed since the last `take`."""
        sessions = tuple(tuple(session) for session in self._sessions if session)
        commands = [command for session in sessions for command in session]
        taken = Exchanges(len(commands), sum(map(len, commands)), self._received, self._busy_s, sessions)
        self._sessions = [[]]
        self._received, self._busy_s = 0, 0.0
        return taken
