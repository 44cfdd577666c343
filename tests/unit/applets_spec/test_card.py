"""The card as a whole: power, files on disk, answers to any bytes at all."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applets_spec import card_file
from applets_spec.card import Card, NoPower
from applets_spec.card_file import CardFileError
from applets_spec.iso7816 import Ins
from applets_spec.variants import RANDOM_PUPI_ATR

JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
WRONG_PIN = bytes.fromhex("002000980439393939")
STATUS = bytes.fromhex("00200098")


@pytest.fixture
def card_on_disk(my_number_state: dict[str, Any], tmp_path: Path) -> tuple[Card, Path]:
    path = tmp_path / "card.json"
    Card.from_state(copy.deepcopy(my_number_state)).save(path)
    card = Card.load(path)
    card.power_on()
    return card, path


def test_counter_is_in_the_file_when_the_answer_leaves(card_on_disk: tuple[Card, Path]) -> None:
    card, path = card_on_disk
    card.transmit(JPKI)
    assert card.transmit(WRONG_PIN).hex() == "63c2"
    assert json.loads(path.read_text())["applets"]["jpki"]["pins"]["authentication"]["tries"] == 2


def test_counter_is_on_disk_before_the_answer_leaves(
    card_on_disk: tuple[Card, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    card, _ = card_on_disk
    flushed: list[int] = []
    monkeypatch.setattr("applets_spec.card_file.os.fsync", flushed.append)
    card.transmit(JPKI)
    card.transmit(STATUS)
    assert flushed == []
    card.transmit(WRONG_PIN)
    assert len(flushed) == 2, "the file and its folder"


def test_card_that_cannot_save_answers_nothing_and_forgets(card_on_disk: tuple[Card, Path]) -> None:
    card, path = card_on_disk
    card.transmit(JPKI)
    path.unlink()
    path.parent.rmdir()
    with pytest.raises(CardFileError, match="cannot write"):
        card.transmit(WRONG_PIN)
    with pytest.raises(NoPower):
        card.transmit(STATUS)


def test_new_pin_is_in_the_file(card_on_disk: tuple[Card, Path]) -> None:
    card, path = card_on_disk
    for command in ("00A4040C0AD392F000260100000001", "002000980431323334", "002401980437373737"):
        assert card.transmit(bytes.fromhex(command)).hex() == "9000"
    again = Card.load(path)
    again.power_on()
    again.transmit(JPKI)
    assert again.transmit(bytes.fromhex("002000980437373737")).hex() == "9000"


def test_card_file_is_for_its_owner_only_and_leaves_nothing_beside_it(card_on_disk: tuple[Card, Path]) -> None:
    card, path = card_on_disk
    card.transmit(JPKI)
    card.transmit(WRONG_PIN)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "cannot read", id="not there"),
        pytest.param("{", "no JSON", id="no JSON"),
        pytest.param("[]", "not a card file", id="other JSON"),
        pytest.param('{"format": "cardd-vcard", "version": 2}', "version 2", id="later version"),
        pytest.param('{"format": "cardd-vcard", "version": 1}', "damaged", id="nothing in it"),
    ],
)
def test_file_that_is_no_card_is_refused_with_the_reason(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "card.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CardFileError, match=message):
        Card.load(path)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda state: state["applets"].update(unknown={}), id="unknown applet"),
        pytest.param(
            lambda state: state["applets"]["jpki"]["pins"]["signature"].update(tries=9), id="counter too high"
        ),
        pytest.param(lambda state: state["applets"]["jpki"]["keys"].update(signature_key="x"), id="no key"),
        pytest.param(lambda state: state["applets"]["jpki"]["files"].update(more=[]), id="unknown EF"),
        pytest.param(lambda state: state.update(root="unknown"), id="unknown root"),
    ],
)
def test_damaged_state_is_refused(my_number_state: dict[str, Any], damage: Any) -> None:
    state = copy.deepcopy(my_number_state)
    damage(state)
    with pytest.raises(CardFileError, match="damaged"):
        Card.from_state(state)


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "card.json"
    card_file.write(path, {"card_type": "one"})

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("applets_spec.card_file.os.fsync", fail)
    with pytest.raises(CardFileError, match="No space left"):
        card_file.write(path, {"card_type": "two"})
    assert card_file.read(path)["card_type"] == "one"
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_command_without_power_is_the_readers_mistake(make_card: Callable[..., Card]) -> None:
    card = make_card()
    card.power_off()
    with pytest.raises(NoPower):
        card.transmit(JPKI)


def test_reset_without_power_is_a_cold_start(make_card: Callable[..., Card]) -> None:
    card = make_card()
    card.power_off()
    assert card.reset() == card.atr
    assert card.transmit(JPKI).hex() == "9000"


def test_pupi_in_the_atr_is_new_at_each_power_on(make_card: Callable[..., Card]) -> None:
    card = make_card(atr=RANDOM_PUPI_ATR)
    first = card.power_on()
    assert card.power_on() == first, "power was on already"
    card.power_off()
    assert card.power_on() != first


def test_card_without_power_shows_the_atr_of_its_next_power_on(my_number_state: dict[str, Any]) -> None:
    """vpcd takes an empty ATR for an empty slot, and would never switch the power on."""
    state = my_number_state | {"variants": {"atr": RANDOM_PUPI_ATR}}
    card = Card.from_state(state)
    for _ in range(2):
        shown = card.atr
        assert shown
        assert card.power_on() == shown
        card.power_off()


KNOWN_INS = st.sampled_from([*map(int, Ins), 0x00, 0xFF])
CLASSES = st.sampled_from([0x00, 0x80, 0x10, 0x0C, 0x08, 0x01, 0x40, 0xA0, 0xFF])
BODIES = st.binary(max_size=40) | st.builds(lambda data: bytes([len(data)]) + data, st.binary(max_size=40))
COMMANDS = st.binary(max_size=300) | st.builds(
    lambda cla, ins, p1, p2, body: bytes([cla, ins, p1, p2]) + body,
    CLASSES,
    KNOWN_INS,
    st.integers(0, 255),
    st.integers(0, 255),
    BODIES,
)
SELECTS = st.sampled_from(
    [
        bytes.fromhex(f"00A4040C0A{aid}")
        for aid in (
            "D392F000260100000001",
            "D3921000310001010408",
            "D3921000310001010402",
            "D3921000310001010401",
            "D3921000310001010100",
        )
    ]
)


@pytest.mark.proves("C1")
@settings(deadline=None, max_examples=200)
@given(st.lists(SELECTS | COMMANDS, min_size=1, max_size=12), st.booleans(), st.booleans())
def test_any_bytes_get_an_answer_with_a_status_word(
    make_card: Callable[..., Card], commands: list[bytes], t0: bool, short: bool
) -> None:
    card = make_card(t0=t0, short_apdus_only=short)
    for command in commands:
        answer = card.transmit(command)
        assert len(answer) >= 2
        assert answer[-2] >> 4 in (6, 9)
        assert len(answer) == 2 or answer[-2] in (0x90, 0x61, 0x62)


def test_any_two_first_bytes_get_an_answer(make_card: Callable[..., Card]) -> None:
    card = make_card()
    card.transmit(JPKI)
    for cla in range(256):
        for ins in range(256):
            assert len(card.transmit(bytes([cla, ins, 0, 0]))) == 2
