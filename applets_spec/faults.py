"""A card that misbehaves by a script: it wraps another card and is one itself, for vpcd slots and the stand-in alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from applets_spec.card import Card, VirtualCard
from applets_spec.fault_script import Fault, Kind
from applets_spec.insertion import CardExchanged, CardGone, tell_inserted, tell_pulled

_MORE = bytes(256) + bytes.fromhex("6100")
_WRONG_LE = bytes.fromhex("6C10")
_GET_RESPONSE = 0xC0
_BEFORE_COMMAND = frozenset(
    {Kind.DROP, Kind.SILENCE, Kind.ANSWER, Kind.EMPTY, Kind.ONE_BYTE, Kind.MORE_FOR_EVER, Kind.WRONG_LE_FOR_EVER,
     Kind.EXCHANGE}
)  # fmt: skip


def _load_card(name: str) -> VirtualCard:
    return Card.load(Path(name))


class FaultyCard:
    """`card`, following `faults`. `load`: how the file of another card becomes a card (for `exchange`).

    Commands are counted anew at each insertion. Delays and silence end at once when the card is pulled.
    """

    def __init__(
        self, card: VirtualCard, faults: Sequence[Fault], load: Callable[[str], VirtualCard] = _load_card
    ) -> None:
        self._card = card
        self._faults = tuple(faults)
        self._load = load
        self._out = threading.Event()
        self._counts: list[int] = []
        self._more_for_ever = False
        self.inserted()

    def follow(self, faults: Sequence[Fault]) -> None:
        """Follow other rules from now on, counting from the next command; none: behave."""
        self._faults, self._counts, self._more_for_ever = tuple(faults), [0] * len(faults), False

    @property
    def atr(self) -> bytes:
        """ATR of the card within."""
        return self._card.atr

    def inserted(self) -> None:
        """The card goes in: count from the beginning."""
        self._out.clear()
        self._counts = [0] * len(self._faults)
        self._more_for_ever = False
        tell_inserted(self._card)

    def pulled(self) -> None:
        """The card is out: end a delay or a silence."""
        self._out.set()
        tell_pulled(self._card)

    def power_on(self) -> bytes:
        """Cold reset of the card within."""
        self._more_for_ever = False
        return self._card.power_on()

    def reset(self) -> bytes:
        """Warm reset of the card within."""
        self._more_for_ever = False
        return self._card.reset()

    def power_off(self) -> None:
        """Power off the card within."""
        self._card.power_off()

    def transmit(self, command: bytes) -> bytes:
        """One command, with what the script has for it. Raises `CardGone` and `CardExchanged`."""
        striking = self._striking(command)
        if self._more_for_ever and command[1:2] == bytes([_GET_RESPONSE]):
            return _MORE
        self._more_for_ever = False
        delays = [fault for fault in striking if fault.kind is Kind.DELAY]
        self._pause(sum(fault.ms + fault.ms_per_byte * len(command) for fault in delays))
        instead = next((fault for fault in striking if fault.kind in _BEFORE_COMMAND), None)
        if instead is not None:
            return self._answer_instead(instead)
        answer = self._card.transmit(command)
        self._pause(sum(fault.ms_per_byte * len(answer) for fault in delays))
        return self._spoil(striking, answer)

    def _striking(self, command: bytes) -> list[Fault]:
        """The rules for this command; each counts the commands it matches."""
        striking = []
        for index, fault in enumerate(self._faults):
            if command.startswith(fault.match):
                self._counts[index] += 1
                if fault.strikes(self._counts[index]):
                    striking.append(fault)
        return striking

    def _answer_instead(self, fault: Fault) -> bytes:
        if fault.kind is Kind.SILENCE:
            self._out.wait()
        if fault.kind in (Kind.SILENCE, Kind.DROP):
            raise CardGone
        if fault.kind is Kind.EXCHANGE:
            assert fault.card is not None
            raise CardExchanged(self._load(fault.card), noticed=fault.noticed)
        self._more_for_ever = fault.kind is Kind.MORE_FOR_EVER
        answers = {
            Kind.EMPTY: b"",
            Kind.ONE_BYTE: b"\x90",
            Kind.MORE_FOR_EVER: _MORE,
            Kind.WRONG_LE_FOR_EVER: _WRONG_LE,
            Kind.ANSWER: fault.data + fault.sw,
        }
        return answers[fault.kind]

    def _spoil(self, striking: list[Fault], answer: bytes) -> bytes:
        for fault in striking:
            if fault.kind is Kind.DROP_MID_COMMAND:
                raise CardGone
            if fault.kind is Kind.GARBAGE:
                return fault.data
        return answer

    def _pause(self, milliseconds: float) -> None:
        if milliseconds and self._out.wait(milliseconds / 1000):
            raise CardGone
