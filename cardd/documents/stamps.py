"""Asks a time stamp authority (RFC 3161) and looks at its answer before anybody builds on it."""

import hashlib
import secrets
from typing import ClassVar, Literal

from asn1crypto import cms, core, tsp

from cardd.documents.cades_bounds import check_bounds
from cardd.documents.cades_cms import BROKEN
from cardd.documents.checking.stamps import check
from cardd.documents.errors import DocumentError
from cardd.documents.found import Integrity
from cardd.documents.model import Stamper

NONCE_BITS = 64
"""RFC 3161, 2.4.1: a large number, likely never used before."""
HashName = Literal["sha256", "sha384", "sha512"]


class TimeStampResponse(core.Sequence):  # type: ignore[misc] # asn1crypto has no types
    """TimeStampResp with its token optional, as it is (2.4.2): asn1crypto's own form cannot read an authority's no."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo), ("time_stamp_token", cms.ContentInfo, {"optional": True})]


def stamped(stamper: Stamper, octets: bytes, *, hash_name: HashName = "sha256") -> bytes:
    """The authority's token over `octets`, DER ContentInfo, with its certificate inside.

    Raises `DocumentError`: `stamp_refused` (the authority said no), `stamp_unreadable`, `stamp_for_other_request` (another nonce or
    other bytes), `stamp_wrong` (it does not hold, or its certificate is not one for time stamps), and what `stamper` raises.
    """
    nonce = secrets.randbits(NONCE_BITS)
    request = make_request(octets, nonce, hash_name=hash_name)
    return token_of(stamper(request), octets, nonce)


def make_request(octets: bytes, nonce: int, *, hash_name: HashName = "sha256") -> bytes:
    """A DER TimeStampReq that asks for the authority's certificate too (2.4.1)."""
    imprint = {"hash_algorithm": {"algorithm": hash_name}, "hashed_message": hashlib.new(hash_name, octets).digest()}
    der: bytes = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    ).dump()
    return der


def token_of(response: bytes, octets: bytes, nonce: int) -> bytes:
    """The token in a DER TimeStampResp, after it was held against what was asked. Raises as `stamped` does."""
    token = _token(response)
    found = check(token, octets)
    if found.problem == "digest" or found.nonce != nonce:
        raise DocumentError("stamp_for_other_request")
    if found.integrity is not Integrity.INTACT:
        raise DocumentError("stamp_wrong")
    return token


def _token(response: bytes) -> bytes:
    try:
        check_bounds(response)
        read = TimeStampResponse.load(response, strict=True)
        granted = read["status"]["status"].native in ("granted", "granted_with_mods")
        token = read["time_stamp_token"]
        absent = isinstance(token, core.Void)
        der: bytes = b"" if absent else token.dump()
    except (DocumentError, *BROKEN):
        raise DocumentError("stamp_unreadable") from None
    if not granted:
        raise DocumentError("stamp_refused")
    if absent:
        raise DocumentError("stamp_unreadable")
    return der
