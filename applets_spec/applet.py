"""The interface of an applet: a function from command and state to answer and state. No transport, no files, no time.

Persistent state (PIN values, counters, files, keys) goes in and out as plain JSON data; volatile state (verified flags,
current EF, sessions) dies with `deselect` and `power_off`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from applets_spec.iso7816 import Command, Response
from applets_spec.reference_data import ReferenceData
from applets_spec.variants import Variants

State = dict[str, Any]
"""Persistent state of one applet as JSON data: text, numbers, lists, dicts; bytes as base64 text, keys as PEM."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an applet needs of the card it lives on: its switches, random bytes, and a way to let time pass (seconds)."""

    variants: Variants
    random: Callable[[int], bytes]
    sleep: Callable[[float], None]


class Applet(ABC):
    """One application on a card.

    The card calls `select` when the applet's AID is named, `process` for every other command while it is current,
    `deselect` when another application was selected, `power_off` when power goes. An applet refuses a command by raising
    `CardRefusal(sw)`. It sets `changed` when persistent state differs from before; the card then saves before it answers.
    """

    name: ClassVar[str]
    """The key in card files and in the registry."""
    aid: ClassVar[bytes]
    """5 to 16 bytes."""
    chaining: ClassVar[bool] = False
    """The card joins chained commands (CLA bit 5) before `process`; else they answer 6884."""

    def __init__(self) -> None:
        self.changed = False

    @classmethod
    @abstractmethod
    def from_state(cls, state: State, surroundings: Surroundings) -> Self:
        """Build the applet as a card file describes it. Raises `ValueError` or `KeyError` on a state that is none."""

    @abstractmethod
    def to_state(self) -> State:
        """Persistent state, fit for `from_state`."""

    def matches(self, aid: bytes) -> bool:
        """Whether SELECT with these bytes (1 to 16) means this applet; a proper prefix does."""
        return self.aid.startswith(aid)

    @abstractmethod
    def select(self, command: Command, *, again: bool) -> Response:
        """Become current. `again`: it is already. Raising `CardRefusal` leaves everything as it was."""

    @abstractmethod
    def process(self, command: Command) -> Response:
        """Carry out one command. Channels, chaining and GET RESPONSE are already dealt with; other CLA bits are as they came."""

    @abstractmethod
    def deselect(self) -> None:
        """Another application is current now: forget volatile state."""

    def power_off(self) -> None:
        """Power is gone: forget volatile state."""
        self.deselect()

    def references(self) -> Mapping[str, ReferenceData]:
        """The PINs by name, for tests and vectors that look at the state afterwards."""
        return {}
