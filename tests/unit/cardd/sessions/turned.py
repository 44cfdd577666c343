"""A table of sessions on clocks that only move when told, with a listener for everything."""

from collections.abc import Mapping

from cardd.model import CardHandle, CardRef, ReaderName, SeatName
from cardd.register import Operator
from cardd.sessions.session import LockReason, Session, SessionEnd
from cardd.sessions.table import SessionTable

SEAT, OTHER_SEAT = SeatName("counter"), SeatName("back-office")
BADGE = CardRef(ReaderName("badge reader"), 4, CardHandle("c-0001-4"))
SAME_CARD_AGAIN = CardRef(ReaderName("badge reader"), 5, CardHandle("c-0001-5"))
OPERATOR = Operator(id="op-7", name="試験 花子", role="counter")


class Turned:
    """`seconds`: CLOCK_BOOTTIME; `slept`: how much of it the machine was suspended; `us`: UTC."""

    def __init__(self) -> None:
        self.us, self.seconds, self.slept = 1_795_365_824_000_000, 500.0, 20.0
        self.events: list[tuple[str, str, dict[str, str | int | None]]] = []
        self.ended: list[tuple[Session, SessionEnd]] = []
        self.locked: list[tuple[Session, LockReason]] = []
        self.stopped: list[Session] = []
        self.table = SessionTable(
            self,
            self.publish,
            ended=lambda session, why: self.ended.append((session, why)),
            locked=lambda session, why: self.locked.append((session, why)),
        )
        self.table.on_stop(self.stopped.append)

    def utc_us(self) -> int:
        return self.us

    def boottime(self) -> float:
        return self.seconds

    def monotonic(self) -> float:
        return self.seconds - self.slept

    def wait(self, seconds: float) -> None:
        """Time passes, on all clocks."""
        self.seconds += seconds
        self.us += int(seconds * 1_000_000)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps."""
        self.wait(seconds)
        self.slept += seconds

    def publish(self, topic: str, change: str, facts: Mapping[str, str | int | None]) -> None:
        self.events.append((topic, change, dict(facts)))

    def login(
        self, seat: SeatName = SEAT, badge: CardRef = BADGE, uid: int = 1000, operator: Operator = OPERATOR
    ) -> Session:
        return self.table.start(seat, badge, uid, operator, "f" * 64)
