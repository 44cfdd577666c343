"""Bare PC/SC by pyscard: the least commands that do a job, and any commands again as they were sent."""

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from smartcard import scard


class PcscFailed(Exception):
    """A PC/SC call or a card said no; the benchmark cannot go on."""


class BareCard:
    """One card, exclusively and in a transaction, powered off at the end, as cardd uses it. The context stays open."""

    def __init__(self, context: int, reader: str) -> None:
        self._context = context
        self._reader = reader

    def __enter__(self) -> Self:
        code, self._card, self._protocol = scard.SCardConnect(
            self._context, self._reader, scard.SCARD_SHARE_EXCLUSIVE, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        _expect(code, "SCardConnect")
        _expect(scard.SCardBeginTransaction(self._card), "SCardBeginTransaction")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scard.SCardEndTransaction(self._card, scard.SCARD_LEAVE_CARD)
        scard.SCardDisconnect(self._card, scard.SCARD_UNPOWER_CARD)

    def raw(self, command: bytes) -> bytes:
        """One command as it is; the whole answer."""
        code, answer = scard.SCardTransmit(self._card, self._protocol, list(command))
        _expect(code, "SCardTransmit")
        return bytes(answer)

    def send(self, command: bytes) -> bytes:
        """One command that must succeed, with GET RESPONSE as long as there is more; the data."""
        answer = self.raw(command)
        data = answer[:-2]
        while answer[-2] == 0x61:
            answer = self.raw(bytes((0x00, 0xC0, 0x00, 0x00, answer[-1])))
            data += answer[:-2]
        if answer[-2:] != b"\x90\x00":
            raise PcscFailed(f"{command[:4].hex()}: {answer[-2:].hex()}")
        return data


class Bare:
    """One PC/SC context; a context manager. `PCSCLITE_CSOCK_NAME` must be set before the first of a process."""

    def __enter__(self) -> Self:
        code, self.context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
        _expect(code, "SCardEstablishContext")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scard.SCardReleaseContext(self.context)

    def timed(self, reader: str, job: Callable[[BareCard], object]) -> float:
        """Seconds for connecting, the job, and powering off."""
        began = time.monotonic()
        with BareCard(self.context, reader) as card:
            job(card)
        return time.monotonic() - began

    def replay(self, reader: str, sessions: Sequence[Sequence[bytes]]) -> float:
        """Seconds for the same commands in the same sessions, whatever the answers."""

        def again(card: BareCard, commands: Sequence[bytes]) -> None:
            for command in commands:
                card.raw(command)

        return sum(self.timed(reader, lambda card, one=session: again(card, one)) for session in sessions)  # type: ignore[misc]


def _expect(code: int, call: str) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise PcscFailed(f"{call}: {scard.SCardGetErrorMessage(code)}")
