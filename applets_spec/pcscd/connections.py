"""The PC/SC calls that open, change and close a connection: connect, reconnect, disconnect, transactions, status.

Each function does to one `Reader` what pcscd does (LudovicRousseau/PCSC, `src/winscard.c`), its oddities included:
UNPOWER at the end of a transaction powers up again, RESET flags the caller's own handle too.
"""

from __future__ import annotations

from typing import NamedTuple

from applets_spec.pcscd.atr import choose_protocol
from applets_spec.pcscd.numbers import Disposition, Protocol, Result, ShareMode
from applets_spec.pcscd.reader import Power, Reader
from applets_spec.pcscd.sharing import Handle

_USABLE = Protocol.T0 | Protocol.T1 | Protocol.RAW | Protocol.ANY_OLD
_RESTARTING = (Disposition.RESET, Disposition.UNPOWER)


class Opened(NamedTuple):
    """Outcome of connect and reconnect."""

    result: Result
    protocol: Protocol = Protocol.UNDEFINED


def _check_modes(share_mode: int, preferred: Protocol) -> Result:
    if share_mode != ShareMode.DIRECT and not preferred & _USABLE:
        return Result.E_PROTO_MISMATCH
    if share_mode not in tuple(ShareMode):
        return Result.E_INVALID_VALUE
    return Result.SUCCESS


def connect(reader: Reader, number: int, share_mode: int, preferred: Protocol) -> Opened:
    """SCardConnect under the handle `number`. Waits while somebody holds a transaction."""
    result = _check_modes(share_mode, preferred)
    if result is not Result.SUCCESS:
        return Opened(result)
    with reader.changed:
        if reader.sharing.connections < 0:
            return Opened(Result.E_SHARING_VIOLATION)
        if not _wait_for_lock(reader):
            return Opened(Result.E_READER_UNAVAILABLE)
    if share_mode != ShareMode.DIRECT:
        result = _wake_card(reader)
        if result is not Result.SUCCESS:
            return Opened(result)
    with reader.changed:
        result = _agree_on_protocol(reader, share_mode, preferred)
        if result is Result.SUCCESS:
            result = reader.sharing.admit(Handle(number), exclusive=share_mode == ShareMode.EXCLUSIVE)
        if result is not Result.SUCCESS:
            return Opened(result)
        reader.sharing_changed()
        return Opened(Result.SUCCESS, reader.protocol)


def reconnect(reader: Reader, number: int, share_mode: int, preferred: Protocol, initialization: int) -> Opened:
    """SCardReconnect: reset or power-cycle the card if wanted, agree on protocol and sharing anew, forget events."""
    if initialization not in (Disposition.LEAVE, *_RESTARTING):
        return Opened(Result.E_INVALID_VALUE)
    result = _check_modes(share_mode, preferred)
    if result is Result.SUCCESS:
        result = reader.sharing.check(number)
    if result is Result.SUCCESS:
        result = _restart(reader, Disposition(initialization))
    if result is not Result.SUCCESS:
        return Opened(result)
    with reader.changed:
        result = _agree_on_protocol(reader, share_mode, preferred)
        if result is Result.SUCCESS and share_mode == ShareMode.EXCLUSIVE:
            result = reader.sharing.make_exclusive(number)
        if result is not Result.SUCCESS:
            return Opened(result)
        if share_mode != ShareMode.EXCLUSIVE:
            reader.sharing.make_shared(number)
        if share_mode != ShareMode.DIRECT:
            reader.set_power(Power.IN_USE)
        reader.sharing.handles[number].event = Result.SUCCESS
        reader.sharing_changed()
        return Opened(Result.SUCCESS, reader.protocol)


def disconnect(reader: Reader, number: int, disposition: int) -> Result:
    """SCardDisconnect. With an action on the card it waits until somebody else's transaction is over."""
    if disposition not in tuple(Disposition):
        return Result.E_INVALID_VALUE
    sharing = reader.sharing
    with reader.changed:
        if disposition != Disposition.LEAVE and sharing.owner != number:
            _wait_for_lock(reader)
        result = sharing.unlock_all(number)
        if result is not Result.SUCCESS and disposition != Disposition.LEAVE:
            return result
        if disposition in _RESTARTING:
            sharing.flag_all(Result.W_RESET_CARD)
    if reader.has_card:
        if disposition == Disposition.RESET:
            reader.warm_reset()
        elif disposition == Disposition.UNPOWER:
            reader.power_down()
    with reader.changed:
        sharing.dismiss(number)
        if sharing.connections == 0 and reader.power in (Power.POWERED, Power.IN_USE, Power.GRACE):
            reader.set_power(Power.GRACE)
        reader.sharing_changed()
    return Result.SUCCESS


def begin_transaction(reader: Reader, number: int) -> Result:
    """SCardBeginTransaction. When another handle holds the card: wait one poll and refuse; the library asks again."""
    with reader.changed:
        event = reader.sharing.handles[number].event
        if event is not Result.SUCCESS:
            return event
        result = reader.sharing.lock(number)
        if result is Result.E_SHARING_VIOLATION:
            reader.changed.wait_for(lambda: not reader.alive, reader.profile.lock_poll)
        return result


def end_transaction(reader: Reader, number: int, disposition: int) -> Result:
    """SCardEndTransaction."""
    if disposition not in tuple(Disposition):
        return Result.E_INVALID_VALUE
    sharing = reader.sharing
    with reader.changed:
        event = sharing.handles[number].event
        if event is not Result.SUCCESS:
            return event
        if disposition != Disposition.LEAVE and sharing.owner not in (None, number):
            return Result.E_SHARING_VIOLATION
    result = Result.SUCCESS
    if disposition in _RESTARTING:
        result = _restart(reader, Disposition(disposition))
    with reader.changed:
        unlocked = sharing.unlock(number)
        reader.changed.notify_all()
    return unlocked if result is Result.SUCCESS else result


def status(reader: Reader, number: int) -> Result:
    """SCardStatus: what this handle must know before it goes on."""
    with reader.changed:
        result = reader.sharing.check(number)
        return reader.sharing.handles[number].event if result is Result.SUCCESS else result


def abandon(reader: Reader, number: int) -> None:
    """The owner released its context or died: end the connection, with a reset if it held the card."""
    with reader.changed:
        handle = reader.sharing.handles.get(number)
        if handle is None:
            return
        held = reader.sharing.owner == number
        if held:
            reader.sharing.force_unlock()
            reader.changed.notify_all()
    untouched = handle.event is Result.SUCCESS
    disconnect(reader, number, Disposition.RESET if held and untouched else Disposition.LEAVE)


def _wait_for_lock(reader: Reader) -> bool:
    """Wait until nobody holds a transaction; False when the reader went away instead."""
    reader.changed.wait_for(lambda: reader.sharing.owner is None or not reader.alive)
    return reader.alive


def _wake_card(reader: Reader) -> Result:
    """Have a powered card in use, or say why not."""
    if not reader.has_card:
        return Result.E_NO_SMARTCARD
    if reader.power is Power.UNPOWERED:
        reader.power_up()
    with reader.changed:
        if not reader.is_powered:
            return Result.W_UNPOWERED_CARD if reader.has_card else Result.E_NO_SMARTCARD
        reader.set_power(Power.IN_USE)
        return Result.SUCCESS


def _restart(reader: Reader, how: Disposition) -> Result:
    """Reset or power-cycle, telling every handle; LEAVE only looks."""
    if how is Disposition.LEAVE:
        if not reader.has_card:
            return Result.E_NO_SMARTCARD
        return Result.SUCCESS if reader.is_powered else Result.W_UNRESPONSIVE_CARD
    with reader.changed:
        reader.sharing.flag_all(Result.W_RESET_CARD)
    if how is Disposition.UNPOWER:
        reader.power_down()
    answered = reader.warm_reset() if how is Disposition.RESET else reader.power_up()
    if answered:
        return Result.SUCCESS
    return Result.W_UNRESPONSIVE_CARD if reader.has_card else Result.E_NO_SMARTCARD


def _agree_on_protocol(reader: Reader, share_mode: int, preferred: Protocol) -> Result:
    if preferred & Protocol.RAW:
        reader.protocol = Protocol.RAW
    elif share_mode == ShareMode.DIRECT:
        pass
    elif reader.protocol is Protocol.UNDEFINED:
        chosen = choose_protocol(reader.atr, preferred)
        if chosen is None:
            return Result.E_PROTO_MISMATCH
        reader.protocol = chosen
    elif not preferred & (reader.protocol | Protocol.ANY_OLD):
        return Result.E_PROTO_MISMATCH
    return Result.SUCCESS
