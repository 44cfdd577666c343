"""Checks CAdES signatures, detached and enveloping: each signer by itself (ETSI EN 319 122-1; RFC 5652)."""

import hashlib
from dataclasses import replace

from cardd.documents.cades_cms import DATA, SignedData, Signer, read_signed_data, unarmoured
from cardd.documents.cades_signer import Judged, judge
from cardd.documents.facts import Document, digest_of
from cardd.documents.found import Found, Integrity, Scope
from cardd.documents.model import Format


class _Content:
    """The signed document's digests, each made once: of what is inside, or of what was given."""

    def __init__(self, inside: bytes | None, given: Document | None) -> None:
        self._inside = inside
        self._given = given
        self._known: dict[str, bytes | None] = {}

    def digest(self, hash_name: str) -> bytes | None:
        """None: the document is missing."""
        if hash_name not in self._known:
            self._known[hash_name] = self._make(hash_name)
        return self._known[hash_name]

    def agrees(self) -> bool:
        """Whether what was given is what is inside, where there are both."""
        if self._inside is None or self._given is None:
            return True
        return digest_of(self._given, "sha256") == hashlib.sha256(self._inside).digest()

    def _make(self, hash_name: str) -> bytes | None:
        if self._inside is not None:
            return hashlib.new(hash_name, self._inside).digest()
        return None if self._given is None else digest_of(self._given, hash_name)


def check(document: bytes, *, content: Document | None = None) -> tuple[Found, ...]:
    """Every signer of a CMS in BER, DER or PEM, in the order in which they stand there.

    Only data is a document (ETSI EN 319 122-1, 6.3): a time stamp token, say, is signed too, and is none.
    `content`: the document of a detached signature, in memory or a file; where the CMS holds it too, both must agree.
    Raises `DocumentError`: `cms_unreadable`, `cms_not_signed`, `too_large`, `too_many_signatures`, `file_unreadable`.
    """
    signed = read_signed_data(unarmoured(document))
    source = _Content(signed.content, content)
    agrees = source.agrees()
    found = []
    for signer in signed.signers:
        judged = judge(signer, signed.certificates, source.digest)
        if judged.integrity is Integrity.INTACT and signed.content_type != DATA:
            judged = replace(judged, integrity=Integrity.UNREADABLE, problem="content_type")
        if judged.integrity is Integrity.INTACT and not agrees:
            judged = replace(judged, integrity=Integrity.CHANGED, problem="given_differs")
        found.append(_found(signed, signer, judged))
    return tuple(found)


def _found(signed: SignedData, signer: Signer | None, judged: Judged) -> Found:
    stamp = signer.stamps[0] if signer is not None and signer.stamps else None
    material = bool(signed.lists or signed.responses)
    return Found(
        format=Format.CADES,
        integrity=judged.integrity,
        scope=Scope.WHOLE,
        problem=judged.problem,
        level="b" if stamp is None else "lt" if material else "t",
        certificate=judged.certificate,
        others=tuple(der for der in signed.certificates if der != judged.certificate),
        lists=signed.lists,
        responses=signed.responses,
        claimed_at=judged.claimed_at,
        stamp=stamp,
        stamped=signer.signature if signer is not None else None,
        hash_name=judged.hash_name,
    )
