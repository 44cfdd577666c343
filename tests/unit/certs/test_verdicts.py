"""What the certificate cases do not reach: anchors, lists that do not fit, answers kept apart, any bytes at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.testca import badge_cases
from applets_spec.testca.case import Case
from applets_spec.testca.cases import CASES
from certs.errors import BadAnchor
from certs.profiles.operator_badge import OPERATOR_BADGE, card_uuid
from certs.profiles.registry import PROFILES
from certs.validation.evidence import Evidence
from certs.validation.truststore import from_der, from_pem
from certs.validation.validate import parse, validate
from certs.validation.verdict import Result, State, Verdict

GOOD = badge_cases.good()
REVOKED = badge_cases.revoked()


def judged(case: Case, **changes: object) -> Verdict:
    case = replace(case, **changes)  # type: ignore[arg-type]
    evidence = Evidence(lists=case.crls)
    return validate(
        case.certificate, OPERATOR_BADGE, from_der(case.anchors), case.at, others=case.others, evidence=evidence
    )


def pem(der: bytes) -> bytes:
    return load_der_x509_certificate(der).public_bytes(Encoding.PEM)


@pytest.mark.proves("K2")
def test_not_checked_is_its_own_answer_and_never_good() -> None:
    verdict = judged(GOOD)
    assert verdict.revocation.state is State.NOT_CHECKED
    assert verdict.reason == "not_checked"
    assert verdict.good_but_revocation
    assert Verdict().reason == "not_checked"
    assert not Verdict().good_but_revocation


@pytest.mark.proves("K2", "fault 153")
def test_chain_and_time_are_two_answers() -> None:
    expired = judged(badge_cases.expired())
    assert (expired.chain.state, expired.time.reason, expired.conformity.state) == (State.GOOD, "expired", State.GOOD)
    early = judged(badge_cases.not_yet_valid())
    assert (early.chain.state, early.time.reason) == (State.GOOD, "not_yet_valid")


def test_the_time_may_come_in_any_zone() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert judged(badge_cases.last_second(), at=badge_cases.ENDS.astimezone(tokyo)).good_but_revocation
    assert judged(GOOD, at=(badge_cases.ENDS + timedelta(seconds=1)).astimezone(tokyo)).reason == "expired"


def test_an_authority_that_is_over_does_not_vouch() -> None:
    """The clock far ahead: badge and authority are both over, and both answers say so."""
    verdict = judged(badge_cases.good_old_generation(), at=datetime(2090, 1, 1, tzinfo=UTC))
    assert verdict.time.reason == "expired"


@pytest.mark.proves("K2", "fault 157")
@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (replace(badge_cases.not_revoked(), at=REVOKED.at + timedelta(days=30)), "list_too_old"),
        (replace(REVOKED, at=REVOKED.at - timedelta(days=30)), "list_missing"),
        (replace(REVOKED, crls=(REVOKED.crls[0][:-1] + bytes([REVOKED.crls[0][-1] ^ 1]),)), "list_missing"),
        (replace(REVOKED, crls=(b"no list",)), "list_missing"),
        (replace(badge_cases.good_old_generation(), crls=REVOKED.crls), "list_missing"),
    ],
    ids=["old list", "list from later", "damaged", "nonsense", "other generation's list"],
)
def test_a_list_that_cannot_answer_is_unknown_and_never_good(case: Case, reason: str) -> None:
    verdict = judged(case)
    assert (verdict.revocation.state, verdict.revocation.reason) == (State.UNKNOWN, reason)
    assert (verdict.result, verdict.reason) == (Result.UNKNOWN, reason)


@pytest.mark.proves("K2", "fault 153")
def test_what_an_old_list_says_is_revoked_stays_revoked() -> None:
    verdict = judged(REVOKED, at=REVOKED.at + timedelta(days=30))
    assert (verdict.result, verdict.reason) == (Result.REVOKED, "revoked")
    assert not verdict.good_but_revocation


def test_the_age_of_the_list_is_told() -> None:
    assert judged(badge_cases.not_revoked()).list_age_s == 12 * 3600


@pytest.mark.proves("fault 165")
def test_generations_of_one_name_stand_side_by_side() -> None:
    store = from_pem([pem(GOOD.anchors[0]) + pem(GOOD.anchors[1]), pem(GOOD.anchors[0])])
    assert len(store.anchors) == 2
    assert len({anchor.certificate.subject for anchor in store.anchors}) == 1
    assert all(anchor.is_test for anchor in store.anchors)
    assert len({anchor.fingerprint for anchor in store.anchors}) == 2


@pytest.mark.proves("K1")
@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ([], "none"),
        ([b""], "not_pem"),
        ([b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"], "not_pem"),
        ([pem(GOOD.certificate)], "not_an_authority"),
    ],
    ids=["none", "empty", "nonsense", "a badge"],
)
def test_what_is_no_authority_is_no_anchor(files: list[bytes], problem: str) -> None:
    with pytest.raises(BadAnchor) as caught:
        from_pem(files)
    assert caught.value.problem == problem


def test_der_anchors_are_checked_too() -> None:
    with pytest.raises(BadAnchor):
        from_der([b"0\x00"])
    with pytest.raises(BadAnchor):
        from_der([GOOD.certificate])


def test_the_badges_uuid_is_read_from_its_certificate() -> None:
    found = card_uuid(parse(GOOD.certificate))
    assert found == badge_cases.badge_guid(badge_cases.OPERATOR, 0).hex
    assert card_uuid(parse(GOOD.anchors[0])) is None


@pytest.mark.proves("K1")
def test_test_policies_count_only_where_tests_are_allowed() -> None:
    case = CASES["signature-good"]()
    profile = PROFILES["jpki_signature"]  # type: ignore[index]
    store = from_der(case.anchors)
    assert validate(case.certificate, profile, store, case.at).reason == "wrong_kind"
    assert validate(case.certificate, profile, store, case.at, test=True).good_but_revocation


@pytest.mark.proves("K5", "fault 160")
@given(st.integers(0, len(GOOD.certificate) - 1), st.integers(1, 255))
def test_no_changed_byte_is_ever_good(place: int, change: int) -> None:
    octets = bytearray(GOOD.certificate)
    octets[place] ^= change
    assert not judged(GOOD, certificate=bytes(octets)).good_but_revocation


@given(st.binary(max_size=400))
def test_any_bytes_get_a_verdict(octets: bytes) -> None:
    assert judged(GOOD, certificate=octets).reason == "malformed"


@pytest.mark.proves("K1")
def test_without_a_profile_any_certificate_that_may_sign_will_do() -> None:
    for name in ("signature-good", "authentication-good", "badge-good"):
        case = CASES[name]()
        assert validate(case.certificate, None, from_der(case.anchors), case.at).good_but_revocation, name


@pytest.mark.proves("K1")
def test_without_a_profile_a_key_that_may_not_sign_is_still_of_the_wrong_kind() -> None:
    case = badge_cases.key_management_as_authentication()
    verdict = validate(case.certificate, None, from_der(case.anchors), case.at)
    assert (verdict.reason, verdict.detail) == ("wrong_kind", "key_usage")
