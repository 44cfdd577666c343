"""Builds certificates for a signer that may be a token: the parts, and the whole. asn1crypto writes the DER."""

import hashlib
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import core, x509
from asn1crypto.keys import PublicKeyInfo
from cryptography import x509 as reader

from certs.asn1 import CLIENT_AUTH
from certs.ca.keys import CaSigner, spki_of

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
"""id-kp-emailProtection (RFC 5280, 4.2.1.12): what CMS programs ask of a signer's certificate."""
DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"
"""id-kp-documentSigning (RFC 9336)."""
OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
"""id-kp-OCSPSigning (RFC 6960, 4.2.2.2)."""
_GENERALIZED_FROM = 2050
"""Dates through 2049 are UTCTime, later ones GeneralizedTime (RFC 5280, 4.1.2.5)."""
_KEY_IDENTIFIER_BYTES = 20

Extensions = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A certificate before it is signed. Times in UTC, whole seconds."""

    serial: int
    issuer: x509.Name
    subject: x509.Name
    not_before: datetime
    not_after: datetime
    public_key: bytes = field(repr=False)
    """SubjectPublicKeyInfo, DER."""
    extensions: Extensions


def signed(draft: Draft, signer: CaSigner) -> bytes:
    """The certificate, DER. Raises what the signer raises."""
    algorithm = {"algorithm": signer.algorithm.signature_name}
    tbs = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": draft.serial,
            "signature": algorithm,
            "issuer": draft.issuer,
            "validity": {"not_before": moment_of(draft.not_before), "not_after": moment_of(draft.not_after)},
            "subject": draft.subject,
            "subject_public_key_info": PublicKeyInfo.load(draft.public_key),
            "extensions": draft.extensions,
        }
    )
    signature = signer.sign(tbs.dump())
    whole = x509.Certificate({"tbs_certificate": tbs, "signature_algorithm": algorithm, "signature_value": signature})
    der: bytes = whole.dump()
    return der


def root_extensions(public_key: bytes) -> Extensions:
    """An authority that certifies badges and nobody who certifies on.

    RFC 5280, 4.2.1.9: "Conforming CAs MUST include this extension in all CA certificates that contain public keys used to validate
    digital signatures on certificates and MUST mark the extension as critical"; pathLenConstraint 0: "no non-self-issued
    intermediate CA certificates may follow in a valid certification path".
    4.2.1.3: "Conforming CAs MUST include this extension in certificates that contain public keys that are used to validate digital
    signatures on other public key certificates or CRLs."
    4.2.1.2: "this extension MUST appear in all conforming CA certificates".
    """
    return [
        _extension("basic_constraints", {"ca": True, "path_len_constraint": 0}, critical=True),
        _extension("key_usage", {"key_cert_sign", "crl_sign"}, critical=True),
        _extension("key_identifier", key_identifier(public_key)),
    ]


def badge_extensions(public_key: bytes, issuer: reader.Certificate, guid: bytes, *, signs: bool) -> Extensions:
    """Of 9C (`signs`) or 9A.

    Key usage: FIPS 201-2, 4.2.2 (9A digitalSignature; 9C digitalSignature and nonRepudiation). The card's UUID as a URN in the
    subject's alternative name, the same as the GUID of its CHUID (SP 800-73-4 part 1, 3.4.1). No smart card logon for 9A: that
    wants a user principal name, which a badge need not tell. Neither key identifier is critical (RFC 5280, 4.2.1.1 and 4.2.1.2).
    """
    usage = {"digital_signature", "non_repudiation"} if signs else {"digital_signature"}
    extended = [EMAIL_PROTECTION, DOCUMENT_SIGNING] if signs else [CLIENT_AUTH]
    urn = x509.GeneralName("uniform_resource_identifier", uuid.UUID(bytes=guid).urn)
    return [
        _extension("key_usage", usage, critical=True),
        _extension("extended_key_usage", extended),
        _extension("subject_alt_name", [urn]),
        _extension("key_identifier", key_identifier(public_key)),
        _extension("authority_key_identifier", {"key_identifier": identifier_in(issuer)}),
    ]


def responder_extensions(public_key: bytes, issuer: reader.Certificate) -> Extensions:
    """Of one that answers OCSP requests for the CA (RFC 6960, 4.2.2.2): id-kp-OCSPSigning, and id-pkix-ocsp-nocheck.

    Nocheck: "a client can trust a responder for the lifetime of the responder's certificate" (4.2.2.2.1); that is why it lives days.
    """
    return [
        _extension("key_usage", {"digital_signature"}, critical=True),
        _extension("extended_key_usage", [OCSP_SIGNING]),
        _extension("ocsp_no_check", core.Null()),
        _extension("key_identifier", key_identifier(public_key)),
        _extension("authority_key_identifier", {"key_identifier": identifier_in(issuer)}),
    ]


def key_identifier(public_key: bytes) -> bytes:
    """20 bytes: the left 160 bits of SHA-256 over the key's bit string (RFC 7093, 2, method 1)."""
    bits = PublicKeyInfo.load(public_key)["public_key"].contents[1:]
    return hashlib.sha256(bits).digest()[:_KEY_IDENTIFIER_BYTES]


def name_of(certificate: reader.Certificate) -> x509.Name:
    """The subject byte for byte: names are compared so by some (RFC 5280, 7.1)."""
    return x509.Name.load(certificate.subject.public_bytes())


def fingerprint(der: bytes) -> str:
    """SHA-256, lower-case hex."""
    return hashlib.sha256(der).hexdigest()


def identifier_in(issuer: reader.Certificate) -> bytes:
    """What the CA calls its own key, which need not have been made here."""
    try:
        return issuer.extensions.get_extension_for_class(reader.SubjectKeyIdentifier).value.digest
    except reader.ExtensionNotFound:
        return key_identifier(spki_of(issuer.public_key()))


def _extension(name: str, value: object, *, critical: bool = False) -> dict[str, Any]:
    return {"extn_id": name, "critical": critical, "extn_value": value}


def moment_of(moment: datetime) -> x509.Time:
    """UTCTime or GeneralizedTime, as the year asks (RFC 5280, 4.1.2.5 and 5.1.2.4)."""
    name = "utc_time" if moment.year < _GENERALIZED_FROM else "general_time"
    return x509.Time(name, moment)
