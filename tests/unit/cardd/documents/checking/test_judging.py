"""Which moment a certificate is judged at, and what each answer comes to in the words of ETSI EN 319 102-1."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardd.documents.checking.judging import Question, Trust, judge
from cardd.documents.checking.problems import PROBLEMS
from cardd.documents.checking.report import (
    FAILURES,
    CertificateReport,
    Indication,
    Proof,
    Report,
    SignatureReport,
    StampReport,
    SubIndication,
)
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.model import Format
from tests.fixtures.software_signer import resident

NOW = datetime(2026, 11, 23, 6, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=300)
FOUND = Found(Format.XADES, Integrity.INTACT, Scope.WHOLE, certificate=resident().certificate, claimed_at=THEN)
STAMPED = replace(FOUND, stamp=b"token", stamped=b"value", level="t")


def says(**by_day: tuple[str, str]) -> Callable[[Question], CertificateReport]:
    """A judge of certificates with one answer (result, reason) for `then` and one for `now`."""

    def answer(question: Question) -> CertificateReport:
        result, reason = by_day["then" if question.at == THEN else "now"]
        return CertificateReport(question.at, result, reason, kind="jpki_signature")

    return answer


def proves(proof: Proof) -> Callable[[Found, datetime], StampReport]:
    return lambda _found, _at: StampReport(proof, THEN)


GOOD = ("good", "good")
REVOKED = ("revoked", "revoked")
EXPIRED = ("expired", "expired")


def outcome(report: SignatureReport) -> tuple[Indication, SubIndication | None, str]:
    return report.indication, report.sub_indication, report.problem


PASSED = (Indication.PASSED, None, "")


@pytest.mark.parametrize("now", [GOOD, REVOKED, EXPIRED])
def test_with_a_good_time_stamp_what_was_good_then_counts(now: tuple[str, str]) -> None:
    told = judge(STAMPED, Trust(says(then=GOOD, now=now), proves(Proof.GOOD)), NOW)
    assert outcome(told) == PASSED
    assert told.then is not None
    assert told.now is not None
    assert (told.then.result, told.now.result) == ("good", now[0])


@pytest.mark.parametrize("then", [REVOKED, EXPIRED])
def test_with_a_good_time_stamp_what_was_bad_then_counts(then: tuple[str, str]) -> None:
    told = judge(STAMPED, Trust(says(then=then, now=GOOD), proves(Proof.GOOD)), NOW)
    assert told.indication is Indication.INDETERMINATE
    assert told.problem == then[0]


@pytest.mark.parametrize("proof", [Proof.NOT_TRUSTED, Proof.NONE])
def test_a_time_that_is_not_proven_never_counts(proof: Proof) -> None:
    told = judge(STAMPED, Trust(says(then=GOOD, now=REVOKED), proves(proof)), NOW)
    assert outcome(told) == (Indication.INDETERMINATE, SubIndication.REVOKED_NO_POE, "revoked")
    assert told.then is None


def test_the_claimed_time_never_counts() -> None:
    told = judge(FOUND, Trust(says(then=GOOD, now=EXPIRED)), NOW)
    assert outcome(told) == (Indication.INDETERMINATE, SubIndication.OUT_OF_BOUNDS_NO_POE, "expired")
    assert told.claimed_at == THEN


def test_a_broken_time_stamp_is_told_though_the_certificate_is_good() -> None:
    told = judge(STAMPED, Trust(says(now=GOOD), proves(Proof.WRONG)), NOW)
    assert outcome(told) == (Indication.INDETERMINATE, SubIndication.SIG_CONSTRAINTS_FAILURE, "stamp_wrong")


def test_the_question_says_what_was_known_since() -> None:
    asked: list[Question] = []

    def remember(question: Question) -> CertificateReport:
        asked.append(question)
        return CertificateReport(question.at, *GOOD)

    found = replace(STAMPED, others=(b"o",), lists=(b"l",), responses=(b"r",))
    judge(found, Trust(remember, proves(Proof.GOOD)), NOW)
    assert [(each.at, each.seen_at) for each in asked] == [(NOW, NOW), (THEN, NOW)]
    assert all((each.others, each.lists, each.responses) == ((b"o",), (b"l",), (b"r",)) for each in asked)


@pytest.mark.parametrize(
    ("result", "reason", "sub", "problem"),
    [
        ("revoked", "revoked", SubIndication.REVOKED_NO_POE, "revoked"),
        ("expired", "expired", SubIndication.OUT_OF_BOUNDS_NO_POE, "expired"),
        ("not_yet_valid", "not_yet_valid", SubIndication.NOT_YET_VALID, "not_yet_valid"),
        ("unknown", "list_missing", SubIndication.TRY_LATER, "revocation_unknown"),
        ("unknown", "list_too_old", SubIndication.TRY_LATER, "revocation_unknown"),
        ("not_checked", "not_checked", SubIndication.TRY_LATER, "revocation_not_checked"),
        ("refused", "malformed", SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "certificate_malformed"),
        ("refused", "weak_algorithm", SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "certificate_weak"),
        ("refused", "unknown_issuer", SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_unknown"),
        ("refused", "bad_signature", SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_did_not_sign"),
        ("refused", "issuer_not_valid", SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_not_valid"),
        ("refused", "issuer_revoked", SubIndication.REVOKED_CA_NO_POE, "issuer_revoked"),
        ("refused", "bad_path", SubIndication.CERTIFICATE_CHAIN_GENERAL_FAILURE, "chain_broken"),
        ("refused", "wrong_kind", SubIndication.CHAIN_CONSTRAINTS_FAILURE, "wrong_kind"),
        ("of a later version", "something", SubIndication.TRY_LATER, "revocation_unknown"),
    ],
)
@pytest.mark.proves("fault 153")
def test_each_answer_about_the_certificate_is_its_own_and_none_is_good(
    result: str, reason: str, sub: SubIndication, problem: str
) -> None:
    told = judge(FOUND, Trust(says(now=(result, reason))), NOW)
    assert outcome(told)[1:] == (sub, problem)
    assert told.indication is (Indication.FAILED if sub in FAILURES else Indication.INDETERMINATE)


@pytest.mark.parametrize(
    ("integrity", "sub", "problem"),
    [
        (Integrity.CHANGED, SubIndication.HASH_FAILURE, "document_changed"),
        (Integrity.WRONG_VALUE, SubIndication.SIG_CRYPTO_FAILURE, "signature_wrong"),
        (Integrity.WRONG_CERTIFICATE, SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "certificate_swapped"),
        (Integrity.UNREADABLE, SubIndication.FORMAT_FAILURE, "signature_unreadable"),
        (Integrity.WEAK, SubIndication.CRYPTO_CONSTRAINTS_FAILURE, "signature_weak"),
        (Integrity.CONTENT_MISSING, SubIndication.SIGNED_DATA_NOT_FOUND, "content_missing"),
    ],
)
@pytest.mark.proves("fault 166")
def test_a_signature_that_does_not_hold_is_judged_without_its_certificate(
    integrity: Integrity, sub: SubIndication, problem: str
) -> None:
    def never(_question: Question) -> CertificateReport:
        raise AssertionError("asked about a certificate that proves nothing")

    told = judge(replace(FOUND, integrity=integrity), Trust(never), NOW)
    assert outcome(told)[1:] == (sub, problem)
    assert told.signer is None
    assert not told.passed


def test_a_certificate_that_did_not_come_along_is_told() -> None:
    for found in (
        replace(FOUND, certificate=None),
        replace(FOUND, integrity=Integrity.WRONG_CERTIFICATE, problem="certificate_missing"),
    ):
        told = judge(found, Trust(says(now=GOOD)), NOW)
        assert outcome(told)[1:] == (SubIndication.NO_SIGNING_CERTIFICATE_FOUND, "certificate_missing")


@pytest.mark.parametrize(
    ("scope", "covers", "parts", "problem"),
    [
        (Scope.WHOLE, "", (), ""),
        (Scope.EARLIER_REVISION, "", (), ""),
        (Scope.CHANGED_SINCE, "", (), "changed_since"),
        (Scope.PART, "氏名", (), "part_only"),
        (Scope.PART, "氏名", ("氏名",), ""),
        (Scope.PART, "氏名, 住所", ("氏名",), "part_only"),
        (Scope.PART, "氏名, 住所", ("氏名", "住所"), ""),
        (Scope.PART, "", ("氏名",), "part_only"),
    ],
)
def test_only_what_is_signed_passes(scope: Scope, covers: str, parts: tuple[str, ...], problem: str) -> None:
    told = judge(replace(FOUND, scope=scope, covers=covers), Trust(says(now=GOOD), parts=parts), NOW)
    assert (told.problem, told.passed) == (problem, not problem)


def test_a_part_whose_name_stands_for_two_things_never_passes() -> None:
    found = replace(FOUND, scope=Scope.PART, covers="氏名", problem="part_not_unique")
    assert judge(found, Trust(says(now=GOOD), parts=("氏名",)), NOW).problem == "part_only"


def test_a_test_certificate_is_told_apart_from_one_of_the_wrong_kind() -> None:
    def test_one(question: Question) -> CertificateReport:
        return CertificateReport(question.at, "refused", "wrong_kind", kind="jpki_signature", test=True)

    assert judge(FOUND, Trust(test_one), NOW).problem == "test_certificate"


def test_another_generation_of_a_trusted_authority_is_its_own_problem() -> None:
    def other(question: Question) -> CertificateReport:
        return CertificateReport(question.at, "refused", "unknown_issuer", detail="other_generation")

    told = judge(FOUND, Trust(other), NOW)
    assert outcome(told)[1:] == (SubIndication.NO_CERTIFICATE_CHAIN_FOUND, "issuer_other_generation")


def test_a_report_is_as_bad_as_its_worst_signature() -> None:
    passed, unknown, failed = (
        SignatureReport(Format.XADES, indication, None)
        for indication in (Indication.PASSED, Indication.INDETERMINATE, Indication.FAILED)
    )

    def of(*signatures: SignatureReport) -> Indication:
        return Report(NOW, 1, "00" * 32, signatures).indication

    assert of(passed) is of(passed, passed) is Indication.PASSED
    assert of(passed, unknown) is of() is Indication.INDETERMINATE
    assert of(passed, unknown, failed) is Indication.FAILED


def test_every_problem_has_its_sentences() -> None:
    import cardd.documents.checking.judging as module

    named = {
        problem for table in (module._INTEGRITY, module._REFUSED, module._RESULTS) for _, problem in table.values()
    }
    others = {
        "issuer_other_generation",
        "stamp_wrong",
        "changed_since",
        "part_only",
        "test_certificate",
        "chain_broken",
        "revocation_unknown",
        module.NO_CERTIFICATE,
    }
    assert named | others == set(PROBLEMS)
    assert all(all(row) for row in PROBLEMS.values())
