"""Opening PC/SC contexts, and saying why pcscd does not give one."""

from cardd.errors import CarddError, PcscFull
from cardd.pcsc.calls import PcscCalls
from cardd.pcsc.errors import Pcsc, pcsc_error


class Contexts:
    """Opens contexts for monitor and workers; each belongs to the thread that opened it."""

    def __init__(self, calls: PcscCalls) -> None:
        self._calls = calls
        self._let_in = False

    def open(self) -> int:
        """A new context. Raises `PcscDown`, `PcscFull`, `PcscRefused`."""
        code, context = self._calls.establish_context()
        if code == Pcsc.SUCCESS:
            self._let_in = True
            return context
        raise self._refusal(code)

    def _refusal(self, code: int) -> CarddError:
        # pcscd says 0x8010006A both to whom polkit refuses and when all its 200 client threads are taken (measured with
        # 1.9.9). Whom it let in before, it does not refuse: then it is full.
        if code == Pcsc.SECURITY_VIOLATION and self._let_in:
            return PcscFull(command="SCardEstablishContext", pcsc_code=code, problem="too_many_clients")
        return pcsc_error(code, "SCardEstablishContext")
