"""From the bytes of a card to values: what passes unchanged, what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cardd.cards.card_type import DateValue
from cardd.cards.values import image_type, read_date, read_my_number, read_sex, read_text
from cardd.errors import CardBadAnswer

VALID_NUMBERS = [
    "614106526000",
    "510136263801",
    "060122228102",
    "362473502703",
    "467430101604",
    "983205673214",
    "537686677188",
    "595748906820",  # the weighted sum leaves 0
]


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=200))
def test_text_passes_unchanged(text: str) -> None:
    assert read_text(text.encode("utf-8"), "name") == text


def test_variation_selectors_and_decomposed_characters_are_kept() -> None:
    text = "葛\U000e0100　か\u3099"
    assert read_text(text.encode("utf-8"), "name") == text


@pytest.mark.proves("C1")
@pytest.mark.parametrize(
    "octets",
    [b"\xff", b"\xed\xa0\x80", b"a\x00b", b"a\nb", b"\x1b[2J", b"a" * 1_025],
    ids=["no UTF-8", "surrogate", "NUL", "line", "escape", "too long"],
)
def test_text_that_cannot_be_right_is_refused(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer) as caught:
        read_text(octets, "name")
    assert caught.value.facts.field == "name"
    assert caught.value.__cause__ is None


@pytest.mark.proves("fault 24")
@pytest.mark.parametrize(
    ("source", "iso", "unknown"),
    [
        ("19800217", "1980-02-17", ()),
        ("20240229", "2024-02-29", ()),
        ("19910700", None, ("day",)),
        ("19380000", None, ("month", "day")),
        ("00000000", None, ("year", "month", "day")),
        ("20251332", None, ()),
        ("20250229", None, ()),
        ("1980021", None, ()),
        ("198002171", None, ()),
        ("S5502170", None, ()),
        ("", None, ()),
    ],
)
def test_dates(source: str, iso: str | None, unknown: tuple[str, ...]) -> None:
    assert read_date(source.encode("ascii"), "birth_date") == DateValue(iso, source, unknown)


@pytest.mark.parametrize(
    "octets", [b"\xff" * 8, "１９８０".encode(), b"1980\n217", b"1" * 17], ids=["filler", "wide digits", "line", "long"]
)
def test_bytes_that_are_no_characters_of_a_date_are_refused(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        read_date(octets, "birth_date")


@pytest.mark.parametrize("number", VALID_NUMBERS, ids=range(len(VALID_NUMBERS)))
def test_individual_number_with_the_right_check_digit_passes(number: str) -> None:
    assert read_my_number(number.encode("ascii"), "my_number") == number


@pytest.mark.parametrize("number", VALID_NUMBERS, ids=range(len(VALID_NUMBERS)))
def test_individual_number_with_any_other_check_digit_is_refused(number: str) -> None:
    for digit in set("0123456789") - {number[-1]}:
        with pytest.raises(CardBadAnswer):
            read_my_number((number[:-1] + digit).encode("ascii"), "my_number")


@pytest.mark.parametrize(
    "octets",
    [b"", b"61410652600", b"6141065260000", b"61410652600a", b"\xff" * 12],
    ids=["nothing", "short", "long", "letter", "filler"],
)
def test_what_is_no_individual_number_is_refused(octets: bytes) -> None:
    with pytest.raises(CardBadAnswer):
        read_my_number(octets, "my_number")


def test_sex_is_one_known_code() -> None:
    assert [read_sex(code.encode(), "sex") for code in "01239"] == list("01239")
    for octets in (b"4", b"", b"12", b"\xff"):
        with pytest.raises(CardBadAnswer):
            read_sex(octets, "sex")


@pytest.mark.parametrize(
    ("start", "media_type"),
    [("89504E470D0A1A0A", "image/png"), ("0000000C6A5020200D0A870A", "image/jp2"), ("FF4FFF51", "image/j2c")],
)
def test_images_are_told_by_their_first_bytes(start: str, media_type: str) -> None:
    octets = bytes.fromhex(start) + b"rest"
    assert image_type(octets, "photo", frozenset({media_type})) == media_type
    with pytest.raises(CardBadAnswer):
        image_type(octets, "photo", frozenset({"image/other"}))


def test_other_images_are_refused() -> None:
    for octets in (b"", b"\xff\xd8\xff\xe0", b"GIF89a", b"<svg"):
        with pytest.raises(CardBadAnswer):
            image_type(octets, "photo", frozenset({"image/png", "image/jp2", "image/j2c"}))
