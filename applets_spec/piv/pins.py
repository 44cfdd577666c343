"""The PIN commands of PIV: VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER, and what a PIN may look like."""

from dataclasses import dataclass

from applets_spec.iso7816 import OK, CardRefusal, Command, Response, StatusWord
from applets_spec.piv.quirks import PivQuirks
from applets_spec.piv.spec import LOGOUT, PAD, PIN_BYTES, SHORTEST_PIN, Reference
from applets_spec.reference_data import ReferenceData, Verdict
from applets_spec.variants import Variants


def padded(pin: bytes) -> bytes:
    """A PIN or PUK as the card stores and compares it: 8 bytes, FF behind (part 2, 2.4.3)."""
    return pin.ljust(PIN_BYTES, bytes([PAD]))


def is_pin(value: bytes) -> bool:
    """Whether these are 6 to 8 ASCII digits with FF behind up to exactly 8 bytes."""
    digits = value.rstrip(bytes([PAD]))
    return len(value) == PIN_BYTES and len(digits) >= SHORTEST_PIN and digits.isdigit()


def is_puk(value: bytes) -> bool:
    """Whether this is a PUK: exactly 8 bytes of any kind."""
    return len(value) == PIN_BYTES


@dataclass(slots=True)
class Pins:
    """The badge's PIN, PUK and, where there is one, global PIN, with the commands on them."""

    pin: ReferenceData
    puk: ReferenceData
    global_pin: ReferenceData
    quirks: PivQuirks
    variants: Variants

    @property
    def verified(self) -> bool:
        """Whether a PIN is verified that opens the application."""
        return self.pin.verified or (self.quirks.global_pin and self.global_pin.verified)

    def counters(self) -> tuple[int, ...]:
        """All counters, to see whether something must be saved."""
        return self.pin.tries, self.puk.tries, self.global_pin.tries

    def verify(self, command: Command) -> Response:
        """VERIFY: a try, the status question, or the logout (piv.verify, piv.verify-status, piv.verify-logout)."""
        reference = self._verifiable(command.p2)
        if command.p1 == LOGOUT and self.quirks.logout:
            return self._logout(reference, command)
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if not command.data:
            return self._status(reference)
        self._check_format(reference, is_pin(command.data))
        self._try(reference, command.data)
        return OK

    def change(self, command: Command) -> Response:
        """CHANGE REFERENCE DATA: old value and new one, 8 bytes each (piv.change)."""
        reference = self._changeable(command)
        fits = is_puk if reference is self.puk else is_pin
        old, new = self._halves(reference, command)
        if not fits(new):
            raise CardRefusal(StatusWord.WRONG_DATA)
        self._check_format(reference, fits(old))
        self._try(reference, old)
        reference.change(new)
        return OK

    def reset_retry_counter(self, command: Command) -> Response:
        """RESET RETRY COUNTER: the PUK and a new PIN, 8 bytes each; a wrong PUK logs the PIN out (piv.reset-retry)."""
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        if command.p2 != Reference.PIN:
            raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)
        puk, new = self._halves(self.puk, command)
        if not is_pin(new):
            raise CardRefusal(StatusWord.WRONG_DATA)
        was_verified, self.pin.verified = self.pin.verified, False
        self._try(self.puk, puk)
        self.pin.change(new)
        self.pin.verified = was_verified
        return OK

    def forget(self) -> None:
        """What another application's selection takes away: all but the global PIN's state."""
        self.pin.forget()
        self.puk.forget()

    def forget_all(self) -> None:
        """What loss of power takes away."""
        self.forget()
        self.global_pin.forget()

    def _verifiable(self, p2: int) -> ReferenceData:
        if p2 == Reference.PIN:
            return self.pin
        if p2 == Reference.GLOBAL_PIN and self.quirks.global_pin:
            return self.global_pin
        raise CardRefusal(StatusWord.REFERENCE_NOT_FOUND)

    def _changeable(self, command: Command) -> ReferenceData:
        if command.p1:
            raise CardRefusal(StatusWord.WRONG_P1_P2)
        return self.puk if command.p2 == Reference.PUK else self._verifiable(command.p2)

    def _halves(self, reference: ReferenceData, command: Command) -> tuple[bytes, bytes]:
        if reference.blocked:
            raise CardRefusal(self.variants.blocked_sw)
        if len(command.data) != 2 * PIN_BYTES:
            raise CardRefusal(StatusWord.WRONG_DATA)
        return command.data[:PIN_BYTES], command.data[PIN_BYTES:]

    def _logout(self, reference: ReferenceData, command: Command) -> Response:
        if command.data:
            raise CardRefusal(StatusWord.WRONG_DATA)
        reference.forget()
        return OK

    def _status(self, reference: ReferenceData) -> Response:
        if reference.blocked and not self.variants.blocked_status_as_count:
            raise CardRefusal(self.variants.blocked_sw)
        if reference.verified and self.variants.verified_status_as_success:
            return OK
        raise CardRefusal(self._tries_left(reference))

    def _check_format(self, reference: ReferenceData, fits: bool) -> None:
        """Before any comparison; a blocked reference says so first."""
        if reference.blocked:
            raise CardRefusal(self.variants.blocked_sw)
        if fits:
            return
        if not self.quirks.wrong_format_costs_a_try:
            raise CardRefusal(StatusWord.WRONG_DATA)
        self._try(reference, b"")

    def _try(self, reference: ReferenceData, candidate: bytes) -> None:
        verdict = reference.verify(candidate)
        if verdict is Verdict.WAS_BLOCKED:
            raise CardRefusal(self.variants.blocked_sw)
        if verdict is Verdict.WRONG:
            raise CardRefusal(self._tries_left(reference))

    def _tries_left(self, reference: ReferenceData) -> int:
        base = StatusWord.WRONG_NO_COUNTER if self.quirks.tries_in_low_nibble else StatusWord.TRIES_LEFT
        return base | min(reference.tries, 0x0F)
