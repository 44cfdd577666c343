"""The one thing a card driver knows of the world: a connection to a card, held exclusively, inside a transaction."""

from dataclasses import dataclass
from typing import Protocol

from cardd.iso7816.apdu import CommandApdu, ResponseApdu
from cardd.iso7816.atr import read_atr
from cardd.iso7816.chaining import OperationBudget, Send, exchange, is_secret
from cardd.iso7816.status import StatusWord
from cardd.model import PinShape


@dataclass(slots=True)
class InsertionNotes:
    """What was learned about a card in this insertion and need not be tried again. Dies with the insertion."""

    woken: bool = False
    """The card has answered a first command (some answer 6F00 to the first one after power-up)."""
    files_by_sfi: bool = True
    """Files may be named in P1/P2; false once the card refused that (decision 2)."""
    extended_apdus: bool | None = None
    """Whether extended length works with this card in this reader; None = not tried."""
    status_query_needs_le: bool = False
    """The card or its reader refuses the 4-byte VERIFY (case 1) with 6700."""


class SmartCardConnection(Protocol):
    """A card that is ours until the job ends."""

    @property
    def notes(self) -> InsertionNotes: ...

    @property
    def atr(self) -> bytes: ...

    @property
    def has_pin_pad(self) -> bool:
        """Whether the reader can take a numeric PIN itself (PC/SC part 10)."""
        ...

    @property
    def reader_takes_extended(self) -> bool:
        """Whether the reader passes extended APDUs on."""
        ...

    def begin_operation(self) -> None:
        """Another operation begins on this connection: the limits of one operation (commands, bytes) count anew."""
        ...

    def check_there(self) -> None:
        """Whether a job that waits for something else may go on: no command is sent.

        Raises `CardRemoved`, `CardNoAnswer` (nobody waits for this job any longer), `LockedDown`, `PcscDown`.
        """
        ...

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """Send one command and give the card's answer; 61xx and 6Cxx are already followed, long data already chained.

        Raises `CardRemoved`, `CardNoAnswer`, `CardBadAnswer` (answer under 2 bytes, limits passed), `PcscDown`.
        After any of these the connection must not be used again.
        """
        ...

    def verify_on_pad(self, command: CommandApdu, shape: PinShape, *, padded_to: int | None = None) -> ResponseApdu:
        """Let the person enter the PIN on the reader's pad into VERIFY `command` (header only, no data).

        `padded_to`: block length in bytes filled with FF (PIV: 8), or None for no padding. Status words 6400 (time-out),
        6401 (cancelled), 6403 (length) come from the reader: no try was used. Raises as `transmit`.
        """
        ...


def converse(
    connection: SmartCardConnection, send: Send, command: CommandApdu, budget: OperationBudget
) -> ResponseApdu:
    """`transmit`, for whoever implements it with a function that sends raw APDUs; keeps `notes.extended_apdus`.

    Extended form is tried with a card of which nothing is known. One that refuses it (6700) has done nothing, so the same is
    said in short form, unless it is a secret. Raises as `cardd.iso7816.chaining.exchange`.
    """
    extended = extended_allowed(connection)
    answer = exchange(send, command, extended=extended, budget=budget)
    if not (extended and command.needs_extended) or connection.notes.extended_apdus is not None:
        return answer
    if answer.sw == StatusWord.SUCCESS:
        connection.notes.extended_apdus = True
    if answer.sw != StatusWord.WRONG_LENGTH or is_secret(command):
        return answer
    connection.notes.extended_apdus = False
    return exchange(send, command, extended=False, budget=budget)


def extended_allowed(connection: SmartCardConnection) -> bool:
    """Whether an extended APDU may be sent: the reader passes it on, and neither the card's answers nor its ATR say no.

    A card that says nothing about it may be tried.
    """
    known = connection.notes.extended_apdus
    if known is not None or not connection.reader_takes_extended:
        return connection.reader_takes_extended and known is True
    return read_atr(connection.atr).extended_length is not False
