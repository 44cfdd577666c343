"""The visible signature: text that fits, characters that the font lacks, places on pages of all kinds, fonts of all kinds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from pyhanko.pdf_utils.reader import PdfFileReader

from cardd import japan_time
from cardd.documents import pades
from cardd.documents.appearance import Appearance, Corner, InCorner, Rectangle, view_of
from cardd.documents.appearance_text import LACKING_NOTE, NOTE, TITLE, break_lines, set_text, wareki
from cardd.documents.checking.pades import check
from cardd.documents.errors import DocumentError
from cardd.documents.fonts import GETA, NAMES, Font, clusters, find_font, load_font, showable
from cardd.documents.pades import PdfOptions, prepare
from tests.fixtures.made_pdf import plain, signature_field, with_form
from tests.fixtures.software_signer import resident

AT = datetime(2026, 4, 1, 1, 2, 3, tzinfo=UTC)
BOX = (85 * 72 / 25.4, 34 * 72 / 25.4)
SELECTOR = "\U000e0100"


def refused(problem: str):
    return pytest.raises(DocumentError, match=rf"\A{problem}\Z")


@pytest.fixture(scope="module")
def font() -> Font:
    return find_font()


@pytest.fixture(scope="module")
def font_file() -> Path:
    return next(path for path in Path("/usr/share/fonts").rglob("ipag.ttf"))


# --- text --------------------------------------------------------------------------------------------------------------------------------


def test_everything_given_is_there_and_the_time_in_both_calendars(font: Font) -> None:
    setting = set_text(Appearance("山田 太郎", office="市民課", purpose="確認"), AT, font, *BOX)
    texts = [piece.text for piece in setting.pieces]
    assert texts[0] == TITLE
    assert {"山田 太郎", "市民課", "確認"} <= set(texts)
    assert "令和8年4月1日 10時02分（2026-04-01T10:02+09:00）" in texts
    assert "".join(texts).endswith(NOTE)
    assert setting.lacking == ()
    assert "所　属" not in [piece.text for piece in set_text(Appearance("山田"), AT, font, *BOX).pieces]


@pytest.mark.parametrize(
    "name", ["山田", "寿限無" * 60, "Maria Fernanda dos Santos Oliveira Yamada", "W" * 200, "、" * 50]
)
@pytest.mark.parametrize("purpose", ["", "住民票の写しの交付申請、および戸籍の附票の写しの交付申請" * 3])
@pytest.mark.parametrize("box", [BOX, (420.0, 120.0), (160.0, 200.0)])
def test_no_text_leaves_its_box(font: Font, name: str, purpose: str, box: tuple[float, float]) -> None:
    try:
        setting = set_text(Appearance(name, purpose=purpose), AT, font, *box)
    except DocumentError as error:
        # Only long texts may be too much, and then nothing is cut off: it is refused.
        assert (error.problem, len(name) + len(purpose) > 60) == ("appearance_small", True)  # noqa: PT017 - the other way is below
        return
    previous = box[1]
    for piece in setting.pieces:
        assert piece.x > 0
        assert piece.x + font.width(clusters(piece.text)) * piece.size <= box[0] + 0.01
        assert piece.y > 0.1 * piece.size
        assert piece.y + 0.88 * piece.size <= previous + piece.size * 1.5
        previous = piece.y
    shown = "".join(piece.text for piece in setting.pieces).replace(" ", "")
    assert name.replace(" ", "") in shown
    assert purpose in shown


@pytest.mark.parametrize(
    "day", [date(2019, 5, 1), date(2019, 12, 31), date(2020, 1, 1), date(2026, 11, 23), date(2051, 2, 3)]
)
def test_days_are_written_as_the_daemon_writes_them(day: date) -> None:
    assert wareki(day) == japan_time.wareki(day)


def test_days_before_the_era_have_the_year_in_figures() -> None:
    assert wareki(date(2019, 4, 30)) == "2019年4月30日"


def test_a_box_too_small_for_the_text_is_refused(font: Font) -> None:
    with refused("appearance_small"):
        set_text(Appearance("山" * 200, purpose="川" * 200), AT, font, 90, 40)


def test_what_the_font_lacks_is_shown_as_geta_and_told(font: Font) -> None:
    rare, private = "\U00030000", "\ue000"
    name = f"髙{rare}邉{SELECTOR}{private}子{rare}"
    shown, lacking = showable(font, name)
    assert "".join(shown) == f"髙{GETA}{GETA}{GETA}子{GETA}"
    assert lacking == [rare, f"邉{SELECTOR}", private, rare]
    setting = set_text(Appearance(name), AT, font, *BOX)
    assert setting.lacking == (rare, f"邉{SELECTOR}", private)
    assert LACKING_NOTE in "".join(piece.text for piece in setting.pieces)
    prepared = prepare(plain(), PdfOptions(appearance=Appearance(name)))
    assert pades.loads(prepared.dumps()).shown_otherwise == prepared.shown_otherwise == setting.lacking


def test_voicing_marks_join_their_kana_and_kanji_of_names_stay() -> None:
    assert clusters("か\u3099は\u309a") == ["が", "ぱ"]
    compatibility = "\ufa19"  # 神 in an older form: NFC would make the common one of it
    assert clusters(compatibility) == [compatibility]


@pytest.mark.parametrize("bad", ["a\nb", "a\u202eb", "a\u200bb", "a\x00", "\ud800", "\u2028"])
def test_characters_that_could_show_another_text_are_refused(font: Font, bad: str) -> None:
    with refused("appearance_text"):
        set_text(Appearance(bad), AT, font, *BOX)


@pytest.mark.parametrize("text", ["", "   ", "　", "あ" * 201])
def test_no_name_and_endless_names_are_refused(text: str) -> None:
    with refused("appearance_text"):
        Appearance(text)


def test_lines_break_as_japanese_does(font: Font) -> None:
    assert break_lines(list("申請します。"), font, 5) == ["申請しま", "す。"]
    assert break_lines(list("あい「う」"), font, 3) == ["あい", "「う」"]
    assert break_lines(list("ab cdef"), font, 3) == ["ab", "cdef"]
    assert break_lines(list("山田 太郎左衛門"), font, 6, words=True) == ["山田", "太郎左衛門"]
    assert break_lines(list("あ" * 5), font, 2) == ["ああ", "ああ", "あ"]


# --- places ------------------------------------------------------------------------------------------------------------------------------


def view(**how):
    return view_of(PdfFileReader(BytesIO(plain(**how))).find_page_for_modification(0)[0].get_object())


def test_mm_are_counted_on_the_page_as_it_is_seen() -> None:
    straight = view(media=(0, 0, 720, 720), crop=(72, 144, 648, 648))
    assert straight.size_mm == pytest.approx((8 * 25.4, 7 * 25.4))
    inch = 25.4
    place = Rectangle(inch, 2 * inch, 3 * inch, inch)
    assert straight.box(place) == pytest.approx((144, 432, 360, 504))
    turned = view(media=(0, 0, 720, 720), crop=(72, 144, 648, 648), rotate=90)
    assert turned.size_mm == pytest.approx((7 * 25.4, 8 * 25.4))
    assert turned.box(place) == pytest.approx((216, 216, 288, 432))
    assert view(user_unit=2).box(place) == pytest.approx((36, 842 - 108, 144, 842 - 72))
    assert view(media=(595, 842, 0, 0)).box(place) == view().box(place), "corners in any order"


def test_crop_boxes_reach_no_further_than_the_page() -> None:
    assert view(crop=(-100, -100, 9999, 9999)).size_mm == view().size_mm


@pytest.mark.parametrize(
    ("how", "problem"),
    [
        ({"rotate": 45}, "pdf_damaged"),
        ({"media": (0, 0, 0, 0)}, "pdf_damaged"),
        ({"media": (0, 0, 5)}, "pdf_damaged"),
        ({"crop": (600, 900, 700, 1000)}, "pdf_damaged"),
        ({"media": (0, 0, 100, 100)}, "appearance_outside"),
    ],
)
def test_pages_without_a_place_are_refused(how: dict, problem: str) -> None:
    with refused(problem):
        prepare(plain(**how), PdfOptions(appearance=Appearance("山田")))


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        (Rectangle(0, 0, 10, 10), "appearance_small"),
        (Rectangle(-1, 0, 80, 30), "appearance_outside"),
        (Rectangle(150, 0, 80, 30), "appearance_outside"),
        (Rectangle(0, 290, 80, 30), "appearance_outside"),
        (Rectangle(float("nan"), 0, 80, 30), "appearance_outside"),
        (InCorner(width=float("nan")), "appearance_small"),
        (InCorner(Corner.TOP_LEFT, margin=200), "appearance_outside"),
    ],
)
def test_places_off_the_page_are_refused(place, problem: str) -> None:
    with refused(problem):
        prepare(plain(), PdfOptions(appearance=Appearance("山田", place=place)))


@pytest.mark.parametrize(("page", "expected"), [(None, 3), (1, 1), (3, 3)])
def test_the_page_is_the_one_that_was_meant(page: int | None, expected: int) -> None:
    prepared = prepare(plain(3), PdfOptions(appearance=Appearance("山田", page=page)))
    reader = PdfFileReader(BytesIO(prepared.finish(resident()(prepared.order))))
    pages = [reader.find_page_for_modification(number)[0].get_object() for number in range(3)]
    assert ["/Annots" in each for each in pages] == [number == expected for number in (1, 2, 3)]


@pytest.mark.parametrize("page", [0, -1, 4])
def test_a_page_that_is_not_there_is_refused(page: int) -> None:
    with refused("appearance_page"):
        prepare(plain(3), PdfOptions(appearance=Appearance("山田", page=page)))


def test_a_field_of_the_form_is_filled_where_it_stands() -> None:
    form = with_form(signature_field(b"Ran", (100, 100, 350, 190)))
    prepared = prepare(form, PdfOptions(appearance=Appearance("山田", place=Rectangle(0, 0, 1, 1))))
    made = prepared.finish(resident()(prepared.order))
    (signature,) = PdfFileReader(BytesIO(made)).embedded_signatures
    assert [float(each) for each in signature.sig_field["/Rect"]] == [100, 100, 350, 190]
    assert [float(each) for each in signature.sig_field["/AP"]["/N"]["/BBox"]] == [0, 0, 250, 90]
    assert check(made)[0].covers == "Ran"
    with refused("field_invisible"):
        prepare(with_form(signature_field(b"Ran")), PdfOptions(appearance=Appearance("山田")))


# --- fonts -------------------------------------------------------------------------------------------------------------------------------


def test_no_font_is_an_error_that_says_so(tmp_path: Path) -> None:
    with refused("font_missing"):
        find_font(places=(tmp_path, tmp_path / "none"))


def test_the_font_with_most_names_comes_first(tmp_path: Path, font_file: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / NAMES[1]).write_bytes(b"no font")
    (tmp_path / "deep" / NAMES[0]).write_bytes(font_file.read_bytes())
    assert find_font(places=(tmp_path,)).has("山")


@pytest.mark.parametrize("data", [b"", b"no font", b"ttcf\0\1\0\0", b"\0\1\0\0" + bytes(100)])
def test_a_file_that_is_no_font_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "font.ttf").write_bytes(data)
    with refused("font_unreadable"):
        find_font(tmp_path / "font.ttf")


def test_a_font_that_is_not_there_or_not_japanese_is_refused(tmp_path: Path, font_file: Path) -> None:
    with refused("font_unreadable"):
        find_font(tmp_path / "none.ttf")
    (tmp_path / "latin.ttf").write_bytes(load_font(font_file).subset("ABC"))
    with refused("font_unreadable"):
        find_font(tmp_path / "latin.ttf")


def test_a_font_whose_licence_forbids_embedding_is_refused(tmp_path: Path, font_file: Path) -> None:
    face = TTFont(font_file)
    face["OS/2"].fsType = 0x0002
    face.save(tmp_path / "font.ttf")
    with refused("font_not_embeddable"):
        find_font(tmp_path / "font.ttf")


def test_a_collection_will_do(tmp_path: Path, font_file: Path) -> None:
    # Noto CJK comes so. A small one, made of a few characters.
    small = load_font(font_file).subset("山田太郎〓電子署名")
    collection = TTCollection()
    collection.fonts = [TTFont(BytesIO(small)), TTFont(BytesIO(small))]
    collection.save(tmp_path / "font.ttc")
    read = load_font(tmp_path / "font.ttc")
    assert (read.has("山"), read.has("川"), read.units) == (True, False, 1000)
    assert TTFont(BytesIO(read.subset("山")))["head"].unitsPerEm == 1000


def test_a_subset_has_what_it_needs_and_no_more(font: Font) -> None:
    small = TTFont(BytesIO(font.subset("山田")))
    assert set(small.getBestCmap()) == {ord("山"), ord("田")}
    assert small["head"].unitsPerEm == 1000
    assert {small["hmtx"][small.getBestCmap()[ord(each)]][0] for each in "山田"} == {1000}


def test_variants_that_the_font_has_are_shown(font: Font) -> None:
    variants = Font(b"", {0x8FBA: "g"}, {ord(SELECTOR): frozenset({0x8FBA})}, {"g": (500, 0)}, 1000)
    assert variants.has("\u8fba" + SELECTOR)
    assert not variants.has("\u8fba\U000e0101")
    assert variants.width(["\u8fba" + SELECTOR]) == 0.5
