"""CAdES, detached and enveloping, with any number of signers: prepare here, sign behind the daemon, finish here.

ETSI EN 319 122-1: baseline level B, T with a time stamp authority, LT with revocation values. A detached signature never loads its
document: it is read in pieces.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from cardd.documents.cades_answer import check_answer
from cardd.documents.cades_building import Parts, put_together, taken_apart
from cardd.documents.cades_cms import DATA, MOST_SIGNERS, read_signed_data, unarmoured
from cardd.documents.cades_levels import add_levels
from cardd.documents.checking import cades as checking
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Document, digest_of, facts_of, octets_of
from cardd.documents.found import Integrity
from cardd.documents.model import Facts, Format, Order, Stamper, ValidationMaterial
from cardd.documents.state import Value, dump_state, kept_document, load_state

LARGEST_ENVELOPED = 64 * 1024 * 1024
"""Bytes of a document that goes into its signature: it is in memory several times meanwhile."""


@dataclass(frozen=True, slots=True)
class PreparedCades:
    """All of a CAdES signature but the daemon's answer."""

    facts: Facts
    order: Order
    enveloping: bool
    document: Document | None = field(repr=False)
    """Read again by `finish`. None: a detached signature over bytes that were not kept."""
    existing: bytes | None = field(default=None, repr=False)
    """The CMS that gets one more signer."""

    def dumps(self) -> bytes:
        """For whoever cannot wait: JSON, with the document where it goes into the signature, else with the file's place or nothing."""
        rest: dict[str, Value] = {
            "enveloping": self.enveloping,
            "existing": self.existing,
            **kept_document(self.document, whole=self.enveloping and self.existing is None),
        }
        return dump_state(Format.CADES, self.facts, self.order, rest)

    @classmethod
    def loads(cls, octets: bytes, *, document: Document | None = None) -> "PreparedCades":
        """Read it back. `document`: where it stands now, if somewhere else, or the bytes that were not kept.

        Raises `DocumentError`: `state_unreadable`, `state_version`, `state_other_format`.
        """
        state = load_state(octets, Format.CADES)
        found = state.document(document)
        existing = state.optional_octets("existing")
        if state.order.signature_format != "cades_b" or (
            state.flag("enveloping") and found is None and existing is None
        ):
            raise DocumentError("state_unreadable")
        _check_kept(existing)
        return cls(state.facts, state.order, state.flag("enveloping"), found, existing)

    def finish(
        self,
        answer: bytes,
        *,
        expected_fingerprint: str | None = None,
        stamper: Stamper | None = None,
        material: ValidationMaterial | None = None,
    ) -> bytes:
        """The finished CMS, DER. `answer`: what the daemon gave for `order`.

        `stamper`: level T; `material` besides: level LT. Raises `DocumentError`: those of `check_answer`, `document_changed`,
        `file_unreadable`, and those of `add_levels`.
        """
        signer, judged = check_answer(answer, self.order, expected_fingerprint)
        assert judged.certificate is not None
        parts = self._before()
        raw, parts = add_levels(signer, parts, stamper, material)
        certificates = parts.certificates
        if judged.certificate not in certificates:
            certificates = (judged.certificate, *certificates)
        return put_together(replace(parts, signers=(*parts.signers, raw), certificates=certificates))

    def _before(self) -> Parts:
        """What is there before the new signer, and the document once more, which must still be what was prepared."""
        if self.existing is not None:
            parts = taken_apart(self.existing)
            for document in (self.document, parts.content):
                if document is not None:
                    self._check_unchanged(document)
            return parts
        if not self.enveloping:
            if self.document is not None:
                self._check_unchanged(self.document)
            return Parts(DATA, None, (), (), ())
        assert self.document is not None
        content = octets_of(self.document, LARGEST_ENVELOPED)
        self._check_unchanged(content)
        return Parts(DATA, content, (), (), ())

    def _check_unchanged(self, document: Document) -> None:
        if digest_of(document, self.order.hash_name) != self.order.digest:
            raise DocumentError("document_changed")


def prepare(
    document: Document | None,
    name: str | None = None,
    *,
    enveloping: bool = False,
    existing: bytes | None = None,
    hash_name: Literal["sha256", "sha384", "sha512"] = "sha256",
) -> PreparedCades:
    """Read the document once and say what is to be signed.

    `existing`: a CMS that gets one more signer over the same document; it stays what it is, detached or enveloping, and an
    enveloping one needs no `document`. Raises `DocumentError`: `file_unreadable`, `too_large` (to go into its signature),
    `document_missing`, and for an existing one: `cms_unreadable`, `cms_not_signed`, `existing_not_data`, `too_many_signatures`,
    `existing_wrong` (a signature in it does not hold, or is over another document).
    """
    if existing is not None:
        existing = unarmoured(existing)
        inside = _existing_content(existing, document)
        enveloping = inside is not None
        document = inside if inside is not None else document
    if document is None:
        raise DocumentError("document_missing")
    facts = facts_of(document, name)
    if enveloping and facts.size > LARGEST_ENVELOPED:
        raise DocumentError("too_large")
    order = Order("cades_b", hash_name, digest_of(document, hash_name))
    return PreparedCades(facts, order, enveloping, document, existing)


def _check_kept(existing: bytes | None) -> None:
    """Raise `DocumentError("state_unreadable")` where the CMS of a state cannot be read any more."""
    if existing is None:
        return
    try:
        read_signed_data(existing)
    except DocumentError:
        raise DocumentError("state_unreadable") from None


def _existing_content(existing: bytes, document: Document | None) -> bytes | None:
    """What an existing CMS holds, after each of its signatures was found intact over the same document."""
    signed = read_signed_data(existing)
    if signed.content_type != DATA:
        raise DocumentError("existing_not_data")
    if len(signed.signers) >= MOST_SIGNERS:
        raise DocumentError("too_many_signatures")
    if signed.content is None and document is None:
        raise DocumentError("document_missing")
    if any(found.integrity is not Integrity.INTACT for found in checking.check(existing, content=document)):
        raise DocumentError("existing_wrong")
    return signed.content
