"""Switches and answers to reset."""

from functools import reduce
from operator import xor

import pytest

from applets_spec.variants import ATRS, RANDOM_PUPI_ATR, Variants

TS_BYTES = 1
T1_ONLY_OR_MORE = {name: atr for name, atr in ATRS.items() if name != "contactless-bare"}


@pytest.mark.parametrize("name", ATRS)
def test_check_byte_of_each_atr_is_right(name: str) -> None:
    assert reduce(xor, ATRS[name][TS_BYTES:]) == 0


def test_my_number_card_has_five_contact_and_four_contactless_atrs_and_the_bare_one() -> None:
    names = [name.split("-")[0] for name in ATRS]
    assert (names.count("contact"), names.count("contactless")) == (5, 5)
    assert ATRS["contactless-bare"] == bytes.fromhex("3B80800101")


def test_pupi_atr_has_right_check_byte_and_length() -> None:
    atr = Variants(atr=RANDOM_PUPI_ATR).make_atr(bytes.fromhex("A1B2C3D4"))
    assert reduce(xor, atr[TS_BYTES:]) == 0
    assert atr[1] & 0x0F == len(atr) - 5
    assert bytes.fromhex("A1B2C3D4") in atr


def test_atr_may_be_given_in_hexadecimal() -> None:
    assert Variants(atr="3B00").make_atr(bytes(4)) == bytes.fromhex("3B00")


@pytest.mark.parametrize(
    "wrong", [{"atr": "3B"}, {"atr": "no such card"}, {"blocked": "6985"}, {"signature_delay_ms": -1}]
)
def test_impossible_switch_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"atr|6985|hexadecimal|signature_delay_ms"):
        Variants.from_state(wrong)


def test_unknown_switch_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no_such_switch"):
        Variants.from_state({"no_such_switch": True})


def test_switches_survive_the_card_file() -> None:
    variants = Variants(t0=True, blocked="6983", atr="contactless-4b")
    assert Variants.from_state(variants.to_state()) == variants
