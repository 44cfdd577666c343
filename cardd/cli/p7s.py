"""Two signatures in one `.p7s`: CMS SignedData (RFC 5652), detached, each of its signers with the certificate that belongs to it.

asn1crypto is loaded with the first use: cardctl starts without it.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

MOST_SIGNERS = 2
HASHES = ("sha256", "sha384", "sha512")
CARD_NUMBER = "urn:uuid:"
"""How a badge's certificates name the badge (SP 800-73-4 part 1, 3.4.1)."""
_SEQUENCE, _SET, _CONTEXT_0 = 0x30, 0x31, 0xA0
_VERSION_1 = b"\x02\x01\x01"
_DATA = bytes.fromhex("06092a864886f70d010701")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
"""id-data and id-signedData (RFC 5652, 4 and 5.1), as whole elements."""


class Unfit(Exception):
    """These signatures cannot be used. `problem`: `no_signature_file`, `other_content`, `two_signers`, `same_badge`."""

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)


@dataclass(frozen=True, slots=True, repr=False)
class _Signatures:
    """The parts of a SignedData, each in DER as it stands there."""

    algorithms: frozenset[bytes]
    certificates: frozenset[bytes]
    signers: frozenset[bytes]
    digests: tuple[tuple[str, bytes], ...]
    """Of each signer: the hash's name, and the digest of the content that was signed."""
    badges: frozenset[object]
    """What tells the badges apart: the badge's own number, or the certificate where it names none."""


def check_open(p7s: bytes, content: bytes) -> None:
    """Whether one more person may sign: `p7s` holds one signature, and it was made over `content`. Raises `Unfit`."""
    signatures = _read(p7s)
    if len(signatures.signers) >= MOST_SIGNERS:
        raise Unfit("two_signers")
    _check_content(signatures, content)


def signers(p7s: bytes) -> int:
    """How many signed. Raises `Unfit`."""
    return len(_read(p7s).signers)


def join(p7s: bytes, more: bytes, content: bytes) -> bytes:
    """The signatures of both files in one, DER; `more` is a signature of this moment. Raises `Unfit`."""
    check_open(p7s, content)
    _check_content(_read(more), content)
    if _read(p7s).badges & _read(more).badges:
        raise Unfit("same_badge")
    return merged(p7s, more)


def merged(p7s: bytes, more: bytes) -> bytes:
    """The same without a look at who signed what. Raises `Unfit`.

    Put together by hand from the parts as they are: asn1crypto would take each certificate apart and make it anew, for 0.3 s.
    """
    old, new = _read(p7s), _read(more)
    signed = _tlv(
        _SEQUENCE,
        _VERSION_1,
        _tlv(_SET, *sorted(old.algorithms | new.algorithms)),
        _tlv(_SEQUENCE, _DATA),
        _tlv(_CONTEXT_0, *sorted(old.certificates | new.certificates)),
        _tlv(_SET, *sorted(old.signers | new.signers)),
    )
    return _tlv(_SEQUENCE, _SIGNED_DATA, _tlv(_CONTEXT_0, signed))


def _tlv(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _check_content(signatures: _Signatures, content: bytes) -> None:
    for hash_name, digest in signatures.digests:
        if hash_name not in HASHES or hashlib.new(hash_name, content).digest() != digest:
            raise Unfit("other_content")


def _read(p7s: bytes) -> _Signatures:
    from asn1crypto import cms, x509  # noqa: PLC0415  # here, so that cardctl starts without it

    try:
        outer = cms.ContentInfo.load(p7s, strict=True)
        if outer["content_type"].native != "signed_data" or not len(outer["content"]["signer_infos"]):
            raise Unfit("no_signature_file")
        signed = outer["content"]
        certificates = [each.chosen.dump() for each in signed["certificates"]]
        return _Signatures(
            frozenset(each.dump() for each in signed["digest_algorithms"]),
            frozenset(certificates),
            frozenset(each.dump() for each in signed["signer_infos"]),
            tuple(_digest(info) for info in signed["signer_infos"]),
            frozenset(_number(x509.Certificate.load(each)) or each for each in certificates),
        )
    # asn1crypto parses late and tells of what it meets with these.
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        raise Unfit("no_signature_file") from None


def _digest(info: Any) -> tuple[str, bytes]:
    (digest,) = (each["values"][0].native for each in info["signed_attrs"] if each["type"].native == "message_digest")
    return info["digest_algorithm"]["algorithm"].native, digest


def _number(certificate: Any) -> str | None:
    names = certificate.subject_alt_name_value
    found = [name.native for name in names or () if name.name == "uniform_resource_identifier"]
    return next((name for name in found if name.startswith(CARD_NUMBER)), None)
