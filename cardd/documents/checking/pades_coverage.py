"""What one signature of a PDF covers, byte by byte, and whether what was added after it is harmless.

The attacks that this is held against: universal forgery, incremental saving, signature wrapping (Mladenov et al., "1 Trillion
Dollar Refund", CCS 2019), shadow attacks (NDSS 2021) and certification attacks (IEEE S&P 2021).
"""

import hashlib
from dataclasses import dataclass, field
from typing import IO, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from cardd.documents.errors import DocumentError
from cardd.documents.found import Scope
from cardd.documents.pades_opening import CHUNK, look, reading

LARGEST_CONTENTS = 4 * 1024 * 1024
"""Bytes of a signature, padding included."""


@dataclass(frozen=True, slots=True, repr=False)
class ByteRange:
    """All of the file from its beginning to `end`, but the signature itself from `gap` to `behind`. Offsets in bytes."""

    stream: IO[bytes]
    gap: int
    behind: int
    end: int
    contents: bytes
    """What stands in the gap: the signature, with its padding."""

    def digest(self, hash_name: str) -> bytes:
        """Of what is covered."""
        made = hashlib.new(hash_name)
        for begin, end in ((0, self.gap), (self.behind, self.end)):
            self.stream.seek(begin)
            while (left := end - self.stream.tell()) > 0:
                made.update(self.stream.read(min(CHUNK, left)))
        return made.digest()


@dataclass(frozen=True, slots=True)
class Coverage:
    """`problem`: one word where the scope is `changed_since`."""

    scope: Scope
    problem: str = field(default="")


def read_byte_range(dictionary: generic.DictionaryObject, stream: IO[bytes]) -> ByteRange:
    """The byte range of a signature dictionary, where it is of the one form that every writer uses: `[0 a b c]`, and the gap between
    `a` and `b` is this dictionary's `Contents` in hex, and nothing else.

    Raises `DocumentError`: `byte_range_missing`, `contents_missing`, `byte_range_wrong` (another form; overlapping; beyond the end),
    `byte_range_gap` (something else than the signature stands in the gap).
    """
    numbers = look(dictionary, "/ByteRange")
    if not isinstance(numbers, generic.ArrayObject):
        raise DocumentError("byte_range_missing")
    contents = contents_of(dictionary)
    if len(numbers) != 4 or not all(isinstance(number, generic.NumberObject) for number in numbers):
        raise DocumentError("byte_range_wrong")
    begin, gap, behind, length = (int(number) for number in numbers)
    size = stream.seek(0, 2)
    if begin != 0 or not 0 < gap < behind < behind + length <= size:
        raise DocumentError("byte_range_wrong")
    if behind - gap > 2 * LARGEST_CONTENTS:
        raise DocumentError("byte_range_gap")
    stream.seek(gap)
    written = stream.read(behind - gap)
    if written[:1] != b"<" or written[-1:] != b">" or written[1:-1].lower() != contents.hex().encode():
        raise DocumentError("byte_range_gap")
    return ByteRange(stream, gap, behind, behind + length, contents)


def contents_of(dictionary: generic.DictionaryObject) -> bytes:
    """The signature with its padding. Raises `DocumentError("contents_missing")`."""
    if "/Contents" not in dictionary:
        raise DocumentError("contents_missing")
    contents = dictionary.raw_get("/Contents", decrypt=generic.EncryptedObjAccess.RAW)
    if not isinstance(contents, generic.TextStringObject | generic.ByteStringObject) or not contents.original_bytes:
        raise DocumentError("contents_missing")
    return bytes(contents.original_bytes)


def review(
    reader: PdfFileReader, signature_field: generic.DictionaryObject, where: ByteRange, *, strict: bool
) -> Coverage:
    """Whether the signature covers the whole file, else whether what was added is allowed by pyHanko's difference analysis and by the
    signature's own DocMDP and FieldMDP. `strict`: whether the reader was strict."""
    if where.end == where.stream.seek(0, 2):
        return Coverage(Scope.WHOLE)
    if not strict:
        return Coverage(Scope.CHANGED_SINCE, "tables_disagree")
    try:
        with reading("changed_after"):
            problem = _problem_since(EmbeddedPdfSignature(reader, signature_field, ""))
    except DocumentError as error:
        problem = error.problem
    return Coverage(Scope.CHANGED_SINCE, problem) if problem else Coverage(Scope.EARLIER_REVISION)


def _problem_since(signature: Any) -> str:
    """What is wrong with the additions after `signature`, an `EmbeddedPdfSignature`; empty where they are all allowed."""
    # The steps of its `compute_integrity_info`, without its digest, which is taken by ourselves, and without its refusal of hybrid files.
    signature.coverage = signature.evaluate_signature_coverage()
    if signature.coverage is not SignatureCoverageLevel.ENTIRE_REVISION:
        return "revision_not_covered"
    result = signature.evaluate_modifications(DEFAULT_DIFF_POLICY)
    if isinstance(result, SuspiciousModification):
        return "changed_after"
    allowed = signature.docmdp_level
    if allowed is not None and result.modification_level.value > allowed.value:
        return "docmdp_violated"
    return ""
