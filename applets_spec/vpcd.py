"""Puts a card into a vpcd reader of a real pcscd: the card is a TCP client of the driver, connecting inserts it, closing pulls it.

Frames both ways: two bytes length, big-endian, then the bytes. One byte 00, 01, 02 = power off, on, reset (no answer),
04 = give the ATR; anything else is a command APDU (frankmorgner/vsmartcard, `virtualsmartcard/src/vpcd/vpcd.h`).
vpcd listens on every address without a login: for test machines only.
"""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from enum import IntEnum
from types import TracebackType
from typing import Self

from applets_spec.card import NoPower, VirtualCard
from applets_spec.insertion import CardExchanged, CardGone, tell_inserted, tell_pulled

_log = logging.getLogger(__name__)

DEFAULT_PORT = 0x8C7B
_INTERNAL_ERROR = bytes.fromhex("6F00")
_LENGTH = struct.Struct(">H")
_CONNECT_SECONDS = 5.0
_RETRY_SECONDS = 0.02
_LET_GO_SECONDS = 2.0
_NOTICE_SECONDS = 1.5
_POLL_SECONDS = 0.9  # pcscd looks every 0.4 s; twice that and it has seen the slot empty


class NoReader(Exception):
    """Nobody listens on the port: no pcscd, or no vpcd driver in it."""


class _Control(IntEnum):
    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


class VpcdSlot:
    """A slot of vpcd. Use it as a context manager, or `insert` and `pull`. Not for several threads at once."""

    def __init__(self, port: int = DEFAULT_PORT, host: str = "127.0.0.1") -> None:
        self._address = (host, port)
        self._card: VirtualCard | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._powered = threading.Event()
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pull()

    @property
    def card(self) -> VirtualCard | None:
        """The card that is in, as far as this side knows."""
        return self._card

    def insert(self, card: VirtualCard, seconds: float = _CONNECT_SECONDS) -> None:
        """Put a card in and wait until pcscd has powered it. Raises `NoReader`."""
        deadline = time.monotonic() + seconds
        self.pull()
        self._connect(card, deadline)
        while not self._powered.wait(max(0.0, min(_NOTICE_SECONDS, deadline - time.monotonic()))):
            self.pull()
            if time.monotonic() >= deadline:
                raise NoReader(f"port {self._address[1]}: the card was not powered within {seconds} s")
            # A card that was pulled in the middle of a command is gone before pcscd looks: it takes the next one for the same, and
            # never powers it. So it gets to see the slot empty.
            time.sleep(_POLL_SECONDS)
            self._connect(card, deadline)

    def pull(self) -> None:
        """Take the card out, in the middle of a command too. Without a card: nothing."""
        with self._changing:
            connection, thread, card = self._socket, self._thread, self._card
            self._socket = self._thread = self._card = None
        if card is not None:
            tell_pulled(card)
        if connection is not None:
            _hang_up(connection)
        if thread is not None and thread is not threading.current_thread():
            thread.join(_LET_GO_SECONDS)

    def _connect(self, card: VirtualCard, deadline: float, instead_of: VirtualCard | None = None) -> None:
        connection = _dial(self._address, deadline)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._changing:
            if self._card is not instead_of:
                connection.close()  # pulled while another card was on its way in: the slot stays empty
                return
            self._powered.clear()
            tell_inserted(card)
            self._card, self._socket = card, connection
            self._thread = threading.Thread(target=self._serve, args=(card, connection), name="vpcd-card", daemon=True)
            self._thread.start()

    def _serve(self, card: VirtualCard, connection: socket.socket) -> None:
        try:
            with connection:
                while True:
                    answer = self._answer(card, _receive_frame(connection))
                    if answer is not None:
                        connection.sendall(_LENGTH.pack(len(answer)) + answer)
        except CardExchanged as exchanged:
            self._exchange(card, exchanged)
        except (CardGone, EOFError, OSError) as gone:
            _log.debug("the card is out: %s", gone)
        finally:
            card.power_off()

    def _answer(self, card: VirtualCard, message: bytes) -> bytes | None:
        if len(message) != 1:
            return _transmit(card, message)
        if message[0] == _Control.GET_ATR:
            return card.atr
        if message[0] == _Control.POWER_OFF:
            card.power_off()
        elif message[0] == _Control.POWER_ON:
            card.power_on()
            self._powered.set()
        elif message[0] == _Control.RESET:
            card.reset()
        return None

    def _exchange(self, card: VirtualCard, exchanged: CardExchanged) -> None:
        """Another card goes in: at once, so that pcscd never sees the slot empty, or after it has."""
        if self._card is not card:
            return
        tell_pulled(card)
        if exchanged.noticed:
            time.sleep(_POLL_SECONDS)
        else:
            exchanged.other.power_on()
        self._connect(exchanged.other, time.monotonic() + _CONNECT_SECONDS, instead_of=card)


def _transmit(card: VirtualCard, command: bytes) -> bytes:
    """A command to an unpowered card, which pcscd lets through on a handle reconnected after a direct one: vpcd has no
    way to report a reader's error, and without any answer the slot would hang."""
    try:
        return card.transmit(command)
    except NoPower:
        return _INTERNAL_ERROR


def _dial(address: tuple[str, int], deadline: float) -> socket.socket:
    """Connect, trying again while the driver is still coming up."""
    while True:
        try:
            return socket.create_connection(address)
        except ConnectionRefusedError as refused:
            if time.monotonic() >= deadline:
                raise NoReader(f"nothing listens on port {address[1]}: is pcscd running with vpcd?") from refused
            time.sleep(_RETRY_SECONDS)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError as gone:
        _log.debug("the reader hung up first: %s", gone)
    connection.close()


def _receive_frame(connection: socket.socket) -> bytes:
    (length,) = _LENGTH.unpack(_receive_exactly(connection, _LENGTH.size))
    return _receive_exactly(connection, length)


def _receive_exactly(connection: socket.socket, size: int) -> bytes:
    """vpcd sends length and bytes apart; without a quick ACK before each read the second waits 40 ms for the first's."""
    data = b""
    while len(data) < size:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError("pcscd closed the slot")
        data += part
    return data
