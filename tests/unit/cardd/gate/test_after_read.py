"""Cards that are pulled as soon as they were read are on record; others are not, and nothing is remembered of them (W14)."""

import pytest

from cardd.gate.after_read import AfterRead
from cardd.model import CardHandle

CARD = CardHandle("c-0001-1")
FACTS = {"event": "card.read", "request": "r-1", "operator": "sato", "seat": "left", "card": "0" * 32, "case": "R8-1"}


class Clock:
    now = 100.0

    def boottime(self) -> float:
        return self.now


@pytest.mark.proves("W14")
@pytest.mark.parametrize(("after_s", "told"), [(0.0, True), (2.0, True), (2.01, False)])
def test_within_two_seconds_after_a_reading(after_s: float, told: bool) -> None:
    clock = Clock()
    after = AfterRead(clock)  # type: ignore[arg-type]
    after.read(CARD, FACTS)
    clock.now += after_s
    record = after.gone(CARD, pulled=True)
    assert (record is not None) == told
    if record is not None:
        assert (record.event, record.operator, record.case, record.request) == (
            "card.removed_soon",
            "sato",
            "R8-1",
            None,
        )
        assert record.after_ms == int(after_s * 1000)
    assert after.gone(CARD, pulled=True) is None, "told once"


@pytest.mark.proves("W14")
def test_a_card_that_went_with_its_reader_or_was_never_read_is_no_haste() -> None:
    after = AfterRead(Clock())  # type: ignore[arg-type]
    assert after.gone(CARD, pulled=True) is None
    after.read(CARD, FACTS)
    assert after.gone(CARD, pulled=False) is None
    assert after.gone(CARD, pulled=True) is None
