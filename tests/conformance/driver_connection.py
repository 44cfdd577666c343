"""A driver's connection to a reference card in the same process: the real chaining over the card's raw APDUs, counted."""

from typing import Protocol

from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.chaining import OperationBudget
from cardd.iso7816.connection import InsertionNotes, converse
from cardd.model import PinShape


class RawCard(Protocol):
    """What a connection needs of a card."""

    def power_on(self) -> bytes: ...

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes: ...


class CardConnection:
    """One connection to a card: from power-on to power-off. `notes` live as long as the insertion."""

    def __init__(self, card: RawCard, notes: InsertionNotes, *, extended_reader: bool = True) -> None:
        self.notes = notes
        self.has_pin_pad = False
        self.reader_takes_extended = extended_reader
        self.commands: list[bytes] = []
        self._card = card
        self.atr = card.power_on()
        self._budget = OperationBudget()

    def __enter__(self) -> "CardConnection":
        return self

    def __exit__(self, *_: object) -> None:
        self._card.power_off()

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        return converse(self, self._send, command, self._budget)

    def check_there(self) -> None:
        """It is there."""

    def verify_on_pad(
        self,
        command: CommandApdu,  # noqa: ARG002
        shape: PinShape,  # noqa: ARG002
        *,
        padded_to: int | None = None,  # noqa: ARG002
    ) -> ResponseApdu:
        raise AssertionError("this reader has no pad")

    def _send(self, octets: bytearray) -> bytes:
        self.commands.append(bytes(octets))
        return self._card.transmit(bytes(octets))

    def headers(self) -> list[str]:
        return [command[:4].hex() for command in self.commands]
