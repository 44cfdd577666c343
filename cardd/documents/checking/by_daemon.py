"""Certificates of a document judged by the daemon, with the anchors and lists of its machine; each question is on its record."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from cardd.documents.checking.anchors import Anchors
from cardd.documents.checking.choosing import choose
from cardd.documents.checking.judging import Question
from cardd.documents.checking.kinds import offered_as
from cardd.documents.checking.report import CertificateReport
from cardd.documents.counter import Caller

CHECK: Final = "certificate.check"
MOST: Final = 8
"""Certificates, lists and answers that one call of `certificate.check` takes, each."""


class ByDaemon:
    """A judge for `checking.judging.Trust`. Needs a session that may check certificates under this purpose."""

    def __init__(self, caller: Caller, given: Anchors, at: datetime | None, use: Mapping[str, str]) -> None:
        """`given`: lists and answers of the caller, looked at beside the machine's own. `at`: as of when; None: now.
        `use`: `purpose`, `case`, and `approval` where a second person has agreed.
        """
        self._caller, self._given, self._at, self._use = caller, given, at, dict(use)

    def __call__(self, question: Question) -> CertificateReport:
        """What the daemon says of one certificate. Raises what the call raises."""
        offered = offered_as(question.certificate)
        lists, responses = (*self._given.lists, *question.lists), (*self._given.responses, *question.responses)
        chosen = choose(question.certificate, question.others, lists, responses, MOST)
        moment = {} if self._at is None and question.at == question.seen_at else {"at": _on_wire(question.at)}
        result = self._caller.call(
            CHECK,
            certificate_base64=_text(question.certificate),
            others_base64=_texts(chosen.others),
            lists_base64=_texts(chosen.lists),
            responses_base64=_texts(chosen.responses),
            kind=offered.kind,
            **moment,
            **self._use,
        )
        revocation = result["answers"]["revocation"]
        misused = not offered.may_sign and result["result"] != "refused"
        return CertificateReport(
            datetime.fromisoformat(result["at"]),
            "refused" if misused else result["result"],
            "wrong_kind" if misused else result["reason"],
            "good" if revocation["state"] == "good" else revocation["reason"],
            result["list_age_s"],
            offered.shown,
            offered.test,
            result["detail"],
        )


def _on_wire(moment: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _texts(values: Sequence[bytes]) -> list[str]:
    return [_text(each) for each in values]
