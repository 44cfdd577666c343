"""Puts a SignedData together (RFC 5652, 5.1): signers, certificates and revocation values, beside what an existing one holds."""

from dataclasses import dataclass, replace
from typing import Any

from asn1crypto import algos, cms, core, ocsp

_SIGNED_FIELDS = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
"""Of a SignerInfo: all but its unsigned attributes."""


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """What a SignedData is made of; each member as the DER (or BER, as it came) of one element."""

    content_type: str
    content: bytes | None
    """None: detached."""
    signers: tuple[bytes, ...]
    """SignerInfo."""
    certificates: tuple[bytes, ...]
    """CertificateChoices: a certificate as it is, or one of the older kinds."""
    revocation: tuple[bytes, ...]
    """RevocationInfoChoice: a list as it is, or an OtherRevocationInfoFormat."""


def taken_apart(octets: bytes) -> Parts:
    """The parts of a SignedData that was read without complaint (`cades_cms.read_signed_data`)."""
    signed = cms.ContentInfo.load(octets, strict=True)["content"]
    encapsulated = signed["encap_content_info"]
    content = encapsulated["content"]
    return Parts(
        encapsulated["content_type"].dotted,
        None if isinstance(content, core.Void) else bytes(content),
        _members(signed["signer_infos"]),
        _members(signed["certificates"]),
        _members(signed["crls"]),
    )


def _members(field: Any) -> tuple[bytes, ...]:
    return () if isinstance(field, core.Void) else tuple(each.dump() for each in field)


def with_material(
    parts: Parts, certificates: tuple[bytes, ...], lists: tuple[bytes, ...], responses: tuple[bytes, ...]
) -> Parts:
    """More certificates, lists and OCSP responses; what is there already comes once.

    OCSP responses go in as OtherRevocationInfoFormat `id-ri-ocsp-response` (RFC 5940, 2.2; ETSI EN 319 122-1, 5.4.2.2).
    """
    wrapped = tuple(_wrapped(response) for response in responses)
    return replace(
        parts,
        certificates=_once(parts.certificates + certificates),
        revocation=_once(parts.revocation + lists + wrapped),
    )


def _wrapped(response: bytes) -> bytes:
    other = cms.OtherRevocationInfoFormat(
        {"other_rev_info_format": "ocsp_response", "other_rev_info": ocsp.OCSPResponse.load(response)}
    )
    der: bytes = cms.RevocationInfoChoice({"other": other}).dump()
    return der


def _once(members: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(members))


def put_together(parts: Parts) -> bytes:
    """ContentInfo with the SignedData: DER, but for members that came in BER."""
    signers = [cms.SignerInfo.load(each) for each in parts.signers]
    certificates = [cms.CertificateChoices.load(each) for each in parts.certificates]
    revocation = [cms.RevocationInfoChoice.load(each) for each in parts.revocation]
    algorithms = _once(tuple(each["digest_algorithm"].dump() for each in signers))
    encapsulated: dict[str, Any] = {"content_type": parts.content_type}
    if parts.content is not None:
        encapsulated["content"] = parts.content
    members: dict[str, Any] = {
        "version": _version(parts.content_type, signers, certificates, revocation),
        "digest_algorithms": [algos.DigestAlgorithm.load(each) for each in algorithms],
        "encap_content_info": encapsulated,
        "signer_infos": signers,
    }
    # Absent, not empty: OpenSSL and others take an empty set for a mistake.
    if certificates:
        members["certificates"] = certificates
    if revocation:
        members["crls"] = revocation
    der: bytes = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(members)}).dump()
    return der


def _version(content_type: str, signers: list[Any], certificates: list[Any], revocation: list[Any]) -> str:
    """The version as RFC 5652, 5.1 counts it."""
    kinds = {each.name for each in certificates}
    if "other" in kinds or any(each.name == "other" for each in revocation):
        return "v5"
    if "v2_attr_cert" in kinds:
        return "v4"
    third = "v1_attr_cert" in kinds or any(each["version"].native == "v3" for each in signers)
    return "v3" if third or content_type != cms.ContentType("data").dotted else "v1"


def with_unsigned(signer: bytes, kind: str, value: core.Asn1Value) -> bytes:
    """A SignerInfo with one more unsigned attribute; nothing that is signed changes."""
    read = cms.SignerInfo.load(signer)
    before = read["unsigned_attrs"]
    members = [] if isinstance(before, core.Void) else [cms.CMSAttribute.load(each.dump()) for each in before]
    members.append(cms.CMSAttribute({"type": kind, "values": [value]}))
    kept = {name: read[name] for name in _SIGNED_FIELDS if not isinstance(read[name], core.Void)}
    der: bytes = cms.SignerInfo({**kept, "unsigned_attrs": cms.CMSAttributes(members)}).dump()
    return der
