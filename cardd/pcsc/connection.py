"""`SmartCardConnection` over SCardTransmit: one job's use of one card, dead after the first transport error."""

from functools import partial

from cardd.errors import CarddError, CardNoAnswer, Internal, LockedDown
from cardd.iso7816.apdu import CommandApdu, ResponseApdu, decode_answer, length_over_t0
from cardd.iso7816.chaining import OperationBudget
from cardd.iso7816.connection import InsertionNotes, converse
from cardd.model import PinShape
from cardd.pcsc.calls import CardProtocol, PcscCalls
from cardd.pcsc.errors import Pcsc, pcsc_error
from cardd.pcsc.job_clock import JobClock
from cardd.pcsc.part10 import PAD_GRACE_S, PAD_TIMEOUT_S, ReaderFeatures, verify_block


class PcscConnection:
    """A connected card, inside a transaction. Lives for one job, on the reader's thread."""

    def __init__(
        self,
        calls: PcscCalls,
        card: int,
        protocol: int,
        *,
        atr: bytes | None = None,
        notes: InsertionNotes,
        features: ReaderFeatures,
        clock: JobClock,
    ) -> None:
        self._calls = calls
        self._card = card
        self._protocol = protocol
        self._atr = atr
        self._notes = notes
        self._features = features
        self._clock = clock
        self._budget = OperationBudget()
        self._failure: CarddError | None = None

    @property
    def notes(self) -> InsertionNotes:
        return self._notes

    @property
    def atr(self) -> bytes:
        """Asked for when somebody wants it: SCardStatus is two more exchanges with pcscd, and most jobs do without."""
        if self._atr is None:
            self._refuse_when_dead()
            code, self._atr = self._calls.get_atr(self._card)
            if code != Pcsc.SUCCESS:
                self._failure = pcsc_error(code, "SCardStatus")
                raise self._failure
        return self._atr

    @property
    def has_pin_pad(self) -> bool:
        return self._features.verify_direct is not None

    @property
    def reader_takes_extended(self) -> bool:
        # Over T=0 extended length would need ENVELOPE, which no card of ours asks for.
        return self._features.extended_apdus and self._protocol != CardProtocol.T0

    @property
    def failure(self) -> CarddError | None:
        """The first transport error; from then on nothing reaches the card (requirement C4)."""
        return self._failure

    def begin_operation(self) -> None:
        """See `SmartCardConnection`."""
        self._budget = OperationBudget()

    def check_there(self) -> None:
        """See `SmartCardConnection`: pcscd is asked, not the card."""
        self._refuse_when_dead()
        code, _ = self._calls.get_atr(self._card)
        if code != Pcsc.SUCCESS:
            self._failure = pcsc_error(code, "SCardStatus")
            raise self._failure

    def transmit(self, command: CommandApdu) -> ResponseApdu:
        """See `SmartCardConnection`. Raises `CardRemoved`, `CardNoAnswer`, `CardBadAnswer`, `PcscDown`, `ReaderBusy`."""
        self._refuse_when_dead()
        try:
            return converse(self, partial(self._send, patience_s=command.patience_s), command, self._budget)
        except CarddError as error:
            self._failure = error
            raise

    def verify_on_pad(self, command: CommandApdu, shape: PinShape, *, padded_to: int | None = None) -> ResponseApdu:
        """See `SmartCardConnection`. The pad's own status words 6400 to 6403 come back as they are."""
        self._refuse_when_dead()
        if self._features.verify_direct is None:
            raise Internal(problem="no_pin_pad")
        block = verify_block(command, shape, padded_to)
        try:
            self._budget.spend_command(len(block))
            with self._clock.patient(PAD_TIMEOUT_S + PAD_GRACE_S):
                code, answer = self._calls.control(self._card, self._features.verify_direct, list(block))
            return decode_answer(self._checked(code, answer, "SCardControl"))
        except CarddError as error:
            self._failure = error
            raise

    def _send(self, octets: bytearray, patience_s: float | None) -> bytes:
        sent = list(octets)
        if self._protocol == CardProtocol.T0:
            del sent[length_over_t0(octets) :]
        try:
            # Nobody waits any longer: the PIN's owner wipes it after this was said, so zeros may have been copied just now.
            if self._clock.abandoned:
                raise CardNoAnswer(command="SCardTransmit", problem="late")
            with self._clock.command() if patience_s is None else self._clock.patient(patience_s):
                code, answer = self._calls.transmit(self._card, self._protocol, sent)
        finally:
            sent[:] = [0] * len(sent)
        # On an error the answer can hold leftover memory: it is not looked at (requirement C2).
        return self._checked(code, bytes(answer) if code == Pcsc.SUCCESS else b"", "SCardTransmit")

    def _checked(self, code: int, answer: bytes, call: str) -> bytes:
        if self._clock.abandoned:
            raise CardNoAnswer(command=call, problem="late")
        if code != Pcsc.SUCCESS:
            raise pcsc_error(code, call)
        return answer

    def _refuse_when_dead(self) -> None:
        if self._failure is not None:
            raise type(self._failure)(self._failure.facts)
        if self._clock.abandoned:
            raise CardNoAnswer(problem="late")
        if self._clock.stopped:
            raise LockedDown()
