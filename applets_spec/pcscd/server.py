"""The stand-in pcscd as a whole: its socket, its readers, its life and death. Slots and their cards outlive the daemon."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from applets_spec.pcscd.client import Client
from applets_spec.pcscd.numbers import NEWEST_MINOR, OLDEST_MINOR
from applets_spec.pcscd.profile import ReaderProfile
from applets_spec.pcscd.reader import Reader
from applets_spec.pcscd.slot import Slot
from applets_spec.pcscd.table import ReaderTable
from applets_spec.pcscd.timekeeper import Timekeeper
from applets_spec.pcscd.waiting import Waiter, WaitingRoom

_log = logging.getLogger(__name__)

SOCKET_NAME = "pcscd.comm"
_BACKLOG = 128
_STUCK_AFTER = 2.0


class ReaderUnknown(Exception):
    """There is no such reader."""


class StandInPcscd:
    """A pcscd for the unmodified libpcsclite: point `PCSCLITE_CSOCK_NAME` at `socket_path` before the first context.

    `minor`: the newest protocol 4:x it speaks, 4 to 6 (4 = pcscd 1.9.9, 5 = 2.0 to 2.3, 6 = 2.4 on).
    """

    def __init__(
        self, folder: Path, profiles: Sequence[ReaderProfile], *, minor: int = NEWEST_MINOR, max_clients: int = 200
    ) -> None:
        if not OLDEST_MINOR <= minor <= NEWEST_MINOR:
            raise ValueError(f"protocol 4:{minor}: only 4:{OLDEST_MINOR} to 4:{NEWEST_MINOR} are known")
        self.socket_path = folder / SOCKET_NAME
        self.minor = minor
        self.max_clients = max_clients
        self.slots: list[Slot] = [Slot(profile) for profile in profiles]
        self.readers = ReaderTable()
        self.waiting = WaitingRoom()
        self._lock = threading.Lock()
        self._clients: list[Client] = []
        self._listener: socket.socket | None = None
        self._accepting: threading.Thread | None = None
        self._timekeeper: Timekeeper | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether clients are being served."""
        return self._listener is not None

    def start(self) -> None:
        """Open the socket and serve. Cards that are in their slots are powered up. A left-over socket file is replaced."""
        if self._listener is not None:
            return
        self.readers, self.waiting = ReaderTable(), WaitingRoom()
        self._timekeeper = Timekeeper()
        for slot in self.slots:
            self._attach(slot)
        self.socket_path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self.socket_path))
        listener.listen(_BACKLOG)
        self._listener = listener
        self._accepting = threading.Thread(target=self._accept, args=(listener,), name="pcscd-accept", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """End in good order: cards without power, socket file gone. Slots keep their cards."""
        if self._listener is not None:
            self._die()
            for slot in self.slots:
                slot.power_off_if_quiet()
        self.socket_path.unlink(missing_ok=True)

    def kill(self) -> None:
        """Die as from SIGKILL: every client loses its daemon, the socket file stays, cards keep their power."""
        if self._listener is not None:
            self._die()

    def restart(self) -> None:
        """`stop` and `start`: old contexts are dead, new ones work."""
        self.stop()
        self.start()

    def plug(self, profile: ReaderProfile) -> Slot:
        """Plug a reader in."""
        slot = Slot(profile)
        self.slots.append(slot)
        if self.running:
            self._attach(slot)
            self.waiting.wake_all()
        return slot

    def unplug(self, slot: Slot) -> None:
        """Unplug a reader; connections to it fail from now on. Raises `ReaderUnknown`."""
        if slot not in self.slots:
            raise ReaderUnknown(slot.profile.name)
        self.slots.remove(slot)
        for reader in self.readers.readers():
            if reader.slot is slot:
                self.readers.remove(reader)
                reader.detach()
        if slot.card is not None:
            slot.pull()
        self.waiting.wake_all()

    def waiter_of(self, context: int) -> Waiter | None:
        """The client that holds this context."""
        with self._lock:
            return next((client for client in self._clients if context and client.calls.context == context), None)

    def client_left(self, client: object) -> None:
        """Forget a client whose connection is over."""
        with self._lock:
            self._clients = [other for other in self._clients if other is not client]

    def _attach(self, slot: Slot) -> None:
        assert self._timekeeper is not None
        reader = Reader(slot, self._timekeeper, self._announce)
        reader.attach()
        self.readers.add(reader)

    def _announce(self) -> None:
        self.waiting.wake_all()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError as closed:
                _log.debug("no longer listening: %s", closed)
                return
            with self._lock:
                full = len(self._clients) >= self.max_clients or self._listener is not listener
                if not full:
                    client = Client(connection, self)
                    self._clients.append(client)
            if full:
                connection.close()  # as pcscd does when it has no thread left
            else:
                client.start()

    def _die(self) -> None:
        listener, accepting, timekeeper = self._listener, self._accepting, self._timekeeper
        assert listener is not None
        assert accepting is not None
        assert timekeeper is not None
        with self._lock:
            self._listener = None
            clients = list(self._clients)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join()
        for client in clients:
            client.hang_up()
        for reader in self.readers.readers():
            reader.detach()
        for slot in self.slots:
            slot.abort()
        for client in clients:
            if not client.join(_STUCK_AFTER):
                _log.warning("a card does not let go of its client; that thread ends with the command")
        timekeeper.close()
