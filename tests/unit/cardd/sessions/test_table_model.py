"""Whatever happens in whatever order: the table says of each seat what a list of the acts at it says.

100 runs of 50 steps each.
"""

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from cardd.errors import SessionExists, SessionLocked, SessionRequired
from cardd.model import CardHandle, CardRef, ReaderName, SeatName
from cardd.sessions.session import Session, SessionEnd
from tests.unit.cardd.sessions.turned import Turned

SEATS = [SeatName("left"), SeatName("right"), SeatName("back")]
UIDS = [1000, 1001]
SPANS = st.sampled_from([0.0, 0.0, 0.25, 10.0, 150.0, 299.75, 300.0, 6 * 3600.0])
"""What passes before each act, with nobody asking meanwhile: the act itself must find out."""


@dataclass
class Told:
    """One session as its acts tell it: when it began, when a human acted, when the PIN was proven."""

    session: Session
    began: float
    acts: list[float]
    proofs: list[float]
    locked: bool = False
    slept: float = 0.0


class Sessions(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = Turned()
        self.told: dict[SeatName, Told] = {}
        self.past: list[Session] = []
        self.insertions = 0
        self.started = self.ended = 0

    # --- what the acts say -------------------------------------------------------------------------------------------

    def of(self, seat: SeatName) -> Told | None:
        """The session that should be at this seat now."""
        told, now = self.told.get(seat), self.world.seconds
        if told is not None and (told.slept > 1.0 or now - told.began >= 12 * 3600):
            self.forget(seat)
            return None
        if told is not None and now - max(told.acts) >= 300:
            told.locked = True
        return told

    def forget(self, seat: SeatName) -> None:
        told = self.told.pop(seat)
        self.past.append(told.session)
        self.ended += 1

    # --- what happens ------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.25, 0.5, 2.0, 3600.0]))
    def the_machine_sleeps(self, seconds: float) -> None:
        self.world.suspend(seconds)
        for told in self.told.values():
            told.slept += seconds

    @rule(microseconds=st.sampled_from([-(10**15), 10**15]))
    def the_wall_clock_is_set(self, microseconds: int) -> None:
        self.world.us += microseconds

    @rule(seat=st.sampled_from(SEATS), uid=st.sampled_from(UIDS), after=SPANS)
    def somebody_logs_in(self, seat: SeatName, uid: int, after: float) -> None:
        self.world.wait(after)
        self.insertions += 1
        badge = CardRef(ReaderName(str(seat)), self.insertions, CardHandle(f"c-0001-{self.insertions}"))
        if self.of(seat) is not None:
            with pytest.raises(SessionExists):
                self.world.login(seat, badge, uid)
            return
        now = self.world.seconds
        self.told[seat] = Told(self.world.login(seat, badge, uid), now, [now], [now])
        self.started += 1

    @rule(seat=st.sampled_from(SEATS), after=SPANS)
    def a_human_acts(self, seat: SeatName, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is not None:
            self.world.table.activity(told.session)
            if not told.locked:
                told.acts.append(self.world.seconds)

    @rule(seat=st.sampled_from(SEATS), after=SPANS)
    def badge_and_pin_are_proven(self, seat: SeatName, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is not None:
            self.world.table.unlocked(told.session)
            told.acts.append(self.world.seconds)
            told.proofs.append(self.world.seconds)
            told.locked = False

    @rule(seat=st.sampled_from(SEATS), after=SPANS)
    def it_is_locked(self, seat: SeatName, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is not None:
            self.world.table.lock(told.session)
            told.locked = True

    @rule(seat=st.sampled_from(SEATS), why=st.sampled_from(list(SessionEnd)), after=SPANS)
    def it_ends(self, seat: SeatName, why: SessionEnd, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is not None:
            self.world.table.end(told.session, why)
            self.forget(seat)

    @rule(seat=st.sampled_from(SEATS), after=SPANS)
    def its_badge_goes(self, seat: SeatName, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is not None:
            self.world.table.badge_gone(told.session.badge)
            self.forget(seat)

    @rule(seat=st.sampled_from(SEATS), after=SPANS)
    def the_office_changes_its_mind(self, seat: SeatName, after: float) -> None:
        self.world.wait(after)
        for each in SEATS:
            self.of(each)
        self.world.table.expire()
        self.world.table.recheck(lambda session: SessionEnd.ROLE_ENDED if session.seat == seat else None)
        if seat in self.told:
            self.forget(seat)

    @rule(data=st.data())
    def something_comes_late_for_a_session_that_is_over(self, data: st.DataObject) -> None:
        if self.past:
            old = data.draw(st.sampled_from(self.past))
            self.world.table.activity(old)
            self.world.table.lock(old)
            self.world.table.end(old, SessionEnd.LOGOUT)
            self.world.table.badge_gone(old.badge)
            with pytest.raises(SessionRequired):
                self.world.table.unlocked(old)

    # --- what must hold ----------------------------------------------------------------------------------------------

    @rule(seat=st.sampled_from(SEATS), uid=st.sampled_from(UIDS), after=SPANS)
    def somebody_needs_a_session(self, seat: SeatName, uid: int, after: float) -> None:
        self.world.wait(after)
        told = self.of(seat)
        if told is None or told.session.uid != uid:
            with pytest.raises(SessionRequired):
                self.world.table.need(seat, uid, locked_too=True)
        elif told.locked:
            with pytest.raises(SessionLocked):
                self.world.table.need(seat, uid)
        else:
            assert self.world.table.need(seat, uid) is told.session
        foreign = ("alarm", "foreign_session", {"seat": seat, "uid": uid})
        assert (self.world.events[-1:] == [foreign]) == (told is not None and told.session.uid != uid)
        self.world.events.clear()

    @invariant()
    def the_table_says_what_the_acts_say(self) -> None:
        table = self.world.table
        for seat in SEATS:
            told = self.of(seat)
            assert table.taken(seat) == (told is not None)
            if told is not None:
                assert table.locked(told.session) == told.locked
                assert table.still(told.session) != told.locked
                assert table.pin_age_s(told.session) == self.world.seconds - max(told.proofs)
                assert (table.locks_us(told.session) is None) == told.locked
        assert not any(table.still(old) or table.locked(old) for old in self.past)
        assert (len(self.world.ended), len(table.all())) == (self.ended, self.started - self.ended)

    @invariant()
    def housekeeping_would_come_in_time(self) -> None:
        deadline = self.world.table.next_deadline()
        assert (deadline is None) == (self.world.table.all() == ())
        if deadline is not None:
            assert deadline <= min(session.deadline for session in self.world.table.all())


@pytest.mark.proves("S2", "S3", "S4", "fault 79", "fault 85", "fault 139")
def test_any_order_of_acts() -> None:
    run_state_machine_as_test(Sessions, settings=settings(stateful_step_count=50))
