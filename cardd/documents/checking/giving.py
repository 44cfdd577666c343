"""Whom to believe, from files that the caller names: authorities, revocation lists, OCSP responses. For checks without a daemon."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cardd.documents.checking.anchors import ANY, Anchors
from cardd.documents.checking.judging import StampJudge, no_stamps
from cardd.documents.checking.stamp_trust import StampAnchors
from cardd.documents.errors import DocumentError
from cardd.documents.facts import octets_of
from certs.errors import BadAnchor
from certs.profiles.profile import Kind
from certs.validation.truststore import TrustStore, from_der, from_pem

LARGEST: Final = 4 * 1024 * 1024
"""Bytes of one file."""
KINDS: Final = (ANY, *(kind.value for kind in Kind))
_BEGIN: Final = b"-----BEGIN "


@dataclass(frozen=True, slots=True)
class Given:
    """Authorities and evidence that the caller named."""

    anchors: Anchors
    stamps: StampJudge


def given_from_files(
    authorities: Sequence[tuple[str, Path]],
    *,
    stamp_authorities: Sequence[Path] = (),
    lists: Iterable[Path] = (),
    responses: Iterable[Path] = (),
    test: bool = False,
) -> Given:
    """Whom to believe. `authorities`: the kind that each file is trusted for (`KINDS`) and the file; `test`: test policies count.

    Raises `DocumentError`: `ca_unreadable` for what holds no authority, `list_unreadable`, `file_unreadable`, `too_large`.
    """
    crls = tuple(read_der(each, "X509 CRL") for each in lists)
    answers = tuple(octets_of(each, LARGEST) for each in responses)
    files: dict[str, list[Path]] = {}
    for kind, path in authorities:
        files.setdefault(kind, []).append(path)
    stores = {kind: read_store(paths) for kind, paths in files.items()}
    stamps = StampAnchors(read_store(stamp_authorities), crls, answers) if stamp_authorities else no_stamps
    return Given(Anchors(stores, crls, answers, test=test), stamps)


def read_store(paths: Sequence[Path]) -> TrustStore:
    """The authorities in these files, PEM or DER. Raises `DocumentError`: `ca_unreadable`, `file_unreadable`, `too_large`."""
    contents = [octets_of(path, LARGEST) for path in paths]
    try:
        found = [from_pem([each]) if _BEGIN in each else from_der([each]) for each in contents]
    except BadAnchor:
        raise DocumentError("ca_unreadable") from None
    return TrustStore(tuple(anchor for store in found for anchor in store.anchors))


def read_der(path: Path, label: str) -> bytes:
    """A DER file, or the one PEM block of this label (RFC 7468). Raises `DocumentError`: `list_unreadable`, `file_unreadable`."""
    octets = octets_of(path, LARGEST)
    if _BEGIN not in octets:
        return octets
    begin, end = f"-----BEGIN {label}-----".encode(), f"-----END {label}-----".encode()
    before, found, rest = octets.partition(begin)
    body, ended, _ = rest.partition(end)
    if not found or not ended or before.strip():
        raise DocumentError("list_unreadable")
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise DocumentError("list_unreadable") from None
