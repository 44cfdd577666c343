"""The real rules and the model of them side by side: each act is done by both, and both must say the same."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from cardd.errors import CarddError
from cardd.model import CardKind, ReaderName, SeatName
from cardd.sessions.session import LockReason
from tests.unit.cardd.rules_model import Model
from tests.unit.cardd.rules_world import PEOPLE, RESIDENTS, RIGHT_PIN, SEATS, STRANGER, UID, World

RESIDENT_READER = ReaderName("residents")
IN_MEMORY = Path("/dev/shm")
"""Thousands of small transactions are to be compared here, and no disk."""
PURPOSES, PURPOSE_WEIGHTS = ("identity_check", "resident_code", "disaster_identity"), (3, 6, 2)
MOMENTS, MOMENT_WEIGHTS = (0.0, 1.0, 60.0, 150.0, 299.75, 300.0, 301.0), (48, 6, 4, 4, 1, 1, 1)
"""What passes before an act."""
PLACES = (*SEATS, SPARE := SeatName("spare"))
"""Where badges lie: at the seats, and in a reader beside them."""
NAMES, AT_WORK = tuple(PEOPLE), ("sato", "sato", "sato", "kato", "kato", "day", "tanaka", "suzuki", "honda")


def badge_reader(seat: SeatName) -> ReaderName:
    return ReaderName(f"badge at {seat}")


class Twin:
    """One installation and its model."""

    def __init__(self, seen: Counter[str], plant: Callable[[World], None]) -> None:
        """`seen` counts how often each act had each end."""
        self.seen = seen
        self.steps = 0
        self.folder = Path(tempfile.mkdtemp(prefix="cardd-rules-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
        self.world = World(self.folder, plant)
        self.model = Model(residents=dict.fromkeys(RESIDENTS, 3))
        self.wrong = 0
        for seat, name in zip(SEATS, ("sato", "kato"), strict=True):
            self.put_badge(seat, name)
        self.put_resident(RESIDENTS[0])

    def close(self) -> None:
        self.world.close()
        shutil.rmtree(self.folder)

    # --- both do the same --------------------------------------------------------------------------------------------

    def does(self, act: str, doing: Any, expected: str) -> CarddError | None:
        """Let the real one do it. Its end must be the model's."""
        try:
            self.world.run(doing)
        except CarddError as error:
            said = f"{error.code}:{error.facts.problem}" if error.facts.problem else error.code
            failure: CarddError | None = error
        else:
            said, failure = "ok", None
        self.seen[f"{act} {said}"] += 1
        assert said == expected, f"{act}: it says {said}, the model {expected}"
        return failure

    def after(self, seconds: float) -> None:
        """A step begins, so many seconds after the one before."""
        self.steps += 1
        self.world.clock.pass_s(seconds)
        self.model.pass_s(seconds)

    def moment(self, chance: Random) -> None:
        self.after(chance.choices(MOMENTS, MOMENT_WEIGHTS)[0])

    def types(self, right: bool, *, agrees: bool = False) -> None:
        self.wrong += 1
        self.world.typing(RIGHT_PIN if right else b"%04d" % (2000 + self.wrong), agrees=agrees)

    def number(self, chance: Random) -> str:
        """An approval that somebody asked for, mostly a late one; seldom one that nobody did."""
        known = list(self.model.asked)
        if not known or chance.random() < 0.03:
            return "a-" + "0" * 16
        return known[-1 - min(chance.randrange(6), chance.randrange(6)) % len(known)]

    def put_badge(self, seat: str, name: str) -> None:
        for other in PLACES:
            if self.model.at_seat.get(other) == name:
                self.world.take_out(badge_reader(other))
                self.model.badge_goes(other)
        self.model.badge_goes(seat)
        self.world.put_in(badge_reader(SeatName(seat)), name, CardKind.BADGE)
        self.model.at_seat[seat] = name

    def somebody_s_badge(self, chance: Random, names: list[str]) -> tuple[SeatName, str]:
        """One of these people comes with their badge, or is at work with it: in which reader it lies, and who it is."""
        if chance.random() < 0.1:
            there = list(self.model.at_seat.items())
            place, name = chance.choice(there) if there else (SPARE, "")
            if name:
                return SeatName(place), name
        name = chance.choice(names)
        for place, there_is in self.model.at_seat.items():
            if there_is == name:
                return SeatName(place), name
        self.put_badge(SPARE, name)
        return SPARE, name

    def seat_at_work(self, chance: Random) -> SeatName:
        """Mostly one where somebody is logged in."""
        if not any(self.model.session(seat) for seat in SEATS) and chance.random() < 0.8:
            self.somebody_comes_to_work(chance)
        busy = [seat for seat in SEATS if self.model.session(seat) is not None]
        return chance.choice(busy if busy and chance.random() < 0.9 else list(SEATS))

    def put_resident(self, name: str) -> None:
        self.world.put_in(RESIDENT_READER, name, CardKind.MY_NUMBER)
        self.model.in_reader, self.model.this_insertion = name, 0

    # --- time, restarts, cards ---------------------------------------------------------------------------------------

    def time_passes(self, chance: Random) -> None:
        self.after(chance.choice([30.0, 301.0, 901.0, 3600.0, 43_200.0, 86_400.0]))

    def the_machine_sleeps(self, chance: Random) -> None:
        seconds = chance.choice([0.5, 2.0, 3600.0])
        self.after(0.0)
        self.world.clock.pass_s(seconds)
        self.world.clock.slept += seconds
        self.model.sleep(seconds)

    def somebody_sets_the_clock(self, chance: Random) -> None:
        """Nothing may come of it, but that cards have other names in another year."""
        self.after(0.0)
        by = chance.choice([-86_400.0, -600.0, 600.0, 86_400.0, -600.0, 600.0, 315_360_000.0])
        self.world.clock.us += round(by * 1e6)
        self.model.utc += by

    def the_daemon_restarts(self, chance: Random) -> None:
        self.after(0.0)
        self.world.restart(killed=chance.random() < 0.5)
        self.model.restart()

    def the_machine_reboots(self, chance: Random) -> None:
        self.after(0.0)
        off, set_by = chance.choice([60.0, 7200.0]), chance.choice([0.0, 0.0, -100_000.0, 900.0])
        self.world.reboot(off, set_by)
        self.model.reboot(off, set_by)

    def somebody_puts_in_a_badge(self, chance: Random) -> None:
        self.after(0.0)
        self.put_badge(chance.choice(SEATS), chance.choice(NAMES))

    def a_resident_comes(self, chance: Random) -> None:
        """Mostly with a card as the office gave it out, seldom with one try left."""
        self.after(0.0)
        name = chance.choice(RESIDENTS)
        if chance.random() < 0.7:
            left = chance.choice([3, 2, 1])
            self.world.residents[name].left = self.model.residents[name] = left
        self.put_resident(name)

    def an_administrator_unblocks_a_badge(self, chance: Random) -> None:
        """Or somebody has tried it elsewhere."""
        self.after(0.0)
        name = chance.choice(NAMES)
        self.world.badges[name].left = self.model.badges[name] = chance.choice([9, 9, 2, 1])
        for seat, there in list(self.model.at_seat.items()):
            if there == name:
                self.put_badge(seat, name)

    # --- sessions ----------------------------------------------------------------------------------------------------

    def somebody_comes_to_work(self, chance: Random) -> None:
        seat = chance.choice(SEATS)
        if self.model.session(seat) is None:
            self.after(0.0)
            self.put_badge(seat, chance.choice(AT_WORK))
            self._log_in(seat, UID, right=True)

    def log_in(self, chance: Random) -> None:
        self.moment(chance)
        seat = chance.choice(SEATS)
        for _ in range(chance.choice([1, 1, 4])):
            if seat in self.model.at_seat:
                self._log_in(seat, chance.choice([UID, UID, STRANGER]), right=chance.random() < 0.4)

    def _log_in(self, seat: SeatName, uid: int, *, right: bool) -> None:
        self.types(right)
        expected = self.model.login(seat, uid, right=right)
        handle = self.world.handle(badge_reader(seat))
        self.does("log in", self.world.login.login(self.world.call("session.login", seat, uid), handle), expected)

    def a_locked_seat_is_restarted(self, chance: Random) -> None:
        """Somebody guesses a badge's PIN until the seat is locked, and then has the daemon start again; the seat opens by itself."""
        seat = chance.choice(SEATS)
        if seat not in self.model.at_seat:
            self.put_badge(seat, chance.choice(NAMES))
        for _ in range(3):
            self.after(1.0)
            if self.model.session(seat) is None:
                self._log_in(seat, UID, right=False)
            else:
                self._unlock(seat, right=False)
        self.the_daemon_restarts(chance)
        self.compare()
        self.after(901.0)

    def unlock(self, chance: Random) -> None:
        self.moment(chance)
        self._unlock(self.seat_at_work(chance), right=chance.random() < 0.9)

    def _unlock(self, seat: SeatName, *, right: bool) -> None:
        self.types(right)
        expected = self.model.unlock(seat, UID, right=right)
        self.does("unlock", self.world.login.unlock(self.world.call("session.unlock", seat), None), expected)

    def a_human_acts(self, chance: Random) -> None:
        self.moment(chance)
        seat = chance.choice(SEATS)
        session = self.world.sessions.find(seat, UID) or self.world.sessions.find(seat, STRANGER)
        if session is not None:
            self.world.sessions.activity(session)
        self.model.activity(seat)

    def lock_or_log_out(self, chance: Random) -> None:
        self.after(0.0)
        seat = self.seat_at_work(chance)
        real, told = self.world.sessions.find(seat, UID), self.model.session(seat)
        if real is None or told is None:
            return
        if chance.random() < 0.5:
            self.world.sessions.lock(real, LockReason.ASKED)
            self.model.lock(told)
        else:
            self.world.run(self.world.login.logout(self.world.call("session.logout", seat)))
            self.model.end(seat)

    # --- cards -------------------------------------------------------------------------------------------------------

    def read(self, chance: Random) -> None:
        self.moment(chance)
        purpose, case = chance.choices(PURPOSES, PURPOSE_WEIGHTS)[0], chance.choice(["R8-1", "R8-2"])
        number = self.number(chance) if chance.random() < 0.3 else None
        uid = UID if chance.random() < 0.95 else STRANGER
        self._read(chance, self.seat_at_work(chance), uid, (purpose, case), number, right=chance.random() < 0.85)

    def use_what_was_approved(self, chance: Random) -> None:
        """Mostly by whoever asked, where they are logged in; for what was approved, or for something else; or once more."""
        self.moment(chance)
        known = [number for number, each in self.model.asked.items() if each.state != "refused"][-3:]
        if not known:
            return
        number = chance.choice(known)
        asked = self.model.asked[number]
        seats = [seat for seat in SEATS if self.model.at_seat.get(seat) == asked.requester]
        seat = chance.choice(seats) if seats and chance.random() < 0.8 else self.seat_at_work(chance)
        purpose, case, card, _ = asked.content
        if chance.random() < 0.15:
            case = "R8-3"
        if chance.random() < 0.15:
            card = RESIDENTS[RESIDENTS.index(card) - 1]
        if card != self.model.in_reader:
            self.put_resident(card)
        self._read(chance, seat, UID, (purpose, case), number, right=True)

    def guess(self, chance: Random) -> None:
        """Somebody tries one wrong PIN after the other, now and then at a card that was set anew."""
        seat = self.seat_at_work(chance)
        for _ in range(chance.choice([1, 2, 4, 7, 14])):
            self.after(1.0)
            name = self.model.in_reader
            assert name is not None
            if self.model.this_insertion >= 5 and chance.random() < 0.6:
                self.put_resident(name)
            if chance.random() < 0.6:
                self.world.residents[name].left = self.model.residents[name] = 3
                self.forget_counter()
            self._read(chance, seat, UID, ("identity_check", "R8-1"), None, right=False)

    def forget_counter(self) -> None:
        """Another terminal has had this card's counter filled: what this one remembers of it is read again."""
        for entry in self.world.table.cards():
            entry.memory.tries.clear()

    def _read(
        self, chance: Random, seat: SeatName, uid: int, what: tuple[str, str], approval: str | None, *, right: bool
    ) -> None:
        agrees = chance.random() < 0.5
        self.types(right, agrees=agrees)
        handle = self.world.handle(RESIDENT_READER)
        assert handle is not None
        assert self.model.in_reader is not None
        purpose, case = what
        expected = self.model.read(seat, uid, purpose, case, approval, right=right, agrees=agrees)
        doing = self.world.read(seat, uid, handle, purpose=purpose, case=case, approval=approval)
        failure = self.does("read", doing, expected)
        if expected == "approval.required":
            assert failure is not None
            self._asked(str(failure.facts.approval), seat, self.model.content(purpose, case))

    def _asked(self, number: str, seat: SeatName, content: tuple[str, str, str, int]) -> None:
        name = self.model.sessions[seat].name
        waiting = self.model.waits_already(name, content)
        assert waiting in (None, number), "what waits already is not asked for again"
        if waiting is None:
            assert number not in self.model.asked, "a number serves once"
            self.model.ask(number, name, content)

    # --- a second person ---------------------------------------------------------------------------------------------

    def give(self, chance: Random) -> None:
        if not self.model.open_numbers() and chance.random() < 0.9:
            self._read(chance, self.seat_at_work(chance), UID, ("resident_code", "R8-1"), None, right=True)
        self.moment(chance)
        seat = chance.choice(SEATS)
        place, name = self.somebody_s_badge(chance, ["kato", "kato", "kato", "sato", "day", "suzuki"])
        number, right, shown = self.number(chance), chance.random() < 0.9, chance.random() < 0.9
        self.types(right)
        known = self.world.approvals.find(number)
        hashed = known.content_hash if known is not None and shown else "0" * 64
        expected = self.model.give(seat, name, number, shown=shown, right=right)
        handle = self.world.handle(badge_reader(place))
        doing = self.world.second_person.give(self.world.call("approval.give", seat), number, hashed, handle)
        self.does("give", doing, expected)

    def refuse(self, chance: Random) -> None:
        self.after(0.0)
        seat, number = self.seat_at_work(chance), self.number(chance)
        expected = self.model.refuse(seat, UID, number)
        doing = self.world.second_person.refuse(self.world.call("approval.refuse", seat), number)
        self.does("refuse", doing, expected)

    # --- an emergency ------------------------------------------------------------------------------------------------

    def engage(self, chance: Random) -> None:
        self.after(0.0)
        seat, uid = chance.choice(SEATS), chance.choice([UID, UID, STRANGER])
        expected = self.model.engage(seat, uid)
        self.does("engage", self.world.stop.engage(self.world.call("lockdown.engage", seat, uid), "drill"), expected)

    def release(self, chance: Random) -> None:
        self.moment(chance)
        seat, right = chance.choice(SEATS), chance.random() < 0.9
        place, name = self.somebody_s_badge(chance, ["suzuki", "honda"])
        self.types(right)
        before = self.model.stopped
        expected = self.model.release(seat, name, right=right)
        handle = self.world.handle(badge_reader(place))
        self.does("release", self.world.stop.release(self.world.call("lockdown.release", seat), handle), expected)
        self.seen["released"] += before and not self.model.stopped

    def override(self, chance: Random) -> None:
        self.after(0.0)
        purpose = chance.choice(["disaster_identity", "disaster_identity", "resident_code"])
        self._override(self.seat_at_work(chance), purpose, chance.choice(["R8-1", "R8-2"]))

    def an_emergency_is_interrupted(self, chance: Random) -> None:
        """The override is taken, the seat is locked and unlocked, and then it is to be used."""
        self.after(0.0)
        seat = self.seat_at_work(chance)
        self._override(seat, "disaster_identity", "R8-1")
        self.moment(chance)
        real, told = self.world.sessions.find(seat, UID), self.model.session(seat)
        if real is not None and told is not None and chance.random() < 0.7:
            self.world.sessions.lock(real, LockReason.ASKED)
            self.model.lock(told)
            self._unlock(seat, right=True)
        self._read(chance, seat, UID, ("disaster_identity", "R8-1"), None, right=True)

    def _override(self, seat: SeatName, purpose: str, case: str) -> None:
        expected = self.model.override(seat, UID, purpose, case)
        doing = self.world.override.take(self.world.call("emergency.override", seat), purpose, case, "other")
        self.does("override", doing, expected)

    # --- what must hold after each step ------------------------------------------------------------------------------

    def compare(self) -> None:
        self._sessions()
        assert (self.world.lockdown.engaged is not None) == self.model.stopped
        assert {each.id for each in self.world.approvals.open()} == self.model.open_numbers()
        locked = {subject for subject, _ in self.world.attempts.locked() if subject.startswith("seat:")}
        assert locked == {f"seat:{seat}" for seat in SEATS if self.model.is_locked(f"seat {seat}")}
        assert {name: card.left for name, card in self.world.residents.items()} == self.model.residents
        assert {name: card.left for name, card in self.world.badges.items()} == self.model.badges
        assert self.model.last_tries_spent <= self.model.consents, "no last try without consent"

    def _sessions(self) -> None:
        for seat in SEATS:
            told = self.model.session(seat)
            for uid in (UID, STRANGER):
                real = self.world.sessions.find(seat, uid)
                if told is None or told.uid != uid:
                    assert real is None
                    continue
                assert real is not None
                assert (real.operator.id, self.world.sessions.locked(real)) == (told.name, told.locked)
                assert self.world.sessions.pin_age_s(real) == self.model.now - told.proven
