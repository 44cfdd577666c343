"""Judges certificates by the anchors, lists and OCSP answers of this machine. Importing this brings the certificate code.

Called on readers' threads and on threads of checks, never on the event loop: it takes a few milliseconds, and where a responder may be
asked and nothing here can tell, as long as `ocsp_wait_s` says. It has no network; the helper asks.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardd.errors import CertificateUnknown
from cardd.log import get_logger
from cardd.revocation.answers import AnswerFolder
from cardd.revocation.asking import SILENT_WORD
from cardd.revocation.held import HeldLists
from cardd.revocation.inquiry import Inquiry
from cardd.revocation_settings import RESIDENTS, ListFor
from certs.errors import BadAnchor, Malformed
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.reading import Reading, parse, read
from certs.validation.building import signed_by
from certs.validation.evidence import Evidence
from certs.validation.path import FOR_CARDS, STRICT, Rules
from certs.validation.truststore import TrustStore, from_pem
from certs.validation.validate import validate
from certs.validation.verdict import Result, State, Verdict, unknown

CLOCK_BEHIND = "clock_behind_list"
ANCHORS_UNUSABLE = "anchors_unusable"
OPERATOR_CA_UNUSABLE = "operator_ca_unusable"
"""What a login is told while the operator CA's files cannot be used."""
_LISTS: Mapping[Kind, ListFor] = {
    Kind.JPKI_SIGNATURE: "jpki_signature",
    Kind.JPKI_AUTHENTICATION: "jpki_authentication",
    Kind.OPERATOR_BADGE: "operator_ca",
    Kind.OPERATOR_SIGNATURE: "operator_ca",
}
_RESIDENTS = frozenset({Kind.JPKI_SIGNATURE, Kind.JPKI_AUTHENTICATION})
EVERYTHING: tuple[ListFor, ...] = ("operator_ca", *RESIDENTS)


def load_anchors(files: tuple[Path, ...], *, test: bool) -> TrustStore:
    """The authorities of all files. Raises `OSError`, `BadAnchor` (`test_anchor`: only mode test takes those)."""
    store = from_pem(file.read_bytes() for file in files)
    if not test and any(anchor.is_test for anchor in store.anchors):
        raise BadAnchor("test_anchor")
    return store


@dataclass(frozen=True, slots=True)
class Offered:
    """A certificate to judge, with what came along with it; all DER that nobody looked at. `kind` None: any that may sign."""

    der: bytes = field(repr=False)
    kind: Kind | None
    others: tuple[bytes, ...] = field(default=(), repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)
    from_card: bool = False
    """Read from a card just now: what is not quite DER in `der` is mended (`certs.reading`)."""

    @property
    def rules(self) -> Rules:
        return FOR_CARDS if self.from_card else STRICT


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issued a certificate: the name (RFC 4514) and SHA-256 of the authority's certificate, lower-case hex."""

    name: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict, and who issued the certificate where its chain is good."""

    verdict: Verdict
    authority: Authority | None


class Checker:
    """Anchors are read with the first question; files that cannot be used are looked at again with the next."""

    def __init__(
        self,
        anchors: Mapping[ListFor, tuple[Path, ...]],
        held: HeldLists,
        answers: AnswerFolder,
        *,
        test: bool,
        rule_s: int,
        listed: frozenset[ListFor] = frozenset(),
        inquiry: Inquiry | None = None,
        again_s: int = 3600,
    ) -> None:
        """`rule_s`: a list or answer about residents' certificates that is older than so many seconds counts no more (K4).
        `listed`: of these a list is configured, so that its absence is an answer.
        `inquiry`: asks responders what nothing here can tell; None: nobody is asked. `again_s`: a responder is asked again about a
        certificate that its answer of so many seconds ago calls good, as a list is fetched again; until then that answer will do.
        """
        self._files, self._held, self._answers = anchors, held, answers
        self._test, self._rule_s, self._listed, self._inquiry = test, rule_s, listed, inquiry
        self._again_s = again_s
        self._stores: dict[tuple[ListFor, ...], TrustStore] = {}

    def check(
        self, offered: Offered, at: datetime | None = None, *, still: Callable[[], None] = lambda: None
    ) -> Checked:
        """Judge at a time (aware; None: now). Raises `CertificateUnknown`: `clock_behind_list` (K6), `anchors_unusable`,
        `operator_ca_unusable`.

        Without an anchor for this kind the verdict is `not_checked` in every answer. A responder is asked where all else is good and
        nothing here tells whether the certificate is revoked; where it says nothing, what was known before stands (`ocsp_silent` where
        that was nothing). `still` is called while it waits, and what it raises ends the wait.
        """
        checked = self._by_what_is_here(offered, at)
        if self._inquiry is None or not (_is_open(checked.verdict) or self._ages(offered, at, checked.verdict)):
            return checked
        reading = read(offered.der, offered.rules.loose)
        answered = self._inquiry.ask(reading, _fingerprint(offered), _abouts(offered.kind), still)
        if answered:
            return self._by_what_is_here(offered, at)
        if answered is None or checked.verdict.revocation.state is not State.NOT_CHECKED:
            return checked
        return replace(checked, verdict=replace(checked.verdict, revocation=unknown(SILENT_WORD)))

    def _ages(self, offered: Offered, at: datetime | None, verdict: Verdict) -> bool:
        """Whether an answer of a responder alone calls it good, and one that is not new."""
        if verdict.result is not Result.GOOD or (verdict.list_age_s or 0) <= self._again_s:
            return False
        return _is_open(self._by_what_is_here(offered, at, with_answers=False).verdict)

    def _by_what_is_here(self, offered: Offered, at: datetime | None, *, with_answers: bool = True) -> Checked:
        if self._held.clock_behind:
            raise CertificateUnknown(problem=CLOCK_BEHIND)
        abouts = _abouts(offered.kind)
        if not self._anchor_files(abouts):
            return Checked(Verdict(), None)
        now = self._held.now()
        at = now if at is None else at
        store = self._store(abouts)
        evidence = Evidence(
            lists=offered.lists,
            responses=(*offered.responses, *(self._answers.about(_fingerprint(offered)) if with_answers else ())),
            long_lists=self._held.about(abouts),
            seen_at=now,
        )
        profile = None if offered.kind is None else PROFILES[offered.kind]
        verdict = validate(
            offered.der,
            profile,
            store,
            at,
            others=offered.others,
            evidence=evidence,
            test=self._test,
            rules=offered.rules,
        )
        authority = _issuer_of(offered, store) if verdict.chain.state is State.GOOD else None
        verdict = self._of_another_kind(verdict, offered, at)
        return Checked(self._by_age(self._looked_for(verdict, abouts), offered.kind), authority)

    def _of_another_kind(self, verdict: Verdict, offered: Offered, at: datetime) -> Verdict:
        """A resident's certificate of the other kind leads to the other authority: it is of the wrong kind, and no stranger's."""
        strange = verdict.chain.reason == "unknown_issuer" and verdict.conformity.reason == "wrong_kind"
        if not strange or offered.kind not in _RESIDENTS or not self._anchor_files(RESIDENTS):
            return verdict
        own = validate(
            offered.der, None, self._store(RESIDENTS), at, others=offered.others, test=self._test, rules=offered.rules
        )
        return replace(verdict, chain=own.chain, detail=own.detail) if own.chain.state is State.GOOD else verdict

    def _looked_for(self, verdict: Verdict, abouts: tuple[ListFor, ...]) -> Verdict:
        """A list that is configured and never came was looked for: nobody can tell, which is not the same as that nobody looked."""
        asked = verdict.chain.state is State.GOOD and verdict.revocation.state is State.NOT_CHECKED
        return replace(verdict, revocation=unknown("list_missing")) if asked and self._listed & set(abouts) else verdict

    def _by_age(self, verdict: Verdict, kind: Kind | None) -> Verdict:
        """A list that is good by its own end but older than our limit says nothing; that something was revoked, it still says."""
        old = verdict.list_age_s is not None and verdict.list_age_s > self._rule_s
        if (
            not old
            or verdict.revocation.state is not State.GOOD
            or (kind is not None and _LISTS[kind] not in RESIDENTS)
        ):
            return verdict
        return replace(verdict, revocation=unknown("list_too_old"))

    def _anchor_files(self, abouts: tuple[ListFor, ...]) -> tuple[Path, ...]:
        return tuple(file for about in abouts for file in self._files.get(about, ()))

    def _store(self, abouts: tuple[ListFor, ...]) -> TrustStore:
        if abouts not in self._stores:
            files = self._anchor_files(abouts)
            try:
                self._stores[abouts] = load_anchors(files, test=self._test)
            except (OSError, BadAnchor) as error:
                problem = error.problem if isinstance(error, BadAnchor) else "unreadable"
                word = OPERATOR_CA_UNUSABLE if abouts == ("operator_ca",) else ANCHORS_UNUSABLE
                get_logger().error(
                    word, problem=problem, files=[str(file) for file in files], remedy="cardd --check-config"
                )
                raise CertificateUnknown(problem=word) from None
        return self._stores[abouts]


def _abouts(kind: Kind | None) -> tuple[ListFor, ...]:
    return EVERYTHING if kind is None else (_LISTS[kind],)


def _is_open(verdict: Verdict) -> bool:
    """Whether all is good but that nothing tells whether it is revoked."""
    return verdict.good_but_revocation and verdict.revocation.state is not State.GOOD


def _fingerprint(offered: Offered) -> str:
    """SHA-256 of the certificate itself, without what a card's file has behind it; lower-case hex."""
    try:
        octets = read(offered.der, offered.rules.loose).octets
    except Malformed:  # judged so in a moment; nobody has an answer about it
        octets = offered.der
    return hashlib.sha256(octets).hexdigest()


def _issuer_of(offered: Offered, store: TrustStore) -> Authority | None:
    """Which authority signed a certificate whose chain is good: an anchor, else one that came along."""
    leaf = read(offered.der, offered.rules.loose)
    candidates = [each.certificate for each in store.anchors]
    for der in offered.others:
        try:
            candidates.append(parse(der))
        except Malformed:  # then the path does not go over it either
            continue
    issuer = next(
        (each for each in candidates if each.subject == leaf.certificate.issuer and _signed(leaf, each)), None
    )
    if issuer is None:
        return None
    fingerprint = hashlib.sha256(issuer.public_bytes(Encoding.DER)).hexdigest()
    return Authority(issuer.subject.rfc4514_string(), fingerprint)


def _signed(leaf: Reading, issuer: x509.Certificate) -> bool:
    return any(signed_by(leaf.certificate, body, issuer) for body in leaf.signed)
