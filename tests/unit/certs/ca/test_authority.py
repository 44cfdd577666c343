"""What the operator CA issues, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto.core import ObjectIdentifier
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certs.ca.authority import Authority, BadgeKey, create_root, months_later, new_serial
from certs.ca.errors import BookError, CaRefused
from certs.ca.issued import IssuedBook
from certs.ca.keys import Algorithm, key_fingerprint
from certs.profiles.operator_badge import OPERATOR_BADGE, card_uuid
from certs.profiles.operator_signature import OPERATOR_SIGNATURE
from certs.validation.truststore import from_der
from certs.validation.validate import validate
from tests.fixtures.octets import flipped
from tests.unit.certs.ca.office import (
    DAY,
    HANAKO,
    KEYS,
    NAME,
    NOW,
    authority,
    ca_key,
    card_signs,
    issued,
    key_of,
    request_for,
    signer,
    spki,
)

SECOND = timedelta(seconds=1)
NOON = NOW.replace(microsecond=0)
PROFILES = {BadgeKey.AUTHENTICATION: OPERATOR_BADGE, BadgeKey.SIGNATURE: OPERATOR_SIGNATURE}
OTHER = {BadgeKey.AUTHENTICATION: OPERATOR_SIGNATURE, BadgeKey.SIGNATURE: OPERATOR_BADGE}


@pytest.fixture
def ca(tmp_path: Path) -> Authority:
    return authority(tmp_path)


def extension(certificate: x509.Certificate, kind: type[x509.ExtensionType]) -> x509.Extension[x509.ExtensionType]:
    return certificate.extensions.get_extension_for_class(kind)


# --- the root --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_root_is_an_authority_for_badges_and_nothing_below(algorithm: Algorithm) -> None:
    root = x509.load_der_x509_certificate(create_root(signer(algorithm), NAME, 10, NOW))
    root.verify_directly_issued_by(root)
    constraints = extension(root, x509.BasicConstraints)
    assert (constraints.critical, constraints.value) == (True, x509.BasicConstraints(ca=True, path_length=0))
    usage = extension(root, x509.KeyUsage)
    assert usage.critical
    assert isinstance(usage.value, x509.KeyUsage)
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)
    assert not extension(root, x509.SubjectKeyIdentifier).critical
    assert len(root.extensions) == 3
    assert root.subject == root.issuer
    assert root.subject.rfc4514_string() == f"CN={NAME},C=JP"
    assert root.not_valid_before_utc == NOON - timedelta(minutes=5)
    assert root.not_valid_after_utc == datetime(2036, 11, 22, 9, 0, 30, tzinfo=UTC)
    assert from_der([root.public_bytes(Encoding.DER)]).anchors[0].is_test


def test_the_roots_signature_is_of_its_keys_kind() -> None:
    names = {
        algorithm: x509.load_der_x509_certificate(create_root(signer(algorithm), NAME, 10, NOW)).signature_algorithm_oid
        for algorithm in Algorithm
    }
    assert {algorithm.value: oid.dotted_string for algorithm, oid in names.items()} == {
        "p256": "1.2.840.10045.4.3.2",
        "p384": "1.2.840.10045.4.3.3",
        "rsa3072": "1.2.840.113549.1.1.11",
    }


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 65, "\u200bx", "外字\ue000"])
def test_a_root_without_a_decent_name_is_not_made(name: str) -> None:
    with pytest.raises(CaRefused, match="name"):
        create_root(signer(), name, 10, NOW)


@pytest.mark.parametrize("years", [0, -1, 31])
def test_a_root_lives_one_to_thirty_years(years: int) -> None:
    with pytest.raises(CaRefused, match="validity"):
        create_root(signer(), NAME, years, NOW)


def test_dates_from_2050_on_are_written_as_rfc_5280_wants() -> None:
    der = create_root(signer(), NAME, 30, NOW)
    assert b"\x17\x0d261122085530Z\x18\x0f20561122090030Z" in der
    assert b"\x17\x0d461122090030Z" in create_root(signer(), NAME, 20, NOW)


# --- a badge's certificate -------------------------------------------------------------------------------------------


@pytest.mark.proves("K1", "fault 162")
@pytest.mark.parametrize("role", BadgeKey)
@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("algorithm", Algorithm)
def test_the_house_takes_it_for_what_it_is_and_for_nothing_else(
    tmp_path: Path, algorithm: Algorithm, kind: str, role: BadgeKey
) -> None:
    ca = authority(tmp_path, algorithm)
    der = issued(ca, kind, role=role).public_bytes(Encoding.DER)
    store = from_der([ca.certificate])
    verdict = validate(der, PROFILES[role], store, NOW)
    assert verdict.good_but_revocation, verdict
    assert validate(der, OTHER[role], store, NOW).reason == "wrong_kind"
    certificate = x509.load_der_x509_certificate(der)
    assert card_uuid(certificate) == HANAKO.guid.hex()
    assert len(der) <= 1856 - 64  # the smallest container of a badge, with its tags (SP 800-73-4 part 1, table 7)


def test_it_names_the_operator_the_office_and_the_card_and_nothing_more(ca: Authority) -> None:
    certificate = issued(ca)
    assert [(part.oid, part.value) for part in certificate.subject] == [
        (NameOID.COUNTRY_NAME, "JP"),
        (NameOID.ORGANIZATION_NAME, "見本市"),
        (NameOID.COMMON_NAME, "窓口　花子"),
        (NameOID.USER_ID, "hanako_1"),
    ]
    assert {each.oid._name for each in certificate.extensions} == {
        "keyUsage",
        "extendedKeyUsage",
        "subjectAltName",
        "subjectKeyIdentifier",
        "authorityKeyIdentifier",
    }
    names = extension(certificate, x509.SubjectAlternativeName).value
    assert isinstance(names, x509.SubjectAlternativeName)
    assert [name.value for name in names] == ["urn:uuid:01020304-0506-0708-090a-0b0c0d0e0f10"]


def test_its_words_are_utf8_and_its_der_has_no_defaults(ca: Authority) -> None:
    certificate = issued(ca)
    der = certificate.public_bytes(Encoding.DER)
    for text in ("見本市", "窓口　花子", "hanako_1", NAME):
        octets = text.encode()
        assert bytes([0x0C, len(octets)]) + octets in der
    assert b"\x13\x02JP" in der
    for each in certificate.extensions:  # FALSE of `critical` is left out (X.690, 11.5)
        oid = ObjectIdentifier(each.oid.dotted_string).dump()
        assert oid in der
        assert oid + b"\x01\x01\x00" not in der


@pytest.mark.parametrize(
    ("role", "usage", "extended"),
    [
        (BadgeKey.AUTHENTICATION, {"digital_signature"}, {"1.3.6.1.5.5.7.3.2"}),
        (
            BadgeKey.SIGNATURE,
            {"digital_signature", "content_commitment"},
            {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36"},
        ),
    ],
)
def test_each_key_has_its_use(ca: Authority, role: BadgeKey, usage: set[str], extended: set[str]) -> None:
    certificate = issued(ca, role=role)
    found = extension(certificate, x509.KeyUsage)
    assert found.critical
    words = {
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
    }
    assert {word for word in words if getattr(found.value, word)} == usage
    purposes = extension(certificate, x509.ExtendedKeyUsage).value
    assert isinstance(purposes, x509.ExtendedKeyUsage)
    assert {each.dotted_string for each in purposes} == extended


def test_it_points_to_the_key_that_signed_it(ca: Authority) -> None:
    root = x509.load_der_x509_certificate(ca.certificate)
    own = extension(root, x509.SubjectKeyIdentifier).value
    named = extension(issued(ca), x509.AuthorityKeyIdentifier).value
    assert isinstance(own, x509.SubjectKeyIdentifier)
    assert isinstance(named, x509.AuthorityKeyIdentifier)
    assert named.key_identifier == own.digest
    assert len(own.digest) == 20


def test_a_ca_that_was_made_elsewhere_can_issue(tmp_path: Path) -> None:
    """Without a key identifier, and with a name in other string types, which must stay as they are."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, "TEST old CA", _type=x509.name._ASN1Type.PrintableString)]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(ca_key().public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 2000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key(), hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    ca = Authority(made, signer(), IssuedBook(tmp_path / "issued.jsonl"))
    certificate = issued(ca)
    assert certificate.issuer.public_bytes() == name.public_bytes()
    assert validate(certificate.public_bytes(Encoding.DER), OPERATOR_BADGE, from_der([made]), NOW).good_but_revocation


# --- serial numbers and times ----------------------------------------------------------------------------------------


def test_serial_numbers_are_positive_and_cannot_be_foretold() -> None:
    serials = [new_serial() for _ in range(2000)]
    assert all(0 < serial < 2**127 for serial in serials)
    assert len(set(serials)) == 2000
    for bit in range(127):  # each bit is set about as often as not; 2,000 throws leave 800 to 1,200 but once in 10^17
        assert 800 < sum(serial >> bit & 1 for serial in serials) < 1200, bit


def test_it_is_valid_a_little_before_it_was_made_and_for_its_months(ca: Authority) -> None:
    later = NOW + 40 * DAY
    der = ca.issue_badge(request_for(key_of("p256")), HANAKO, later, 36)
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.not_valid_before_utc == later.replace(microsecond=0) - timedelta(minutes=5)
    assert certificate.not_valid_after_utc == datetime(2030, 1, 1, 9, 0, 30, tzinfo=UTC)


def test_it_never_begins_before_the_ca_nor_outlives_it(tmp_path: Path) -> None:
    ca = authority(tmp_path, years=2)
    root = x509.load_der_x509_certificate(ca.certificate)
    soon = root.not_valid_before_utc + SECOND
    certificate = x509.load_der_x509_certificate(ca.issue_badge(request_for(key_of("p256")), HANAKO, soon, 36))
    assert certificate.not_valid_before_utc == root.not_valid_before_utc
    assert certificate.not_valid_after_utc == root.not_valid_after_utc == ca.not_after


@pytest.mark.parametrize("months", [0, -1, 61])
def test_a_badge_lives_one_month_to_five_years(ca: Authority, months: int) -> None:
    with pytest.raises(CaRefused, match="validity"):
        ca.issue_badge(request_for(key_of("p256")), HANAKO, NOW, months)


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-11-30", 1, "2026-12-30"),
        ("2026-11-22", 36, "2029-11-22"),
        ("2026-12-31", 12, "2027-12-31"),
    ],
)
def test_months_are_those_of_the_calendar(begin: str, months: int, end: str) -> None:
    moment = datetime.fromisoformat(begin).replace(tzinfo=UTC)
    assert months_later(moment, months) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.proves("fault 165")
@pytest.mark.parametrize(
    ("shift", "problem"),
    [(-timedelta(minutes=5) - SECOND, "ca_not_yet_valid"), (timedelta(days=3653), "ca_expired")],
)
def test_a_ca_outside_its_time_issues_nothing(ca: Authority, shift: timedelta, problem: str) -> None:
    with pytest.raises(CaRefused, match=problem):
        ca.issue_badge(request_for(key_of("p256")), HANAKO, NOW + shift, 36)
    assert ca.book.entries() == ()


def test_at_its_last_second_a_ca_issues_no_more_and_the_second_before_it_does(ca: Authority) -> None:
    with pytest.raises(CaRefused, match="ca_expired"):
        ca.issue_badge(request_for(key_of("p256")), HANAKO, ca.not_after, 1)
    assert ca.issue_badge(request_for(key_of("p256")), HANAKO, ca.not_after - SECOND, 1)


# --- the book --------------------------------------------------------------------------------------------------------


def test_what_was_issued_is_in_the_book(ca: Authority) -> None:
    certificate = issued(ca, role=BadgeKey.SIGNATURE)
    (entry,) = ca.book.entries()
    assert int(entry.serial, 16) == certificate.serial_number
    assert entry.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
    assert entry.key == key_fingerprint(spki(key_of("p256")))
    assert (entry.operator, entry.guid, entry.role) == ("hanako_1", HANAKO.guid.hex(), "signature")
    assert entry.ends() == certificate.not_valid_after_utc
    assert entry.time == "2026-11-22T09:00:30Z"


def test_the_book_names_no_person(ca: Authority) -> None:
    issued(ca)
    assert "花子".encode() not in ca.book.path.read_bytes()
    assert b"\\u" not in ca.book.path.read_bytes()


@pytest.mark.proves("T8")
def test_no_certificate_without_its_entry_on_the_disk(ca: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(BookError, match="book_unwritable"):
            issued(ca)
    assert ca.book.entries() == ()


def test_a_damaged_book_stops_issuing(ca: Authority) -> None:
    ca.book.path.write_bytes(b"nonsense\n")
    with pytest.raises(BookError, match="book_damaged"):
        issued(ca)


def test_a_card_that_signs_with_another_key_gets_nothing(ca: Authority) -> None:
    assert card_signs(key_of("p256"))(bytes(32)) != card_signs(key_of("p256", 1))(bytes(32))
    with pytest.raises(CaRefused):
        ca.issue_badge(flipped(request_for(key_of("p256"))), HANAKO, NOW, 36)
