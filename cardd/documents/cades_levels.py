"""From level B to T and LT (ETSI EN 319 122-1, 6): a time stamp over the signature value, then certificates and revocation values."""

from dataclasses import replace

from asn1crypto import cms, crl, ocsp

from cardd.documents.cades_bounds import check_bounds
from cardd.documents.cades_building import Parts, put_together, taken_apart, with_material, with_unsigned
from cardd.documents.cades_cms import BROKEN, DATA, Signer, read_signed_data, unarmoured
from cardd.documents.errors import DocumentError
from cardd.documents.keys import load_certificate
from cardd.documents.model import Stamper, ValidationMaterial
from cardd.documents.stamps import stamped

_SIGNATURE_TIME_STAMP = "signature_time_stamp_token"


def add_levels(
    signer: Signer, parts: Parts, stamper: Stamper | None, material: ValidationMaterial | None
) -> tuple[bytes, Parts]:
    """One SignerInfo, stamped where a `stamper` is given, and the parts with `material` in them.

    Raises `DocumentError`: `level_needs_stamp` (material without a time stamp: LT builds on T), `material_unreadable`, and those
    of `stamps.stamped`.
    """
    if material is not None:
        if stamper is None and not signer.stamps:
            raise DocumentError("level_needs_stamp")
        check_material(material)
        parts = with_material(parts, material.certificates, material.lists, material.responses)
    if stamper is None:
        return signer.raw, parts
    token = stamped(stamper, signer.signature)
    return with_unsigned(signer.raw, _SIGNATURE_TIME_STAMP, cms.ContentInfo.load(token)), parts


def raise_level(
    document: bytes, *, stamper: Stamper | None = None, material: ValidationMaterial | None = None
) -> bytes:
    """A finished CMS at a higher level: each signer without a time stamp gets one, and the revocation values go in.

    Says nothing about the signatures in it. Raises `DocumentError`: `cms_unreadable`, `cms_not_signed`, `too_large`, `existing_not_data`,
    and those of `add_levels`.
    """
    octets = unarmoured(document)
    signed = read_signed_data(octets)
    if signed.content_type != DATA:
        raise DocumentError("existing_not_data")
    parts = taken_apart(octets)
    raised: list[bytes] = []
    for signer in signed.signers:
        if signer is None:
            raise DocumentError("cms_unreadable")
        raw, parts = add_levels(signer, parts, None if signer.stamps else stamper, material)
        raised.append(raw)
    return put_together(replace(parts, signers=tuple(raised)))


def check_material(material: ValidationMaterial) -> None:
    """Raise `DocumentError("material_unreadable")` unless each member is what it is said to be, and each OCSP response an answer."""
    try:
        for der in material.certificates:
            load_certificate(der)
        for der in (*material.lists, *material.responses):
            check_bounds(der)
        readable = all(_is_list(der) for der in material.lists) and all(_is_answer(der) for der in material.responses)
    except (DocumentError, *BROKEN):
        raise DocumentError("material_unreadable") from None
    if not readable:
        raise DocumentError("material_unreadable")


def _is_list(der: bytes) -> bool:
    read = crl.CertificateList.load(der, strict=True)
    return bool(read["tbs_cert_list"]["this_update"].native and read["signature_algorithm"]["algorithm"].native)


def _is_answer(der: bytes) -> bool:
    """Whether the responder answered at all (RFC 6960, 4.2.1: successful)."""
    return bool(ocsp.OCSPResponse.load(der, strict=True)["response_status"].native == "successful")
