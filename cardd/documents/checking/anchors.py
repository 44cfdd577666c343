"""A judge of certificates with authorities of one's own: no daemon, no network. For `cardctl verify --offline` and for web servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cardd.documents.checking.judging import Question
from cardd.documents.checking.kinds import MAY_SIGN, OTHER, is_test, kind_of
from cardd.documents.checking.report import CertificateReport
from certs.errors import Malformed
from certs.profiles.profile import Kind, Profile
from certs.profiles.registry import PROFILES
from certs.validation.evidence import Evidence, LongList
from certs.validation.truststore import TrustStore
from certs.validation.validate import parse, validate
from certs.validation.verdict import State, Verdict

ANY = "any"
"""Anchors that are given without a kind: the certificate's own kind counts."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Authorities by the kind of certificate that they are trusted for (`certs.profiles.profile.Kind`, or `any`), and evidence.

    `test`: the policies of test hierarchies count. Each certificate that is judged is parsed within the bounds of `certs`.
    """

    stores: Mapping[str, TrustStore]
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)
    long_lists: tuple[LongList, ...] = ()
    test: bool = False

    def __call__(self, question: Question) -> CertificateReport:
        """The certificate at `question.at`, by what was known at `question.seen_at`."""
        try:
            certificate = parse(question.certificate)
        except Malformed:
            return CertificateReport(question.at, "refused", "malformed")
        kind = kind_of(certificate)
        profile, store = self._rule(kind)
        test = is_test(certificate)
        if store is None:
            return CertificateReport(question.at, "refused", "unknown_issuer", kind=kind, test=test)
        if kind in (Kind.JPKI_AUTHENTICATION, Kind.OPERATOR_BADGE):
            profile = PROFILES[Kind(MAY_SIGN[kind is Kind.OPERATOR_BADGE])]
        evidence = Evidence(
            (*self.lists, *question.lists), (*self.responses, *question.responses), self.long_lists, question.seen_at
        )
        verdict = validate(
            question.certificate,
            profile,
            store,
            question.at,
            others=question.others,
            evidence=evidence,
            test=self.test,
        )
        return told(verdict, question.at, kind, test=test)

    def _rule(self, kind: str) -> tuple[Profile | None, TrustStore | None]:
        """What a certificate of this kind must look like, and whom it must come from."""
        given = [store for name in (kind, ANY) if (store := self.stores.get(name)) is not None]
        anchors = tuple(anchor for store in given for anchor in store.anchors)
        profile = None if kind == OTHER else PROFILES[Kind(kind)]
        return profile, TrustStore(anchors) if anchors else None


def told(verdict: Verdict, at: datetime, kind: str, *, test: bool = False) -> CertificateReport:
    """A verdict as a report has it."""
    revocation = verdict.revocation
    return CertificateReport(
        at,
        verdict.result.value,
        verdict.reason,
        "good" if revocation.state is State.GOOD else revocation.reason,
        verdict.list_age_s,
        kind,
        test,
        verdict.detail,
    )
