"""Each kind of certificate is of its own profile, and of no other one that could be taken for it."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from applets_spec.testca import badge_cases
from applets_spec.testca.badge_cases import NEW, key_of
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, Family, authority
from applets_spec.testca.issue import Operator, authority_certificate, issue_badge
from applets_spec.testca.keys import KeyAlgorithm
from applets_spec.testca.profiles import AUTHENTICATION, DIGITAL_SIGNATURE
from applets_spec.testca.resident_cases import issued
from applets_spec.testca.services import issue_service
from applets_spec.testca.x509_parts import Extension, sign
from certs.profiles.profile import Kind
from certs.profiles.registry import PROFILES
from certs.profiles.revocation_list import list_nonconformity
from certs.reading import parse
from certs.validation.conformity import nonconformity
from certs.validation.truststore import from_der
from certs.validation.validate import validate

BEGINS = DEFAULT_ISSUE_TIME
ENDS = BEGINS + timedelta(days=30)


def badge(slot: int) -> bytes:
    return issue_badge(Operator("試験 花子", "T0001"), KeyAlgorithm.P256).slots[slot].certificate


CERTIFICATES: Mapping[Kind, Callable[[], bytes]] = {
    Kind.OPERATOR_BADGE: lambda: badge(AUTHENTICATION),
    Kind.OPERATOR_SIGNATURE: lambda: badge(DIGITAL_SIGNATURE),
    Kind.JPKI_SIGNATURE: lambda: issued().signature_certificate,
    Kind.JPKI_AUTHENTICATION: lambda: issued().authentication_certificate,
    Kind.JPKI_SIGNATURE_AUTHORITY: lambda: authority_certificate(authority(Family.SIGNATURE)),
    Kind.JPKI_AUTHENTICATION_AUTHORITY: lambda: authority_certificate(authority(Family.AUTHENTICATION)),
    Kind.OCSP_RESPONDER: lambda: issue_service(authority(Family.SIGNATURE), BEGINS, ENDS).certificate,
    Kind.TIME_STAMP_AUTHORITY: lambda: issue_service(authority(Family.TIME_STAMP, 1), BEGINS, ENDS).certificate,
}
TOLD_APART_BY_ANCHORS = {
    (Kind.JPKI_AUTHENTICATION, Kind.OPERATOR_BADGE),
    (Kind.JPKI_SIGNATURE, Kind.OPERATOR_SIGNATURE),
}
"""A resident's certificate has no extended usage that would speak against a badge: only the operator CA's anchors do."""


@pytest.mark.proves("K1", "fault 162")
@pytest.mark.parametrize("offered_as", Kind)
@pytest.mark.parametrize("kind", Kind)
def test_a_certificate_is_of_its_own_kind_alone(kind: Kind, offered_as: Kind) -> None:
    problem = nonconformity(parse(CERTIFICATES[kind]()), PROFILES[offered_as], test=True)
    if kind is offered_as or (kind, offered_as) in TOLD_APART_BY_ANCHORS:
        assert problem is None
    else:
        assert problem is not None


def made(*extensions: Extension) -> x509.Certificate:
    """A badge's certificate with these extensions and no others."""
    return parse(sign(badge_cases.draft().with_extensions(extensions), key_of(NEW)))


def usage(*names: str) -> Extension:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return Extension(x509.KeyUsage(**{each: each in names for each in every}), critical=True)


def extended(*usages: x509.ObjectIdentifier, critical: bool = True) -> Extension:
    return Extension(x509.ExtendedKeyUsage(usages), critical=critical)


STAMPS, ANSWERS, MAIL = (
    ExtendedKeyUsageOID.TIME_STAMPING,
    ExtendedKeyUsageOID.OCSP_SIGNING,
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
)
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE
SIGNS = usage("digital_signature")


@pytest.mark.proves("K1", "fault 162")
@pytest.mark.parametrize(
    ("extensions", "problem"),
    [
        ((SIGNS, extended(STAMPS)), None),
        ((extended(STAMPS),), None),
        ((usage("content_commitment"), extended(STAMPS)), None),
        ((SIGNS, extended(STAMPS, critical=False)), "extended_usage_not_critical"),
        ((SIGNS, extended(STAMPS, MAIL)), "extended_usage_too_wide"),
        ((SIGNS, extended(STAMPS, ANY)), "extended_usage_too_wide"),
        ((SIGNS, extended(ANY)), "extended_usage_too_wide"),
        ((SIGNS,), "extended_usage_missing"),
        ((usage("digital_signature", "key_cert_sign"), extended(STAMPS)), "key_usage_too_wide"),
    ],
    ids=["good", "no key usage", "commits", "not critical", "two", "any besides", "any", "none", "certifies"],
)
def test_a_time_stamp_authority_does_nothing_else(extensions: tuple[Extension, ...], problem: str | None) -> None:
    """RFC 3161, 2.3."""
    assert nonconformity(made(*extensions), PROFILES[Kind.TIME_STAMP_AUTHORITY], test=False) == problem


@pytest.mark.proves("K1", "fault 162")
@pytest.mark.parametrize(
    ("extensions", "problem"),
    [
        ((SIGNS, extended(ANSWERS, critical=False)), None),
        ((SIGNS, extended(ANSWERS)), None),
        ((SIGNS, extended(ANY)), "extended_usage_too_wide"),
        ((SIGNS, extended(ANSWERS, MAIL)), "extended_usage_too_wide"),
        ((SIGNS,), "extended_usage_missing"),
        ((extended(ANSWERS),), "key_usage_missing"),
        ((usage("content_commitment"), extended(ANSWERS)), "key_usage"),
    ],
    ids=["good", "critical", "any", "two", "none", "no key usage", "commits"],
)
def test_a_responder_is_appointed_by_name(extensions: tuple[Extension, ...], problem: str | None) -> None:
    """RFC 6960, 4.2.2.2."""
    assert nonconformity(made(*extensions), PROFILES[Kind.OCSP_RESPONDER], test=False) == problem


def ca(*, is_ca: bool = True, critical: bool = True) -> Extension:
    return Extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=critical)


CERTIFIES = usage("key_cert_sign", "crl_sign")


@pytest.mark.proves("K1")
@pytest.mark.parametrize(
    ("extensions", "problem"),
    [
        ((ca(), CERTIFIES), "other_authority"),
        ((ca(critical=False), CERTIFIES), "no_authority"),
        ((ca(is_ca=False), CERTIFIES), "no_authority"),
        ((CERTIFIES,), "no_authority"),
    ],
    ids=["another's name", "not critical", "CA:FALSE", "no constraints"],
)
def test_what_is_no_jpki_authority_is_not_taken_for_one(extensions: tuple[Extension, ...], problem: str) -> None:
    """The certificates here bear a badge's name."""
    for kind in (Kind.JPKI_SIGNATURE_AUTHORITY, Kind.JPKI_AUTHENTICATION_AUTHORITY):
        assert nonconformity(made(*extensions), PROFILES[kind], test=False) == problem


@pytest.mark.proves("K1", "fault 165")
@pytest.mark.parametrize("generation", [1, 2])
def test_every_generation_of_an_authority_is_of_its_profile(generation: int) -> None:
    der = authority_certificate(authority(Family.SIGNATURE, generation))
    at = parse(der).not_valid_before_utc + timedelta(days=1)
    assert validate(der, PROFILES[Kind.JPKI_SIGNATURE_AUTHORITY], from_der([der]), at).good_but_revocation
    other = validate(der, PROFILES[Kind.JPKI_AUTHENTICATION_AUTHORITY], from_der([der]), at)
    assert (other.reason, other.detail) == ("wrong_kind", "other_authority")


def made_list(*extensions: tuple[x509.ExtensionType, bool]) -> x509.CertificateRevocationList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(badge_cases.draft().issuer)
        .last_update(BEGINS)
        .next_update(ENDS)
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical)
    return builder.sign(key_of(NEW), hashes.SHA256())


IDENTIFIER = (x509.AuthorityKeyIdentifier(b"\x01" * 20, None, None), False)
NUMBER = (x509.CRLNumber(7), False)
PART = (x509.IssuingDistributionPoint(None, None, True, False, None, False, False), True)


@pytest.mark.proves("K3", "fault 157")
@pytest.mark.parametrize(
    ("extensions", "problem"),
    [
        ((IDENTIFIER, NUMBER), None),
        ((IDENTIFIER, NUMBER, PART), None),
        ((NUMBER,), "key_identifier_missing"),
        ((IDENTIFIER,), "number_missing"),
        ((IDENTIFIER, (x509.CRLNumber(7), True)), "number_critical"),
        ((IDENTIFIER, NUMBER, (x509.DeltaCRLIndicator(6), True)), "unknown_critical_extension"),
    ],
    ids=["good", "of a part", "no key identifier", "no number", "critical number", "delta"],
)
def test_a_revocation_list_is_complete_and_can_be_put_in_order(
    extensions: tuple[tuple[x509.ExtensionType, bool], ...], problem: str | None
) -> None:
    assert list_nonconformity(made_list(*extensions)) == problem
