"""PIN-pad blocks and the person at the pad (PC/SC part 10)."""

from __future__ import annotations

import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.pcscd.pin_pad import (
    BadBlock,
    PinPad,
    build_command,
    read_modify_block,
    read_verify_block,
)
from applets_spec.pcscd.profile import PadProfile

ASCII_LEFT = 0x82  # bytes, position 0, left, ASCII
ASCII_RIGHT = 0x86
BCD_LEFT = 0x81
VARIABLE = 0x00


def verify_block(
    template: str, form: int = ASCII_LEFT, block: int = VARIABLE, low: int = 4, high: int = 8, time_out: int = 30
) -> bytes:
    command = bytes.fromhex(template)
    return (
        struct.pack("=BBBBBHBBHB3sI", time_out, 0, form, block, 0, low << 8 | high, 2, 1, 0x0411, 0, b"", len(command))
        + command
    )


def modify_block(template: str, confirm: int, old: int = 0, new: int = 0, block: int = VARIABLE) -> bytes:
    command = bytes.fromhex(template)
    fixed = struct.pack(
        "=BBBBBBBHBBBHBBB3sI",
        30,
        0,
        ASCII_LEFT,
        block,
        0,
        old,
        new,
        0x0408,
        confirm,
        2,
        3,
        0x0411,
        0,
        1,
        2,
        b"",
        len(command),
    )
    return fixed + command


@pytest.mark.parametrize(
    ("template", "form", "block", "digits", "command"),
    [
        ("00200080", ASCII_LEFT, VARIABLE, "1234", "002000800431323334"),
        ("0020008000", ASCII_LEFT, VARIABLE, "1234", "002000800431323334"),
        ("00200080 08 FFFFFFFFFFFFFFFF", ASCII_LEFT, 8, "123456", "0020008008313233343536FFFF"),
        ("00200080", ASCII_LEFT, 8, "123456", "0020008008313233343536FFFF"),
        ("00200080", ASCII_RIGHT, 8, "123456", "0020008008FFFF313233343536"),
        ("00200080", BCD_LEFT, 4, "12345", "002000800412345FFF"),
        ("00200080 09 2000000000000000FF", 0x82 | 1 << 3, 8, "1234", "00200080092031323334FFFFFFFF"),
    ],
    ids=["variable", "variable with Lc", "padded template", "padded by block", "right", "bcd", "offset"],
)
def test_digits_go_into_the_command(template: str, form: int, block: int, digits: str, command: str) -> None:
    read = read_verify_block(verify_block(template, form, block))
    assert build_command(read, [(read.format.offset, digits)]) == bytes.fromhex(command)


def run(block: bytes, *entries: str, modify: bool = False) -> bytes | None:
    pad = PinPad(PadProfile())
    for entry in entries:
        {"cancel": pad.cancel, "nobody": pad.walk_away}.get(entry, lambda entry=entry: pad.type(entry))()
    return pad.enter(read_modify_block(block) if modify else read_verify_block(block))


@pytest.mark.parametrize(
    ("entries", "answer"),
    [
        (["1234"], "002000800431323334"),
        (["cancel"], "6401"),
        (["nobody"], "6400"),
        (["123"], "6403"),
        (["123456789"], "6403"),
        ([""], "6403"),
    ],
    ids=["digits", "cancelled", "time-out", "too short", "too long", "only OK"],
)
def test_the_readers_own_answers_use_no_try(entries: list[str], answer: str) -> None:
    assert run(verify_block("00200080"), *entries) == bytes.fromhex(answer)


@pytest.mark.parametrize(
    ("confirm", "entries", "answer"),
    [
        (0, ["5678"], "00240080083132333435363738"),
        (1, ["5678", "5678"], "00240080083132333435363738"),
        (1, ["5678", "5679"], "6402"),
        (3, ["1234", "5678", "5678"], "00240080083132333435363738"),
        (3, ["1234", "cancel"], "6401"),
    ],
    ids=["new", "new twice", "new PINs differ", "old, new twice", "cancelled half-way"],
)
def test_changing_a_pin(confirm: int, entries: list[str], answer: str) -> None:
    block = modify_block("00240080 08 3132333400000000", confirm, old=0, new=4, block=4)
    assert run(block, *entries, modify=True) == bytes.fromhex(answer)


def test_an_entry_waits_for_the_person() -> None:
    pad, answers = PinPad(PadProfile()), []
    block = read_verify_block(verify_block("00200080"))
    waiting = threading.Thread(target=lambda: answers.append(pad.enter(block)))
    waiting.start()
    assert pad.wait_until_asking(5)
    pad.type("1234")
    waiting.join()
    assert answers == [bytes.fromhex("002000800431323334")]
    assert not pad.asking


def test_a_pulled_card_ends_the_entry() -> None:
    pad, answers = PinPad(PadProfile()), []
    block = read_verify_block(verify_block("00200080"))
    waiting = threading.Thread(target=lambda: answers.append(pad.enter(block)))
    waiting.start()
    assert pad.wait_until_asking(5)
    pad.interrupt()
    waiting.join()
    assert answers == [None]


def test_a_pad_takes_digits_only() -> None:
    with pytest.raises(ValueError, match="digits only"):
        PinPad(PadProfile()).type("12a4")


def test_a_pin_shows_in_no_repr() -> None:
    pad = PinPad(PadProfile())
    pad.type("918273")
    assert "918273" not in repr(pad)


@given(st.binary(max_size=80))
@pytest.mark.parametrize("read", [read_verify_block, read_modify_block], ids=["verify", "modify"])
def test_any_block_is_read_or_refused(read: object, data: bytes) -> None:
    assert callable(read)
    try:
        block = read(data)
    except BadBlock:
        return
    try:
        build_command(block, [(block.format.offset, "1234")])
    except BadBlock:
        return
