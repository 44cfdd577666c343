"""The use case of logging in, unlocking and logging out."""

from collections.abc import Callable
from dataclasses import replace

from cardd.errors import CardRemoved, LockedDown, LoginRefused, SessionExists
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.gate.refusing import refusing
from cardd.gate.request import NO_CARD, Performed, Receipt, Request
from cardd.login.account import Account
from cardd.model import CardHandle, Operation, PinKind, SeatName
from cardd.ports import Accounts, Call
from cardd.proving.prover import BadgeProver, Proven
from cardd.sessions.session import SessionEnd
from cardd.sessions.table import Session, SessionTable
from cardd.state.attempts import LoginAttempts


class LoginService:
    """Opens, unlocks and closes sessions; the only place that opens one."""

    def __init__(
        self,
        gate: Gate,
        sessions: SessionTable,
        attempts: LoginAttempts,
        prover: BadgeProver,
        fresh_lists: Callable[[], None],
        accounts: Accounts,
    ) -> None:
        """`fresh_lists` raises `LoginRefused` when the office's block list is too old for new logins (S11), and
        `HeadsOverdue` when for a day no head of the record has left this machine (A5)."""
        self._gate = gate
        self._sessions = sessions
        self._attempts = attempts
        self._prover = prover
        self._fresh_lists = fresh_lists
        self._accounts = accounts
        self._running: set[SeatName] = set()

    async def login(self, call: Call, badge: CardHandle | None, account: Account | None = None) -> Performed[Session]:
        """Log the holder of `badge` in at the caller's seat; None: the only badge that is there. `account`: which account of the
        machine the badge must be for, and whether the session is to be that user's.

        Raises `LoginLocked` after three failures in 15 minutes, `SessionExists` (also while another login runs at this
        seat), `CardWrongKind` for a card that is no badge, `LoginRefused`, `WrongAccount`, and all that gate and proof raise.
        """
        seat = call.caller.seat
        handle = badge or await self._gate.badge_at(seat)
        request = Request(call, Operation.LOGIN, handle, pins=(PinKind.BADGE,))
        async with refusing(self._gate, request):
            self._check_free(seat)
        self._running.add(seat)
        try:
            request = await self._for_owner(request, account)
            fits = account.check if account is not None else None
            performed = await self._gate.perform(request, lambda door: self._prover.prove(door, "login", fits=fits))
            return Performed(self._open(request, performed.result, account), performed.receipt)
        finally:
            self._running.discard(seat)

    async def unlock(self, call: Call, badge: CardHandle | None, account: Account | None = None) -> Performed[Session]:
        """Badge and PIN again, for the session that is there: unlocks it, and makes its PIN fresh (S3, S6). `account`: as `login`;
        with `hand_over` it is the session of that user.

        Raises `SessionRequired`, `PolicyDenied` for another badge than the session's, `LoginRefused`, and as `login`.
        """
        asked = Request(call, Operation.UNLOCK, badge or NO_CARD, pins=(PinKind.BADGE,))
        asked = await self._for_owner(asked, account)
        session = self._sessions.need(call.caller.seat, _owner(asked), locked_too=True)
        request = replace(asked, card=badge or session.badge.handle)
        fits = account.check if account is not None else None

        async def plan(door: Door) -> Proven:
            proven = await self._prover.prove(door, "unlock", fits=fits)
            if proven.operator.id != session.operator.id:
                raise LoginRefused(problem="other_operator")
            return proven

        performed = await self._gate.perform(request, plan)
        self._sessions.unlocked(session)
        return Performed(session, performed.receipt)

    async def logout(self, call: Call) -> Receipt:
        """End the session of the caller's seat. Raises `SessionRequired`, `AuditUnavailable` (the session goes on)."""
        return await self._gate.end_session(call)

    def status(self, call: Call) -> Session | None:
        """The session of the caller's seat, if it is this user's."""
        return self._sessions.find(call.caller.seat, call.caller.peer.uid)

    def _check_free(self, seat: SeatName) -> None:
        self._attempts.check(f"seat:{seat}")
        if self._sessions.taken(seat):
            raise SessionExists()
        if seat in self._running:
            raise SessionExists(problem="login_running")
        self._fresh_lists()

    async def _for_owner(self, request: Request, account: Account | None) -> Request:
        """`request` with the uid whose session it is about. Refused, on record, before any card is touched. Raises `WrongAccount`."""
        if account is None or not account.hand_over:
            return request
        async with refusing(self._gate, request):
            uid = await self._accounts.owner(request.call.caller, account.unix_user)
        return replace(request, owner_uid=uid)

    def _open(self, request: Request, who: Proven, account: Account | None) -> Session:
        """Start the session. Raises `LoginRefused`, `WrongAccount`, `CardRemoved`, `LockedDown`: register, badge or a stop may have
        changed that while the outcome was being written."""
        holder = self._prover.still(who)
        if account is not None:
            account.check(holder)
        session = self._sessions.start(
            request.call.caller.seat,
            who.badge,
            _owner(request),
            who.operator,
            who.fingerprint,
            badge_expires_us=who.expires_us,
        )
        if not self._gate.present(who.badge):
            self._sessions.badge_gone(who.badge)
            raise CardRemoved(reader=who.badge.reader)
        try:
            self._gate.check_lockdown()
        except LockedDown:
            self._sessions.end(session, SessionEnd.LOCKDOWN)
            raise
        return session


def _owner(request: Request) -> int:
    """Whose session it is."""
    return request.call.caller.peer.uid if request.owner_uid is None else request.owner_uid
