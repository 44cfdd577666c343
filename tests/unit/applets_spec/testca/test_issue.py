"""What is issued: residents' two certificates and badges, as the public descriptions of the real ones say."""

from dataclasses import dataclass
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID, NameOID

from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, JST
from applets_spec.testca.issue import (
    JpkiCertificates,
    KeyAndCertificate,
    Operator,
    end_of_fifth_birthday,
    issue_badge,
    issue_jpki,
)
from applets_spec.testca.keys import FreshKeys, KeyAlgorithm, PrivateKey
from applets_spec.testca.profiles import birth_date_with_era


@dataclass(frozen=True)
class Resident:
    name: str = "山田　花子"
    address: str = "北海道札幌市試験区一丁目１番地" * 6
    birth_date: str = "19800217"
    sex: str = "2"


OPERATOR = Operator("窓口 一郎", "A0042")


@pytest.fixture(scope="module", name="issued")
def issued_fixture() -> JpkiCertificates:
    return issue_jpki(Resident(), 1)


def read(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


def usage_of(certificate: x509.Certificate) -> set[str]:
    extension = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert extension.critical
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return {name for name in (*names, "key_cert_sign", "crl_sign") if getattr(extension.value, name)}


def same_key(certificate: x509.Certificate, key: PrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def test_same_arguments_give_the_same_bytes(issued: JpkiCertificates) -> None:
    again = issue_jpki(Resident(), 1)

    assert again.signature_certificate == issued.signature_certificate
    assert again.authentication_certificate == issued.authentication_certificate
    assert issue_badge(OPERATOR, KeyAlgorithm.P256).ca == issue_badge(OPERATOR, KeyAlgorithm.P256).ca
    first, second = (issue_badge(OPERATOR, KeyAlgorithm.P256).slots[0x9C].certificate for _ in range(2))
    assert first == second


def test_signature_certificate_names_the_attributes_in_the_observed_order(issued: JpkiCertificates) -> None:
    names = read(issued.signature_certificate).extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    others = [name for name in names if isinstance(name, x509.OtherName)]
    assert [other.type_id.dotted_string[-1] for other in others] == list("143526")
    assert all(other.value[0] == 0x0C for other in others)
    assert others[0].value[2:].decode() == Resident().name
    assert others[1].value[2:] == b"319800217"
    assert others[2].value[2:] == b"2"
    assert others[3].value[:2] == b"\x0c\x82"
    assert others[3].value[4:].decode() == Resident().address
    assert others[4].value[2:] == b"0" * len(Resident().name)


def test_signature_certificate_subject_is_a_code_and_not_the_name(issued: JpkiCertificates) -> None:
    certificate = read(issued.signature_certificate)

    (code,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert code.value.startswith("20250401093015")
    assert code.value.endswith(f"{certificate.serial_number:08X}")
    assert Resident().name.encode() not in certificate.subject.public_bytes()


def test_signature_certificate_profile(issued: JpkiCertificates) -> None:
    certificate = read(issued.signature_certificate)

    assert usage_of(certificate) == {"digital_signature", "content_commitment"}
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies)
    assert policies.critical
    assert [policy.policy_identifier.dotted_string for policy in policies.value] == ["1.2.392.200149.8.5.1.0.20"]
    assert certificate.extensions.get_extension_for_oid(ExtensionOID.ISSUER_ALTERNATIVE_NAME)
    certificate.verify_directly_issued_by(read(issued.signature_ca))
    assert same_key(certificate, issued.signature_key)


def test_authentication_certificate_tells_nothing_of_the_resident(issued: JpkiCertificates) -> None:
    certificate = read(issued.authentication_certificate)

    assert usage_of(certificate) == {"digital_signature"}
    with pytest.raises(x509.ExtensionNotFound):
        certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    for attribute in (Resident().name, Resident().address, Resident().birth_date):
        assert attribute.encode() not in issued.authentication_certificate
    certificate.verify_directly_issued_by(read(issued.authentication_ca))
    assert same_key(certificate, issued.authentication_key)


def test_first_generation_issues_under_the_same_name_with_another_key(issued: JpkiCertificates) -> None:
    old = issue_jpki(Resident(), 1, generation=1)

    assert read(old.signature_certificate).issuer == read(issued.signature_certificate).issuer
    read(old.signature_certificate).verify_directly_issued_by(read(old.signature_ca))
    with pytest.raises(InvalidSignature):
        read(old.signature_certificate).verify_directly_issued_by(read(issued.signature_ca))


def test_other_number_gives_other_keys(issued: JpkiCertificates) -> None:
    other = issue_jpki(Resident(), 2)

    assert other.signature_key.public_key() != issued.signature_key.public_key()
    assert other.authentication_key.public_key() != issued.authentication_key.public_key()
    assert issued.signature_key.public_key() != issued.authentication_key.public_key()


@pytest.mark.parametrize(
    ("birth_date", "issued_on", "ends"),
    [
        pytest.param("19800217", (2025, 4, 1), (2030, 2, 17), id="birthday-was-this-year"),
        pytest.param("19801103", (2025, 4, 1), (2029, 11, 3), id="birthday-is-still-to-come"),
        pytest.param("19800401", (2025, 4, 1), (2030, 4, 1), id="issued-on-the-birthday"),
        pytest.param("20000229", (2025, 4, 1), (2030, 2, 28), id="leap-day"),
        pytest.param("20000229", (2023, 4, 1), (2028, 2, 29), id="leap-day-in-a-leap-year"),
        pytest.param("19801231", (2025, 4, 1), (2029, 12, 31), id="last-of-december"),
        pytest.param("19800000", (2025, 4, 1), (2029, 12, 31), id="month-and-day-unknown"),
        pytest.param("19800600", (2025, 4, 1), (2029, 6, 30), id="day-unknown"),
    ],
)
def test_validity_ends_with_the_fifth_birthday_after_issue(
    birth_date: str, issued_on: tuple[int, int, int], ends: tuple[int, int, int]
) -> None:
    assert end_of_fifth_birthday(birth_date, datetime(*issued_on, 12, tzinfo=JST)) == datetime(
        *ends, 23, 59, 59, tzinfo=JST
    )


@pytest.mark.parametrize(
    ("birth_date", "written"),
    [
        ("19120729", "119120729"),
        ("19120730", "219120730"),
        ("19261224", "219261224"),
        ("19261225", "319261225"),
        ("19890107", "319890107"),
        ("19890108", "419890108"),
        ("20190430", "420190430"),
        ("20190501", "520190501"),
        ("19500000", "019500000"),
    ],
)
def test_birth_date_carries_its_era(birth_date: str, written: str) -> None:
    assert birth_date_with_era(birth_date) == written


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_2048, KeyAlgorithm.P256])
def test_badge_has_four_certificates_with_their_own_uses(algorithm: KeyAlgorithm) -> None:
    badge = issue_badge(OPERATOR, algorithm)

    certificates = {slot: read(pair.certificate) for slot, pair in badge.slots.items()}
    agreement = "key_encipherment" if algorithm is KeyAlgorithm.RSA_2048 else "key_agreement"
    assert {slot: usage_of(certificate) for slot, certificate in certificates.items()} == {
        0x9A: {"digital_signature"},
        0x9C: {"digital_signature", "content_commitment"},
        0x9D: {agreement},
        0x9E: {"digital_signature"},
    }
    for slot, certificate in certificates.items():
        certificate.verify_directly_issued_by(read(badge.ca))
        assert same_key(certificate, badge.slots[slot].key)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.UniformResourceIdentifier) == [badge.guid.urn]
        assert certificate.not_valid_before_utc == DEFAULT_ISSUE_TIME
        assert certificate.not_valid_after_utc == badge.not_after


def test_card_authentication_certificate_does_not_name_the_operator() -> None:
    pair = issue_badge(OPERATOR, KeyAlgorithm.P256).slots[0x9E]

    assert OPERATOR.name.encode() not in pair.certificate
    assert OPERATOR.employee_number.encode() not in pair.certificate


def test_badge_takes_an_algorithm_for_each_key_and_fresh_keys() -> None:
    mixed = {0x9A: KeyAlgorithm.P256, 0x9C: KeyAlgorithm.RSA_2048, 0x9D: KeyAlgorithm.RSA_2048, 0x9E: KeyAlgorithm.P256}

    badge = issue_badge(OPERATOR, mixed, keys=FreshKeys())

    kinds = {slot: type(pair.key.public_key()) for slot, pair in badge.slots.items()}
    assert all(issubclass(kinds[slot], ec.EllipticCurvePublicKey) for slot in (0x9A, 0x9E))
    assert all(issubclass(kinds[slot], rsa.RSAPublicKey) for slot in (0x9C, 0x9D))


def test_nothing_issued_shows_itself_in_a_text(issued: JpkiCertificates) -> None:
    pair: KeyAndCertificate = issue_badge(OPERATOR, KeyAlgorithm.P256).slots[0x9A]

    assert "bytes" not in repr(issued) + repr(pair)
    assert Resident().name not in repr(issued)
