"""Poppler and OpenSSL judge signed PDFs: what we make, they accept; what they refuse, our checker refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from cardd.documents.appearance import Appearance, Corner, InCorner
from cardd.documents.checking.pades import check
from cardd.documents.found import Integrity, Scope
from cardd.documents.model import Level, ValidationMaterial
from cardd.documents.pades import PdfOptions, Permission, prepare
from tests.fixtures.by_pyhanko import signed_by_pyhanko
from tests.fixtures.made_pdf import A4, hybrid, plain, updated, written
from tests.fixtures.software_signer import WHEN, SoftwareSigner, operator, p384, resident
from tests.fixtures.tsa import make_tsa
from tests.judges.tools import Bench

AT = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)
SHOWN = Appearance("山田 太郎", office="○○市役所 市民課", purpose="転出届の確認")
SIGNERS = {"rsa": resident, "p256": operator, "p384": p384}


@pytest.fixture
def judge(tmp_path: Path) -> Bench:
    return Bench(tmp_path, tmp_path / "no-pcscd")


def signed(pdf: bytes, signer: SoftwareSigner, **how) -> bytes:
    prepared = prepare(pdf, PdfOptions(**how))
    return prepared.finish(signer(prepared.order))


def poppler(judge: Bench, pdf: bytes) -> list[tuple[bool, bool]]:
    """For each signature: whether `pdfsig` calls it valid, and whether it covers the whole document. No trust is asked for."""
    judge.write("judged.pdf", pdf)
    # It ends with 0 when all signatures hold, 1 when one does not, 2 where there is none.
    said = judge.run("pdfsig", "-nocert", "judged.pdf").said
    parts = re.split(r"Signature #\d+:", said)[1:]
    return [
        ("Signature is Valid." in part, "Total document signed" in part and "Not total" not in part) for part in parts
    ]


def ours(pdf: bytes) -> list[tuple[bool, bool]]:
    """The same of our checker."""
    return [(each.integrity is Integrity.INTACT, each.scope is Scope.WHOLE) for each in check(pdf)]


def openssl(judge: Bench, pdf: bytes, signer: SoftwareSigner, number: int = 0) -> None:
    """OpenSSL verifies one signature, as CAdES, over the bytes that its byte range tells; and the chain to the signer's authority."""
    ranges = re.findall(rb"/ByteRange\s*\[0 (\d+) (\d+) (\d+)\]", pdf)[number]
    gap, behind, length = (int(each) for each in ranges)
    judge.write("content", pdf[:gap] + pdf[behind : behind + length])
    judge.write("padded.der", bytes.fromhex(pdf[gap + 1 : behind - 1].decode()))
    judge.write("ca.pem", signer.ca_pem)
    judge.ok(
        *(
            "openssl",
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "padded.der",
            "-content",
            "content",
        ),
        *("-CAfile", "ca.pem", "-purpose", "any", "-attime", str(int(WHEN.timestamp())), "-out", "verified"),
    )
    assert (judge.folder / "verified").read_bytes() == pdf[:gap] + pdf[behind : behind + length]


@pytest.mark.parametrize("kind", SIGNERS)
def test_both_accept_what_we_make(judge: Bench, kind: str) -> None:
    signer = SIGNERS[kind]()
    pdf = signed(plain(100), signer)
    assert poppler(judge, pdf) == ours(pdf) == [(True, True)]
    openssl(judge, pdf, signer)


@pytest.mark.parametrize("pdf", [plain(version="1.3"), plain(version="2.0"), hybrid()], ids=["1.3", "2.0", "hybrid"])
def test_both_accept_two_signatures_on_documents_of_all_kinds(judge: Bench, pdf: bytes) -> None:
    twice = signed(signed(pdf, resident()), operator())
    assert poppler(judge, twice) == ours(twice) == [(True, False), (True, True)]
    openssl(judge, twice, resident(), 0)
    openssl(judge, twice, operator(), 1)


def test_both_accept_a_certified_document_that_is_signed_again(judge: Bench) -> None:
    pdf = signed(signed(plain(), resident(), certify=Permission.FILL_AND_SIGN), operator())
    assert poppler(judge, pdf) == ours(pdf) == [(True, False), (True, True)]
    assert check(pdf)[0].scope is Scope.EARLIER_REVISION


def test_the_higher_levels_still_hold(judge: Bench, tmp_path: Path) -> None:
    tsa = make_tsa(tmp_path / "tsa")
    material = ValidationMaterial(certificates=(resident().ca, tsa.ca))
    for level, whole in ((Level.T, True), (Level.LT, False)):
        prepared = prepare(plain(), PdfOptions(level=level))
        given = material if level is Level.LT else None
        pdf = prepared.finish(resident()(prepared.order), stamper=tsa, material=given)
        assert poppler(judge, pdf) == ours(pdf) == [(True, whole)]
        openssl(judge, pdf, resident())


@pytest.mark.parametrize("subfilter", [SigSeedSubFilter.PADES, SigSeedSubFilter.ADOBE_PKCS7_DETACHED])
@pytest.mark.parametrize("kind", SIGNERS)
def test_what_others_sign_is_judged_alike(judge: Bench, kind: str, subfilter: SigSeedSubFilter) -> None:
    once = signed_by_pyhanko(plain(), SIGNERS[kind](), subfilter=subfilter)
    assert poppler(judge, once) == ours(once) == [(True, True)]
    broken = once.replace(b"quick", b"quack", 1)
    assert poppler(judge, broken) == ours(broken) == [(False, True)]
    twice = signed_by_pyhanko(once, operator(), field_name="Second", subfilter=subfilter)
    assert poppler(judge, twice) == ours(twice) == [(True, False), (True, True)]


def test_poppler_tells_less_than_we_do(judge: Bench) -> None:
    # `pdfsig` says that not all of the document is signed; whether the rest is harmless it leaves to the reader.
    pdf = signed(plain(), resident())
    overwritten = updated(pdf, {5: b"<</Length 4>>\nstream\nBT ET\nendstream"}, size=40)
    assert poppler(judge, overwritten) == ours(overwritten) == [(True, False)]
    assert check(overwritten)[0].scope is Scope.CHANGED_SINCE
    closed = signed_by_pyhanko(plain(), resident(), certify=MDPPerm.NO_CHANGES)
    forced = signed_by_pyhanko(closed, operator(), field_name="Second", obey=False)
    assert poppler(judge, forced) == ours(forced) == [(True, False), (True, True)]
    assert check(forced)[0].problem == "docmdp_violated"


# --- the visible signature ---------------------------------------------------------------------------------------------------------------


def test_the_text_can_be_read_back(judge: Bench) -> None:
    pdf = signed(plain(), resident(), appearance=SHOWN, at=AT)
    assert poppler(judge, pdf) == [(True, True)]
    judge.write("shown.pdf", pdf)
    fonts = judge.ok("pdffonts", "shown.pdf")
    (embedded,) = [line for line in fonts.splitlines() if "+" in line]
    # Embedded, a subset, with its table back to Unicode.
    assert re.search(r"\+IPA\S+ .*\byes yes yes\b", embedded), fonts
    text = judge.ok("pdftotext", "-layout", "shown.pdf", "-")
    for line in (
        "電子署名",
        "山田 太郎",
        "○○市役所 市民課",
        "転出届の確認",
        "令和8年4月1日 10時02分",
        "2026-04-01T10:02+09:00",
    ):
        assert line in text, text


def blank(rotate: int, crop: tuple[int, int, int, int]) -> bytes:
    tree = b"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[%d %d %d %d]/CropBox[%d %d %d %d]/Rotate %d>>" % (
        *A4,
        *crop,
        rotate,
    )
    return written([b"<</Type/Catalog/Pages 2 0 R>>", tree, b"<</Type/Page/Parent 2 0 R/Resources<<>>>>"])


class Picture:
    """A page as poppler draws it: one byte for each pixel, 0 black."""

    DPI = 100

    def __init__(self, judge: Bench, pdf: bytes) -> None:
        judge.write("drawn.pdf", pdf)
        judge.ok("pdftoppm", "-gray", "-cropbox", "-r", str(self.DPI), "-singlefile", "drawn.pdf", "drawn")
        kind, size, _, self.pixels = (judge.folder / "drawn.pgm").read_bytes().split(b"\n", 3)
        assert kind == b"P5"
        self.width, self.height = (int(number) for number in size.split())

    def ink(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of everything that is not white."""
        rows = [self.pixels[row * self.width : (row + 1) * self.width] for row in range(self.height)]
        inked = [number for number, row in enumerate(rows) if min(row) < 250]
        columns = [
            number for number in range(self.width) if any(row[number] < 250 for row in rows[inked[0] : inked[-1] + 1])
        ]
        return columns[0], inked[0], columns[-1] + 1, inked[-1] + 1

    def darkness(self) -> list[float]:
        """Of the inked part, in 30 by 12 cells: how dark each is, 0 to 255. Backwards it is the picture upside down."""
        left, top, right, bottom = self.ink()
        cells = []
        for row in range(12):
            ys = range(top + (bottom - top) * row // 12, top + (bottom - top) * (row + 1) // 12)
            for column in range(30):
                xs = range(left + (right - left) * column // 30, left + (right - left) * (column + 1) // 30)
                dark = [255 - self.pixels[y * self.width + x] for y in ys for x in xs]
                cells.append(sum(dark) / len(dark))
        return cells


def unlike(one: list[float], other: list[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("corner", "rotate"), [*zip(Corner, (90, 180, 270, -90), strict=True)])
def test_it_stands_upright_in_its_corner_however_the_page_is_turned(judge: Bench, corner: Corner, rotate: int) -> None:
    crop = (40, 60, 540, 700)
    shown = Appearance("山田 太郎", place=InCorner(corner, width=80, height=30, margin=10))
    straight, turned = (
        Picture(judge, signed(blank(each, crop), resident(), appearance=shown, at=AT)) for each in (0, rotate)
    )
    for picture, on_its_side in ((straight, False), (turned, rotate % 180 != 0)):
        pixel = 25.4 / picture.DPI
        wide, high = picture.width * pixel, picture.height * pixel
        assert (wide > high) is on_its_side, "the page itself is turned"
        left = 10 if corner.endswith("left") else wide - 90
        top = 10 if corner.startswith("top") else high - 40
        seen = [number * pixel for number in picture.ink()]
        meant = [left, top, left + 80, top + 30]
        assert max(abs(a - b) for a, b in zip(seen, meant, strict=True)) < 2 * pixel, (seen, meant)
    backwards = turned.darkness()[::-1]
    assert unlike(straight.darkness(), turned.darkness()) < unlike(straight.darkness(), backwards) / 3
