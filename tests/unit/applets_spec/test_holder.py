"""Holder files and the forms that cards derive from them."""

from dataclasses import replace
from pathlib import Path

import pytest

from applets_spec.holder import EXAMPLES, Holder, HolderError, Pins, my_number_check_digit

COMPLETE = """
name = "見本　太郎"
address = "架空県見本市"
birth_date = "1980-02-17"
sex = "male"
my_number = "614106526000"
card_expiry = "2035-02-17"
municipality = "99101"
security_code = "2285"
"""


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_a_whole_holder(name: str) -> None:
    assert Holder.example(name).my_number


def test_long_address_takes_the_two_byte_length_form() -> None:
    assert 127 < len(Holder.example("long_address").address.encode()) < 256


@pytest.mark.parametrize(
    "number",
    ["614106526000", "510136263801", "060122228102", "362473502703", "467430101604", "983205673214", "537686677188"],
)
def test_check_digit_of_published_samples(number: str) -> None:
    assert my_number_check_digit(number[:11]) == number[11]


@pytest.mark.parametrize(
    ("birth_date", "era"),
    [
        ("19800217", "550217"),
        ("19890107", "640107"),
        ("19890108", "010108"),
        ("20190430", "310430"),
        ("20190501", "010501"),
        ("19120729", "450729"),
        ("19120730", "010730"),
        ("19261225", "011225"),
        ("19380000", "130000"),
    ],
)
def test_era_birth_date_counts_years_of_the_era(birth_date: str, era: str) -> None:
    assert replace(Holder.example(), birth_date=birth_date).era_birth_date == era


def test_verification_b_as_in_the_published_example() -> None:
    holder = replace(Holder.example(), birth_date="19800217", card_expiry="20350217", security_code="2285")
    assert holder.verification_b == "55021720352285"


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "holder.toml"
    path.write_text(COMPLETE + '[pins]\nsignature = "XYZ987"\n', encoding="utf-8")
    holder = Holder.load(path)
    assert (holder.sex, holder.birth_date, holder.pins.signature) == ("1", "19800217", "XYZ987")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('my_number = "614106526000"', 'my_number = "614106526001"', "my_number"),
        ('sex = "male"', 'sex = "1"', "sex"),
        ('birth_date = "1980-02-17"', 'birth_date = "1980-13-17"', "birth_date"),
        ('birth_date = "1980-02-17"', "birth_date = 1980-02-17", "birth_date"),
        ('municipality = "99101"', 'municipality = "９９１０１"', "municipality"),
        ('security_code = "2285"', "security_code = 2285", "security_code"),
        ('name = "見本　太郎"', "", "name"),
        ('name = "見本　太郎"', 'name = "a"\nnickname = "b"', "nickname"),
    ],
)
def test_wrong_field_is_named_and_its_value_is_not(old: str, new: str, field: str) -> None:
    with pytest.raises(HolderError, match=field) as refused:
        Holder.from_toml(COMPLETE.replace(old, new))
    assert "61410652600" not in str(refused.value)


@pytest.mark.parametrize("pin", ["abc123", "ABCDEF", "123456", "AB123", "A" * 16 + "1"])
def test_signature_pin_of_wrong_form_is_refused(pin: str) -> None:
    with pytest.raises(HolderError, match=r"pins\.signature"):
        Pins(signature=pin)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(HolderError, match="nobody"):
        Holder.load(tmp_path / "nobody.toml")


def test_representation_tells_nothing_of_the_person() -> None:
    holder = Holder.example()
    assert "見本" not in repr(holder)
    assert holder.pins.signature not in repr(holder.pins)
