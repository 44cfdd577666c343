"""The virtual readers, in a process of their own so that cards and clients do not share one interpreter."""

import multiprocessing
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from applets_spec import card_file
from applets_spec.card import Card
from applets_spec.pcscd.profile import SHORT_APDU, ReaderProfile
from applets_spec.pcscd.server import StandInPcscd
from bench.figures import Exchanges
from bench.metered_card import MeteredCard, TimeModel

EXTENDED_APDU = 65_544
"""Bytes of the longest command and answer of a reader with extended length."""
ENDS_WITHIN_S = 10.0


def plain(number: int, *, extended: bool = False) -> ReaderProfile:
    """A reader without a pad."""
    return ReaderProfile(
        f"Bench Reader {number:02} 00", usb=(1, 4 + number), max_input=EXTENDED_APDU if extended else SHORT_APDU
    )


class Readers:
    """A stand-in pcscd in a child process. Use as a context manager; its socket lies at `folder`/pcscd.comm."""

    def __init__(self, folder: Path, profiles: Sequence[ReaderProfile]) -> None:
        self.names = [profile.name for profile in profiles]
        context = multiprocessing.get_context("spawn")
        self._pipe, inner = context.Pipe()
        self._child = context.Process(target=_serve, args=(inner, folder, tuple(profiles)), name="bench readers")

    def __enter__(self) -> Self:
        self._child.start()
        self._pipe.recv()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.close()
        self._child.join(ENDS_WITHIN_S)
        if self._child.is_alive():
            self._child.kill()
            self._child.join()

    def insert(self, slot: int, card: Path, model: TimeModel) -> float:
        """Put the card of a file in; nothing goes back into the file. The moment of it, by `time.monotonic`."""
        return cast(float, self._ask("insert", slot, card, model))

    def pull(self, slot: int) -> float:
        """Take the card out. The moment of it."""
        return cast(float, self._ask("pull", slot))

    def take(self, slot: int) -> Exchanges:
        """What passed since the last `take` or the insertion."""
        return cast(Exchanges, self._ask("take", slot))

    def _ask(self, *request: Any) -> Any:
        self._pipe.send(request)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


def _serve(pipe: Connection, folder: Path, profiles: Sequence[ReaderProfile]) -> None:
    """The child: requests in, answers out, until the parent closes the pipe."""
    with StandInPcscd(folder, profiles) as pcscd:
        slots = _Slots(pcscd)
        pipe.send("ready")
        while True:
            try:
                word, *arguments = pipe.recv()
            except EOFError:
                break
            try:
                pipe.send(getattr(slots, word)(*arguments))
            except Exception as error:  # told to the parent, which raises it
                pipe.send(error)
        slots.empty()


class _Slots:
    def __init__(self, pcscd: StandInPcscd) -> None:
        self._pcscd = pcscd
        self._cards: dict[int, MeteredCard] = {}

    def insert(self, slot: int, path: Path, model: TimeModel) -> float:
        card = self._cards[slot] = MeteredCard(Card.from_state(card_file.read(path)), model)
        moment = time.monotonic()
        self._pcscd.slots[slot].insert(card)
        return moment

    def pull(self, slot: int) -> float:
        moment = time.monotonic()
        self._pcscd.slots[slot].pull()
        return moment

    def take(self, slot: int) -> Exchanges:
        return self._cards[slot].take()

    def empty(self) -> None:
        for slot in self._pcscd.slots:
            if slot.card is not None:
                slot.pull()
