"""The daemon's answer, looked at before it goes into a PDF: over this document, by this certificate, and the signature holds."""

import hashlib
from dataclasses import dataclass, field

from asn1crypto import cms, x509
from cryptography.x509 import load_der_x509_certificate
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from cardd.documents.errors import DocumentError
from cardd.documents.model import Stamper
from cardd.documents.pades_opening import reading

_NOT_IN_PADES = frozenset({"signing_time", "content_hint"})
"""Attributes that PAdES forbids: the time stands in the dictionary's `M` (ETSI EN 319 142-1, 6.3, Table 1)."""


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A CMS that was found right."""

    content: cms.ContentInfo = field(repr=False)
    certificate: bytes = field(repr=False)
    """Of the signer, DER."""
    signature: bytes = field(repr=False)

    def stamped(self, stamper: Stamper) -> bytes:
        """The CMS with a time stamp token over the signature value among its unsigned attributes (ETSI EN 319 122-1, 5.3)."""
        from cardd.documents.stamps import stamp  # noqa: PLC0415 - level T only

        token = cms.ContentInfo.load(stamp(stamper, self.signature))
        signer = self.content["content"]["signer_infos"][0]
        signer["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
        )
        return bytes(self.content.dump(force=True))


def check_answer(
    answer: bytes, digest: bytes, hash_name: str, expected_fingerprint: str | None = None
) -> CheckedAnswer:
    """`digest`: of the document, by `hash_name`. `expected_fingerprint`: SHA-256 of the signer's certificate, hex.

    Raises `DocumentError`: `answer_unreadable`; `answer_for_other_document`; `certificate_swapped`; `signature_wrong`;
    `answer_not_for_pdf` (with attributes that PAdES forbids, or not detached).
    """
    with reading("answer_unreadable"):
        content = cms.ContentInfo.load(answer, strict=True)
        signed = content["content"]
        if content["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
            raise DocumentError("answer_unreadable")
        certificate: x509.Certificate = extract_certificate_info(signed).signer_cert
        der = certificate.dump()
        load_der_x509_certificate(der)
        signer = extract_signer_info(signed)
        if signer["digest_algorithm"]["algorithm"].native != hash_name:
            raise DocumentError("answer_for_other_document")
        _check_form(signed, signer)
        if expected_fingerprint is not None and hashlib.sha256(der).hexdigest() != expected_fingerprint.lower():
            raise DocumentError("certificate_swapped")
        try:
            intact, valid = validate_sig_integrity(signer, certificate, "data", digest)
        except SignatureValidationError:
            # The certificate is not the one that the signed reference names, or content type and algorithms contradict each other.
            raise DocumentError("certificate_swapped") from None
        if not intact:
            raise DocumentError("answer_for_other_document")
        if not valid:
            raise DocumentError("signature_wrong")
        return CheckedAnswer(content, der, signer["signature"].native)


def _check_form(signed: cms.SignedData, signer: cms.SignerInfo) -> None:
    if signed["encap_content_info"]["content"].native is not None:
        raise DocumentError("answer_not_for_pdf")
    kinds = {attribute["type"].native for attribute in signer["signed_attrs"]}
    if "signing_certificate_v2" not in kinds or kinds & _NOT_IN_PADES:
        raise DocumentError("answer_not_for_pdf")
