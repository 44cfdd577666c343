"""Judges one certificate and says it in plain words. Importing this brings the certificate code."""

from collections.abc import Callable
from datetime import datetime

from cardd.policy.rules import Policy
from cardd.revocation.checking import Checker, Offered
from cardd.revocation.judge import status_of, usable
from cardd.verifying.order import CertificateOrder, Judged
from certs.profiles.profile import Kind

QUESTIONS = ("form", "algorithm", "chain", "time", "revocation", "conformity")


class Judging:
    """`cardd.verifying.service.Judge`."""

    def __init__(self, checker: Checker, policy: Callable[[], Policy]) -> None:
        self._checker, self._policy = checker, policy

    def __call__(self, order: CertificateOrder, at: datetime) -> Judged:
        """Raises `CertificateUnknown` where the clock cannot be right or the anchors cannot be used."""
        kind = None if order.kind is None else Kind(order.kind)
        offered = Offered(order.certificate, kind, order.others, order.lists, order.responses)
        checked = self._checker.check(offered, at)
        verdict, authority = checked.verdict, checked.authority
        answers = [(name, getattr(verdict, name)) for name in QUESTIONS]
        return Judged(
            result=verdict.result.value,
            reason=verdict.reason,
            usable=usable(verdict, status_of(self._policy(), order.purpose)),
            answers=tuple((name, answer.state.value, answer.reason) for name, answer in answers),
            detail=verdict.detail,
            list_age_s=verdict.list_age_s,
            authority=None if authority is None else (authority.name, authority.fingerprint),
            at=at,
        )
