"""A judge of certificates with authorities of one's own: no daemon, no network. For `cardctl verify --offline` and for web servers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509

from cardd.documents.checking.judging import Question
from cardd.documents.checking.report import CertificateReport
from certs.errors import Malformed
from certs.profiles.profile import Kind, Profile
from certs.profiles.registry import PROFILES
from certs.validation.conformity import nonconformity
from certs.validation.evidence import Evidence, LongList
from certs.validation.truststore import TEST_MARKS, TrustStore
from certs.validation.validate import parse, validate
from certs.validation.verdict import State, Verdict

ANY = "any"
"""Anchors that are given without a kind: the certificate's own kind counts."""
OTHER = "other"
"""A certificate of none of the kinds that are known here, such as a company's."""
MAY_SIGN = (Kind.JPKI_SIGNATURE, Kind.OPERATOR_SIGNATURE)
"""Who signs documents. Keys that prove who is there (login) never do, whatever they signed."""
_TOLD_APART = (Kind.JPKI_SIGNATURE, Kind.JPKI_AUTHENTICATION, Kind.OPERATOR_SIGNATURE, Kind.OPERATOR_BADGE)
"""In this order: the JPKI kinds by their policies, the operators' by their key usages."""


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
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """A certificate under a document: what it shows itself as, and as what a judge is to take it."""

    shown: str
    kind: str
    test: bool


def offered_as(certificate: bytes) -> Offered:
    """For a judge elsewhere. Only kinds that sign documents are asked for: what is no such certificate is then of the wrong kind."""
    try:
        read = parse(certificate)
    except Malformed:
        return Offered(OTHER, Kind.OPERATOR_SIGNATURE, False)
    shown = kind_of(read)
    jpki = shown in (Kind.JPKI_SIGNATURE, Kind.JPKI_AUTHENTICATION)
    return Offered(shown, Kind.JPKI_SIGNATURE if jpki else Kind.OPERATOR_SIGNATURE, is_test(read))


def is_test(certificate: x509.Certificate) -> bool:
    """Whether it names a test authority as its issuer."""
    return any(str(part.value).startswith(TEST_MARKS) for part in certificate.issuer)


def kind_of(certificate: x509.Certificate) -> str:
    """As which kind a certificate shows itself: a word of `Kind`, or `other`. Test policies count: what they are worth is asked later."""
    for kind in _TOLD_APART:
        if nonconformity(certificate, PROFILES[kind], test=True) is None:
            return OTHER if kind is Kind.OPERATOR_BADGE and not _names_its_use(certificate) else kind.value
    return OTHER


def _names_its_use(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return True
