"""The calls of one client: each message body in, the bytes of the answer out. No socket here.

Source: LudovicRousseau/PCSC, `src/winscard_svc.c`, ContextThread.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Protocol as Interface
from typing import TypeVar

from applets_spec.pcscd import connections, exchange
from applets_spec.pcscd.messages import (
    ARRAY_SIZE,
    Attrib,
    Body,
    Connect,
    ControlMessage,
    Disconnect,
    Establish,
    HandleOnly,
    MalformedMessage,
    ReaderEvents,
    Reconnect,
    Release,
    Transmit,
    Version,
    WaitReaderStateChange,
    pack,
    pack_reader_states,
)
from applets_spec.pcscd.numbers import (
    FIXED_READER_SLOTS,
    MAX_SHORT_BUFFER,
    OLDEST_MINOR,
    PROTOCOL_MAJOR,
    SIZED_ARRAY_MINOR,
    Command,
    Disposition,
    Protocol,
    Result,
)
from applets_spec.pcscd.reader import Reader
from applets_spec.pcscd.table import ReaderTable
from applets_spec.pcscd.waiting import Waiter, WaitingRoom

MAX_HANDLES = 200
"""Connections of one context, as PCSC_MAX_CONTEXT_CARD_HANDLES."""
_MAX_CONTEXT = 0x7FFFFFFF
B = TypeVar("B")


class Daemon(Interface):
    """What a client needs of the daemon it talks to."""

    readers: ReaderTable
    waiting: WaitingRoom
    minor: int

    def waiter_of(self, context: int) -> Waiter | None:
        """The client that holds this context."""

    def client_left(self, client: object) -> None:
        """Forget a client whose connection is over."""


class Calls:
    """What one client has opened, and the answers to its messages. `waiter` is the client itself."""

    def __init__(self, daemon: Daemon, waiter: Waiter) -> None:
        self.context = 0
        self._daemon = daemon
        self._waiter = waiter
        self._handles: list[int] = []
        self._sized_array = daemon.minor >= SIZED_ARRAY_MINOR

    def answer(self, command: Command, body: Body, data: bytes) -> bytes:
        """The answer to a message with a body; `data` came behind it. Raises `MalformedMessage`."""
        if isinstance(body, Transmit):
            return self._transmit(body, data)
        if isinstance(body, ControlMessage):
            return self._control(body, data)
        if isinstance(body, Attrib):
            return self._attribute(command, body)
        return pack(self._plain_answer(command, body))

    def answer_bare(self, command: Command) -> bytes:
        """The answer to a message without a body; may be empty."""
        states = self._daemon.readers.states
        if command is Command.GET_READERS_STATE:
            return pack_reader_states(states(), FIXED_READER_SLOTS)
        if command is Command.GET_READERS_STATE_ARRAY:
            return pack_reader_states(states(), self._daemon.readers.array_size)
        if command is Command.GET_READERS_STATE_SIZE:
            return ARRAY_SIZE.pack(self._daemon.readers.array_size)
        if command is Command.GET_READER_EVENTS:
            return pack(ReaderEvents(self._daemon.readers.events & 0xFFFFFFFF, Result.SUCCESS))
        if command is Command.STOP_WAITING_READER_STATE_CHANGE:
            # Nothing is said to a client that is no longer waiting: its event is on the way already.
            was_waiting = self._daemon.waiting.leave(self._waiter)
            return pack(WaitReaderStateChange(0, Result.SUCCESS)) if was_waiting else b""
        self._daemon.waiting.enter(self._waiter)
        return b"" if self._sized_array else pack_reader_states(states(), FIXED_READER_SLOTS)

    def abandon_all(self) -> None:
        """The context is released or its owner died: end every connection it has."""
        for number in self._handles:
            reader = self._daemon.readers.by_handle(number)
            if reader is not None:
                connections.abandon(reader, number)
        self._handles.clear()
        self.context = 0

    def _plain_answer(self, command: Command, body: Body) -> Body:
        answers: dict[Command, Callable[[], Body]] = {
            Command.VERSION: lambda: self._version(_as(Version, body)),
            Command.ESTABLISH_CONTEXT: lambda: self._establish(_as(Establish, body)),
            Command.RELEASE_CONTEXT: lambda: self._release(_as(Release, body)),
            Command.CONNECT: lambda: self._connect(_as(Connect, body)),
            Command.RECONNECT: lambda: self._reconnect(_as(Reconnect, body)),
            Command.DISCONNECT: lambda: self._disconnect(_as(Disconnect, body)),
            Command.END_TRANSACTION: lambda: self._end_transaction(_as(Disconnect, body)),
            Command.BEGIN_TRANSACTION: lambda: self._on_reader(_as(HandleOnly, body), connections.begin_transaction),
            Command.STATUS: lambda: self._on_reader(_as(HandleOnly, body), connections.status),
            Command.CANCEL: lambda: self._cancel(_as(HandleOnly, body)),
        }
        return answers[command]()

    def _version(self, body: Version) -> Version:
        """Same version or an older one we still speak; else the client hears ours and may try again with it."""
        ours = self._daemon.minor
        accepted = body.major == PROTOCOL_MAJOR and OLDEST_MINOR <= body.minor <= ours
        self._sized_array = accepted and body.minor >= SIZED_ARRAY_MINOR
        return Version(PROTOCOL_MAJOR, ours, Result.SUCCESS if accepted else Result.E_SERVICE_STOPPED)

    def _establish(self, body: Establish) -> Establish:
        if self.context:
            raise MalformedMessage("a second context on one connection")
        self.context = secrets.randbelow(_MAX_CONTEXT) + 1
        return body._replace(context=self.context, result=Result.SUCCESS)

    def _release(self, body: Release) -> Release:
        if not self.context:
            return body._replace(result=Result.E_INVALID_HANDLE)
        if body.context != self.context:
            return body._replace(result=Result.E_INVALID_VALUE)
        self.abandon_all()
        return body._replace(result=Result.SUCCESS)

    def _connect(self, body: Connect) -> Connect:
        if not self.context or body.context != self.context:
            return body._replace(result=Result.E_INVALID_HANDLE)
        if len(self._handles) >= MAX_HANDLES:
            return body._replace(result=Result.E_NO_MEMORY)
        reader = self._daemon.readers.by_name(body.reader.split(b"\0", 1)[0])
        if reader is None:
            return body._replace(result=Result.E_UNKNOWN_READER)
        number = self._daemon.readers.new_handle()
        opened = connections.connect(reader, number, body.share_mode, _protocols(body.preferred_protocols))
        if opened.result is not Result.SUCCESS:
            return body._replace(result=opened.result, handle=0)
        self._handles.append(number)
        return body._replace(result=Result.SUCCESS, handle=number, active_protocol=opened.protocol)

    def _reconnect(self, body: Reconnect) -> Reconnect:
        reader = self._reader_of(body.handle)
        if reader is None:
            return body._replace(result=Result.E_INVALID_VALUE)
        preferred = _protocols(body.preferred_protocols)
        opened = connections.reconnect(reader, body.handle, body.share_mode, preferred, body.initialization)
        return body._replace(result=opened.result, active_protocol=opened.protocol)

    def _disconnect(self, body: Disconnect) -> Disconnect:
        reader = self._reader_of(body.handle)
        result = Result.SUCCESS
        if reader is not None:
            result = connections.disconnect(reader, body.handle, body.disposition)
        elif body.disposition not in tuple(Disposition):
            result = Result.E_INVALID_VALUE
        if result is Result.SUCCESS:
            self._handles.remove(body.handle)
        return body._replace(result=result)

    def _cancel(self, body: HandleOnly) -> HandleOnly:
        """SCardCancel comes over a connection of its own and names the context it means."""
        waiter = self._daemon.waiter_of(body.handle)
        if waiter is None:
            return body._replace(result=Result.E_INVALID_HANDLE)
        self._daemon.waiting.cancel(waiter)
        return body._replace(result=Result.SUCCESS)

    def _transmit(self, body: Transmit, command: bytes) -> bytes:
        reader = self._reader_of(body.handle)
        result, response = Result.E_INVALID_VALUE, b""
        if reader is not None:
            result, response = exchange.transmit(reader, body.handle, body.send_protocol, command)
        if len(response) > body.receive_length:
            result = Result.E_INSUFFICIENT_BUFFER
        head = pack(body._replace(receive_length=len(response), result=result))
        return head + response if result is Result.SUCCESS else head

    def _control(self, body: ControlMessage, data: bytes) -> bytes:
        reader = self._reader_of(body.handle)
        result, answer = Result.E_INVALID_VALUE, b""
        if reader is not None:
            result, answer = exchange.control(reader, body.handle, body.code, data)
        if len(answer) > body.receive_length:
            result = Result.E_INSUFFICIENT_BUFFER
        head = pack(body._replace(bytes_returned=len(answer), result=result))
        return head + answer if result is Result.SUCCESS else head

    def _attribute(self, command: Command, body: Attrib) -> bytes:
        reader = self._reader_of(body.handle)
        if body.length > MAX_SHORT_BUFFER:
            raise MalformedMessage(f"an attribute of {body.length} bytes")
        if reader is None:
            return pack(body._replace(result=Result.E_INVALID_VALUE))
        if command is Command.SET_ATTRIB:
            return pack(body._replace(result=Result.E_UNSUPPORTED_FEATURE))
        result, value = exchange.get_attribute(reader, body.handle, body.attribute)
        if len(value) > body.length:
            result = Result.E_INSUFFICIENT_BUFFER
        shown = value if result is Result.SUCCESS else b""
        return pack(body._replace(value=shown, length=len(value), result=result))

    def _reader_of(self, number: int) -> Reader | None:
        """The reader of one of this client's connections; None: it has been unplugged. Another's handle is an attack."""
        if number not in self._handles:
            raise MalformedMessage("a handle that this client never opened")
        return self._daemon.readers.by_handle(number)

    def _end_transaction(self, body: Disconnect) -> Disconnect:
        reader = self._reader_of(body.handle)
        if reader is None:
            return body._replace(result=Result.E_INVALID_VALUE)
        return body._replace(result=connections.end_transaction(reader, body.handle, body.disposition))

    def _on_reader(self, body: HandleOnly, call: Callable[[Reader, int], Result]) -> HandleOnly:
        reader = self._reader_of(body.handle)
        return body._replace(result=Result.E_INVALID_VALUE if reader is None else call(reader, body.handle))


def _as(kind: type[B], body: Body) -> B:
    """The body under its own type; `unpack` has made it so."""
    if not isinstance(body, kind):
        raise MalformedMessage(f"{kind.__name__} expected")
    return body


def _protocols(word: int) -> Protocol:
    """The protocol bits of a message that mean something."""
    known = Protocol.T0 | Protocol.T1 | Protocol.RAW | Protocol.T15 | Protocol.ANY_OLD
    return Protocol(word & known)
