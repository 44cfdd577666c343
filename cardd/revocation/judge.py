"""Judges residents' certificates before their keys are used, and badges at login, by `checking` and by the rule of the purpose."""

from collections.abc import Callable
from datetime import datetime

from cardd.errors import (
    CertificateBad,
    CertificateExpired,
    CertificateNotYetValid,
    CertificateRevoked,
    CertificateUnknown,
    CertificateWrongKind,
)
from cardd.model import KeyRole
from cardd.policy.rules import Policy
from cardd.policy.table import CertificateStatus
from cardd.ports import CertificateFinding
from cardd.revocation.checking import Checker, Offered
from certs.profiles.profile import Kind
from certs.validation.verdict import Result, Verdict

NOT_CHECKED = "not_checked"
_KINDS = {KeyRole.SIGNATURE: Kind.JPKI_SIGNATURE, KeyRole.AUTHENTICATION: Kind.JPKI_AUTHENTICATION}


def status_of(policy: Policy, purpose: str | None) -> CertificateStatus:
    """The rule of a purpose for certificates of which nobody can tell whether they were revoked."""
    known = policy.purposes.get(purpose or "")
    return "allow_not_checked" if known is None else known.certificate_status


def usable(verdict: Verdict, status: CertificateStatus) -> bool:
    """Whether a certificate with this verdict may be used under a purpose with this rule. Without any anchor nothing was asked."""
    if verdict.result is Result.GOOD:
        return True
    return status == "allow_not_checked" and (verdict.good_but_revocation or verdict == Verdict())


class ResidentJudge:
    """`cardd.ports.CertificateJudge`: for the signing job."""

    def __init__(self, checker: Checker, policy: Callable[[], Policy]) -> None:
        self._checker, self._policy = checker, policy

    def __call__(
        self, der: bytes, key: KeyRole, purpose: str | None, still: Callable[[], None] = lambda: None
    ) -> CertificateFinding:
        """The word of the record and the age of the list. Raises `CertificateRevoked`, `CertificateExpired`, `CertificateNotYetValid`,
        `CertificateWrongKind`, `CertificateBad`; `CertificateUnknown` where the purpose requires an answer about revocation and
        there is none, and where this machine's clock is behind a signed list.
        """
        verdict = self._checker.check(Offered(der, _KINDS.get(key), from_card=True), still=still).verdict
        if usable(verdict, status_of(self._policy(), purpose)):
            good = verdict.result is Result.GOOD
            return CertificateFinding(verdict.result.value if good else NOT_CHECKED, verdict.list_age_s)
        raise _refusal(verdict)


def _refusal(verdict: Verdict) -> Exception:
    match verdict.result:
        case Result.REVOKED:
            return CertificateRevoked()
        case Result.EXPIRED:
            return CertificateExpired()
        case Result.NOT_YET_VALID:
            return CertificateNotYetValid()
        case Result.REFUSED if verdict.reason == "wrong_kind":
            return CertificateWrongKind()
        case Result.REFUSED:
            return CertificateBad(problem=verdict.reason)
        case _:
            return CertificateUnknown(problem=verdict.reason)


class BadgeJudge:
    """For `cardd.proving.prover.BadgeRules`: the operator CA's lists, where there are any."""

    def __init__(self, checker: Checker, *, has_lists: bool, needs_list: bool) -> None:
        """`has_lists`: the settings name a list or a responder of the operator CA; else the office's block list alone says who is revoked.
        `needs_list`: a badge of which neither can tell is refused."""
        self._checker, self._has_lists, self._needs_list = checker, has_lists, needs_list

    def __call__(self, der: bytes, at: datetime) -> CertificateFinding:
        """`good`, or `not_checked` where a list should have answered and could not; any other word refuses the badge."""
        try:
            verdict = self._checker.check(Offered(der, Kind.OPERATOR_BADGE), at).verdict
        except CertificateUnknown as error:
            return CertificateFinding(error.facts.problem or "unknown")
        if verdict.result is Result.GOOD or (verdict.good_but_revocation and not self._has_lists):
            return CertificateFinding(Result.GOOD.value, verdict.list_age_s)
        if verdict.good_but_revocation and not self._needs_list:
            return CertificateFinding(NOT_CHECKED, verdict.list_age_s)
        return CertificateFinding(verdict.reason, verdict.list_age_s)
