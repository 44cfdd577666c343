"""Cards that misbehave by a script, and traces of what passed, without any reader."""

from __future__ import annotations

import io
import threading
import time

import pytest

from applets_spec.fault_script import parse_script
from applets_spec.faults import FaultyCard
from applets_spec.insertion import CardExchanged, CardGone
from applets_spec.trace import SHOW_ALL_WARNING, TracedCard

SELECT = bytes.fromhex("00A40000")
VERIFY = bytes.fromhex("00200080") + b"\x041234"


class CountingCard:
    """Answers 9000 and counts what it carried out."""

    atr = b"\x3b\x00"

    def __init__(self) -> None:
        self.done: list[bytes] = []

    def power_on(self) -> bytes:
        return self.atr

    def reset(self) -> bytes:
        return self.atr

    def power_off(self) -> None:
        self.done.clear()

    def transmit(self, command: bytes) -> bytes:
        self.done.append(command)
        return b"\x90\x00"


def faulty(rules: str) -> tuple[FaultyCard, CountingCard]:
    card = CountingCard()
    return FaultyCard(card, parse_script(f"faults: [{rules}]"), load=lambda _: CountingCard()), card


def test_a_card_dropped_at_the_third_command_has_done_two() -> None:
    card, inner = faulty("{at: 3, do: drop}")
    assert [card.transmit(SELECT) for _ in range(2)] == [b"\x90\x00"] * 2
    with pytest.raises(CardGone):
        card.transmit(SELECT)
    assert len(inner.done) == 2


@pytest.mark.proves("fault 4")
def test_a_card_dropped_in_mid_command_has_done_it() -> None:
    card, inner = faulty('{match: "0020", at: 1, do: drop_mid_command}')
    card.transmit(SELECT)
    with pytest.raises(CardGone):
        card.transmit(VERIFY)
    assert inner.done == [SELECT, VERIFY]


@pytest.mark.parametrize(
    ("rule", "answer"),
    [
        ("{at: 1, do: empty}", ""),
        ("{at: 1, do: one_byte}", "90"),
        ('{at: 1, do: answer, sw: "6F00"}', "6F00"),
        ('{at: 1, do: answer, sw: "9000", data: "0102"}', "01029000"),
        ('{at: 1, do: garbage, data: "AB"}', "AB"),
        ("{at: 1, do: wrong_le_for_ever}", "6C10"),
    ],
)
def test_wrong_answers_are_given_once(rule: str, answer: str) -> None:
    card, _ = faulty(rule)
    assert card.transmit(SELECT) == bytes.fromhex(answer)
    assert card.transmit(SELECT) == b"\x90\x00"


@pytest.mark.proves("fault 18")
def test_more_data_never_ends() -> None:
    card, _ = faulty("{at: 1, do: more_for_ever}")
    answers = {card.transmit(command)[-2:] for command in [SELECT, *[bytes.fromhex("00C0000000")] * 300]}
    assert answers == {b"\x61\x00"}
    assert card.transmit(SELECT) == b"\x90\x00"


@pytest.mark.proves("fault 15")
def test_a_silent_card_ends_when_it_is_pulled() -> None:
    card, _ = faulty("{at: 1, do: silence}")
    started, outcome = threading.Event(), []

    def ask() -> None:
        started.set()
        try:
            outcome.append(card.transmit(SELECT))
        except CardGone:
            outcome.append(b"gone")

    asking = threading.Thread(target=ask)
    asking.start()
    started.wait()
    asking.join(0.05)
    assert asking.is_alive()
    card.pulled()
    asking.join()
    assert outcome == [b"gone"]


def test_commands_are_counted_anew_at_each_insertion() -> None:
    card, _ = faulty("{at: 2, do: one_byte}")
    card.transmit(SELECT)
    card.pulled()
    card.inserted()
    assert [card.transmit(SELECT) for _ in range(2)] == [b"\x90\x00", b"\x90"]


@pytest.mark.parametrize("noticed", [True, False])
@pytest.mark.proves("fault 9", "fault 10")
def test_an_exchange_names_the_other_card(noticed: bool) -> None:
    card, _ = faulty(f"{{at: 1, do: exchange, card: other.json, noticed: {str(noticed).lower()}}}")
    with pytest.raises(CardExchanged) as exchanged:
        card.transmit(SELECT)
    assert exchanged.value.noticed is noticed
    assert isinstance(exchanged.value.other, CountingCard)


def test_the_contactless_preset_sleeps_for_command_and_bytes() -> None:
    card, _ = faulty("{do: delay, ms: 20, ms_per_byte: 1}")
    before = time.monotonic()
    card.transmit(SELECT)
    assert time.monotonic() - before >= 0.026


def test_a_card_may_be_told_to_behave_again() -> None:
    card, _ = faulty('{do: answer, sw: "6F00"}')
    assert card.transmit(SELECT) == b"\x6f\x00"
    card.follow(())
    assert card.transmit(SELECT) == b"\x90\x00"


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (VERIFY, "0020008004********"),
        (bytes.fromhex("00200080"), "00200080"),
        (bytes.fromhex("0024008008") + b"12345678", "0024008008" + "**" * 8),
        (bytes.fromhex("102C00800431323334"), "102C008004********"),
        (bytes.fromhex("0020008000000431323334"), "00200080000004********"),
        (bytes.fromhex("00B0000000"), "00B0000000"),
    ],
    ids=["verify", "status question", "change", "chained reset", "extended", "read"],
)
def test_pins_are_masked_in_a_trace(command: bytes, shown: str) -> None:
    out = io.StringIO()
    card = TracedCard(CountingCard(), out, clock=lambda: 0.0)
    card.transmit(command)
    assert out.getvalue() == f"    0.0000 => {shown}\n    0.0000 <= 9000\n"


def test_a_trace_with_pins_says_so_in_its_first_line() -> None:
    out = io.StringIO()
    TracedCard(CountingCard(), out, show_pins=True).transmit(VERIFY)
    assert out.getvalue().startswith(SHOW_ALL_WARNING)
    assert "31323334" in out.getvalue()


def test_faults_and_traces_can_be_stacked() -> None:
    out = io.StringIO()
    card = TracedCard(FaultyCard(CountingCard(), parse_script("faults: [{at: 1, do: drop}]")), out, clock=lambda: 0.0)
    card.inserted()
    with pytest.raises(CardGone):
        card.transmit(SELECT)
    assert out.getvalue().splitlines()[-1].endswith("<= nothing: the card is gone")
