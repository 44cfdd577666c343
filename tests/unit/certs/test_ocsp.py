"""What an OCSP response is believed, and what it is not (RFC 6960, 3.2 and 4.2). The plain faults stand in the certificate cases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.ocsp import OCSPCertStatus
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.validation.evidence import Evidence
from certs.validation.revocation import Lookup, check_revocation
from certs.validation.verdict import GOOD, Answer, bad, unknown
from tests.unit.certs.small_authority import (
    BEGIN,
    DAY,
    HOUR,
    KEYS,
    NOON,
    SERIAL,
    Authority,
    Extension,
    Saying,
    answer,
    named,
    usage,
)

CA = Authority()
ISSUER = CA.certificate
LEAF = CA.issue()
ABOUT = (LEAF, ISSUER)
RESPONDER = CA.responder()
BY_CA = (ISSUER, KEYS[0])
BY_RESPONDER = (RESPONDER, KEYS[3])
REVOKED = Saying(OCSPCertStatus.REVOKED, revoked_at=NOON - DAY)
NOT_AUTHORISED = unknown("responder_not_authorised")
NO_CHECK: Extension = (x509.OCSPNoCheck(), False)


def asked(*responses: bytes, lists: tuple[bytes, ...] = (), nonce: bytes | None = None) -> Answer:
    return check_revocation(LEAF, ISSUER, Evidence(lists=lists, responses=responses, nonce=nonce), NOON).answer


def delegated(responder: x509.Certificate, saying: Saying | None = None) -> bytes:
    return answer((responder, KEYS[3]), ABOUT, saying or Saying(), sent=[responder])


def test_the_authority_and_whom_it_appointed_may_answer() -> None:
    assert asked(answer(BY_CA, ABOUT)) == GOOD
    assert asked(delegated(RESPONDER)) == GOOD
    assert asked(delegated(RESPONDER, REVOKED)) == bad("revoked")


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_the_certificate_may_be_named_by_any_hash_that_is_known(algorithm: hashes.HashAlgorithm) -> None:
    """A name by SHA-1 is no signature by SHA-1."""
    assert asked(answer(BY_CA, ABOUT, Saying(algorithm=algorithm))) == GOOD


def test_a_name_by_another_hash_names_nobody() -> None:
    assert asked(answer(BY_CA, ABOUT, Saying(algorithm=hashes.SHA224()))) == unknown("response_other_certificate")


@pytest.mark.proves("K2", "fault 159")
@pytest.mark.parametrize(
    "responder",
    [
        CA.issue(KEYS[3], named("R"), 77, [usage("digital_signature"), NO_CHECK]),
        CA.issue(
            KEYS[3],
            named("R"),
            77,
            [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]), False), NO_CHECK],
        ),
        CA.issue(
            KEYS[3],
            named("R"),
            77,
            [(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False), usage("key_cert_sign"), NO_CHECK],
        ),
        CA.responder(NO_CHECK, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True)),
        replace(CA, key=KEYS[1]).responder(),
        replace(CA, key=KEYS[4], name=named("TEST Stranger")).responder(),
    ],
    ids=[
        "no usage",
        "any usage",
        "key that may not sign",
        "something critical",
        "of the other generation",
        "of a stranger",
    ],
)
def test_who_was_not_appointed_does_not_answer(responder: x509.Certificate) -> None:
    assert asked(delegated(responder)) == NOT_AUTHORISED


@pytest.mark.proves("fault 159")
def test_the_responder_must_be_valid_when_it_answers_and_when_it_is_believed() -> None:
    signing = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False)
    for life in [
        (BEGIN, NOON - 2 * HOUR),
        (NOON - timedelta(minutes=30), NOON + DAY),
        (BEGIN, NOON - timedelta(minutes=1)),
    ]:
        assert asked(delegated(CA.issue(KEYS[3], named("R"), 77, [signing, NO_CHECK], life=life))) == NOT_AUTHORISED


@pytest.mark.proves("fault 159")
def test_a_responder_that_may_be_revoked_is_looked_up_in_the_lists() -> None:
    """RFC 6960, 4.2.2.2.1: without id-pkix-ocsp-nocheck."""
    open_one = CA.responder((x509.BasicConstraints(ca=False, path_length=None), True))
    said = delegated(open_one)
    assert asked(said) == NOT_AUTHORISED
    assert asked(said, lists=(CA.listing(77),)) == GOOD  # by the list alone
    old = CA.listing(updates=(NOON - 2 * DAY, NOON - DAY))
    assert asked(said, lists=(old,)) == unknown("list_too_old")  # nor does an old list vouch for the responder
    revoking = delegated(open_one, REVOKED)
    assert asked(revoking, lists=(CA.listing(),)) == bad("revoked")
    assert asked(revoking, lists=(CA.listing(77),)) == GOOD  # nobody believes the responder, and the list says good
    assert asked(delegated(RESPONDER, REVOKED), lists=(CA.listing(77),)) == GOOD


@pytest.mark.proves("fault 159")
def test_another_key_behind_the_right_name_is_a_bad_signature() -> None:
    assert asked(answer(BY_CA, ABOUT, forged_by=KEYS[4])) == unknown("response_bad_signature")
    assert asked(answer(BY_RESPONDER, ABOUT, sent=[RESPONDER], forged_by=KEYS[4])) == unknown("response_bad_signature")


@pytest.mark.proves("fault 159", "fault 163")
def test_a_signature_with_sha1_is_no_signature() -> None:
    """ecdsa-with-SHA1 is 1.2.840.10045.4.1; that it would fit does not matter."""
    made = asn1_ocsp.OCSPResponse.load(answer(BY_CA, ABOUT))
    basic = made["response_bytes"]["response"].parsed
    basic["signature_algorithm"] = {"algorithm": "sha1_ecdsa"}
    made["response_bytes"]["response"] = asn1_ocsp.ParsableOctetString(basic.dump(force=True))
    assert asked(made.dump(force=True)) == unknown("response_weak_algorithm")


@pytest.mark.proves("fault 159")
def test_a_nonce_that_was_sent_must_come_back() -> None:
    nonce = bytes(range(16))
    assert asked(answer(BY_CA, ABOUT, nonce=nonce), nonce=nonce) == GOOD
    assert asked(answer(BY_CA, ABOUT, nonce=bytes(16)), nonce=nonce) == unknown("response_other_nonce")
    assert asked(answer(BY_CA, ABOUT), nonce=nonce) == unknown("response_other_nonce")
    assert asked(answer(BY_CA, ABOUT, nonce=nonce)) == GOOD


@pytest.mark.proves("K2", "fault 159", "fault 168")
@pytest.mark.parametrize(
    ("saying", "expected"),
    [
        (Saying(updates=(NOON - HOUR, NOON)), GOOD),
        (Saying(updates=(NOON - HOUR, NOON - timedelta(seconds=1))), unknown("response_too_old")),
        (Saying(updates=(NOON - HOUR, None)), GOOD),
        (Saying(updates=(NOON - HOUR - timedelta(seconds=1), None)), unknown("response_too_old")),
        (Saying(updates=(NOON + timedelta(seconds=300), NOON + DAY)), GOOD),
        (Saying(updates=(NOON + timedelta(seconds=301), NOON + DAY)), unknown("response_from_future")),
        (replace(REVOKED, updates=(NOON - 2 * DAY, NOON - DAY)), bad("revoked")),
        (replace(REVOKED, revoked_at=NOON), bad("revoked")),
        (replace(REVOKED, revoked_at=NOON + HOUR), GOOD),
        (replace(REVOKED, updates=(NOON + HOUR, NOON + DAY)), unknown("response_from_future")),
        (Saying(OCSPCertStatus.UNKNOWN), unknown("responder_unknown")),
    ],
    ids=[
        "last second",
        "over",
        "an hour old, without an end",
        "older, without an end",
        "a clock that runs before",
        "from the future",
        "revoked, long ago",
        "revoked now",
        "revoked later",
        "revoked, from the future",
        "unknown",
    ],
)
def test_the_times_of_a_response(saying: Saying, expected: Answer) -> None:
    assert asked(answer(BY_CA, ABOUT, saying)) == expected


@pytest.mark.proves("fault 159")
def test_a_response_made_in_the_future_is_not_believed() -> None:
    assert asked(answer(BY_CA, ABOUT, produced=NOON + 2 * HOUR)) == unknown("response_from_future")


def test_an_end_before_its_beginning_is_nonsense() -> None:
    def turned(data: asn1_ocsp.ResponseData) -> None:
        data["responses"][0]["next_update"] = core.GeneralizedTime(NOON - DAY, explicit=0)

    assert asked(answer(BY_CA, ABOUT, change=turned)) == unknown("response_malformed")


def test_a_later_answer_tells_of_an_earlier_time() -> None:
    evidence = Evidence(responses=[answer(BY_CA, ABOUT)], seen_at=NOON)
    assert check_revocation(LEAF, ISSUER, evidence, NOON - 30 * DAY) == Lookup(GOOD, 0)
    over = CA.issue(life=(BEGIN, NOON - DAY))
    evidence = replace(evidence, responses=[answer(BY_CA, (over, ISSUER))])
    assert check_revocation(over, ISSUER, evidence, NOON - 30 * DAY).answer == unknown("response_too_old")


def critical_for_one(data: asn1_ocsp.ResponseData) -> None:
    extension = {"extn_id": "1.2.3", "critical": True, "extn_value": b"\x05\x00"}
    data["responses"][0]["single_extensions"] = asn1_ocsp.SingleResponseExtensions([extension], explicit=1)


def critical_for_all(data: asn1_ocsp.ResponseData) -> None:
    extension = {"extn_id": "1.2.3", "critical": True, "extn_value": b"\x05\x00"}
    data["response_extensions"] = asn1_ocsp.ResponseDataExtensions([extension], explicit=1)


def another_before(data: asn1_ocsp.ResponseData) -> None:
    """A second single response, about another serial number, good."""
    other = data["responses"][0].copy()
    other["cert_id"]["serial_number"] = SERIAL + 1
    data["responses"] = asn1_ocsp.Responses([other, data["responses"][0]])


def another_and_critical(data: asn1_ocsp.ResponseData) -> None:
    critical_for_one(data)
    another_before(data)


@pytest.mark.proves("fault 159")
@pytest.mark.parametrize("change", [critical_for_one, critical_for_all, another_and_critical])
def test_something_critical_that_is_not_understood_spoils_it(change: Callable[[asn1_ocsp.ResponseData], None]) -> None:
    assert asked(answer(BY_CA, ABOUT, change=change)) == unknown("response_not_understood")


UNKNOWN_TO_IT = Saying(OCSPCertStatus.UNKNOWN)


@pytest.mark.proves("K2")
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("sayings", "expected"),
    [
        ((Saying(), REVOKED), bad("revoked")),
        ((UNKNOWN_TO_IT, REVOKED), bad("revoked")),
        ((Saying(), UNKNOWN_TO_IT), unknown("responder_unknown")),
    ],
    ids=["good and revoked", "unknown and revoked", "good and unknown"],
)
def test_of_several_single_responses_about_one_certificate_the_worst_counts(
    sayings: tuple[Saying, Saying], expected: Answer, turned: bool
) -> None:
    one, other = reversed(sayings) if turned else sayings

    def add(data: asn1_ocsp.ResponseData) -> None:
        more = asn1_ocsp.OCSPResponse.load(answer(BY_CA, ABOUT, other)).response_data["responses"][0].copy()
        data["responses"] = asn1_ocsp.Responses([data["responses"][0], more])

    assert asked(answer(BY_CA, ABOUT, one, change=add)) == expected


def test_of_several_single_responses_the_one_about_the_certificate_counts() -> None:
    assert asked(answer(BY_CA, ABOUT, change=another_before)) == GOOD
    assert asked(answer(BY_CA, ABOUT, REVOKED, change=another_before)) == bad("revoked")


@pytest.mark.proves("K5", "fault 160")
@pytest.mark.parametrize(
    "octets",
    [b"", b"\x30\x00", b"\x00" * 70_000, answer(BY_CA, ABOUT) + b"\x00", answer(BY_CA, ABOUT)[:-1]],
    ids=["nothing", "empty", "too long", "more behind it", "cut"],
)
def test_what_is_no_response_is_malformed(octets: bytes) -> None:
    assert asked(octets) == unknown("response_malformed")


@pytest.mark.proves("K2", "fault 153", "fault 159")
def test_lists_and_responses_together() -> None:
    good, revoked = answer(BY_CA, ABOUT), answer(BY_CA, ABOUT, REVOKED)
    later = answer(BY_CA, ABOUT, Saying(OCSPCertStatus.UNKNOWN))
    assert asked(good, revoked) == bad("revoked")
    assert asked(later, good) == GOOD
    assert asked(good, lists=(CA.listing(SERIAL),)) == bad("revoked")
    assert asked(revoked, lists=(CA.listing(),)) == bad("revoked")
    assert asked(later, lists=(CA.listing(),)) == GOOD
    assert asked(later, lists=(b"",)) == unknown("responder_unknown")
    old = CA.listing(updates=(NOON - 2 * DAY, NOON - DAY))
    assert asked(b"", lists=(b"", old)) == unknown("list_too_old")
