"""The declared hierarchy: generations share a name and nothing else, committed keys are what their names say."""

from datetime import UTC, datetime
from importlib import resources

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from applets_spec.testca.hierarchy import AUTHORITIES, Authority, Family, authority, committed_rsa_keys
from applets_spec.testca.issue import authority_certificate
from applets_spec.testca.keys import RSA_BITS, DerivedKeys, FreshKeys, KeyAlgorithm, derive_rsa, private_key_pem

FAMILIES_WITH_GENERATIONS = (Family.SIGNATURE, Family.AUTHENTICATION, Family.OPERATOR)


def certificate_of(row: Authority) -> x509.Certificate:
    return x509.load_der_x509_certificate(authority_certificate(row))


@pytest.mark.parametrize("row", AUTHORITIES, ids=lambda row: row.key_name)
def test_authority_is_self_signed_and_may_issue(row: Authority) -> None:
    certificate = certificate_of(row)

    certificate.verify_directly_issued_by(certificate)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (True, True, False)


@pytest.mark.parametrize("family", FAMILIES_WITH_GENERATIONS)
def test_generations_share_the_name_and_differ_in_key_identifier(family: Family) -> None:
    first, second = certificate_of(authority(family, 1)), certificate_of(authority(family, 2))

    assert first.subject.public_bytes() == second.subject.public_bytes()
    identifiers = {
        c.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest for c in (first, second)
    }
    assert len(identifiers) == 2
    assert first.serial_number != second.serial_number


def test_unknown_generation_is_an_error() -> None:
    with pytest.raises(KeyError):
        authority(Family.SIGNATURE, 3)


def test_every_listed_key_is_committed_and_no_other() -> None:
    folder = resources.files("applets_spec.testca").joinpath("pem")

    assert {entry.name for entry in folder.iterdir()} == {f"{n}.{a}.pem" for n, a in committed_rsa_keys()}


@pytest.mark.parametrize("algorithm", [KeyAlgorithm.RSA_1024, KeyAlgorithm.RSA_2048])
def test_committed_key_is_the_one_derived_from_its_name(algorithm: KeyAlgorithm) -> None:
    name = next(name for name, kind in committed_rsa_keys() if kind is algorithm)

    derived = derive_rsa(name, RSA_BITS[algorithm])

    assert derived.key_size == RSA_BITS[algorithm]
    assert private_key_pem(derived) == private_key_pem(DerivedKeys().key(name, algorithm))


def test_committed_keys_all_differ() -> None:
    keys = [DerivedKeys().key(name, algorithm) for name, algorithm in committed_rsa_keys()]

    moduli = {key.public_key().public_numbers().n for key in keys if isinstance(key, rsa.RSAPrivateKey)}
    assert len(moduli) == len(committed_rsa_keys())


def test_committed_keys_say_that_they_are_worthless() -> None:
    for entry in resources.files("applets_spec.testca").joinpath("pem").iterdir():
        assert entry.read_bytes().startswith(b"TEST - worthless")


@pytest.mark.parametrize("algorithm", list(KeyAlgorithm))
def test_fresh_keys_differ_from_derived_ones_and_stay_the_same_for_a_name(algorithm: KeyAlgorithm) -> None:
    fresh = FreshKeys()

    assert private_key_pem(fresh.key("x", algorithm)) == private_key_pem(fresh.key("x", algorithm))
    assert private_key_pem(fresh.key("x", algorithm)) != private_key_pem(FreshKeys().key("x", algorithm))


def test_latest_generations_outlive_the_documented_ten_years() -> None:
    for family in FAMILIES_WITH_GENERATIONS:
        assert authority(family).not_after > datetime(2040, 1, 1, tzinfo=UTC)
