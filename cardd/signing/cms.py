"""CAdES-B-B and PAdES-B-B, detached, from a document's digest: CMS SignedData (RFC 5652) with the attributes of ETSI EN 319 122-1, 5.

CAdES names its time in a signed attribute (clause 5.2.1). In PAdES that attribute is not allowed: the time stands in the PDF, in
the signature dictionary's /M (ETSI EN 319 142-1, 6.3). Whoever wants CAdES enveloping puts the document into `encapContentInfo`
of what comes from here: no attribute says anything about where it is (RFC 5652, 5.2).

The document itself never comes here. DER is built with asn1crypto, which is asked to parse nothing but certificates that
our bounded walk and `cryptography` have accepted before.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import algos, cms, core, tsp, x509

from cardd.cards.card_type import PublicKeyKind


@dataclass(frozen=True, slots=True, repr=False)
class PreparedCms:
    """All of a SignedData but its signature value. `digest`: hash over the signed attributes, the bytes to be signed."""

    certificate: x509.Certificate
    attributes: cms.CMSAttributes
    hash_name: str
    key: PublicKeyKind
    digest: bytes


def prepare(
    certificate: bytes, key: PublicKeyKind, document_digest: bytes, hash_name: str, when: datetime | None
) -> PreparedCms:
    """Build the signed attributes over `document_digest`: content-type, message-digest, signing-time, signing-certificate-v2.

    `certificate`: DER, already checked. `when`: aware UTC, written to the second (RFC 5652, 11.3); None for PAdES, which has no
    signing-time.
    """
    parsed = x509.Certificate.load(certificate)
    reference = tsp.SigningCertificateV2(
        {
            "certs": [
                tsp.ESSCertIDv2(
                    {
                        "hash_algorithm": {"algorithm": "sha256"},
                        "cert_hash": hashlib.sha256(certificate).digest(),
                        "issuer_serial": {
                            "issuer": [x509.GeneralName({"directory_name": parsed.issuer})],
                            "serial_number": parsed.serial_number,
                        },
                    }
                )
            ]
        }
    )
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [document_digest]}),
            *([] if when is None else [_signing_time(when)]),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [reference]}),
        ]
    )
    # RFC 5652, 5.4: the digest is taken over the SET OF in DER, not over its [0] IMPLICIT form.
    digest = hashlib.new(hash_name, attributes.dump()).digest()
    return PreparedCms(parsed, attributes, hash_name, key, digest)


def finish(prepared: PreparedCms, signature: bytes) -> bytes:
    """The whole SignedData, DER: one signer, the signer's certificate inside, content absent (detached)."""
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {
                            "issuer": prepared.certificate.issuer,
                            "serial_number": prepared.certificate.serial_number,
                        }
                    )
                }
            ),
            "digest_algorithm": algos.DigestAlgorithm({"algorithm": prepared.hash_name}),
            "signed_attrs": prepared.attributes,
            "signature_algorithm": _signature_algorithm(prepared),
            "signature": signature,
        }
    )
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [algos.DigestAlgorithm({"algorithm": prepared.hash_name})],
            "encap_content_info": {"content_type": "data"},
            "certificates": [cms.CertificateChoices({"certificate": prepared.certificate})],
            "signer_infos": [signer],
        }
    )
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()
    return der


def _signing_time(when: datetime) -> cms.CMSAttribute:
    """RFC 5652, 11.3: UTCTime up to 2049."""
    value = cms.Time({"utc_time": core.UTCTime(when.replace(microsecond=0))})
    return cms.CMSAttribute({"type": "signing_time", "values": [value]})


def _signature_algorithm(prepared: PreparedCms) -> algos.SignedDigestAlgorithm:
    if prepared.key is PublicKeyKind.RSA_2048:
        # RFC 3370, 3.2 allows rsaEncryption; the combined OID names the hash once more and is what ETSI profiles use.
        return algos.SignedDigestAlgorithm({"algorithm": f"{prepared.hash_name}_rsa"})
    return algos.SignedDigestAlgorithm({"algorithm": f"{prepared.hash_name}_ecdsa"})
