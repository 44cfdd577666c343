"""Reads a CMS SignedData (RFC 5652, 5) into plain values: everything is taken out at once, so that what is broken shows here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import cms, core, pem, x509

from cardd.documents.cades_bounds import check_bounds
from cardd.documents.errors import DocumentError
from certs.asn1 import check_bounds as check_der
from certs.errors import Malformed

T = TypeVar("T")

SIGNED_DATA = "1.2.840.113549.1.7.2"
DATA = "1.2.840.113549.1.7.1"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
OCSP_RESPONSE = "1.3.6.1.5.5.7.16.2"
"""id-ri-ocsp-response (RFC 5940, 2.2)."""
STAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"
"""id-aa-signatureTimeStampToken (ETSI EN 319 122-1, 5.3; RFC 3161, appendix A)."""
MOST_SIGNERS = 32
MOST_CERTIFICATES = 256
"""Each signer looks through all of them."""
MOST_ATTRIBUTES = 64 * 1024
"""Bytes of one signer's signed attributes."""
_PEM_LABELS = ("CMS", "PKCS7")

BROKEN = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)
"""What asn1crypto raises at the bytes of strangers, as its lazy fields are looked at."""


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """One SignerInfo (RFC 5652, 5.3)."""

    raw: bytes
    """The whole SignerInfo as it came."""
    issuer: bytes | None
    """DER Name; with `serial_number` one form of who signed, `key_identifier` is the other."""
    serial_number: int | None
    key_identifier: bytes | None
    digest_algorithm: str
    """Dotted, like all identifiers here."""
    attributes_der: bytes | None
    """The signed attributes under the tag of a SET, as they are signed (5.4); None where there are none."""
    attributes: tuple[tuple[str, tuple[bytes, ...]], ...]
    """Signed attributes: type, and values in DER."""
    signature_algorithm: str
    signature_parameters: bytes | None
    signature: bytes
    stamps: tuple[bytes, ...]
    """Time stamp tokens over the signature value, DER."""


@dataclass(frozen=True, slots=True, repr=False)
class SignedData:
    """A SignedData. A signer that cannot be read is None: the others are read nevertheless."""

    content_type: str
    content: bytes | None
    """None: detached."""
    certificates: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    responses: tuple[bytes, ...]
    signers: tuple[Signer | None, ...]


def trying(read: Callable[[], T], problem: str) -> T:
    """What `read` gives. Raises `DocumentError(problem)` where asn1crypto cannot make sense of the bytes."""
    try:
        return read()
    except BROKEN:
        # Without the cause: its text quotes the bytes.
        raise DocumentError(problem) from None


def unarmoured(document: bytes) -> bytes:
    """The BER of a CMS, of its PEM form too (RFC 7468). Raises `DocumentError("cms_unreadable")`."""
    if document[:1] == b"\x30":
        return document
    label, _, octets = trying(lambda: pem.unarmor(document), "cms_unreadable")
    if label not in _PEM_LABELS:
        raise DocumentError("cms_unreadable")
    return bytes(octets)


def read_signed_data(octets: bytes) -> SignedData:
    """Raises `DocumentError`: `too_large`, `too_many_signatures`, `cms_unreadable`, `cms_not_signed` (another kind, or nobody signed)."""
    check_bounds(octets)
    return trying(lambda: _signed_data(octets), "cms_unreadable")


def _signed_data(octets: bytes) -> SignedData:
    outer = cms.ContentInfo.load(octets, strict=True)
    if outer["content_type"].dotted != SIGNED_DATA:
        raise DocumentError("cms_not_signed")
    signed = outer["content"]
    signers = list(signed["signer_infos"])
    if not signers:
        raise DocumentError("cms_not_signed")
    if len(signers) > MOST_SIGNERS:
        raise DocumentError("too_many_signatures")
    encapsulated = signed["encap_content_info"]
    certificates = _present(signed["certificates"])
    if len(certificates) > MOST_CERTIFICATES:
        raise DocumentError("cms_unreadable")
    lists, responses = _revocation(signed)
    return SignedData(
        encapsulated["content_type"].dotted,
        _content(encapsulated["content"]),
        tuple(each.chosen.dump() for each in certificates if each.name == "certificate"),
        lists,
        responses,
        tuple(_signer_or_none(each) for each in signers),
    )


def _present(field: Any) -> list[Any]:
    return [] if isinstance(field, core.Void) else list(field)


def _content(field: Any) -> bytes | None:
    if isinstance(field, core.Void):
        return None
    if not isinstance(field, core.OctetString | core.ParsableOctetString):
        raise DocumentError("cms_unreadable")
    return bytes(field)


def _revocation(signed: Any) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    lists: list[bytes] = []
    responses: list[bytes] = []
    for each in _present(signed["crls"]):
        if each.name == "crl":
            lists.append(each.chosen.dump())
        elif each.chosen["other_rev_info_format"].dotted == OCSP_RESPONSE:
            responses.append(each.chosen["other_rev_info"].dump())
    return tuple(lists), tuple(responses)


def _signer_or_none(signer: Any) -> Signer | None:
    try:
        return _signer(signer)
    except BROKEN:
        return None  # `checking.cades` calls it unreadable; it says nothing about the other signers


def _signer(signer: Any) -> Signer:
    sid = signer["sid"]
    by_name = sid.name == "issuer_and_serial_number"
    signed_attributes = signer["signed_attrs"]
    absent = isinstance(signed_attributes, core.Void)
    parameters = signer["signature_algorithm"]["parameters"]
    attributes = () if absent else tuple(_attribute(each) for each in signed_attributes)
    return Signer(
        raw=signer.dump(),
        issuer=sid.chosen["issuer"].dump() if by_name else None,
        serial_number=sid.chosen["serial_number"].native if by_name else None,
        key_identifier=None if by_name else bytes(sid.chosen),
        digest_algorithm=signer["digest_algorithm"]["algorithm"].dotted,
        attributes_der=None if absent else signed_attributes.untag().dump(),
        attributes=attributes,
        signature_algorithm=signer["signature_algorithm"]["algorithm"].dotted,
        signature_parameters=None if isinstance(parameters, core.Void) else parameters.dump(),
        signature=bytes(signer["signature"]),
        stamps=_stamps(signer["unsigned_attrs"]),
    )


def _attribute(attribute: Any) -> tuple[str, tuple[bytes, ...]]:
    return attribute["type"].dotted, tuple(value.dump() for value in attribute["values"])


def _stamps(unsigned: Any) -> tuple[bytes, ...]:
    read = (_attribute(each) for each in _present(unsigned))
    return tuple(value for kind, values in read if kind == STAMP_TOKEN for value in values)


def is_der_set(attributes_der: bytes) -> bool:
    """Whether signed attributes are in DER: definite lengths in their shortest form, members in ascending order (X.690, 10.1, 11.6)."""
    try:
        check_der(attributes_der, MOST_ATTRIBUTES)
    except Malformed:
        return False
    members = [each.dump() for each in cms.CMSAttributes.load(attributes_der, strict=True)]
    return members == sorted(members)


def time_of(der: bytes) -> datetime:
    """A signing-time (RFC 5652, 11.3), aware."""
    moment = cms.Time.load(der, strict=True).native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError
    return moment


def key_identifier_of(der: bytes) -> bytes | None:
    """The subject key identifier of a certificate; None where it has none or it cannot be read."""
    try:
        value = x509.Certificate.load(der).key_identifier
    except BROKEN:
        return None
    return None if value is None else bytes(value)
