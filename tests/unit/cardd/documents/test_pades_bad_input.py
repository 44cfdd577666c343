"""PDFs that are not signed: damaged, protected, too large; and what the library tells nobody."""

from __future__ import annotations

import logging
import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardd.documents.checking.pades import check
from cardd.documents.errors import DocumentError
from cardd.documents.pades import PdfOptions, prepare
from tests.fixtures.made_pdf import first_free, hybrid, plain, signature_field, updated, with_form, written
from tests.fixtures.software_signer import SoftwareSigner, operator, resident

AT = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


def signed(pdf: bytes, signer: SoftwareSigner, **how) -> bytes:
    prepared = prepare(pdf, PdfOptions(**how))
    return prepared.finish(signer(prepared.order))


ENCRYPTED = plain().replace(b"/Root 1 0 R>>\nstartxref", b"/Root 1 0 R/ID[<00><00>]/Encrypt 3 0 R>>\nstartxref")


@pytest.mark.parametrize(
    ("pdf", "problem"),
    [
        (b"", "pdf_no_pdf"),
        (b"<xml/>", "pdf_no_pdf"),
        (b"\n" + plain(), "pdf_damaged"),
        (b"%PDF-1.7\n", "pdf_damaged"),
        (ENCRYPTED, "pdf_encrypted"),
        (plain()[:-300], "pdf_damaged"),
        (plain().replace(b"startxref\n", b"startxref\n9"), "pdf_damaged"),
        (plain().replace(b"/Count 1", b"/Count x"), "pdf_damaged"),
        (plain().replace(b"/Pages 2 0 R", b"/Pages 9 0 R"), "pdf_damaged"),
        (written([b"<</Type/Catalog>>"]), "pdf_damaged"),
        (written([b"[1 2 3]"]), "pdf_damaged"),
    ],
    ids=[
        "empty",
        "xml",
        "junk before",
        "header",
        "encrypted",
        "truncated",
        "startxref",
        "count",
        "pages",
        "no pages",
        "no catalog",
    ],
)
def test_what_is_no_sound_pdf_is_refused_by_name(pdf: bytes, problem: str) -> None:
    with refused(problem):
        prepare(pdf)
    with refused(problem):
        check(pdf)


def test_a_table_that_departs_from_the_standard_is_told_apart_from_damage() -> None:
    """As Pillow writes it: the first free object with the generation 65536 (the highest is 65535, ISO 32000-2, 7.5.4)."""
    pdf = plain().replace(b"0000000000 65535 f", b"0000000000 65536 f")
    with refused("pdf_not_exact"):
        prepare(pdf)
    assert check(pdf) == ()
    with refused("pdf_damaged"):
        prepare(pdf.replace(b"/Count 1", b"/Count x"))
    with refused("pdf_encrypted"):
        prepare(ENCRYPTED.replace(b"0000000000 65535 f", b"0000000000 65536 f"))


def test_a_circle_in_the_page_tree_ends() -> None:
    circle = updated(plain(), {2: b"<</Type/Pages/Count 1/Kids[2 0 R]>>"}, size=first_free())
    with refused("pdf_damaged"):
        prepare(circle)


@pytest.mark.parametrize("limit", ["MEMORY_LIMIT", "FILE_LIMIT"])
def test_over_the_limit_nothing_is_read(limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"cardd.documents.pades_opening.{limit}", 1000)
    if limit == "MEMORY_LIMIT":
        with refused("pdf_too_large"):
            prepare(plain())
    else:
        (tmp_path / "large.pdf").write_bytes(plain())
        with refused("pdf_too_large"):
            prepare(tmp_path / "large.pdf", work=tmp_path / "work.pdf")
        assert not (tmp_path / "work.pdf").exists()


@pytest.mark.parametrize("seed", range(4))
def test_mutated_documents_raise_nothing_undeclared(seed: int) -> None:
    mutated(seed, 60)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 108))
def test_mutated_documents_raise_nothing_undeclared_long(seed: int) -> None:
    mutated(seed, 2000)


def mutated(seed: int, times: int) -> None:
    chance = random.Random(seed)
    originals = [plain(), hybrid(), with_form(signature_field(b"A")), signed(plain(), resident(), at=AT)]
    for _ in range(times):
        pdf = bytearray(chance.choice(originals))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(pdf))
            if chance.random() < 0.5:
                pdf[place] = chance.choice(b"0129 <>[]()/Rnf\xff\x00")
            else:
                del pdf[place : place + chance.randint(1, 40)]
        for work in (prepare, check):
            problem = "pdf_"
            try:
                work(bytes(pdf))
            except DocumentError as error:
                problem = error.problem
            assert problem.startswith(("pdf_", "field_"))


def test_pyhanko_tells_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        once = signed(plain(), resident())
        check(signed(once, operator()))
        check(updated(once, {3: b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"}, size=40))
        with refused("pdf_damaged"):
            check(plain()[:-300])
    assert not caplog.records
