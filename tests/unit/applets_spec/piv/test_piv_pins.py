"""PIN commands of the badge: counters, formats, blocking, what takes a verified PIN away."""

from dataclasses import replace

import pytest

from applets_spec.piv.personalise import BadgeSecrets, badge_variants
from applets_spec.piv.pins import is_pin, padded
from applets_spec.piv.quirks import PivQuirks

PUK = b"97531864"
NEW = b"135724\xff\xff"
RIGHT = b"246813\xff\xff"
WRONG = b"000000\xff\xff"


@pytest.mark.parametrize(
    ("value", "fits"),
    [
        (b"123456\xff\xff", True),
        (b"1234567\xff", True),
        (b"12345678", True),
        (b"12345\xff\xff\xff", False),
        (b"123456", False),
        (b"12345678\xff", False),
        (b"12345a\xff\xff", False),
        (b"123456\x00\x00", False),
        (b"12\xff3456\xff", False),
        (b"\xff" * 8, False),
        (b"", False),
    ],
)
def test_pin_is_six_to_eight_digits_padded_with_ff(value: bytes, fits: bool) -> None:
    assert is_pin(value) is fits


def test_right_pin_opens_and_refills_the_counter(badge) -> None:
    desk = badge()
    assert desk.sw("00200080", WRONG) == 0x63C2
    assert desk.sw("00200080", RIGHT) == 0x9000
    assert desk.reference().verified
    assert desk.reference().tries == 3


def test_wrong_pin_counts_down_takes_the_status_away_and_blocks(badge) -> None:
    desk = badge()
    assert desk.verify() == 0x9000
    assert [desk.sw("00200080", WRONG) for _ in range(4)] == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert not desk.reference().verified
    assert desk.sw("00200080", RIGHT) == 0x6983


def test_blocked_pin_stays_blocked_after_reset_and_power(badge) -> None:
    desk = badge()
    for _ in range(3):
        desk.sw("00200080", WRONG)
    desk.card.reset()
    desk.card.power_off()
    desk.card.power_on()
    desk.select()
    assert desk.sw("00200080", RIGHT) == 0x6983


@pytest.mark.parametrize(
    "value", [b"24681", b"246813", b"246813\x00\x00", b"12345\xff\xff\xff", b"24681a\xff\xff", b"2" * 9]
)
def test_pin_of_wrong_format_costs_no_try_and_keeps_the_status(badge, value: bytes) -> None:
    desk = badge()
    desk.verify()
    assert desk.sw("00200080", value) == 0x6A80
    assert desk.reference().tries == 3
    assert desk.reference().verified


def test_pin_of_wrong_format_costs_a_try_where_the_card_chose_so(badge) -> None:
    desk = badge(quirks=PivQuirks(wrong_format_costs_a_try=True))
    desk.verify()
    assert desk.sw("00200080", b"24681") == 0x63C2
    assert not desk.reference().verified


@pytest.mark.parametrize("question", ["00200080", "0020008000"])
def test_status_question_costs_nothing_and_tells_the_tries(badge, question: str) -> None:
    desk = badge()
    assert desk.raw(question) == (b"", 0x63C3)
    desk.sw("00200080", WRONG)
    assert [desk.raw(question)[1] for _ in range(5)] == [0x63C2] * 5
    desk.verify()
    assert desk.raw(question) == (b"", 0x9000)


def test_status_question_never_says_9000_on_cards_that_do_not(badge) -> None:
    desk = badge(variants=replace(badge_variants(), verified_status_as_success=False))
    desk.verify()
    assert desk.raw("00200080")[1] == 0x63C3


@pytest.mark.parametrize(("as_count", "sw"), [(False, 0x6983), (True, 0x63C0)])
def test_status_question_on_a_blocked_pin(badge, as_count: bool, sw: int) -> None:
    desk = badge(variants=replace(badge_variants(), blocked_status_as_count=as_count))
    for _ in range(3):
        desk.sw("00200080", WRONG)
    assert desk.raw("00200080")[1] == sw


def test_old_cards_tell_tries_in_the_low_nibble(badge) -> None:
    desk = badge(quirks=PivQuirks(tries_in_low_nibble=True))
    assert desk.sw("00200080", WRONG) == 0x6302
    assert desk.raw("00200080")[1] == 0x6302


def test_logout_takes_the_status_away_and_costs_nothing(badge) -> None:
    desk = badge()
    desk.verify()
    assert desk.raw("0020FF80")[1] == 0x9000
    assert not desk.reference().verified
    assert desk.reference().tries == 3
    assert desk.sw("0020FF80", RIGHT) == 0x6A80


def test_logout_is_unknown_to_older_cards(badge) -> None:
    desk = badge(quirks=PivQuirks(logout=False))
    desk.verify()
    assert desk.raw("0020FF80")[1] == 0x6A86
    assert desk.reference().verified


@pytest.mark.parametrize("header", ["00200000", "00200081", "00200096", "00200098", "00240096", "002C0081"])
def test_other_references_are_not_found(badge, header: str) -> None:
    desk = badge()
    assert desk.sw(header, RIGHT + RIGHT if header[2:4] != "20" else RIGHT) == 0x6A88


@pytest.mark.parametrize("header", ["00200180", "00240180", "002C0180"])
def test_other_p1_is_refused(badge, header: str) -> None:
    assert badge().sw(header, RIGHT) == 0x6A86


def test_global_pin_opens_too_and_belongs_to_the_card(badge) -> None:
    desk = badge(quirks=PivQuirks(global_pin=True))
    assert desk.object("7E")[0][-2:] == bytes.fromhex("6010")
    assert desk.sw("00200000", RIGHT) == 0x9000
    assert desk.object("5FC109")[1] == 0x9000
    assert desk.raw("00A4040007A0000001510000")[1] == 0x9000
    desk.select()
    assert desk.object("5FC109")[1] == 0x9000
    desk.card.reset()
    desk.select()
    assert desk.object("5FC109")[1] == 0x6982


def test_change_pin_needs_the_old_one_and_verifies_the_new(badge) -> None:
    desk = badge()
    assert desk.sw("00240080", WRONG + NEW) == 0x63C2
    assert desk.sw("00240080", RIGHT + NEW) == 0x9000
    assert desk.reference().verified
    assert desk.reference().tries == 3
    assert desk.sw("00200080", RIGHT) == 0x63C2
    assert desk.sw("00200080", NEW) == 0x9000


@pytest.mark.parametrize("new", [b"12345\xff\xff\xff", b"12345678\xff", b"abcdef\xff\xff", b""])
def test_change_to_a_pin_of_wrong_format_changes_nothing_and_costs_nothing(badge, new: bytes) -> None:
    desk = badge()
    assert desk.sw("00240080", RIGHT + new) == 0x6A80
    assert desk.reference().tries == 3
    assert desk.sw("00200080", RIGHT) == 0x9000


def test_change_puk_puts_the_new_one_in_force(badge) -> None:
    desk = badge()
    assert desk.sw("00240081", PUK + b"ABCDEFGH") == 0x9000
    assert not desk.reference().verified
    assert desk.sw("002C0080", PUK + NEW) == 0x63C2
    assert desk.sw("002C0080", b"ABCDEFGH" + NEW) == 0x9000


def test_puk_unblocks_without_verifying(badge) -> None:
    desk = badge()
    for _ in range(3):
        desk.sw("00200080", WRONG)
    assert desk.sw("002C0080", PUK + NEW) == 0x9000
    assert not desk.reference().verified
    assert desk.sw("00200080", NEW) == 0x9000


def test_wrong_puk_counts_its_own_tries_and_blocks(badge) -> None:
    desk = badge()
    attempts = [desk.sw("002C0080", b"00000000" + NEW) for _ in range(4)]
    assert attempts == [0x63C2, 0x63C1, 0x63C0, 0x6983]
    assert desk.reference().tries == 3
    assert desk.sw("002C0080", PUK + NEW) == 0x6983
    assert desk.sw("00240081", PUK + PUK) == 0x6983


def test_verified_puk_opens_nothing(badge) -> None:
    desk = badge()
    assert desk.sw("00240081", PUK + PUK) == 0x9000
    assert desk.object("5FC109")[1] == 0x6982


def test_change_on_a_blocked_pin_says_blocked(badge) -> None:
    desk = badge()
    for _ in range(3):
        desk.sw("00240080", WRONG + NEW)
    assert desk.sw("00240080", RIGHT + NEW) == 0x6983


def test_selecting_again_logs_out_unless_the_card_follows_the_standard(badge) -> None:
    desk = badge()
    desk.verify()
    desk.select()
    assert not desk.reference().verified
    standard = badge(variants=replace(badge_variants(), reselect_keeps_verified=True))
    standard.verify()
    standard.select()
    assert standard.reference().verified


def test_another_application_logs_out_an_unknown_one_does_not(badge) -> None:
    desk = badge()
    desk.verify()
    assert desk.raw("00A4040007D392F000260100")[1] == 0x6A82
    assert desk.reference().verified
    assert desk.raw("00A4040007A0000001510000")[1] == 0x9000
    assert not desk.reference().verified
    assert desk.sw("00200080", RIGHT) == 0x6D00


@pytest.mark.parametrize("event", ["reset", "power"])
def test_warm_reset_and_power_log_out(badge, event: str) -> None:
    desk = badge()
    desk.verify()
    if event == "reset":
        desk.card.reset()
    else:
        desk.card.power_off()
        desk.card.power_on()
    assert desk.raw("00200080")[1] == 0x6D00
    desk.select()
    assert desk.raw("00200080")[1] == 0x63C3


def test_other_numbers_of_tries(badge) -> None:
    desk = badge(secrets=BadgeSecrets(pin_tries=15, puk_tries=5))
    assert desk.raw("00200080")[1] == 0x63CF
    assert desk.sw("002C0080", b"00000000" + NEW) == 0x63C4


def test_contactless_answers_no_pin_command(badge) -> None:
    desk = badge(quirks=PivQuirks(contactless=True))
    assert desk.verify() == 0x6982
    assert desk.reference().tries == 3


def test_padding_reaches_eight_bytes() -> None:
    assert padded(b"123456") == b"123456\xff\xff"
    assert padded(b"12345678") == b"12345678"
