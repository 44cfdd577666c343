"""Checks a signed file of any format that is known here: what it is, each of its signatures, and what they come to together."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cardd.documents.checking.judging import Trust, judge
from cardd.documents.checking.report import Report
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Kind, digest_of, facts_of, octets_of
from cardd.documents.found import Found
from cardd.documents.model import Facts

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file that is read as a whole: everything but PDFs and what a detached signature is over."""

Checker = Callable[[Path, Path | None], tuple[Found, ...]]


def check_file(path: Path, *, content: Path | None = None, trust: Trust, at: datetime | None = None) -> Report:
    """The report on a signed file.

    `content`: what a detached signature is over; nothing that a signature names is ever opened or fetched. `trust`: whom the caller
    believes. `at`: the moment for which the question is asked, with time zone; now where none is given.
    Raises `DocumentError` for what is no signed document: `format_unknown`, `no_signature`, `file_unreadable`, `file_changed`
    (while it was checked), and each format's own.
    """
    moment = at or datetime.now(UTC)
    facts = facts_of(path)
    checker = _CHECKERS.get(facts.media_type)
    if checker is None:
        raise DocumentError("format_unknown")
    try:
        found = checker(path, content)
    except DocumentError:
        _check_same(path, facts)
        raise
    _check_same(path, facts)
    if not found:
        raise DocumentError("no_signature")
    return Report(moment, facts.size, facts.sha256, tuple(judge(each, trust, moment) for each in found))


def _check_same(path: Path, facts: Facts) -> None:
    """The digest in the report is that of what was checked: a file that somebody writes to meanwhile is no answer to anything."""
    if digest_of(path, "sha256").hex() != facts.sha256:
        raise DocumentError("file_changed")


# Each format brings its own libraries: loaded when a file of it comes.


def _pdf(path: Path, content: Path | None) -> tuple[Found, ...]:
    from cardd.documents.checking import pades  # noqa: PLC0415

    return pades.check(path, content=content)


def _xml(path: Path, content: Path | None) -> tuple[Found, ...]:
    from cardd.documents.checking import xades  # noqa: PLC0415

    return xades.check(octets_of(path, LARGEST), content=content)


def _cms(path: Path, content: Path | None) -> tuple[Found, ...]:
    from cardd.documents.checking import cades  # noqa: PLC0415

    return cades.check(octets_of(path, LARGEST), content=content)


def _jws(path: Path, content: Path | None) -> tuple[Found, ...]:
    from cardd.documents.checking import jws  # noqa: PLC0415

    return jws.check(octets_of(path, LARGEST), content=content)


_CHECKERS: Final[dict[str, Checker]] = {
    Kind.PDF: _pdf,
    Kind.XML: _xml,
    Kind.CMS: _cms,
    Kind.CMS_PEM: _cms,
    Kind.JWS: _jws,
}
