"""The rules of the office once more, as simply as they can be said: lists and numbers, nothing of cardd.

Each act says what should come of it: `ok`, or the error as `code` or `code:problem`. Written from the requirements (P3, P5, S3 to
S6, S9, S10), not from the code.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

ROLES = {
    "sato": "supervisor",
    "day": "supervisor",
    "kato": "supervisor",
    "tanaka": "counter",
    "suzuki": "administrator",
    "honda": "administrator",
}
PERSON = {**{name: name for name in ROLES}, "day": "sato"}
RIGHTS = {
    "supervisor": {"approvals", "lockdown", "override"},
    "administrator": {"approvals", "lockdown", "lockdown_release"},
    "counter": set(),
}
JAPAN = timezone(timedelta(hours=9))
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass
class Session:
    name: str
    uid: int
    began: float
    acted: float
    proven: float
    locked: bool = False
    slept: float = 0.0


@dataclass
class Asked:
    """What waits for a second person, or did."""

    requester: str
    content: tuple[str, str, str, int]
    """Purpose, case, card and year: a card has another name each year (A11)."""
    boot: int
    at: float
    own: float
    state: str = "asked"


@dataclass
class Model:
    now: float = 500.0
    """Seconds since the machine started, sleep included."""
    boot: int = 0
    utc: float = 1_795_365_824.0
    own: float = 0.0
    """Seconds that limits count which outlive a reboot."""
    sessions: dict[str, Session] = field(default_factory=dict)
    badges: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROLES, 9))
    residents: dict[str, int] = field(default_factory=dict)
    at_seat: dict[str, str] = field(default_factory=dict)
    """Whose badge lies in the reader of which seat, or in the spare reader."""
    in_reader: str | None = None
    """Which resident's card."""
    this_insertion: int = 0
    wrong: list[tuple[float, str, str]] = field(default_factory=list)
    """When, which card, under which operator."""
    failures: dict[str, list[float]] = field(default_factory=dict)
    locks: dict[str, float] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)
    stopped: bool = False
    vote: tuple[str, int, float] | None = None
    overrides: list[tuple[str, Session, str, str, float]] = field(default_factory=list)
    consents: int = 0
    last_tries_spent: int = 0

    # --- time --------------------------------------------------------------------------------------------------------

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.own += seconds
        self.utc += seconds

    def sleep(self, seconds: float) -> None:
        self.pass_s(seconds)
        for session in self.sessions.values():
            session.slept += seconds

    def restart(self) -> None:
        self.sessions.clear()
        self.overrides.clear()
        self.this_insertion = 0

    def reboot(self, off: float, set_by: float) -> None:
        self.restart()
        self.boot += 1
        self.now = 20.0
        self.utc += off + set_by
        self.own += max(0.0, off + set_by)

    def session(self, seat: str) -> Session | None:
        """Who is logged in now, after everything that time alone has done."""
        session = self.sessions.get(seat)
        if session is not None and (session.slept > 1.0 or self.now - session.began >= 12 * HOUR):
            self.end(seat)
            return None
        if session is not None and self.now - session.acted >= 5 * MINUTE:
            self.lock(session)
        return session

    def end(self, seat: str) -> None:
        session = self.sessions.pop(seat, None)
        self.overrides = [each for each in self.overrides if each[1] is not session]

    def lock(self, session: Session) -> None:
        session.locked = True
        self.overrides = [each for each in self.overrides if each[1] is not session]

    # --- badges ------------------------------------------------------------------------------------------------------

    def is_locked(self, subject: str) -> bool:
        return self.locks.get(subject, 0.0) > self.own

    def failed(self, subject: str) -> None:
        recent = [each for each in self.failures.get(subject, []) if each > self.own - 15 * MINUTE] + [self.own]
        self.failures[subject] = recent
        if len(recent) >= 3:
            self.failures[subject] = []
            self.locks[subject] = self.own + 15 * MINUTE

    def prove(self, seat: str, name: str, *, right: bool, unfit: str | None = None) -> str:
        """Somebody with a badge proves at this seat who they are. `unfit`: why they may not, told before any PIN."""
        if self.is_locked(f"seat {seat}"):
            return "auth.locked"
        if unfit is not None:
            return unfit
        if self.is_locked(f"badge {name}"):
            return "auth.locked"
        if self.badges[name] <= 1:
            return "pin.was_blocked:last_try_kept"
        if not right:
            self.badges[name] -= 1
            self.failed(f"seat {seat}")
            self.failed(f"badge {name}")
            return "pin.rejected"
        self.badges[name] = 9
        self.failures[f"badge {name}"] = []
        return "ok"

    def login(self, seat: str, uid: int, *, right: bool) -> str:
        if self.is_locked(f"seat {seat}"):
            return "auth.locked"
        if self.session(seat) is not None:
            return "session.exists"
        if self.stopped:
            return "lockdown.engaged"
        said = self.prove(seat, self.at_seat[seat], right=right)
        if said == "ok":
            self.sessions[seat] = Session(self.at_seat[seat], uid, self.now, self.now, self.now)
        return said

    def need(self, seat: str, uid: int) -> Session | str:
        session = self.session(seat)
        if session is None or session.uid != uid:
            return "session.required"
        return "session.locked" if session.locked else session

    def unlock(self, seat: str, uid: int, *, right: bool) -> str:
        session = self.session(seat)
        if session is None or session.uid != uid:
            return "session.required"
        said = self.prove(seat, session.name, right=right)
        if said == "ok":
            session.locked, session.acted, session.proven = False, self.now, self.now
        elif said == "pin.rejected" and not session.locked:
            session.acted = self.now  # a person typed
        return said

    def activity(self, seat: str) -> None:
        session = self.session(seat)
        if session is not None and not session.locked:
            session.acted = self.now

    def badge_goes(self, seat: str) -> None:
        if self.at_seat.pop(seat, None) is not None:
            self.end(seat)

    # --- a second person ---------------------------------------------------------------------------------------------

    def state_of(self, number: str) -> str:
        known = self.asked.get(number)
        if known is None:
            return "unknown"
        over = known.boot != self.boot or self.now - known.at >= 5 * MINUTE
        return "expired" if over and known.state in ("asked", "given") else known.state

    def open_numbers(self) -> set[str]:
        return {number for number in self.asked if self.state_of(number) in ("asked", "given")}

    def content(self, purpose: str, case: str) -> tuple[str, str, str, int]:
        assert self.in_reader is not None
        return purpose, case, self.in_reader, datetime.fromtimestamp(self.utc, JAPAN).year

    def waits_already(self, name: str, content: tuple[str, str, str, int]) -> str | None:
        for number in self.open_numbers():
            if (self.asked[number].requester, self.asked[number].content) == (name, content):
                return number
        return None

    def ask(self, number: str, name: str, content: tuple[str, str, str, int]) -> None:
        """Whatever is older than two days is forgotten with it."""
        self.asked = {old: each for old, each in self.asked.items() if each.own > self.own - 2 * DAY}
        self.asked[number] = Asked(name, content, self.boot, self.now, self.own)

    def use(self, number: str, name: str, content: tuple[str, str, str, int]) -> str:
        state = self.state_of(number)
        if state in ("unknown", "used", "refused", "expired"):
            return f"approval.invalid:{state}"
        known = self.asked[number]
        if known.requester != name:
            return "approval.invalid:other_requester"
        if known.content != content:
            return "approval.invalid:other_content"
        if state != "given":
            return "approval.invalid:not_given"
        known.state = "used"
        return "ok"

    def give(self, seat: str, name: str, number: str, *, shown: bool, right: bool) -> str:
        state = self.state_of(number)
        if state != "asked":
            return f"approval.invalid:{state}"
        if not shown:
            return "approval.invalid:other_content"
        if self.stopped:
            return "lockdown.engaged"
        known, unfit = self.asked[number], None
        if PERSON[name] == PERSON[known.requester]:
            unfit = "approval.invalid:same_person"
        elif ROLES[name] != "supervisor":
            unfit = "approval.invalid:role"
        said = self.prove(seat, name, right=right, unfit=unfit)
        if said == "ok":
            known.state, known.at = "given", self.now
        return said

    def refuse(self, seat: str, uid: int, number: str) -> str:
        if number not in self.asked:
            return "approval.invalid:unknown"
        session = self.need(seat, uid)
        if isinstance(session, str):
            return session
        known = self.asked[number]
        if PERSON[session.name] != PERSON[known.requester] and "approvals" not in RIGHTS[ROLES[session.name]]:
            return "policy.denied:no_right"
        state = self.state_of(number)
        if state not in ("asked", "given"):
            return f"approval.invalid:{state}"
        known.state = "refused"
        return "ok"

    # --- an emergency ------------------------------------------------------------------------------------------------

    def engage(self, seat: str, uid: int) -> str:
        session = self.need(seat, uid)
        if isinstance(session, str):
            return session
        if "lockdown" not in RIGHTS[ROLES[session.name]]:
            return "policy.denied:no_right"
        self.stopped, self.vote = True, None
        for other in list(self.sessions):
            self.end(other)
        return "ok"

    def release(self, seat: str, name: str, *, right: bool) -> str:
        if not self.stopped:
            return "approval.invalid:not_engaged"
        first = self.vote
        if first is not None and (first[1] != self.boot or self.now - first[2] >= 5 * MINUTE):
            first = None
        unfit = None
        if "lockdown_release" not in RIGHTS[ROLES[name]]:
            unfit = "policy.denied:no_right"
        elif first is not None and PERSON[name] == first[0]:
            unfit = "approval.invalid:same_person"
        said = self.prove(seat, name, right=right, unfit=unfit)
        if said == "ok" and first is None:
            self.vote = PERSON[name], self.boot, self.now
        elif said == "ok":
            self.stopped, self.vote = False, None
        return said

    def override(self, seat: str, uid: int, purpose: str, case: str) -> str:
        if self.stopped:
            return "lockdown.engaged"
        session = self.need(seat, uid)
        if isinstance(session, str):
            return session
        if "override" not in RIGHTS[ROLES[session.name]]:
            return "policy.denied:no_right"
        if purpose != "disaster_identity":
            return "policy.denied:purpose_not_for_emergency"
        self.overrides.append((seat, session, purpose, case, self.now + 15 * MINUTE))
        return "ok"

    # --- reading a resident's card -----------------------------------------------------------------------------------

    def read(
        self, seat: str, uid: int, purpose: str, case: str, approval: str | None, *, right: bool, agrees: bool
    ) -> str:
        if self.stopped:
            return "lockdown.engaged"
        session = self.need(seat, uid)
        if isinstance(session, str):
            return session
        allowed = self.allowed(session, purpose, case)
        refused = None
        if allowed == "no":
            refused = "policy.denied:no_row"
        elif allowed == "second_person":
            refused = self.second_person(session, approval, self.content(purpose, case))
        return refused or self.try_pin(session, right=right, agrees=agrees)

    def second_person(self, session: Session, approval: str | None, content: tuple[str, str, str, int]) -> str | None:
        if self.now - session.proven > 5 * MINUTE:
            return "session.pin_required"
        said = "approval.required" if approval is None else self.use(approval, session.name, content)
        return None if said == "ok" else said

    def allowed(self, session: Session, purpose: str, case: str) -> str:
        role = ROLES[session.name]
        if purpose == "identity_check":
            return "plain" if role in ("supervisor", "counter") else "no"
        if purpose == "resident_code":
            return "second_person" if role == "supervisor" else "no"
        taken = any(
            each[1] is session and each[2:4] == (purpose, case) and self.now < each[4] for each in self.overrides
        )
        return "plain" if role == "supervisor" and taken else "no"

    def guarded(self, card: str, name: str) -> str | None:
        """Our own counts: 5 an insertion, 10 a card and day, 10 an operator and hour."""
        if self.this_insertion >= 5:
            return "insertion_limit"
        if sum(1 for at, which, _ in self.wrong if which == card and at > self.own - DAY) >= 10:
            return "card_limit"
        if sum(1 for at, _, who in self.wrong if who == name and at > self.own - HOUR) >= 10:
            return "operator_limit"
        return None

    def last_try(self, name: str, *, agrees: bool) -> str | None:
        if ROLES[name] != "supervisor":
            return "role"
        if not agrees:
            return "not_agreed"
        self.consents += 1
        return None

    def try_pin(self, session: Session, *, right: bool, agrees: bool) -> str:
        card, name = self.in_reader, session.name
        assert card is not None
        left = self.residents[card]
        refused = self.guarded(card, name)
        if refused is None and left == 0:
            return "pin.was_blocked"
        if refused is None and left == 1:
            refused = self.last_try(name, agrees=agrees)
        if refused is not None:
            return f"pin.guard:{refused}"
        session.acted = self.now
        if right:
            self.residents[card] = 3
            return "ok"
        self.residents[card] -= 1
        self.last_tries_spent += left == 1
        self.this_insertion += 1
        self.wrong.append((self.own, card, name))
        return "pin.rejected" if left > 1 else "pin.now_blocked"
