"""`certs.validation` against the certificate cases of the test PKI, whose verdicts were written down apart from this code."""

import pytest

from applets_spec.testca.case import Case, Purpose
from applets_spec.testca.cases import CASES
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.validation.evidence import Evidence
from certs.validation.truststore import from_der
from certs.validation.validate import validate
from certs.validation.verdict import Verdict

KINDS = {
    Purpose.BADGE_AUTHENTICATION: Kind.OPERATOR_BADGE,
    Purpose.JPKI_SIGNATURE: Kind.JPKI_SIGNATURE,
    Purpose.JPKI_AUTHENTICATION: Kind.JPKI_AUTHENTICATION,
}


def judged(case: Case) -> Verdict:
    profile = PROFILES[KINDS[case.purpose]]
    store = from_der(case.anchors)
    evidence = Evidence(lists=case.crls)
    return validate(case.certificate, profile, store, case.at, others=case.others, evidence=evidence, test=True)


@pytest.mark.proves("K1", "K2", "K5", "fault 153", "fault 160", "fault 162", "fault 163", "fault 165")
@pytest.mark.parametrize("name", CASES)
def test_verdict_is_the_one_that_was_written_down(name: str) -> None:
    case = CASES[name]()
    verdict = judged(case)
    expected = case.verdict.value.replace("-", "_")
    if expected == "good":
        assert verdict.good_but_revocation, verdict
        assert verdict.reason == ("good" if case.crls else "not_checked")
    else:
        assert verdict.reason == expected, verdict
        assert not verdict.good_but_revocation
