"""Certificate cases about residents' certificates: kinds mixed up, generations, time."""

from dataclasses import dataclass, replace
from datetime import timedelta

from cryptography.hazmat.primitives import hashes

from applets_spec.testca.case import Case, Purpose, Verdict
from applets_spec.testca.der import SHA1_WITH_RSA, Field, reassembled
from applets_spec.testca.hierarchy import (
    DEFAULT_ISSUE_TIME,
    LATEST_GENERATION,
    Authority,
    Family,
    authority,
    holder_key_name,
)
from applets_spec.testca.issue import (
    JpkiCertificates,
    Operator,
    authority_certificate,
    end_of_fifth_birthday,
    holder_draft,
    issue_badge,
    issue_jpki,
    rsa_key,
)
from applets_spec.testca.keys import DerivedKeys, KeyAlgorithm
from applets_spec.testca.profiles import DIGITAL_SIGNATURE, resident_signature
from applets_spec.testca.x509_parts import Draft, sign

NOON = DEFAULT_ISSUE_TIME + timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Somebody:
    """A resident who does not exist."""

    name: str = "試験　太郎"
    address: str = "東京都千代田区試験町一丁目２番３号"
    birth_date: str = "19800217"
    sex: str = "1"


def issued(generation: int = LATEST_GENERATION) -> JpkiCertificates:
    """The certificates all cases of this file start from."""
    return issue_jpki(Somebody(), generation=generation)


def _case(certificate: bytes, purpose: Purpose, verdict: Verdict, clause: str) -> Case:
    family = Family.SIGNATURE if purpose is Purpose.JPKI_SIGNATURE else Family.AUTHENTICATION
    anchors = tuple(authority_certificate(authority(family, generation)) for generation in (1, 2))
    return Case(certificate, purpose, anchors, NOON, verdict, clause)


def signature_good() -> Case:
    """JPKI-TEST signature CA (2) -> signature certificate. Good."""
    return _case(issued().signature_certificate, Purpose.JPKI_SIGNATURE, Verdict.GOOD, "RFC 5280, 6.1")


def signature_good_old_generation() -> Case:
    """JPKI-TEST signature CA (1) -> signature certificate, both generations trusted. Good: the key identifier chooses."""
    return _case(issued(1).signature_certificate, Purpose.JPKI_SIGNATURE, Verdict.GOOD, "RFC 5280, 4.2.1.1")


def signature_old_generation_not_trusted() -> Case:
    """JPKI-TEST signature CA (1) -> signature certificate, only (2) trusted. Issuer unknown in spite of the same name."""
    certificate = issued(1).signature_certificate
    built = _case(certificate, Purpose.JPKI_SIGNATURE, Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.3 (a)(1)")
    return replace(built, anchors=(authority_certificate(authority(Family.SIGNATURE)),))


def signature_expired() -> Case:
    """JPKI-TEST signature CA (2) -> signature certificate, the day after the fifth birthday. Expired."""
    built = _case(issued().signature_certificate, Purpose.JPKI_SIGNATURE, Verdict.EXPIRED, "RFC 5280, 4.1.2.5")
    return replace(built, at=end_of_fifth_birthday(Somebody().birth_date, DEFAULT_ISSUE_TIME) + timedelta(seconds=1))


def signature_not_yet_valid() -> Case:
    """JPKI-TEST signature CA (2) -> signature certificate, asked one second before its first. Not yet valid."""
    built = _case(issued().signature_certificate, Purpose.JPKI_SIGNATURE, Verdict.NOT_YET_VALID, "RFC 5280, 4.1.2.5")
    return replace(built, at=DEFAULT_ISSUE_TIME - timedelta(seconds=1))


def signature_stranger() -> Case:
    """TEST CA nobody knows -> signature certificate, its authority's certificate comes along. Issuer unknown."""
    row = authority(Family.STRANGER, 1)
    signed = sign(_draft(row), DerivedKeys().key(row.key_name, row.algorithm))
    built = _case(signed, Purpose.JPKI_SIGNATURE, Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.1 (d)")
    return replace(built, others=(authority_certificate(row),))


def signature_sha1() -> Case:
    """JPKI-TEST signature CA (2) -> signature certificate, signed with sha1WithRSAEncryption. Weak algorithm."""
    row = authority(Family.SIGNATURE)
    key = DerivedKeys().key(row.key_name, row.algorithm)
    changes = {Field.ALGORITHM: SHA1_WITH_RSA}
    leaf = reassembled(sign(_draft(row), key), changes, key, hashes.SHA1())  # noqa: S303 - that is the case
    clause = "CRYPTREC list of ciphers: SHA-1 not for signatures; RFC 8017, 8.2"
    return _case(leaf, Purpose.JPKI_SIGNATURE, Verdict.WEAK_ALGORITHM, clause)


def authentication_good() -> Case:
    """JPKI-TEST authentication CA (2) -> authentication certificate. Good."""
    certificate = issued().authentication_certificate
    return _case(certificate, Purpose.JPKI_AUTHENTICATION, Verdict.GOOD, "RFC 5280, 6.1")


def authentication_as_signature() -> Case:
    """JPKI-TEST authentication CA (2) -> authentication certificate, offered as signature certificate; that CA is trusted
    as well. Wrong kind: usage lacks nonRepudiation and the policy is another."""
    certificate = issued().authentication_certificate
    built = _case(certificate, Purpose.JPKI_SIGNATURE, Verdict.WRONG_KIND, "RFC 5280, 4.2.1.3 and 4.2.1.4")
    return replace(built, anchors=(*built.anchors, authority_certificate(authority(Family.AUTHENTICATION))))


def signature_as_authentication() -> Case:
    """JPKI-TEST signature CA (2) -> signature certificate, offered for authentication; that CA is trusted as well. Wrong kind."""
    certificate = issued().signature_certificate
    built = _case(certificate, Purpose.JPKI_AUTHENTICATION, Verdict.WRONG_KIND, "RFC 5280, 4.2.1.3 and 4.2.1.4")
    return replace(built, anchors=(*built.anchors, authority_certificate(authority(Family.SIGNATURE))))


def badge_as_signature() -> Case:
    """TEST Operator CA (2) -> 9C of a badge, offered as a resident's signature certificate. Issuer unknown to that purpose."""
    from_badge = issue_badge(Operator("試験 花子", "T0001"), KeyAlgorithm.P256).slots[DIGITAL_SIGNATURE]
    return _case(from_badge.certificate, Purpose.JPKI_SIGNATURE, Verdict.UNKNOWN_ISSUER, "RFC 5280, 6.1.1 (d)")


def _draft(row: Authority) -> Draft:
    """A resident's unsigned signature certificate below `row`, with nothing wrong."""
    holder, source = Somebody(), DerivedKeys()
    key = rsa_key(source, holder_key_name(0, "signature"))
    ends = end_of_fifth_birthday(holder.birth_date, DEFAULT_ISSUE_TIME)
    return holder_draft(row, key, 0, (DEFAULT_ISSUE_TIME, ends), source).extended_by(
        *resident_signature(holder.name, holder.address, holder.birth_date, holder.sex, row.japanese_name)
    )
