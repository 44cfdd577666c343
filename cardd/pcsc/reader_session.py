"""The PC/SC side of one reader's thread: context, exclusive connection, transaction, one job, power off."""

import time
from collections.abc import Callable
from typing import TypeVar

from cardd.errors import CardNoAnswer
from cardd.iso7816.connection import InsertionNotes
from cardd.model import ReaderName
from cardd.pcsc.calls import T0_OR_T1, Disposition, PcscCalls, Share
from cardd.pcsc.connection import PcscConnection
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.errors import SERVICE_LOST, Pcsc, pcsc_error
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.part10 import ReaderFeatures, ask_features
from cardd.ports import Job

T = TypeVar("T")

CONNECT_TRIES = 3
CONNECT_PAUSE_S = 0.9
"""Between tries when another program holds the card: three tries in under two seconds (fault 43)."""

CONNECTING = "connect"
"""Getting hold of the card: pcscd lets us wait as long as another program keeps a transaction (measured with 1.9.9)."""


class ReaderSession:
    """Runs jobs on one reader. Every call comes from the same thread, which owns the context."""

    def __init__(
        self,
        reader: ReaderName,
        calls: PcscCalls,
        contexts: Contexts,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._reader = reader
        self._calls = calls
        self._contexts = contexts
        self._pause = pause
        self._context: int | None = None
        self._features: ReaderFeatures | None = None

    def run(self, job: Job[T], notes: InsertionNotes, clock: JobClock) -> T:
        """Connect, run `job` in a transaction, power the card off. The handle never outlives this call.

        Raises what the job raises and what `ReaderWorker.perform` names.
        """
        card, protocol = self._connect(clock)
        connection: PcscConnection | None = None
        try:
            connection = self._open(card, protocol, notes, clock)
            result = job(connection)
            if connection.failure is not None:  # a job must not turn a lost card into a result
                raise connection.failure
            return result
        finally:
            self._close(card, broken=connection is None or connection.failure is not None)

    def end(self) -> None:
        """Release the context; called by the thread that used it, never by another (requirement C7)."""
        if self._context is not None:
            self._calls.release_context(self._context)
            self._context = None

    def _connect(self, clock: JobClock) -> tuple[int, int]:
        code = 0
        for left in reversed(range(CONNECT_TRIES)):
            code, card, protocol = self._connect_once(clock)
            if clock.abandoned:
                if code == Pcsc.SUCCESS:
                    self._close(card, broken=True)
                raise CardNoAnswer(command="SCardConnect", problem="late")
            if code == Pcsc.SUCCESS:
                return card, protocol
            if code != Pcsc.SHARING_VIOLATION or not left:
                break
            self._pause(CONNECT_PAUSE_S)
        raise pcsc_error(code, "SCardConnect")

    def _connect_once(self, clock: JobClock) -> tuple[int, int, int]:
        answer = self._connect_in(self._context, clock)
        if answer[0] in SERVICE_LOST:  # pcscd was started anew since the last job
            self.end()
            answer = self._connect_in(None, clock)
        return answer

    def _connect_in(self, context: int | None, clock: JobClock) -> tuple[int, int, int]:
        with clock.command(CONNECTING):
            if context is None:
                context = self._context = self._contexts.open()
            return self._calls.connect(context, self._reader, Share.EXCLUSIVE, T0_OR_T1)

    def _open(self, card: int, protocol: int, notes: InsertionNotes, clock: JobClock) -> PcscConnection:
        with clock.command(CONNECTING):
            self._expect(self._calls.begin_transaction(card), "SCardBeginTransaction")
            if self._features is None:
                self._features = ask_features(self._calls, card)
        return PcscConnection(self._calls, card, protocol, notes=notes, features=self._features, clock=clock)

    def _close(self, card: int, *, broken: bool) -> None:
        """End the transaction and cut the card's power, which ends every PIN state (decision: never leave or reset).

        After a transport error the context goes too: whatever lock pcscd still keeps for it ends with it (fault 172).
        """
        self._calls.end_transaction(card, Disposition.LEAVE)  # the handle is still exclusive: nobody comes in between
        code = self._calls.disconnect(card, Disposition.UNPOWER)
        if broken or code != Pcsc.SUCCESS:
            self.end()

    @staticmethod
    def _expect(code: int, call: str) -> None:
        if code != Pcsc.SUCCESS:
            raise pcsc_error(code, call)
