"""A client at the counter: puts cards in, waits until cardd knows them, calls, and measures each step."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.figures import Exchanges, Run
from bench.metered_card import TimeModel
from bench.place import Place
from bench.readers import Readers
from cardd.client import Client, connect
from demo.office import Person

BADGE, RESIDENT, EXTENDED = 0, 1, 2
"""The slots: a badge reader and a resident's reader with short commands, a badge reader with extended ones."""
IDENTITY = {"purpose": "identity_check", "case": "R8-0042"}
SIGNING = {"purpose": "online_signature", "case": "R8-0042"}


SETTLING_S = 0.005


class Counter:
    """Two connections to a running cardd: one that calls and is its own agent, answering at once, and one for events."""

    def __init__(self, place: Place, readers: Readers) -> None:
        self._readers = readers
        self._place = place
        self._pins: dict[str, str] = {
            "card_info": place.holder.pins.card_info,
            "authentication": place.holder.pins.authentication,
            "signature": place.holder.pins.signature,
        }
        self._events: Iterator[dict[str, Any]] = iter(())

    def __enter__(self) -> Self:
        socket = self._place.daemon_socket
        self._caller: Client = connect(
            socket, client="bench", pin_prompt=self._type, confirm={"document": lambda _asked: True}
        )
        self._watcher: Client = connect(socket, client="bench-events")
        _, self._events = self._watcher.events(["card"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._caller.close()
        self._watcher.close()

    def insert(self, slot: int, card: Path, model: TimeModel) -> tuple[str, Run]:
        """Put a card in; its handle, and what it took until the event with its kind was here."""
        began = self._readers.insert(slot, card, model)
        change = self.await_change("identified")
        seconds = time.monotonic() - began
        return change["facts"]["card"], Run(seconds, self._readers.take(slot))

    def pull(self, slot: int) -> None:
        """Take the card out, and wait until cardd has seen it."""
        self._readers.pull(slot)
        self.await_change("removed")

    def await_change(self, word: str) -> dict[str, Any]:
        """The next event of this kind."""
        return next(change for change in self._events if change["change"] == word)

    def call(self, slot: int, method: str, **params: Any) -> Run:
        """One call that works with the card in `slot`; what it took."""
        return self.timed(slot, lambda caller: caller.call(method, **params))

    def timed(self, slot: int, work: Callable[[Client], object]) -> Run:
        """Whatever a client does with the card in `slot`, its own work and its calls; what it took."""
        began = time.monotonic()
        work(self._caller)
        return Run(time.monotonic() - began, self._readers.take(slot))

    def settle(self, slot: int) -> Exchanges:
        """Wait until the daemon has let every card go; what passed behind the last answer meanwhile."""
        while any(reader["rows"] for reader in self._caller.call("queue.show")["readers"]):
            time.sleep(SETTLING_S)
        return self._readers.take(slot)

    @property
    def caller(self) -> Client:
        """The connection that calls."""
        return self._caller

    def log_in(self, person: Person, model: TimeModel, slot: int = BADGE) -> tuple[str, Run]:
        """Put a badge in and log in with it; the badge's handle, and what the login took."""
        self._pins["badge"] = person.pin
        badge, _ = self.insert(slot, self._place.card_of(person), model)
        return badge, self.call(slot, "session.login", badge=badge)

    def log_out(self, slot: int = BADGE) -> None:
        """Log out and take the badge out."""
        self._caller.call("session.logout")
        self.pull(slot)

    def _type(self, asked: Mapping[str, Any]) -> bytearray:
        return bytearray(self._pins[asked["which"]].encode())
