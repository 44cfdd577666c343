"""Looks at the CMS that the daemon gave before anything is written: over what was prepared, by whom it should be, and holding."""

import hashlib

from cardd.documents.cades_cms import Signer, read_signed_data
from cardd.documents.cades_signer import Judged, judge
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.model import Order

_PROBLEMS = {
    Integrity.CHANGED: "answer_for_other_document",
    Integrity.CONTENT_MISSING: "answer_for_other_document",
    Integrity.WRONG_VALUE: "signature_wrong",
    Integrity.WRONG_CERTIFICATE: "certificate_swapped",
    Integrity.UNREADABLE: "answer_unreadable",
    Integrity.WEAK: "answer_weak",
}


def check_answer(answer: bytes, order: Order, expected_fingerprint: str | None) -> tuple[Signer, Judged]:
    """The one signer of a detached CMS, judged as intact over `order.digest`; its certificate is in `Judged.certificate`.

    `expected_fingerprint`: SHA-256 of the certificate (DER) as lower-case hex, where it was known before. Raises `DocumentError`:
    `answer_unreadable`, `answer_for_other_document`, `certificate_swapped`, `signature_wrong`, `answer_weak`.
    """
    try:
        signed = read_signed_data(answer)
    except DocumentError:
        raise DocumentError("answer_unreadable") from None
    if len(signed.signers) != 1 or signed.content is not None:
        raise DocumentError("answer_unreadable")
    (signer,) = signed.signers

    def digest(hash_name: str) -> bytes | None:
        return order.digest if hash_name == order.hash_name else None

    judged = judge(signer, signed.certificates, digest)
    if judged.integrity is not Integrity.INTACT:
        raise DocumentError(_PROBLEMS[judged.integrity])
    assert signer is not None
    assert judged.certificate is not None
    check_fingerprint(judged.certificate, expected_fingerprint)
    return signer, judged


def check_fingerprint(certificate: bytes, expected: str | None) -> None:
    """Raise `DocumentError("certificate_swapped")` unless it is the expected certificate, where one is expected."""
    if expected is not None and hashlib.sha256(certificate).hexdigest() != expected.lower():
        raise DocumentError("certificate_swapped")
