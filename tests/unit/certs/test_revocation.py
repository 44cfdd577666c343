"""What lists say about a certificate, and what they must not be believed to say (RFC 5280, 6.3.3)."""

from dataclasses import replace
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from applets_spec.testca import revocation_cases
from applets_spec.testca.case import UNDECIDED
from applets_spec.testca.cases import REVOCATION_CASES
from applets_spec.testca.issue import authority_certificate
from certs.profiles.jpki_signature import JPKI_SIGNATURE
from certs.validation import revocation
from certs.validation.evidence import NO_EVIDENCE, Evidence
from certs.validation.list_walk import entries_of, frame_of
from certs.validation.lists import UnusableList, read_list
from certs.validation.revocation import Lookup, check_revocation
from certs.validation.scope import WHOLE
from certs.validation.truststore import from_der
from certs.validation.validate import validate
from certs.validation.verdict import GOOD, NOT_CHECKED, Result, bad, unknown
from tests.unit.certs.small_authority import (
    BEGIN,
    DAY,
    END,
    HOUR,
    KEYS,
    NOON,
    SERIAL,
    Authority,
    Extension,
    divided,
    named,
    point,
    usage,
)

CA = Authority()
ISSUER = CA.certificate
LEAF = CA.issue()
HERE, THERE = x509.DirectoryName(named("part 1")), x509.DirectoryName(named("part 2"))
KEY_COMPROMISE = frozenset({x509.ReasonFlags.key_compromise})


def asked(*lists: bytes, leaf: x509.Certificate = LEAF, at: datetime = NOON, seen_at: datetime | None = None) -> Lookup:
    return check_revocation(leaf, ISSUER, Evidence(lists=lists, seen_at=seen_at), at)


def with_point(*extensions: Extension) -> x509.Certificate:
    return CA.issue(extensions=extensions)


@pytest.mark.proves("K2", "fault 153", "fault 154", "fault 157", "fault 159", "fault 165")
@pytest.mark.parametrize("name", REVOCATION_CASES)
def test_the_answer_is_the_one_that_was_written_down(name: str) -> None:
    case = REVOCATION_CASES[name]()
    evidence = Evidence(lists=case.crls, responses=case.responses, nonce=case.nonce)
    verdict = validate(case.certificate, JPKI_SIGNATURE, from_der(case.anchors), case.at, evidence=evidence, test=True)
    assert verdict.reason == case.verdict.value.replace("-", "_")
    assert (verdict.result is Result.UNKNOWN) == (case.verdict in UNDECIDED)


@pytest.mark.proves("K2")
def test_without_evidence_nobody_looked() -> None:
    assert check_revocation(LEAF, ISSUER, NO_EVIDENCE, NOON) == Lookup(NOT_CHECKED)


def test_the_age_is_that_of_the_list_that_answered() -> None:
    older = CA.listing(updates=(NOON - DAY, NOON + DAY), number=6)
    assert asked(older, CA.listing()) == Lookup(GOOD, 3600)
    assert asked(older) == Lookup(GOOD, 86400)


@pytest.mark.proves("fault 157")
@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"", "list_malformed"),
        (CA.listing()[:-1], "list_malformed"),
        (CA.listing() + b"\x00", "list_malformed"),
        (replace(CA, name=named("TEST Another CA")).listing(), "list_wrong_issuer"),
        (replace(CA, key=KEYS[1]).listing(), "list_wrong_issuer"),
        (CA.listing(identifier=b"\x05" * 20), "list_wrong_issuer"),
        (replace(CA, key=KEYS[4]).listing(identifier=ISSUER.extensions[2].value.digest), "list_bad_signature"),  # type: ignore[attr-defined]
        (CA.listing(more=[(x509.DeltaCRLIndicator(6), True)]), "list_not_understood"),
        (CA.listing(more=[divided(indirect=True)]), "list_not_understood"),
        (CA.listing(more=[divided(attributes=True)]), "list_not_understood"),
        (CA.listing(more=[divided(reasons=KEY_COMPROMISE)]), "list_not_understood"),
        (
            CA.listing(more=[(x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True)]),
            "list_not_understood",
        ),
    ],
    ids=[
        "nothing",
        "cut",
        "more behind it",
        "another name",
        "the other generation's",
        "another key identifier",
        "an impostor's",
        "a delta list",
        "an indirect list",
        "of attribute certificates",
        "of some reasons",
        "something critical",
    ],
)
def test_a_list_that_cannot_be_used_is_refused_with_its_word(octets: bytes, problem: str) -> None:
    with pytest.raises(UnusableList) as refused:
        read_list(octets, ISSUER)
    assert refused.value.problem == problem
    assert asked(octets).answer == unknown("list_missing")


def test_something_that_is_not_critical_does_not_matter() -> None:
    more = (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), False)
    assert asked(CA.listing(more=[more])).answer == GOOD


@pytest.mark.proves("fault 157")
def test_an_authority_that_may_not_sign_lists_has_none() -> None:
    """RFC 5280, 6.3.3 (f)."""
    mute = replace(CA, key_usage=usage("key_cert_sign"))
    with pytest.raises(UnusableList, match="list_wrong_issuer"):
        read_list(mute.listing(), mute.certificate)


def test_the_algorithm_under_the_signature_is_the_one_beside_it() -> None:
    """RFC 5280, 5.1.1.2: else the one that is signed would not be the one that is used."""
    octets = CA.listing()
    sha256 = bytes.fromhex("2a8648ce3d040302")
    assert octets.count(sha256) == 2
    weaker = octets.replace(sha256, bytes.fromhex("2a8648ce3d040301"), 1)  # the inner one comes first, and says SHA-224
    with pytest.raises(UnusableList, match="list_malformed"):
        read_list(weaker, ISSUER)


@pytest.mark.proves("K2")
def test_a_list_that_is_too_long_for_here_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    octets = CA.listing()
    assert asked(octets).answer == GOOD
    monkeypatch.setattr(revocation, "LARGEST_LIST", len(octets) - 1)
    assert asked(octets).answer == unknown("list_missing")


def entry(extension: x509.ExtensionType, *, critical: bool, serial: int = SERIAL + 1) -> x509.RevokedCertificate:
    return x509.RevokedCertificateBuilder(serial, NOON - DAY).add_extension(extension, critical).build()


@pytest.mark.parametrize(
    ("extension", "critical"),
    [
        (x509.CertificateIssuer([HERE]), True),
        (x509.CertificateIssuer([HERE]), False),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\x05\x00"), True),
    ],
    ids=["of another issuer", "of another issuer, not critical", "unknown and critical"],
)
def test_an_entry_that_must_not_be_ignored_makes_the_list_useless(
    extension: x509.ExtensionType, critical: bool
) -> None:
    """RFC 5280, 5.3."""
    octets = CA.listing(entry(extension, critical=critical))
    with pytest.raises(UnusableList, match="list_not_understood"):
        read_list(octets, ISSUER)


@pytest.mark.parametrize("critical", [True, False])
@pytest.mark.parametrize("reason", [x509.ReasonFlags.certificate_hold, x509.ReasonFlags.remove_from_crl])
def test_on_hold_and_whatever_reason_is_revoked(reason: x509.ReasonFlags, critical: bool) -> None:
    octets = CA.listing(entry(x509.CRLReason(reason), critical=critical, serial=SERIAL))
    assert asked(octets).answer == bad("revoked")


def test_released_from_hold_by_the_next_list() -> None:
    held = CA.listing(
        entry(x509.CRLReason(x509.ReasonFlags.certificate_hold), critical=False, serial=SERIAL),
        updates=(NOON - DAY, NOON + DAY),
        number=6,
    )
    assert asked(held).answer == bad("revoked")
    assert asked(held, CA.listing()).answer == GOOD


# --- divided lists


@pytest.mark.proves("K2")
@pytest.mark.parametrize(
    ("leaf", "part", "answers"),
    [
        (with_point(point(HERE)), divided(HERE, users=True), True),
        (with_point(point(HERE)), divided(THERE, users=True), False),
        (with_point(point(HERE)), divided(THERE, HERE), True),
        (with_point(point(THERE, HERE)), divided(HERE), True),
        (with_point(point(HERE)), divided(users=True), True),
        (with_point(point(HERE)), divided(authorities=True), False),
        (LEAF, divided(HERE), False),
        (LEAF, divided(x509.DirectoryName(CA.name)), True),
        (with_point(point(HERE, reasons=KEY_COMPROMISE)), divided(HERE), False),
        (with_point(point(HERE, issuer=named("TEST Another CA"))), divided(HERE), False),
        (
            with_point(point(x509.UniformResourceIdentifier("http://a.test/1"))),
            divided(x509.UniformResourceIdentifier("http://a.test/1")),
            True,
        ),
        (
            with_point(point(x509.UniformResourceIdentifier("http://a.test/1"))),
            divided(x509.UniformResourceIdentifier("http://a.test/2")),
            False,
        ),
        (with_point(point(x509.RFC822Name("a.test"))), divided(x509.DNSName("a.test")), False),
        (CA.issue(extensions=[(x509.BasicConstraints(ca=True, path_length=0), True)]), divided(users=True), False),
        (CA.issue(extensions=[(x509.BasicConstraints(ca=True, path_length=0), True)]), divided(authorities=True), True),
    ],
    ids=[
        "its part",
        "another part",
        "one of two names of the list",
        "one of two names of the certificate",
        "all users",
        "authorities only",
        "a part, and a certificate that names none",
        "a part with the issuer's name",
        "a point for some reasons",
        "a point of another issuer",
        "its address",
        "another address",
        "the same text as another kind of name",
        "users only, and an authority",
        "authorities, and an authority",
    ],
)
def test_a_part_answers_for_the_certificates_it_is_about(
    leaf: x509.Certificate, part: Extension, answers: bool
) -> None:
    assert asked(CA.listing(more=[part]), leaf=leaf).answer == (GOOD if answers else unknown("list_missing"))
    assert asked(CA.listing(SERIAL, more=[part]), leaf=leaf).answer == (
        bad("revoked") if answers else unknown("list_missing")
    )


def test_a_name_relative_to_the_issuer_is_the_full_one() -> None:
    """RFC 5280, 4.2.1.13 and 6.3.3 (b) (2) (i)."""
    relative = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COMMON_NAME, "part 1")])
    full = x509.DirectoryName(x509.Name([*CA.name.rdns, relative]))
    part = CA.listing(more=[divided(full)])
    assert asked(part, leaf=with_point(point(relative=relative))).answer == GOOD
    assert asked(CA.listing(more=[divided(relative=relative)]), leaf=with_point(point(full))).answer == GOOD
    assert asked(part, leaf=with_point(point(HERE))).answer == unknown("list_missing")


# --- times


def test_revoked_after_the_time_that_is_asked_for_is_not_revoked_then() -> None:
    octets = CA.listing(SERIAL, revoked_at=NOON - HOUR)
    assert asked(octets, at=NOON).answer == bad("revoked")
    assert asked(octets, at=NOON - HOUR).answer == bad("revoked")
    assert asked(octets, at=NOON - 2 * HOUR, seen_at=NOON).answer == GOOD


@pytest.mark.proves("K2", "fault 168")
def test_a_list_from_the_future_does_not_answer() -> None:
    octets = CA.listing(updates=(NOON + HOUR, NOON + DAY))
    assert asked(octets).answer == unknown("list_missing")
    assert asked(octets, at=NOON - HOUR, seen_at=NOON).answer == unknown("list_missing")


def test_a_later_list_answers_for_an_earlier_time() -> None:
    """A document of last month, judged today: who was revoked then still stands in the list of today."""
    month_ago = NOON - 30 * DAY
    assert asked(CA.listing(), at=month_ago, seen_at=NOON) == Lookup(GOOD, 0)
    assert asked(CA.listing(SERIAL, revoked_at=month_ago), at=month_ago, seen_at=NOON).answer == bad("revoked")
    assert asked(CA.listing(), at=month_ago).answer == unknown("list_missing")


def test_a_later_list_may_have_forgotten_what_had_expired() -> None:
    """RFC 5280, 3.3: an entry stays until one list beyond the certificate's end, and may go then."""
    over = CA.issue(life=(BEGIN, NOON - DAY))
    assert asked(CA.listing(), leaf=over, at=NOON - 2 * DAY, seen_at=NOON).answer == unknown("list_missing")
    before = CA.listing(updates=(NOON - DAY - HOUR, NOON))
    assert asked(before, leaf=over, at=NOON - 2 * DAY, seen_at=NOON).answer == GOOD
    assert END > NOON


def test_the_walk_sees_what_cryptography_sees() -> None:
    """Two readers of one list: the walk over the bytes, and objects."""
    times = [datetime(1950, 1, 1, tzinfo=NOON.tzinfo), datetime(2049, 12, 31, 23, 59, 59, tzinfo=NOON.tzinfo)]
    times.append(datetime(2050, 1, 1, tzinfo=NOON.tzinfo))
    entries = [
        x509.RevokedCertificateBuilder(serial, time).build()
        for time in times
        for serial in (1, 127, 128, 255, 256, 2**159 - 1)
    ]
    octets = CA.listing(*entries)
    seen = [(int.from_bytes(serial), seconds) for serial, seconds in entries_of(octets, frame_of(octets))]
    assert seen == [
        (each.serial_number, int(each.revocation_date_utc.timestamp())) for each in x509.load_der_x509_crl(octets)
    ]


@pytest.mark.proves("fault 163")
def test_a_list_signed_with_sha1_is_too_weak() -> None:
    case = REVOCATION_CASES["list-sha1"]()
    issuer = x509.load_der_x509_certificate(case.anchors[1])
    with pytest.raises(UnusableList, match="list_weak_algorithm"):
        read_list(case.crls[0], issuer)


def test_a_list_signed_with_pss_is_as_good_as_another() -> None:
    """RFC 4055, 3. The authority of the test residents, whose key is RSA."""
    key = revocation_cases.key_of(revocation_cases.NEW)
    assert isinstance(key, rsa.RSAPrivateKey)
    issuer = x509.load_der_x509_certificate(authority_certificate(revocation_cases.NEW))
    builder = x509.CertificateRevocationListBuilder(issuer.subject, NOON - HOUR, NOON + HOUR)
    sha256, pss = hashes.SHA256(), padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    octets = builder.sign(key, sha256, rsa_padding=pss).public_bytes(Encoding.DER)
    assert read_list(octets, issuer).scope is WHOLE
    with pytest.raises(UnusableList, match="list_bad_signature"):
        read_list(octets[:-1] + bytes([octets[-1] ^ 1]), issuer)
