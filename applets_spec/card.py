"""A card: several applets behind one ATR, with power, warm reset, AID dispatch, and the file its persistent state lives in."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from applets_spec import card_file
from applets_spec.applet import Applet, Surroundings
from applets_spec.dialogue import ResponseQueue, link_chain, refuse_foreign_channel
from applets_spec.iso7816 import MAX_SHORT_LE, CardRefusal, Command, Ins, Response, StatusWord
from applets_spec.reference_data import ReferenceData
from applets_spec.registry import APPLETS
from applets_spec.variants import Variants

SELECT_BY_NAME = 0x04
"""P1 of SELECT: by DF name (ISO/IEC 7816-4:2020, table 61)."""
LONGEST_AID = 16


class VirtualCard(Protocol):
    """What a virtual reader or a fault wrapper needs of a card."""

    @property
    def atr(self) -> bytes:
        """The ATR of this power-on; without power, of the next one (vpcd asks for it to see whether a card is there)."""
        ...

    def power_on(self) -> bytes:
        """Cold start; gives the ATR. Does nothing but give the ATR when power is on already."""
        ...

    def reset(self) -> bytes:
        """Warm reset; gives the ATR."""
        ...

    def power_off(self) -> None: ...

    def transmit(self, command: bytes) -> bytes:
        """One command APDU in, the whole answer with SW1SW2 out: at least 2 bytes."""
        ...


class NoPower(Exception):
    """A command came while the card had no power: a mistake of the reader, not something a card can answer."""


class Card:
    """A reference card. `applets`: those on the card, in the order SELECT tries them.

    `root`: the applet that answers while no application is selected (the "MF state"); None = 6D00 to everything.
    `path`: where persistent state is saved after each change, before the answer leaves; None = in memory only.
    """

    def __init__(
        self,
        card_type: str,
        applets: Sequence[Applet],
        variants: Variants,
        *,
        root: Applet | None = None,
        path: Path | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.card_type = card_type
        self.applets = tuple(applets)
        self.variants = variants
        self._root = root
        self._path = path
        self._random = random
        self._atr = variants.make_atr(random(4))
        self._powered = False
        self._first_command = False
        self._current: Applet | None = None
        self._waiting = ResponseQueue(variants.t0, MAX_SHORT_LE if variants.answers_without_le else 0)
        self._chain: list[Command] = []

    @property
    def atr(self) -> bytes:
        return self._atr

    def power_on(self) -> bytes:
        """Cold start; gives the ATR. With power already on, only gives the ATR."""
        if not self._powered:
            self._powered = True
            self._first_command = True
        return self._atr

    def reset(self) -> bytes:
        """Warm reset. Whether PIN state survives is a switch of the card. Without power: a cold start."""
        if not self._powered:
            return self.power_on()
        self._drop_dialogue()
        if not self.variants.warm_reset_keeps_state:
            self._forget()
        return self._atr

    def power_off(self) -> None:
        """Take the power away: all volatile state is gone. Can be called at any time."""
        if self._powered:
            self._atr = self.variants.make_atr(self._random(4))
        self._powered = False
        self._drop_dialogue()
        self._forget()

    def transmit(self, command: bytes) -> bytes:
        """One command in, one answer out, state saved in between.

        Raises `NoPower`; `CardFileError` when the state cannot be saved (the card then loses power, nothing is answered).
        """
        if not self._powered:
            raise NoPower("command to a card without power")
        try:
            response = self._answer(command)
        except CardRefusal as refusal:
            response = Response(sw=refusal.sw)
        self._save_if_changed()
        return response.to_bytes()

    def _answer(self, raw: bytes) -> Response:
        if self._first_command:
            self._first_command = False
            if self.variants.first_command_fails:
                raise CardRefusal(StatusWord.INTERNAL)
        command = self._parse(raw)
        refuse_foreign_channel(command)
        if command.ins == Ins.GET_RESPONSE and self._waiting:
            return self._waiting.get(command)
        self._waiting.drop()
        whole = link_chain(self._chain, command, allowed=self._current is not None and self._current.chaining)
        if whole is None:
            return Response()
        return self._waiting.put(whole, self._execute(whole))

    def _parse(self, raw: bytes) -> Command:
        command = Command.parse(raw)
        if command.extended and (self.variants.short_apdus_only or self.variants.t0):
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        if len(raw) == 4 and self.variants.case_1_refused:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        return command

    def _execute(self, command: Command) -> Response:
        if command.cla == 0 and command.ins == Ins.SELECT and command.p1 == SELECT_BY_NAME:
            return self._select(command)
        applet = self._current or self._root
        if applet is None:
            raise CardRefusal(StatusWord.INS_NOT_SUPPORTED)
        return applet.process(command)

    def _select(self, command: Command) -> Response:
        if len(command.data) > LONGEST_AID:
            raise CardRefusal(StatusWord.WRONG_LENGTH)
        applet = next((one for one in self.applets if command.data and one.matches(command.data)), None)
        if applet is None:
            raise CardRefusal(StatusWord.FILE_NOT_FOUND)
        response = applet.select(command, again=applet is self._current)
        if self._current is not None and self._current is not applet:
            self._current.deselect()
        self._current = applet
        return response

    def _drop_dialogue(self) -> None:
        self._waiting.drop()
        self._chain.clear()

    def _forget(self) -> None:
        self._current = None
        for applet in self._everything():
            applet.power_off()

    def _everything(self) -> tuple[Applet, ...]:
        return self.applets if self._root is None or self._root in self.applets else (*self.applets, self._root)

    def _save_if_changed(self) -> None:
        if not any(applet.changed for applet in self._everything()):
            return
        try:
            self.save()
        except card_file.CardFileError:
            self.power_off()
            raise

    def references(self) -> Mapping[str, ReferenceData]:
        """All PINs as `applet.pin`, to look at the state from outside."""
        return {
            f"{applet.name}.{name}": reference
            for applet in self._everything()
            for name, reference in applet.references().items()
        }

    def to_state(self) -> dict[str, Any]:
        """The whole card as JSON data, fit for `from_state` and card files."""
        return {
            "card_type": self.card_type,
            "variants": self.variants.to_state(),
            "root": self._root.name if self._root else None,
            "applets": {applet.name: applet.to_state() for applet in self._everything()},
        }

    @classmethod
    def from_state(
        cls,
        state: dict[str, Any],
        path: Path | None = None,
        *,
        random: Callable[[int], bytes] = secrets.token_bytes,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Self:
        """Build a card from `to_state`. Raises `CardFileError` when the state is not one."""
        try:
            variants = Variants.from_state(state["variants"])
            around = Surroundings(variants, random, sleep)
            applets = {name: APPLETS[name].from_state(content, around) for name, content in state["applets"].items()}
            root = None if state["root"] is None else applets[state["root"]]
            card_type = state["card_type"]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise card_file.CardFileError("the card's state is damaged") from error
        return cls(card_type, tuple(applets.values()), variants, root=root, path=path, random=random)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The card in this file; changes go back into it. Raises `CardFileError`."""
        return cls.from_state(card_file.read(path), path)

    def save(self, path: Path | None = None) -> None:
        """Write persistent state: to `path`, which then is the card's file, or to its own. In memory only: nothing to write."""
        self._path = path or self._path
        if self._path is not None:
            card_file.write(self._path, self.to_state())
        for applet in self._everything():
            applet.changed = False
