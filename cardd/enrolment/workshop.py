"""What all work on badges is given, and the operator CA while it is open: on a thread of its own, for it may be a slow token."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cardd.enrolment.authority import CaAccess
from cardd.enrolment.course import APPROVAL
from cardd.enrolment.order import Place
from cardd.enrolment.secrets import BadgeMasterKey
from cardd.errors import AuthorityUnavailable, BadgeUnfit, OperatorExists
from cardd.gate.door import Door
from cardd.gate.gate import Gate
from cardd.in_force import InForce
from cardd.model import KeyRole, PinKind
from cardd.ports import Call, Clock, Publish
from cardd.ports import Progress as Notice
from cardd.proving.prover import BadgeRules
from cardd.sessions.table import Session, SessionTable
from cardd.state.approvals import Approvals
from cardd.state.badges import BadgeBook, Progress
from cardd.state.store import Moment
from certs.ca.authority import Authority, BadgeKey, BadgeSubject
from certs.errors import CertificateError

OF_THE_BADGE = frozenset({"request_malformed", "request_signature", "weak_key", "key_in_use"})
"""Why the CA refuses a key that the badge made; the other words are about the CA or the order."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the use cases of this room are given."""

    gate: Gate
    sessions: SessionTable
    in_force: InForce
    book: BadgeBook
    approvals: Approvals
    rules: BadgeRules
    clock: Clock
    publish: Publish
    ca: CaAccess | None
    """None: this machine makes no badges."""
    read_master: Callable[[], BadgeMasterKey]
    """Raises `OSError`, `ValueError`."""
    moment: Callable[[], Moment]
    """The state's own time."""
    valid_months: int
    in_work: set[str] = field(default_factory=set)
    """Operators whose badge is being worked on now."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.utc_us() / 1e6, tz=UTC)

    def need_ca(self) -> CaAccess:
        """Raises `AuthorityUnavailable` (`not_configured`)."""
        if self.ca is None:
            raise AuthorityUnavailable(problem="not_configured")
        return self.ca

    def need_master(self) -> BadgeMasterKey:
        """Raises `AuthorityUnavailable` (`master_key`)."""
        try:
            return self.read_master()
        except (OSError, ValueError) as error:
            raise AuthorityUnavailable(problem="master_key") from error

    @contextmanager
    def only_one(self, operator_id: str) -> Iterator[None]:
        """Two runs for one operator would write one number to two badges. Raises `OperatorExists` (`in_work`)."""
        if operator_id in self.in_work:
            raise OperatorExists(problem="in_work")
        self.in_work.add(operator_id)
        try:
            yield
        finally:
            self.in_work.discard(operator_id)

    @property
    def office(self) -> str:
        return self.in_force.policy.table.office


class OpenCa:
    """The CA with its key open. Every use is on the thread that opened it, as tokens want it."""

    def __init__(self, authority: Authority, thread: ThreadPoolExecutor) -> None:
        self._authority = authority
        self._thread = thread

    async def issue(
        self, requests: Mapping[KeyRole, bytes], subject: Callable[[BadgeKey], BadgeSubject], now: datetime, months: int
    ) -> dict[KeyRole, bytes]:
        """The certificates (DER) for these requests. Raises `BadgeUnfit` for a key that will not do, `AuthorityUnavailable`."""

        def work() -> dict[KeyRole, bytes]:
            return {
                role: self._authority.issue_badge(request, subject(BadgeKey(role.value)), now, months)
                for role, request in requests.items()
            }

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except CertificateError as error:
            kind = BadgeUnfit if error.problem in OF_THE_BADGE else AuthorityUnavailable
            raise kind(problem=error.problem) from error


@asynccontextmanager
async def opened_ca(shop: Workshop, door: Door, about: Mapping[str, str]) -> AsyncIterator[OpenCa]:
    """Ask the person for what opens the CA's key, and close it at the end. Raises `AuthorityUnavailable` and what people raise."""
    access = shop.need_ca()
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="operator-ca")
    try:
        with await door.secret(PinKind.OPERATOR_CA, access.needs_secret, about) as secret:
            authority = await _to_its_end(thread, lambda: access.open(secret))
        try:
            yield OpenCa(authority, thread)
        finally:
            thread.submit(authority.close)
    finally:
        thread.shutdown(wait=False)


async def _to_its_end(thread: ThreadPoolExecutor, work: Callable[[], Authority]) -> Authority:
    """Also when nobody waits any more: the secret must not be wiped under the thread's hands, nor the CA stay open."""
    opening = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(thread, work))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:
            thread.submit(opening.result().close)
        raise


def show(call: Call, state: str) -> None:
    """Tell the caller what is being done."""
    call.progress(Notice(state))


def approval_of(shop: Workshop, known: Progress | None, place: Place, content: str, session: Session) -> str | None:
    """The approval that was used for the same order before, where it may be used for its end as well."""
    if known is None or known.content_hash != content or known.requester != session.operator.id:
        return None
    approval = known.facts.get(APPROVAL)
    if approval is None or place.approval not in (None, approval):
        return None
    used = shop.approvals.find(approval)
    return approval if used is not None and used.state == "used" else None
