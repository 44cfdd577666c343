"""The form of a `.p7s` beside a file of the office, held strictly: what a CAdES-B signature may be, and nothing beside it.

CMS SignedData (RFC 5652) over content that is elsewhere, in DER; each signer by issuer and serial number, with the four signed
attributes of a CAdES-B-B signature (ETSI EN 319 122-1, 5 and 6.3): content-type, message-digest, signing-time and
signing-certificate-v2 (RFC 5035). asn1crypto parses only what our bounded walk has accepted.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, tsp, x509

from certs.asn1 import check_bounds
from certs.errors import Malformed

LARGEST = 32 * 1024
"""Bytes. Two signers with certificates of at most 8 KiB each and their signatures stay below."""
DEEPEST = 24
"""Levels: a certificate may have 16, and stands 5 deep."""
MOST_SIGNERS = 2
HASHES = frozenset({"sha256", "sha384", "sha512"})
SIGNATURES = frozenset({"rsassa_pkcs1v15", *(f"{name}_{kind}" for name in HASHES for kind in ("rsa", "ecdsa"))})
"""rsaEncryption itself (asn1crypto calls it `rsassa_pkcs1v15`) is what RFC 3370, 3.2 names and OpenSSL writes."""
ATTRIBUTES = frozenset({"content_type", "message_digest", "signing_time", "signing_certificate_v2"})
assert tsp.SigningCertificateV2  # its import teaches asn1crypto the attribute

_SEQUENCE, _SET, _CONTEXT_0, _OCTET_STRING = 0x30, 0x31, 0xA0, 0x04
_VERSION_1 = b"\x02\x01\x01"
_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""id-data and id-signedData (RFC 5652, 4 and 5.1), as whole elements."""


class BadForm(Exception):
    """This is no such signature. `detail`: one word of what is wrong, for whoever looks into it."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class SignerForm:
    """One signer as the file says it; nothing of it is verified yet."""

    certificate: bytes = field(repr=False)
    """DER."""
    hash_name: str
    message_digest: bytes = field(repr=False)
    attributes: bytes = field(repr=False)
    """The signed attributes as they are signed: a SET OF in DER (RFC 5652, 5.4)."""
    signature: bytes = field(repr=False)
    signed_at: datetime


def read(p7s: bytes) -> tuple[SignerForm, ...]:
    """The signers, at most two, each with its own certificate. Raises `BadForm`."""
    try:
        check_bounds(p7s, LARGEST, DEEPEST)
    except Malformed as error:
        raise BadForm(error.problem) from None
    try:
        return _signers(p7s)
    # asn1crypto parses late and tells of what it meets with these; their texts quote the input, so none is kept.
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        raise BadForm("not_readable") from None


def _signers(p7s: bytes) -> tuple[SignerForm, ...]:
    outer = cms.ContentInfo.load(p7s, strict=True)
    if outer["content_type"].native != "signed_data":
        raise BadForm("no_signed_data")
    signed = outer["content"]
    content = signed["encap_content_info"]
    if content["content_type"].native != "data" or content["content"].native is not None:
        raise BadForm("not_detached")
    if signed["version"].native != "v1" or signed["crls"].native is not None:
        raise BadForm("more_than_signatures")
    infos = list(signed["signer_infos"])
    if not infos:
        raise BadForm("no_signer")
    if len(infos) > MOST_SIGNERS:
        raise BadForm("too_many_signers")
    algorithms = [each.dump() for each in signed["digest_algorithms"]]
    if set(algorithms) != {info["digest_algorithm"].dump() for info in infos}:
        raise BadForm("digest_algorithms")
    certificates = _certificates(signed)
    _check_der(p7s, algorithms, list(certificates.values()), infos)
    signers = tuple(_signer(info, certificates) for info in infos)
    if certificates:
        raise BadForm("other_certificates")
    return signers


def _check_der(p7s: bytes, algorithms: list[bytes], certificates: list[bytes], infos: list[Any]) -> None:
    """The file is what its parts make in DER, elements of a SET OF in their order (X.690, 11.6): nothing stands between them.

    Put together by hand, for asn1crypto takes 0.3 s for it.
    """
    signed = _tlv(
        _SEQUENCE,
        _VERSION_1,
        _set_of(_SET, algorithms),
        _tlv(_SEQUENCE, _DATA),
        _set_of(_CONTEXT_0, certificates),
        _set_of(_SET, [_signer_der(info) for info in infos]),
    )
    if _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_CONTEXT_0, signed)) != p7s:
        raise BadForm("not_der")


def _signer_der(info: Any) -> bytes:
    names = ("sid", "digest_algorithm", "signed_attrs", "signature_algorithm")
    parts = [info[name].dump() for name in names]
    if info["unsigned_attrs"].native is not None:
        raise BadForm("unsigned_attributes")
    return _tlv(_SEQUENCE, _VERSION_1, *parts, _tlv(_OCTET_STRING, info["signature"].native))


def _set_of(tag: int, elements: list[bytes]) -> bytes:
    return _tlv(tag, *sorted(elements))


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _certificates(signed: Any) -> dict[tuple[bytes, int], bytes]:
    """DER of each certificate that came along, by issuer and serial number."""
    found: dict[tuple[bytes, int], bytes] = {}
    for choice in signed["certificates"]:
        if choice.name != "certificate":
            raise BadForm("other_certificates")
        der = choice.chosen.dump()
        certificate = x509.Certificate.load(der)
        name = (certificate.issuer.dump(), certificate.serial_number)
        if name in found:
            raise BadForm("same_certificate_twice")
        found[name] = der
    return found


def _signer(info: Any, certificates: dict[tuple[bytes, int], bytes]) -> SignerForm:
    if info["version"].native != "v1" or info["sid"].name != "issuer_and_serial_number":
        raise BadForm("signer_identifier")
    sid = info["sid"].chosen
    # Taken out: a second signer with the same certificate finds none, and what is left belongs to nobody.
    certificate = certificates.pop((sid["issuer"].dump(), sid["serial_number"].native), None)
    if certificate is None:
        raise BadForm("certificate_missing")
    hash_name = _hash_name(info)
    attributes = _attributes(info)
    _check_reference(attributes["signing_certificate_v2"], certificate)
    if attributes["content_type"].native != "data":
        raise BadForm("content_type")
    return SignerForm(
        certificate,
        hash_name,
        attributes["message_digest"].native,
        b"\x31" + info["signed_attrs"].dump()[1:],
        info["signature"].native,
        _utc(attributes["signing_time"]),
    )


def _hash_name(info: Any) -> str:
    hash_name: str = info["digest_algorithm"]["algorithm"].native
    algorithm: str = info["signature_algorithm"]["algorithm"].native
    if hash_name not in HASHES or algorithm not in SIGNATURES:
        raise BadForm("algorithm")
    if any(info[name]["parameters"].native is not None for name in ("digest_algorithm", "signature_algorithm")):
        raise BadForm("algorithm")
    if algorithm != "rsassa_pkcs1v15" and not algorithm.startswith(f"{hash_name}_"):
        raise BadForm("algorithm")
    return hash_name


def _attributes(info: Any) -> dict[str, Any]:
    """The one value of each of the four attributes."""
    found: dict[str, Any] = {}
    for attribute in info["signed_attrs"]:
        name = attribute["type"].native
        if name in found or name not in ATTRIBUTES or len(attribute["values"]) != 1:
            raise BadForm("signed_attributes")
        found[name] = attribute["values"][0]
    if found.keys() != ATTRIBUTES:
        raise BadForm("signed_attributes")
    return found


def _check_reference(reference: Any, certificate: bytes) -> None:
    """The first reference names the signer's certificate (RFC 5035, 3); it is the only one here."""
    if len(reference["certs"]) != 1:
        raise BadForm("signing_certificate")
    named = reference["certs"][0]
    hash_name = named["hash_algorithm"]["algorithm"].native
    if hash_name not in HASHES or hashlib.new(hash_name, certificate).digest() != named["cert_hash"].native:
        raise BadForm("signing_certificate")


def _utc(time: Any) -> datetime:
    moment = time.native
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise BadForm("signing_time")
    return moment.astimezone(UTC)
