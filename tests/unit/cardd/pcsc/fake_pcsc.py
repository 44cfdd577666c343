# ruff: noqa: ARG002 -- the shapes of the calls are PC/SC's
"""A PC/SC in memory for unit tests: readers, cards, counters, and whatever return codes a test wants to see."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cardd.pcsc.calls import PNP_NOTIFICATION, Disposition, Share
from cardd.pcsc.errors import Pcsc

CHANGED, EMPTY, PRESENT = 0x02, 0x10, 0x20
Answer = Callable[[list[int]], tuple[int, list[int]]]


def good(_command: list[int]) -> tuple[int, list[int]]:
    return 0, [0x90, 0x00]


@dataclass
class FakeReader:
    atr: bytes | None = None
    count: int = 0
    answer: Answer = good
    controls: dict[int, bytes] = field(default_factory=dict)
    attributes: dict[int, bytes] = field(default_factory=dict)

    @property
    def state(self) -> int:
        return self.count << 16 | (EMPTY if self.atr is None else PRESENT)


MAX_STATES, INVALID_PARAMETER = 16, 0x80100004
"""What libpcsclite 1.9.9 answers to more states in one call (measured)."""


class FakePcsc:
    """`PcscCalls` whose results a test sets. `log` names every call with the thread that made it."""

    def __init__(self) -> None:
        self.readers: dict[str, FakeReader] = {}
        self.raw_names: list[bytes] = []
        self.up = True
        self.establish_codes: list[int] = []
        self.connect_codes: list[int] = []
        self.begin_codes: list[int] = []
        self.disconnect_codes: list[int] = []
        self.log: list[tuple[str, str]] = []
        self.dispositions: list[int] = []
        self.contexts: set[int] = set()
        self.sent: list[list[int]] = []
        self.controlled: list[tuple[int, bytes]] = []
        self.waits: list[int] = []
        self._cancelled: set[int] = set()
        self._handles: dict[int, str] = {}
        self._number = 100
        self._world = threading.Condition(threading.RLock())

    # --- what tests do ---

    def plug(self, name: str, **parts: object) -> FakeReader:
        with self._world:
            reader = self.readers[name] = FakeReader(**parts)  # type: ignore[arg-type]
            self._world.notify_all()
        return reader

    def unplug(self, name: str) -> None:
        with self._world:
            del self.readers[name]
            self._world.notify_all()

    def insert(self, name: str, atr: bytes = b"\x3b\x00") -> None:
        with self._world:
            self.readers[name].atr = atr
            self.readers[name].count += 1
            self._world.notify_all()

    def pull(self, name: str) -> None:
        with self._world:
            self.readers[name].atr = None
            self.readers[name].count += 1
            self._world.notify_all()

    def swap(self, name: str, atr: bytes = b"\x3b\x00") -> None:
        """Pull and insert between two looks."""
        with self._world:
            self.readers[name].atr = atr
            self.readers[name].count += 2
            self._world.notify_all()

    def die(self) -> None:
        with self._world:
            self.up = False
            self._world.notify_all()

    def rise(self) -> None:
        with self._world:
            self.up = True

    def wait_for(self, call: str, count: int) -> None:
        """Block until `call` was made so often; for `asyncio.to_thread`."""
        with self._world:
            assert self._world.wait_for(lambda: [made for made, _ in self.log].count(call) >= count, timeout=30)

    # --- PcscCalls ---

    def establish_context(self) -> tuple[int, int]:
        self._note("establish")
        code = self.establish_codes.pop(0) if self.establish_codes else (0 if self.up else Pcsc.NO_SERVICE)
        if code:
            return code, 0
        self._number += 1
        self.contexts.add(self._number)
        return 0, self._number

    def release_context(self, context: int) -> int:
        self._note("release")
        self.contexts.discard(context)
        return 0

    def list_readers(self, context: int) -> tuple[int, list[bytes]]:
        if not self.up:
            return Pcsc.NO_SERVICE, []
        names = [name.encode() for name in self.readers] + self.raw_names
        return (0, names) if names else (Pcsc.NO_READERS_AVAILABLE, [])

    def get_status_change(
        self, context: int, timeout_ms: int, states: list[tuple[str, int]]
    ) -> tuple[int, list[tuple[str, int, bytes]]]:
        known = [name for name, _ in states if name != PNP_NOTIFICATION]
        self.waits.append(timeout_ms)
        if len(states) > MAX_STATES:
            return INVALID_PARAMETER, []
        with self._world:
            while True:
                if not self.up:
                    return Pcsc.COMM_ERROR, []
                if context in self._cancelled:
                    self._cancelled.discard(context)
                    return Pcsc.CANCELLED, []
                if any(name not in self.readers for name in known):
                    return Pcsc.UNKNOWN_READER, []
                shown = [(name, *self._shown(name, state)) for name, state in states]
                if any(state & CHANGED for _, state, _ in shown) or set(known) != set(self.readers):
                    return 0, shown
                self._world.wait()

    def _shown(self, name: str, state: int) -> tuple[int, bytes]:
        if name == PNP_NOTIFICATION:
            return 0, b""
        reader = self.readers[name]
        return reader.state | (CHANGED if state != reader.state else 0), reader.atr or b""

    def cancel(self, context: int) -> int:
        with self._world:
            self._cancelled.add(context)
            self._world.notify_all()
        return 0

    def connect(self, context: int, reader: str, share: int, protocols: int) -> tuple[int, int, int]:
        self._note("connect")
        code = self.connect_codes.pop(0) if self.connect_codes else 0
        if not self.up or context not in self.contexts:
            code = Pcsc.NO_SERVICE
        elif not code and reader not in self.readers:
            code = Pcsc.UNKNOWN_READER
        elif not code and share == Share.EXCLUSIVE and self.readers[reader].atr is None:
            code = Pcsc.NO_SMARTCARD
        if code:
            return code, 0, 0
        self._number += 1
        self._handles[self._number] = reader
        return 0, self._number, 2

    def disconnect(self, card: int, disposition: int) -> int:
        self._note("disconnect")
        self._handles.pop(card)
        self.dispositions.append(disposition)
        return self.disconnect_codes.pop(0) if self.disconnect_codes else 0

    def begin_transaction(self, card: int) -> int:
        self._note("begin")
        return self.begin_codes.pop(0) if self.begin_codes else 0

    def end_transaction(self, card: int, disposition: int) -> int:
        self._note("end")
        assert disposition == Disposition.LEAVE
        return 0

    def get_atr(self, card: int) -> tuple[int, bytes]:
        return 0, self.readers[self._handles[card]].atr or b""

    def transmit(self, card: int, protocol: int, command: list[int]) -> tuple[int, list[int]]:
        self._note("transmit")
        self.sent.append(command)
        return self.readers[self._handles[card]].answer(command)

    def control(self, card: int, code: int, data: list[int]) -> tuple[int, bytes]:
        self._note("control")
        self.controlled.append((code, bytes(data)))
        answer = self.readers[self._handles[card]].controls.get(code)
        return (Pcsc.UNSUPPORTED_FEATURE, b"") if answer is None else (0, answer)

    def get_attribute(self, card: int, attribute: int) -> tuple[int, bytes]:
        value = self.readers[self._handles[card]].attributes.get(attribute)
        return (Pcsc.UNSUPPORTED_FEATURE, b"") if value is None else (0, value)

    def _note(self, call: str) -> None:
        with self._world:
            self.log.append((call, threading.current_thread().name))
            self._world.notify_all()
