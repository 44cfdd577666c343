"""Writes what passes between reader and *virtual* card into a file, one line an event, for people who debug their application.

PIN bytes (data of VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER) are masked unless the writer is told to show all.
Response data of a made-up person is shown; never point a trace at anything but a virtual card.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from applets_spec.card import VirtualCard
from applets_spec.insertion import CardGone, tell_inserted, tell_pulled

SHOW_ALL_WARNING = "# THIS TRACE SHOWS PINS IN CLEAR\n"
_PIN_COMMANDS = {
    0x20,
    0x21,
    0x24,
    0x2C,
}  # VERIFY (both), CHANGE REFERENCE DATA, RESET RETRY COUNTER: ISO/IEC 7816-4:2020
_HEADER = 4
_SHORT_BODY = 5
_EXTENDED_BODY = 7


def masked(command: bytes) -> str:
    """The command in hexadecimal, with the data of PIN commands as `**`, their length kept. Chained or cut: masked too."""
    if len(command) <= _SHORT_BODY or command[1] not in _PIN_COMMANDS:
        return command.hex().upper()
    body = _EXTENDED_BODY if command[_HEADER] == 0 and len(command) > _EXTENDED_BODY else _SHORT_BODY
    return command[:body].hex().upper() + "**" * (len(command) - body)


class TracedCard:
    """`card`, with each event written to `out` (None: nowhere yet): seconds since the start, an arrow, hexadecimal."""

    def __init__(
        self,
        card: VirtualCard,
        out: TextIO | None = None,
        *,
        show_pins: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._card = card
        self._clock = clock
        self._start = clock()
        self._out: TextIO | None = None
        self._show_pins = False
        self.write_to(out, show_pins=show_pins)

    def write_to(self, out: TextIO | None, *, show_pins: bool = False) -> None:
        """Write there from now on; None: nowhere."""
        if out is not None and show_pins:
            out.write(SHOW_ALL_WARNING)
        self._out, self._show_pins = out, show_pins

    @property
    def atr(self) -> bytes:
        """ATR of the card within."""
        return self._card.atr

    def inserted(self) -> None:
        """Note it and pass it on."""
        self._note("-- inserted")
        tell_inserted(self._card)

    def pulled(self) -> None:
        """Note it and pass it on."""
        self._note("-- pulled")
        tell_pulled(self._card)

    def power_on(self) -> bytes:
        """Power on, with the ATR in the trace."""
        atr = self._card.power_on()
        self._note(f"-- power on, ATR {atr.hex().upper()}")
        return atr

    def reset(self) -> bytes:
        """Warm reset, with the ATR in the trace."""
        atr = self._card.reset()
        self._note(f"-- reset, ATR {atr.hex().upper()}")
        return atr

    def power_off(self) -> None:
        """Power off."""
        self._note("-- power off")
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        """One command, both ways in the trace."""
        self._note(f"=> {command.hex().upper() if self._show_pins else masked(command)}")
        try:
            answer = self._card.transmit(command)
        except CardGone:
            self._note("<= nothing: the card is gone")
            raise
        self._note(f"<= {answer.hex().upper()}")
        return answer

    def _note(self, text: str) -> None:
        if self._out is not None:
            self._out.write(f"{self._clock() - self._start:10.4f} {text}\n")
            self._out.flush()
