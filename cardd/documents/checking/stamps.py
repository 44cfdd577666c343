"""Checks a time stamp token (RFC 3161, 2.4.2): over these bytes, by a certificate for nothing but time stamps, and holding.

Whether that certificate is to be believed is asked elsewhere.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from asn1crypto import core, tsp
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from cardd.documents.cades_cms import BROKEN, TST_INFO, SignedData, read_signed_data
from cardd.documents.cades_signer import HASH_NAMES, judge
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.keys import STRONG_HASHES, load_certificate


@dataclass(frozen=True, slots=True)
class FoundStamp:
    """What a token turned out to be. Only an intact one says anything about time."""

    integrity: Integrity
    problem: str = ""
    """One word of ours where it is not intact."""
    at: datetime | None = None
    """genTime, aware: the stamped bytes existed then, if its signer is believed."""
    nonce: int | None = field(default=None, repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    """Of the time stamp authority, DER."""
    others: tuple[bytes, ...] = field(default=(), repr=False)
    lists: tuple[bytes, ...] = field(default=(), repr=False)
    responses: tuple[bytes, ...] = field(default=(), repr=False)
    hash_name: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class _Info:
    """What is taken out of a TSTInfo."""

    hash_name: str
    imprint: bytes
    at: datetime
    nonce: int | None


def check(token: bytes, stamped: bytes, *, certificates: Iterable[bytes] = ()) -> FoundStamp:
    """Judge a token (DER ContentInfo) over `stamped`. `certificates`: DER, where the authority's may be found besides the token.

    Raises `DocumentError`: `stamp_unreadable` for what is no time stamp token at all.
    """
    signed, info = _read(token)
    at_hand = (*signed.certificates, *certificates)
    assert signed.content is not None
    content = signed.content
    judged = judge(
        signed.signers[0],
        at_hand,
        lambda hash_name: hashlib.new(hash_name, content).digest(),
        content_type=TST_INFO,
        old_reference=True,
    )
    integrity, problem = judged.integrity, judged.problem
    if integrity is Integrity.INTACT:
        integrity, problem = _judge_info(info, stamped, judged.certificate)
    return FoundStamp(
        integrity=integrity,
        problem=problem,
        at=info.at,
        nonce=info.nonce,
        certificate=judged.certificate,
        others=tuple(der for der in at_hand if der != judged.certificate),
        lists=signed.lists,
        responses=signed.responses,
        hash_name=judged.hash_name,
    )


def _read(token: bytes) -> tuple[SignedData, _Info]:
    try:
        signed = read_signed_data(token)
        # Exactly one signer: RFC 3161, 2.4.2.
        if signed.content_type != TST_INFO or signed.content is None or len(signed.signers) != 1:
            raise DocumentError("stamp_unreadable")
        return signed, _info(signed.content)
    except (DocumentError, *BROKEN):
        raise DocumentError("stamp_unreadable") from None


def _info(content: bytes) -> _Info:
    read = tsp.TSTInfo.load(content, strict=True)
    imprint = read["message_imprint"]
    moment = read["gen_time"].native
    if read["version"].native != "v1" or not isinstance(moment, datetime) or moment.tzinfo is None:
        raise DocumentError("stamp_unreadable")
    nonce = read["nonce"]
    return _Info(
        HASH_NAMES.get(imprint["hash_algorithm"]["algorithm"].dotted, ""),
        bytes(imprint["hashed_message"]),
        moment,
        None if isinstance(nonce, core.Void) else nonce.native,
    )


def _judge_info(info: _Info, stamped: bytes, certificate: bytes | None) -> tuple[Integrity, str]:
    assert certificate is not None
    if info.hash_name not in STRONG_HASHES:
        return (Integrity.WEAK, "hash") if info.hash_name else (Integrity.UNREADABLE, "algorithm_unknown")
    if hashlib.new(info.hash_name, stamped).digest() != info.imprint:
        return Integrity.CHANGED, "digest"
    if not _is_for_time_stamps(certificate):
        return Integrity.WRONG_CERTIFICATE, "stamp_purpose"
    return Integrity.INTACT, ""


def _is_for_time_stamps(certificate: bytes) -> bool:
    """Extended key usage: critical, time stamps and nothing else (RFC 3161, 2.3)."""
    try:
        usage = load_certificate(certificate).extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return usage.critical and list(usage.value) == [ExtendedKeyUsageOID.TIME_STAMPING]
