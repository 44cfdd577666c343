"""Judges time stamps with authorities of one's own: only what such an authority says proves a time."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from cardd.documents.checking.report import Proof, StampReport
from cardd.documents.checking.signers import subject_name
from cardd.documents.checking.stamps import FoundStamp, check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Found, Integrity
from certs.errors import Malformed
from certs.validation.evidence import Evidence
from certs.validation.truststore import TrustStore
from certs.validation.validate import parse, validate
from certs.validation.verdict import Result


@dataclass(frozen=True, slots=True)
class StampAnchors:
    """Time stamp authorities that are trusted, and what is known of revocation."""

    store: TrustStore
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)

    def __call__(self, found: Found, at: datetime) -> StampReport:
        """What the time stamp of a signature proves, asked at `at`. Its authority's certificate must be good then and now."""
        assert found.stamp is not None
        assert found.stamped is not None
        try:
            stamp = check(found.stamp, found.stamped, certificates=found.others)
        except DocumentError as error:
            return StampReport(Proof.WRONG, problem=error.problem)
        if stamp.integrity is not Integrity.INTACT or stamp.certificate is None or stamp.at is None:
            return StampReport(Proof.WRONG, problem="stamp_broken")
        told = StampReport(Proof.GOOD, stamp.at, authority=_authority(stamp.certificate))
        if stamp.at > at:
            return replace(told, proof=Proof.WRONG, problem="stamp_in_the_future")
        for moment in (stamp.at, at):
            word = self._word(stamp, stamp.certificate, moment, at, found)
            if word is not None:
                return replace(told, proof=Proof.NOT_TRUSTED, problem=word)
        return told

    def _word(
        self, stamp: FoundStamp, certificate: bytes, moment: datetime, seen_at: datetime, found: Found
    ) -> str | None:
        """Why the authority is not to be believed; None when it is. An answer that is missing is no yes."""
        evidence = Evidence(
            (*self.lists, *stamp.lists, *found.lists), (*self.responses, *stamp.responses), seen_at=seen_at
        )
        verdict = validate(certificate, None, self.store, moment, others=stamp.others, evidence=evidence)
        if verdict.result is Result.GOOD:
            return None
        if verdict.result in (Result.UNKNOWN, Result.NOT_CHECKED):
            return "stamp_revocation_unknown"
        return f"stamp_{verdict.result.value}"


def _authority(certificate: bytes) -> str:
    try:
        return subject_name(parse(certificate))
    except Malformed:
        return ""
