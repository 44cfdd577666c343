"""The certificate profiles of the test PKI as extensions: JPKI-like authorities and residents, operators' PIV badges.

JPKI: hnakamura's description of a real signature certificate, soltia48/myna-sign `src/x509.rs`, jpki/myna; policy identifier of
the test signature certificate from soltia48/myna-sign. Badge: FIPS 201-2, 4.2.2 and SP 800-73-4 part 1, table 4 (UUID in the SAN,
as cards of agency 9999 carry it).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from applets_spec.testca.hierarchy import Authority
from applets_spec.testca.x509_parts import Extension, PublicKey, japanese_name, key_usage, utf8_other_name

ARC = "1.2.392.200149.8.5"
NAME_OID = f"{ARC}.5.1"
NAME_SUBSTITUTED_OID = f"{ARC}.5.2"
SEX_OID = f"{ARC}.5.3"
BIRTH_DATE_OID = f"{ARC}.5.4"
ADDRESS_OID = f"{ARC}.5.5"
ADDRESS_SUBSTITUTED_OID = f"{ARC}.5.6"
TEST_SIGNATURE_POLICY = x509.ObjectIdentifier(f"{ARC}.1.0.20")
TEST_AUTHENTICATION_POLICY = x509.ObjectIdentifier(f"{ARC}.1.0.30")
"""Assumed: the public sources name the test policy of the signature certificate (…1.0.20) and the real policies only."""
CPS_URI = "http://www.jpki.go.jp/cps.html"

ERAS = ((20190501, "5"), (19890108, "4"), (19261225, "3"), (19120730, "2"), (18680125, "1"))
"""First day of an era, its digit in the birth date: 令和, 平成, 昭和, 大正, 明治."""
UNKNOWN_ERA = "0"

AUTHENTICATION = 0x9A
DIGITAL_SIGNATURE = 0x9C
KEY_MANAGEMENT = 0x9D
CARD_AUTHENTICATION = 0x9E

SMARTCARD_LOGON = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.2")
DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
"""RFC 9336"""
PIV_CARD_AUTHENTICATION = x509.ObjectIdentifier("2.16.840.1.101.3.6.8")
"""id-PIV-cardAuth, FIPS 201-2, 4.2.2.2"""


@dataclass(frozen=True, slots=True)
class BadgeProfile:
    """What one of the four badge certificates is for. Elliptic key management keys agree instead of enciphering."""

    rsa_usage: tuple[str, ...]
    ec_usage: tuple[str, ...]
    extended_usage: tuple[x509.ObjectIdentifier, ...]
    extended_usage_critical: bool = False


SIGNS = ("digital_signature",)
BADGE_PROFILES: Mapping[int, BadgeProfile] = {
    AUTHENTICATION: BadgeProfile(SIGNS, SIGNS, (ExtendedKeyUsageOID.CLIENT_AUTH, SMARTCARD_LOGON)),
    DIGITAL_SIGNATURE: BadgeProfile(
        (*SIGNS, "content_commitment"),
        (*SIGNS, "content_commitment"),
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, DOCUMENT_SIGNING),
    ),
    KEY_MANAGEMENT: BadgeProfile(("key_encipherment",), ("key_agreement",), (ExtendedKeyUsageOID.EMAIL_PROTECTION,)),
    CARD_AUTHENTICATION: BadgeProfile(SIGNS, SIGNS, (PIV_CARD_AUTHENTICATION,), True),
}


def authority_extensions(row: Authority, name: x509.Name, public_key: PublicKey) -> tuple[Extension, ...]:
    """An authority's: CA without further authorities below, certificate and list signing, Japanese name, list's directory name."""
    return (
        Extension(x509.BasicConstraints(ca=True, path_length=None), critical=True),
        key_usage("key_cert_sign", "crl_sign"),
        Extension(x509.SubjectKeyIdentifier.from_public_key(public_key)),
        Extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)),
        Extension(x509.SubjectAlternativeName([japanese_name(row.japanese_name)])),
        revocation_list_at(name),
    )


def identifiers(subject_key: PublicKey, issuer_key: PublicKey) -> tuple[Extension, ...]:
    """Key identifiers: what tells generations of one name apart."""
    return (
        Extension(x509.SubjectKeyIdentifier.from_public_key(subject_key)),
        Extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)),
    )


def revocation_list_at(name: x509.Name) -> Extension:
    """A CRL distribution point given as a directory name, as JPKI does: no address that software could call."""
    point = x509.DistributionPoint([x509.DirectoryName(name)], None, None, None)
    return Extension(x509.CRLDistributionPoints([point]))


def resident_signature(
    name: str, address: str, birth_date: str, sex: str, issuer_in_japanese: str
) -> tuple[Extension, ...]:
    """署名用: the four attributes as otherNames in the order seen on real certificates (.1 .4 .3 .5 .2 .6)."""
    attributes = (
        (NAME_OID, name),
        (BIRTH_DATE_OID, birth_date_with_era(birth_date)),
        (SEX_OID, sex),
        (ADDRESS_OID, address),
        (NAME_SUBSTITUTED_OID, "0" * len(name)),
        (ADDRESS_SUBSTITUTED_OID, "0" * len(address)),
    )
    return (
        key_usage("digital_signature", "content_commitment"),
        _policy(TEST_SIGNATURE_POLICY, critical=True),
        Extension(x509.SubjectAlternativeName([utf8_other_name(oid, text) for oid, text in attributes])),
        Extension(x509.IssuerAlternativeName([japanese_name(issuer_in_japanese)])),
    )


def resident_authentication(issuer_in_japanese: str) -> tuple[Extension, ...]:
    """利用者証明用: nothing of the person, digitalSignature alone. No extended usage: the real one's is not known."""
    return (
        key_usage("digital_signature"),
        _policy(TEST_AUTHENTICATION_POLICY, critical=True),
        Extension(x509.IssuerAlternativeName([japanese_name(issuer_in_japanese)])),
    )


def badge_extensions(slot: int, guid: uuid.UUID, key: PublicKey, issuer: x509.Name) -> tuple[Extension, ...]:
    """The extensions of one of the four badge certificates."""
    profile = BADGE_PROFILES[slot]
    usage = profile.ec_usage if isinstance(key, ec.EllipticCurvePublicKey) else profile.rsa_usage
    return (
        Extension(x509.BasicConstraints(ca=False, path_length=None), critical=True),
        key_usage(*usage),
        Extension(x509.ExtendedKeyUsage(profile.extended_usage), critical=profile.extended_usage_critical),
        Extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(guid.urn)])),
        revocation_list_at(issuer),
    )


def birth_date_with_era(birth_date: str) -> str:
    """Era digit and YYYYMMDD, the year by the western calendar; a date with unknown parts has the unknown era."""
    if "00" in (birth_date[4:6], birth_date[6:8]) or not birth_date.isdigit():
        return UNKNOWN_ERA + birth_date
    era = next((digit for first, digit in ERAS if int(birth_date) >= first), UNKNOWN_ERA)
    return era + birth_date


def _policy(oid: x509.ObjectIdentifier, *, critical: bool) -> Extension:
    return Extension(x509.CertificatePolicies([x509.PolicyInformation(oid, [CPS_URI])]), critical=critical)
