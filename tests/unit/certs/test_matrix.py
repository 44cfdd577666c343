"""One resident's certificate in each standing that a clerk can meet: each has its own verdict, and one alone is good."""

import pytest

from applets_spec.testca.case import Case, Purpose
from applets_spec.testca.cases import MATRIX
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.validation.evidence import Evidence
from certs.validation.truststore import from_der
from certs.validation.validate import validate
from certs.validation.verdict import Result, Verdict


def judged(case: Case) -> Verdict:
    assert case.purpose is Purpose.JPKI_SIGNATURE
    evidence = Evidence(lists=case.crls, responses=case.responses)
    store = from_der(case.anchors)
    return validate(
        case.certificate,
        PROFILES[Kind.JPKI_SIGNATURE],
        store,
        case.at,
        others=case.others,
        evidence=evidence,
        test=True,
    )


@pytest.mark.proves("K2", "fault 153", "fault 154", "fault 159", "fault 162", "fault 163", "fault 165")
@pytest.mark.parametrize("name", MATRIX)
def test_the_verdict_is_the_one_that_was_written_down(name: str) -> None:
    case = MATRIX[name]()
    assert judged(case).reason == case.verdict.value.replace("-", "_")


@pytest.mark.proves("K1", "K2")
def test_each_standing_is_told_apart_from_all_others() -> None:
    verdicts = {name: judged(make()) for name, make in MATRIX.items()}
    told = {name: (verdict.result, verdict.reason, verdict.detail) for name, verdict in verdicts.items()}
    assert len(set(told.values())) == len(MATRIX), told
    assert [name for name, verdict in verdicts.items() if verdict.result is Result.GOOD] == ["good"]
