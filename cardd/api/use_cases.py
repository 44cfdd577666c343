"""The use cases as handlers get them: loaded with the first call that needs one, for they bring the certificate code."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cardd.approvals.service import ApprovalService
    from cardd.auditing.service import AuditingService
    from cardd.enrolment.service import EnrolmentService
    from cardd.lockdown.override import OverrideService
    from cardd.lockdown.service import LockdownService
    from cardd.login.service import LoginService
    from cardd.office.service import OfficeService
    from cardd.reading.service import ReadingService
    from cardd.signing.begun import BegunSignatures
    from cardd.signing.grants import Grants
    from cardd.signing.service import SigningService
    from cardd.verifying.service import VerifyingService


@dataclass(frozen=True, slots=True)
class UseCases:
    """What can be done."""

    login: "LoginService"
    reading: "ReadingService"
    signing: "SigningService"
    grants: "Grants"
    approvals: "ApprovalService"
    lockdown: "LockdownService"
    override: "OverrideService"
    enrolment: "EnrolmentService"
    office: "OfficeService"
    auditing: "AuditingService"
    verifying: "VerifyingService"
    begun: "BegunSignatures"


LoadUseCases = Callable[[], Awaitable[UseCases]]
"""Gives the use cases; the first call takes the time of the imports (0.2 s), on a thread of its own."""
