"""The runner of vectors must notice what is wrong: a runner that cannot fail proves nothing."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from applets_spec.card import Card
from applets_spec.vectors import Step, Vector, VectorFailed, run

SELECT = Step(send=bytes.fromhex("00A4040C0AD392F000260100000001"))


def _vector(*steps: Step, then: Mapping[str, Mapping[str, str]] | None = None) -> Vector:
    return Vector("example", ("jpki.aid",), "my_number", {}, {}, (SELECT,), steps, then or {})


def _run(vector: Vector, make_card: Callable[..., Card]) -> None:
    def make(_: str, variants: Mapping[str, Any]) -> Card:
        return make_card(**variants)

    run(vector, make)


AVAILABILITY = bytes.fromhex("00B0880003")
WRONG_PIN = bytes.fromhex("002000980439393939")


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(Step(send=AVAILABILITY, data=bytes.fromhex("8F8F00")), id="data"),
        pytest.param(Step(send=AVAILABILITY, begins=b"\x8f", length=3), id="begins and length"),
        pytest.param(Step(send=WRONG_PIN, sw=0x63C2), id="status word"),
    ],
)
def test_right_expectation_passes(make_card: Callable[..., Card], step: Step) -> None:
    _run(_vector(step), make_card)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        pytest.param(Step(send=AVAILABILITY), "no data expected, 3 bytes came", id="data not mentioned"),
        pytest.param(Step(send=AVAILABILITY, data=b"\x8f"), "8f8f00 came", id="other data"),
        pytest.param(Step(send=AVAILABILITY, begins=b"\x00"), "beginning 00", id="other beginning"),
        pytest.param(Step(send=AVAILABILITY, length=4), "4 bytes expected", id="other length"),
        pytest.param(Step(send=AVAILABILITY, sw=0x6982, length=3), "6982 expected, 9000 came", id="other status word"),
    ],
)
def test_wrong_expectation_fails_with_what_came(make_card: Callable[..., Card], step: Step, message: str) -> None:
    with pytest.raises(VectorFailed, match=message):
        _run(_vector(step), make_card)


@pytest.mark.parametrize("then", [{"tries": "3"}, {"verified": "true"}, {"nonsense": "1"}], ids=str)
def test_wrong_state_afterwards_fails(make_card: Callable[..., Card], then: dict[str, str]) -> None:
    with pytest.raises(VectorFailed, match="then"):
        _run(_vector(Step(send=WRONG_PIN, sw=0x63C2), then={"jpki.authentication": then}), make_card)


def test_failing_given_step_fails_too(make_card: Callable[..., Card]) -> None:
    vector = Vector("example", (), "my_number", {}, {}, (Step(send=WRONG_PIN),), (), {})
    with pytest.raises(VectorFailed, match="given 1"):
        _run(vector, make_card)
