"""Certificate cases about operators' badges: one function for each, the chain drawn in its docstring, `->` reads *issued*."""

from dataclasses import replace
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from applets_spec.testca.case import Case, Purpose, Verdict
from applets_spec.testca.crl import issue_crl
from applets_spec.testca.der import ECDSA_WITH_SHA1, Field, reassembled
from applets_spec.testca.hierarchy import DEFAULT_ISSUE_TIME, Authority, Family, authority, badge_key_name
from applets_spec.testca.issue import Operator, authority_certificate, badge_draft, badge_guid
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm, PrivateKey
from applets_spec.testca.profiles import AUTHENTICATION, CARD_AUTHENTICATION, KEY_MANAGEMENT
from applets_spec.testca.x509_parts import Draft, Extension, key_usage, sign

OPERATOR = Operator("試験 花子", "T0001")
KEYS = DerivedKeys()
STARTS = DEFAULT_ISSUE_TIME
ENDS = STARTS + timedelta(days=1825)
NOON = STARTS + timedelta(days=90)
OLD = authority(Family.OPERATOR, 1)
NEW = authority(Family.OPERATOR, 2)
STRANGER = authority(Family.STRANGER, 1)


def key_of(row: Authority) -> PrivateKey:
    """The private key of an authority."""
    return KEYS.key(row.key_name, row.algorithm)


def draft(
    slot: int = AUTHENTICATION, row: Authority = NEW, algorithm: KeyAlgorithm = KeyAlgorithm.P256, number: int = 0
) -> Draft:
    """An unsigned badge certificate with nothing wrong."""
    key = KEYS.key(badge_key_name(number, slot), algorithm)
    return badge_draft(OPERATOR, slot, key, row, (badge_guid(OPERATOR, number), STARTS, ENDS), KEYS)


def case(certificate: bytes, verdict: Verdict, clause: str) -> Case:
    """A badge certificate offered for login in the middle of its life, both operator generations trusted."""
    anchors = (authority_certificate(OLD), authority_certificate(NEW))
    return Case(certificate, Purpose.BADGE_AUTHENTICATION, anchors, NOON, verdict, clause)


def good() -> Case:
    """TEST Operator CA (2) -> 9A. Good."""
    return case(sign(draft(), key_of(NEW)), Verdict.GOOD, "RFC 5280, 6.1")


def good_rsa() -> Case:
    """TEST Operator CA (2) -> 9A with an RSA-2048 key. Good."""
    return case(sign(draft(algorithm=KeyAlgorithm.RSA_2048), key_of(NEW)), Verdict.GOOD, "RFC 5280, 6.1")


def good_old_generation() -> Case:
    """TEST Operator CA (1) -> 9A, while (2) with the same name is trusted too. Good: the key identifier chooses."""
    return case(sign(draft(row=OLD), key_of(OLD)), Verdict.GOOD, "RFC 5280, 4.2.1.1")


def old_generation_not_trusted() -> Case:
    """TEST Operator CA (1) -> 9A, only (2) trusted. Same name, other key: issuer unknown."""
    built = case(sign(draft(row=OLD), key_of(OLD)), Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.3 (a)(1)")
    return replace(built, anchors=(authority_certificate(NEW),))


def expired() -> Case:
    """TEST Operator CA (2) -> 9A, asked one second after its last. Expired."""
    built = case(sign(draft(), key_of(NEW)), Verdict.EXPIRED, "RFC 5280, 4.1.2.5")
    return replace(built, at=ENDS + timedelta(seconds=1))


def last_second() -> Case:
    """TEST Operator CA (2) -> 9A, asked in its last second. Good: both bounds are inclusive."""
    return replace(case(sign(draft(), key_of(NEW)), Verdict.GOOD, "RFC 5280, 4.1.2.5"), at=ENDS)


def not_yet_valid() -> Case:
    """TEST Operator CA (2) -> 9A, asked one second before its first. Not yet valid."""
    built = case(sign(draft(), key_of(NEW)), Verdict.NOT_YET_VALID, "RFC 5280, 4.1.2.5")
    return replace(built, at=STARTS - timedelta(seconds=1))


def stranger() -> Case:
    """TEST CA nobody knows -> 9A, its authority's certificate comes along. Issuer unknown: coming along is not being trusted."""
    built = case(sign(draft(row=STRANGER), key_of(STRANGER)), Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.1 (d)")
    return replace(built, others=(authority_certificate(STRANGER),))


def impostor() -> Case:
    """A stranger signs with the operator CA's name *and* key identifier -> 9A. The signature does not verify."""
    return case(sign(draft(), key_of(STRANGER)), Verdict.BAD_SIGNATURE, "RFC 5280, 6.1.3 (a)(1)")


def issued_by_badge() -> Case:
    """TEST Operator CA (2) -> 9A of badge 1 -> 9A of badge 0. Issuer unknown: a badge is no authority (CA:FALSE)."""
    issuer = draft(number=1)
    leaf = replace(draft(), issuer=issuer.subject).extended_by(
        Extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key))
    )
    signed = sign(leaf, KEYS.key(badge_key_name(1, AUTHENTICATION), KeyAlgorithm.P256))
    built = case(signed, Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.4 (k)")
    return replace(built, others=(sign(issuer, key_of(NEW)),))


def flipped_bit() -> Case:
    """TEST Operator CA (2) -> 9A, one bit of the subject's public key changed afterwards. The signature does not verify."""
    leaf = sign(draft(algorithm=KeyAlgorithm.RSA_2048), key_of(NEW))
    public_key = leaf.index(bytes.fromhex("0282010100")) + 100
    broken = leaf[:public_key] + bytes([leaf[public_key] ^ 1]) + leaf[public_key + 1 :]
    return case(broken, Verdict.BAD_SIGNATURE, "RFC 5280, 6.1.3 (a)(1)")


def wrong_key_usage() -> Case:
    """TEST Operator CA (2) -> 9A whose keyUsage says keyAgreement only. Wrong kind: login needs digitalSignature."""
    leaf = draft().extended_by(key_usage("key_agreement"))
    return case(sign(leaf, key_of(NEW)), Verdict.WRONG_KIND, "RFC 5280, 4.2.1.3")


def key_management_as_authentication() -> Case:
    """TEST Operator CA (2) -> 9D, offered as 9A. Wrong kind."""
    return case(sign(draft(KEY_MANAGEMENT), key_of(NEW)), Verdict.WRONG_KIND, "RFC 5280, 4.2.1.3")


def card_authentication_as_authentication() -> Case:
    """TEST Operator CA (2) -> 9E, offered as 9A. Wrong kind: 9E answers without a PIN, its extended usage says so."""
    return case(sign(draft(CARD_AUTHENTICATION), key_of(NEW)), Verdict.WRONG_KIND, "FIPS 201-2, 4.2.2.2")


def server_only() -> Case:
    """TEST Operator CA (2) -> 9A whose extended usage is serverAuth only. Wrong kind: login needs clientAuth."""
    leaf = draft().extended_by(Extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])))
    return case(sign(leaf, key_of(NEW)), Verdict.WRONG_KIND, "RFC 5280, 4.2.1.12")


def authority_as_badge() -> Case:
    """TEST Operator CA (2) -> 9A that says CA:TRUE. Wrong kind: a badge must not be able to issue."""
    leaf = draft().extended_by(Extension(x509.BasicConstraints(ca=True, path_length=None), critical=True))
    return case(sign(leaf, key_of(NEW)), Verdict.WRONG_KIND, "RFC 5280, 4.2.1.9")


def sha1() -> Case:
    """TEST Operator CA (2) -> 9A signed with ecdsa-with-SHA1. Weak algorithm."""
    changes = {Field.ALGORITHM: ECDSA_WITH_SHA1}
    leaf = reassembled(sign(draft(), key_of(NEW)), changes, key_of(NEW), hashes.SHA1())  # noqa: S303 - that is the case
    return case(leaf, Verdict.WEAK_ALGORITHM, "SP 800-78-4, table 3-3")


def rsa_1024() -> Case:
    """TEST Operator CA (2) -> 9A with an RSA-1024 key. Weak algorithm."""
    leaf = sign(draft(algorithm=KeyAlgorithm.RSA_1024), key_of(NEW))
    return case(leaf, Verdict.WEAK_ALGORITHM, "SP 800-78-4, table 3-1")


def unknown_critical_extension() -> Case:
    """TEST Operator CA (2) -> 9A with a critical extension nobody knows. Wrong kind: what cannot be understood must be refused."""
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.25.4711"), b"\x05\x00")
    leaf = draft().extended_by(Extension(unknown, critical=True))
    return case(sign(leaf, key_of(NEW)), Verdict.WRONG_KIND, "RFC 5280, 4.2")


def revoked() -> Case:
    """TEST Operator CA (2) -> 9A, on the list of the day for key compromise. Revoked."""
    leaf = draft()
    crl = issue_crl(NEW, [(leaf.serial, NOON - timedelta(days=3), x509.ReasonFlags.key_compromise)], *DAY, number=7)
    return replace(case(sign(leaf, key_of(NEW)), Verdict.REVOKED, "RFC 5280, 6.3.3"), crls=(crl,))


def not_revoked() -> Case:
    """TEST Operator CA (2) -> 9A; another number is on the list of the day. Good."""
    leaf = draft()
    crl = issue_crl(NEW, [(leaf.serial + 2, NOON - timedelta(days=3), None)], *DAY, number=7)
    return replace(case(sign(leaf, key_of(NEW)), Verdict.GOOD, "RFC 5280, 6.3.3"), crls=(crl,))


DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))
"""First and last moment of the list that is current at `NOON`."""
