"""What a file is and what a person is shown of it."""

from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
from pathlib import Path

import pytest
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

from cardd.documents.cades import PreparedCades, prepare
from cardd.documents.errors import DocumentError
from cardd.documents.facts import Kind, digest_of, facts_of, octets_of, recognise
from cardd.documents.model import Order
from tests.fixtures.software_signer import resident

CMS = resident()(Order("cades_b", "sha256", bytes(32)))


def pdf(pages: int) -> bytes:
    writer = PdfFileWriter()
    for _ in range(pages):
        writer.insert_page(PageObject(contents=writer.add_object(_empty_stream()), media_box=(0, 0, 100, 100)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _empty_stream():
    from pyhanko.pdf_utils.generic import StreamObject

    return StreamObject(stream_data=b"")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"%PDF-1.7\n", Kind.PDF),
        (b"\n\n%PDF-2.0\n", Kind.PDF),
        (b"<?xml version='1.0'?>", Kind.XML),
        ("\ufeff<申請/>".encode(), Kind.XML),
        ("\ufeff<a/>".encode("utf-16-le"), Kind.XML),
        ("\ufeff<a/>".encode("utf-16-be"), Kind.XML),
        (b' {"a": 1}', Kind.JSON),
        (b"[1]", Kind.JSON),
        (b"eyJhbGciOiJub25lIn0.e30.", Kind.JWS),
        (b"eyJhbGciOiJub25lIn0..AAAA\n", Kind.JWS),
        (b"eyJhbGciOiJub25lIn0 is no JWS", Kind.OCTETS),
        (CMS[:1024], Kind.CMS),
        (b"-----BEGIN CMS-----\nMII", Kind.CMS_PEM),
        (b"-----BEGIN PKCS7-----\nMII", Kind.CMS_PEM),
        (b"-----BEGIN CERTIFICATE-----\nMII", Kind.OCTETS),
        (b"\x30\x82", Kind.OCTETS),
        (b"", Kind.OCTETS),
        ("申請書".encode(), Kind.OCTETS),
    ],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, kind: Kind) -> None:
    assert recognise(head) is kind


def test_the_facts_of_bytes_and_of_a_file_are_the_same(tmp_path: Path) -> None:
    content = "申請".encode() * 500_000
    place = tmp_path / "申請書.txt"
    place.write_bytes(content)
    told = facts_of(place)
    assert told == facts_of(content, "申請書.txt")
    assert (told.size, told.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert told.pages is None
    assert "申請書" not in repr(told)


def test_a_pdf_has_pages(tmp_path: Path) -> None:
    told = facts_of(pdf(3), "a.pdf")
    assert (told.media_type, told.pages) == ("application/pdf", 3)


@pytest.mark.parametrize("damage", [slice(0, 200), slice(0, -40)])
def test_a_damaged_pdf_has_no_pages_that_can_be_told(damage: slice) -> None:
    assert facts_of(pdf(3)[damage], "a.pdf").pages is None


def test_a_file_is_digested_without_being_loaded(tmp_path: Path) -> None:
    place = tmp_path / "large"
    with place.open("wb") as stream:
        stream.truncate(64 * 1024 * 1024)
    tracemalloc.start()
    try:
        digest_of(place, "sha256")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * 1024 * 1024


def test_a_file_that_is_not_there_is_an_error_without_its_name(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"\Afile_unreadable\Z") as caught:
        facts_of(tmp_path / "nobody")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    with pytest.raises(DocumentError, match=r"\Afile_unreadable\Z"):
        facts_of(tmp_path)


def test_a_document_may_be_too_large(tmp_path: Path) -> None:
    assert octets_of(b"123", 3) == b"123"
    with pytest.raises(DocumentError, match=r"\Atoo_large\Z"):
        octets_of(b"1234", 3)


def test_a_name_that_is_no_utf8_can_be_shown_and_kept(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode("申請書.txt".encode("shift_jis"))
    place.write_bytes(b"x")
    prepared = prepare(place)
    assert prepared.facts.name.endswith(".txt")
    prepared.facts.name.encode()
    again = PreparedCades.loads(prepared.dumps())
    assert again == prepared
    again.finish(resident()(again.order))
