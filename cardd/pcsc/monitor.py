"""The thread in SCardGetStatusChange: readers and cards come and go, pcscd too."""

import asyncio
import threading
from pathlib import Path

from cardd.errors import CarddError
from cardd.pcsc.calls import PcscCalls
from cardd.pcsc.contexts import Contexts
from cardd.pcsc.reader_view import Listener, ReaderView, ServiceLost
from cardd.pcsc.traits import ASK_AGAIN_S, SYS_USB, TraitsAsker
from cardd.ports import ReaderEvent, ServiceDown, ServiceUp

PAUSE_SHORTEST_S = 0.5
PAUSE_LONGEST_S = 5.0
"""Between tries to reach pcscd; doubled each time (requirement C10)."""
CANCEL_AGAIN_S = 0.05
"""SCardCancel is lost when the thread does not wait just then."""


class PcscMonitor:
    """`ports.ReaderMonitor` over PC/SC.

    When pcscd goes, `ServiceDown` is followed by the withdrawal of every card and reader: nobody can say any longer that they
    are there. When it is back, `ServiceUp` is followed by what it has.
    """

    def __init__(
        self,
        calls: PcscCalls,
        contexts: Contexts,
        *,
        sys_usb: Path = SYS_USB,
        pause_shortest_s: float = PAUSE_SHORTEST_S,
        pause_longest_s: float = PAUSE_LONGEST_S,
        ask_again_s: float = ASK_AGAIN_S,
    ) -> None:
        self._calls = calls
        self._contexts = contexts
        self._ask_traits = TraitsAsker(calls, contexts, sys_usb, ask_again_s=ask_again_s)
        self._pauses_s = (pause_shortest_s, pause_longest_s)
        self._stopping = threading.Event()
        self._context: int | None = None
        self._thread: threading.Thread | None = None

    def start(self, listener: Listener) -> None:
        """See `ports.ReaderMonitor`; called on the event loop, once. The first event is `ServiceUp` or `ServiceDown`."""
        loop = asyncio.get_running_loop()

        def deliver(event: ReaderEvent) -> None:
            if not self._stopping.is_set():
                loop.call_soon_threadsafe(self._hand_over, listener, event)

        self._thread = threading.Thread(target=self._watch, args=(deliver,), name="reader monitor", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """See `ports.ReaderMonitor`."""
        self._stopping.set()
        while self._thread is not None and self._thread.is_alive():
            if self._context is not None:
                self._calls.cancel(self._context)
            await asyncio.sleep(CANCEL_AGAIN_S)

    def _hand_over(self, listener: Listener, event: ReaderEvent) -> None:
        if not self._stopping.is_set():
            listener(event)

    def _watch(self, deliver: Listener) -> None:
        shortest_s, longest_s = self._pauses_s
        pause_s, told_down = shortest_s, False
        while not self._stopping.is_set():
            try:
                context = self._contexts.open()
            except CarddError as refusal:
                if not told_down:
                    deliver(ServiceDown(refusal.facts.pcsc_code or 0))
                told_down = True
            else:
                pause_s, told_down = shortest_s, True
                self._follow(context, deliver)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, longest_s)

    def _follow(self, context: int, deliver: Listener) -> None:
        """Report what happens until pcscd is lost or `stop` is called."""
        self._context = context
        view = ReaderView(self._calls, context, self._ask_traits, deliver)
        try:
            deliver(ServiceUp())
            while not self._stopping.is_set():
                view.look()
        except ServiceLost as loss:
            deliver(ServiceDown(loss.code))
            view.forget_all()
        finally:
            self._context = None
            self._calls.release_context(context)
