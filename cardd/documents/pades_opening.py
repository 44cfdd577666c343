"""Opening a PDF that somebody gave us: a reader of it, or one word that says why not. No PDF is signed that is opened otherwise."""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError, PdfStrictReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from cardd.documents.errors import DocumentError

MEMORY_LIMIT = 100 * 1024 * 1024
"""Bytes of a PDF that is worked on in memory (`pdf_too_large` above it). Measured with 95 MiB: 191 MiB more to prepare and finish it,
571 MiB while its state is dumped."""

FILE_LIMIT = 2 * 1024 * 1024 * 1024
"""Bytes of a PDF that is worked on as a file (`pdf_too_large` above it). Measured with 500 MiB: 3 MiB more to prepare, finish and check
it. What takes memory is the number of objects, not their size: 0.3 KiB each to prepare, up to 1.3 KiB to check two signatures."""

CHUNK = 1024 * 1024
"""Bytes read at a time when a file is hashed or copied."""

# pyHanko tells at length what it met, names and tracebacks included; whoever uses this library keeps logs that must not hold them.
for _name in ("pyhanko", "pyhanko_certvalidator", "fontTools"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

READING_ERRORS = (
    PdfError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pyHanko and asn1crypto raise over bytes that are not what they claim to be: neither has a single class for it."""


@contextmanager
def reading(problem: str = "pdf_damaged", *, but: type[Exception] | None = None) -> Iterator[None]:
    """Turn what pyHanko raises over broken input into `DocumentError(problem)`; an error of ours, and `but`, go through as they are."""
    try:
        yield
    except DocumentError:
        raise
    except READING_ERRORS as error:
        if but is not None and isinstance(error, but):
            raise
        raise DocumentError(problem) from None


def check_size(pdf: bytes | Path) -> int:
    """The size in bytes; `pdf_too_large` before anything of it was read, `file_unreadable` where the file cannot be opened."""
    if isinstance(pdf, bytes):
        size, limit = len(pdf), MEMORY_LIMIT
    else:
        try:
            size, limit = pdf.stat().st_size, FILE_LIMIT
        except OSError:
            raise DocumentError("file_unreadable") from None
    if size > limit:
        raise DocumentError("pdf_too_large")
    return size


def open_pdf(stream: IO[bytes], *, strict: bool = True) -> PdfFileReader:
    """Read the tables of `stream`, which is seekable.

    `strict`: each table must agree with the objects and with the tables before it. Without that a reader may see another document
    than the next one does, so nothing is signed like that, and no later change can be called harmless.

    Raises `DocumentError`: `pdf_no_pdf` (no header `%PDF-`), `pdf_encrypted` (even with an empty password: an office must be able
    to hand the file on), `pdf_not_exact` (a lenient reader opens it, and its tables are not as the standard says: Pillow gives the
    first free object the generation 65536, above ISO 32000-2, 7.5.4; nothing else of a file that departs can be relied on), `pdf_damaged`.
    """
    stream.seek(0)
    # ISO 32000-2, 7.5.2: the header is the first line. Readers look for it in the first kilobyte; a document that is signed begins
    # with it, or byte ranges and offsets would count from different places.
    head = stream.read(1024)
    if not head.startswith(b"%PDF-"):
        raise DocumentError("pdf_damaged" if b"%PDF-" in head else "pdf_no_pdf")
    try:
        return _read(stream, strict=strict)
    except PdfStrictReadError:
        _read_leniently(stream)
        raise DocumentError("pdf_not_exact") from None


def _read(stream: IO[bytes], *, strict: bool) -> PdfFileReader:
    with reading(but=PdfStrictReadError):
        reader = PdfFileReader(stream, strict=strict)
        if "/Encrypt" in reader.trailer:
            raise DocumentError("pdf_encrypted")
        count_pages(reader)
        return reader


def _read_leniently(stream: IO[bytes]) -> None:
    """Raises `DocumentError` where a lenient reader cannot open it either: then it is damaged, or encrypted as well."""
    stream.seek(0)
    with reading():
        _read(stream, strict=False)


def look(dictionary: generic.DictionaryObject, name: str) -> Any:
    """The entry `name`, references followed; None where there is none. (pyHanko's own `get` gives the reference.)"""
    try:
        return dictionary[name]
    except KeyError:
        return None


def count_pages(reader: PdfFileReader) -> int:
    """The pages that the document says it has. Raises `DocumentError("pdf_damaged")`."""
    pages = reader.root["/Pages"]["/Count"]
    if not isinstance(pages, generic.NumberObject) or pages < 1:
        raise DocumentError("pdf_damaged")
    return int(pages)
