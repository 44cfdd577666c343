"""The daemon's answer, looked at before it goes into a PDF: over this document, by this certificate, and the signature holds."""

import hashlib
from dataclasses import dataclass, field

from asn1crypto import cms

from cardd.documents.cades_cms import SignedData, Signer, read_signed_data
from cardd.documents.cades_signer import SIGNING_TIME, judge
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.model import Stamper

_WRONG = {
    Integrity.CHANGED: "answer_for_other_document",
    Integrity.WRONG_VALUE: "signature_wrong",
    Integrity.WRONG_CERTIFICATE: "certificate_swapped",
    Integrity.WEAK: "answer_weak",
}
"""Everything else that is not intact: `answer_unreadable`."""


@dataclass(frozen=True, slots=True)
class CheckedAnswer:
    """A CMS that was found right."""

    answer: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    """Of the signer, DER."""
    signature: bytes = field(repr=False)

    def with_stamp(self, stamper: Stamper) -> bytes:
        """The CMS with a time stamp token over the signature value among its unsigned attributes (ETSI EN 319 122-1, 5.3).

        Raises what `cardd.documents.stamps` raises.
        """
        from cardd.documents.stamps import stamp  # noqa: PLC0415 - level T only

        token = cms.ContentInfo.load(stamp(stamper, self.signature))
        content = cms.ContentInfo.load(self.answer)
        content["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes(
            [cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})]
        )
        return bytes(content.dump(force=True))


def check_answer(
    answer: bytes, digest: bytes, hash_name: str, expected_fingerprint: str | None = None
) -> CheckedAnswer:
    """`digest`: of the document, by `hash_name`. `expected_fingerprint`: SHA-256 of the signer's certificate, hex.

    Raises `DocumentError`: `answer_unreadable`; `answer_for_other_document`; `certificate_swapped`; `signature_wrong`; `answer_weak`;
    `answer_not_for_pdf` (with the time among its attributes, which PAdES forbids, or not detached).
    """
    try:
        signed = read_signed_data(answer)
    except DocumentError:
        raise DocumentError("answer_unreadable") from None
    signer = _only_signer(signed)
    judged = judge(signer, signed.certificates, lambda name: digest if name == hash_name else b"")
    if judged.integrity is not Integrity.INTACT:
        raise DocumentError(_WRONG.get(judged.integrity, "answer_unreadable"))
    if judged.certificate is None:
        raise DocumentError("answer_unreadable")
    fingerprint = hashlib.sha256(judged.certificate).hexdigest()
    if expected_fingerprint is not None and fingerprint != expected_fingerprint.lower():
        raise DocumentError("certificate_swapped")
    return CheckedAnswer(answer, judged.certificate, signer.signature)


def _only_signer(signed: SignedData) -> Signer:
    """ETSI EN 319 142-1, 5.2 and 6.3: one SignerInfo, the content outside, the claimed time in the dictionary's `M` and not here."""
    signer = signed.signers[0]
    if len(signed.signers) != 1 or signer is None:
        raise DocumentError("answer_unreadable")
    kinds = {kind for kind, _ in signer.attributes}
    if signed.content is not None or SIGNING_TIME in kinds or signer.stamps:
        raise DocumentError("answer_not_for_pdf")
    return signer
