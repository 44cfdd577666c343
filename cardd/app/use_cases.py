"""Loads the use cases with the first call that needs one: they bring `cryptography`, asn1crypto and path validation.

The daemon is ready, and small, before anybody logs in (decision 28).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cardd.api.use_cases import UseCases
from cardd.app.clients import MachineAccounts
from cardd.app.revocation import Judges
from cardd.app.used_keys import UsedKeyFile
from cardd.app.watching import WatchedCards
from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.disk import Disk
from cardd.config import Settings
from cardd.errors import AuditUnavailable
from cardd.gate.gate import Gate
from cardd.history.book import Book
from cardd.in_force import InForce
from cardd.model import CardRef
from cardd.office.exchange import OfficeFiles
from cardd.ports import Clock, Publish
from cardd.revocation.asking import Asking
from cardd.revocation.held import HeldLists
from cardd.sessions.overrides import Overrides
from cardd.sessions.table import SessionTable
from cardd.state.approvals import Approvals
from cardd.state.attempts import LoginAttempts
from cardd.state.badges import BadgeBook
from cardd.state.lockdown import Lockdown
from cardd.state.store import Moment

if TYPE_CHECKING:
    from cardd.auditing.exports import Exports
    from cardd.auditing.service import AuditingService
    from cardd.enrolment.service import EnrolmentService
    from cardd.proving.prover import BadgeProver, BadgeRules


@dataclass(frozen=True, slots=True)
class UseCaseParts:
    """What the use cases are made of."""

    settings: Settings
    gate: Gate
    sessions: SessionTable
    in_force: InForce
    attempts: LoginAttempts
    approvals: Approvals
    lockdown: Lockdown
    overrides: Overrides
    clock: Clock
    publish: Publish
    reset_cards: Callable[[], Awaitable[None]]
    fresh_lists: Callable[[], None]
    badges: BadgeBook
    moment: Callable[[], Moment]
    """The state's own time."""
    office_files: OfficeFiles
    book: Book
    watch_lists: WatchedCards
    journal: AsyncJournal
    head_exported: Callable[[int], None]
    """Told how many records a head has that was taken out by hand."""
    lists: HeldLists
    """The revocation lists of this machine."""
    asking: Asking | None
    """What asks OCSP responders."""
    on_card_gone: Callable[[Callable[[CardRef], None]], None]
    """Has somebody told of every insertion that ends."""


class UseCaseLoader:
    """Gives the use cases; imports them on a thread, once."""

    def __init__(self, parts: UseCaseParts) -> None:
        self._parts = parts
        self._lock = asyncio.Lock()
        self._loaded: UseCases | None = None

    async def __call__(self) -> UseCases:
        async with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = await asyncio.to_thread(self._load)
                except OSError as error:
                    # The state directory: what must outlive a restart cannot be kept, so nothing is begun.
                    raise AuditUnavailable(problem="state_not_writable") from error
            return self._loaded

    def _load(self) -> UseCases:
        # The one place of late imports, with the reason above.
        from cardd.app.certificates import OperatorCa, badge_expires_us, badge_uuid  # noqa: PLC0415
        from cardd.approvals.service import ApprovalService  # noqa: PLC0415
        from cardd.lockdown.override import OverrideService  # noqa: PLC0415
        from cardd.lockdown.service import LockdownService, Means  # noqa: PLC0415
        from cardd.login.service import LoginService  # noqa: PLC0415
        from cardd.office.service import OfficeService  # noqa: PLC0415
        from cardd.proving.prover import BadgeProver, BadgeRules  # noqa: PLC0415
        from cardd.reading.service import ReadingService  # noqa: PLC0415
        from cardd.signing.begun import BegunSignatures  # noqa: PLC0415
        from cardd.signing.grants import Grants  # noqa: PLC0415
        from cardd.signing.repeats import Repeats  # noqa: PLC0415
        from cardd.signing.service import SigningService  # noqa: PLC0415
        from cardd.verifying.service import VerifyingService  # noqa: PLC0415

        parts = self._parts
        authorities = OperatorCa(parts.settings.operator_ca, test=parts.settings.mode == "test")
        judges = Judges(parts.settings, parts.lists, parts.in_force, parts.asking)
        rules = BadgeRules(authorities.badge_problem, badge_uuid, badge_expires_us, judges.badges)
        prover = BadgeProver(parts.gate, parts.attempts, parts.in_force, rules, parts.clock)
        limits = parts.settings.limits
        grants = Grants(parts.gate, parts.clock, most_count=limits.grant_count, most_seconds=limits.grant_seconds)
        parts.sessions.on_stop(grants.stopped)
        repeats = Repeats(parts.gate, parts.clock, UsedKeyFile(parts.settings.state_directory, parts.clock))
        begun = BegunSignatures(parts.gate, parts.clock, repeats, judges.residents)
        parts.sessions.on_stop(begun.stopped)
        parts.on_card_gone(begun.card_gone)
        return UseCases(
            LoginService(
                parts.gate, parts.sessions, parts.attempts, prover, parts.fresh_lists, MachineAccounts(parts.settings)
            ),
            ReadingService(parts.gate, parts.clock),
            SigningService(parts.gate, parts.clock, repeats, grants, judges.residents),
            grants,
            ApprovalService(parts.gate, parts.approvals, prover),
            LockdownService(
                parts.gate, prover, Means(parts.sessions, parts.lockdown, parts.reset_cards, parts.publish)
            ),
            OverrideService(parts.gate, parts.overrides, parts.publish),
            _enrolment(parts, rules),
            OfficeService(parts.gate, parts.office_files),
            _auditing(parts, prover),
            VerifyingService(parts.gate, judges.certificate, parts.clock),
            begun,
        )


def _auditing(parts: UseCaseParts, prover: "BadgeProver") -> "AuditingService":
    from cardd.auditing.alarms import Alarms  # noqa: PLC0415
    from cardd.auditing.cases import Cases  # noqa: PLC0415
    from cardd.auditing.cutting import CutRules, Cutting  # noqa: PLC0415
    from cardd.auditing.desk import Desk  # noqa: PLC0415
    from cardd.auditing.disclosure import Disclosure  # noqa: PLC0415
    from cardd.auditing.head_export import HeadExport  # noqa: PLC0415
    from cardd.auditing.own_day import OwnDays  # noqa: PLC0415
    from cardd.auditing.proofs import Proofs  # noqa: PLC0415
    from cardd.auditing.questions import Questions  # noqa: PLC0415
    from cardd.auditing.service import AuditingService  # noqa: PLC0415
    from cardd.auditing.watch_list import WatchLists  # noqa: PLC0415
    from cardd.watching.hours import Office  # noqa: PLC0415

    watching = parts.settings.watching
    desk = Desk(parts.book)
    audit = parts.settings.audit
    # In test mode heads need not leave the machine, unless somebody is there who takes them (A5).
    rules = CutRules(audit.directory, audit.keep_years, parts.settings.mode != "test" or bool(audit.witnesses))
    return AuditingService(
        head_export=HeadExport(parts.gate, prover, parts.journal.head, parts.head_exported),
        questions=Questions(parts.gate, desk),
        own_days=OwnDays(parts.gate, desk, parts.clock),
        proofs=Proofs(parts.gate, desk, parts.journal.newest_head, lambda: parts.journal.head("time")),
        exports=_exports(parts),
        disclosure=Disclosure(parts.gate, desk, parts.clock, parts.settings.limits.response_line_bytes),
        cutting=Cutting(parts.gate, parts.journal, rules, parts.clock.utc_us, Disk()),
        alarms=Alarms(parts.gate, desk, parts.clock, Office(watching.hours), watching.w16.review_days),
        watch_lists=WatchLists(parts.gate, parts.watch_lists.known.get),
        cases=Cases(parts.gate),
    )


def _exports(parts: UseCaseParts) -> "Exports":
    from cardd.auditing.desk import Desk  # noqa: PLC0415
    from cardd.auditing.exports import Exports, Tools  # noqa: PLC0415

    settings, journal = parts.settings, parts.journal
    tools = Tools(
        settings.export_path(), journal.log_id, journal.sign, parts.clock, settings.limits.response_line_bytes // 2
    )
    return Exports(parts.gate, Desk(parts.book), tools)


def _enrolment(parts: UseCaseParts, rules: "BadgeRules") -> "EnrolmentService":
    from cardd.enrolment.authority import CaAccess  # noqa: PLC0415
    from cardd.enrolment.secrets import read_master_key  # noqa: PLC0415
    from cardd.enrolment.service import EnrolmentService  # noqa: PLC0415
    from cardd.enrolment.workshop import Workshop  # noqa: PLC0415

    settings = parts.settings
    return EnrolmentService(
        Workshop(
            gate=parts.gate,
            sessions=parts.sessions,
            in_force=parts.in_force,
            book=parts.badges,
            approvals=parts.approvals,
            rules=rules,
            clock=parts.clock,
            publish=parts.publish,
            ca=CaAccess(settings.badges.ca_key) if settings.badges.ca_key is not None else None,
            read_master=lambda: read_master_key(settings.master_key_path()),
            moment=parts.moment,
            valid_months=settings.badges.valid_months,
        )
    )
