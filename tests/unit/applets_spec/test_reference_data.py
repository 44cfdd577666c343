"""Retry counters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applets_spec.reference_data import ReferenceData, Verdict


@given(st.lists(st.sampled_from([b"1234", b"9999", b"", b"12345"]), max_size=30), st.integers(1, 15))
def test_counter_falls_by_one_for_each_wrong_try_and_only_a_right_one_fills_it(tried: list[bytes], tries: int) -> None:
    pin = ReferenceData.fresh(b"1234", tries)
    expected = tries
    for candidate in tried:
        verdict = pin.verify(candidate)
        if expected == 0:
            assert verdict is Verdict.WAS_BLOCKED
        elif candidate == b"1234":
            expected = tries
        else:
            expected -= 1
        assert pin.tries == expected
        assert pin.verified == (verdict is Verdict.RIGHT)


def test_state_keeps_value_and_counter_but_not_verified() -> None:
    pin = ReferenceData(b"12\xff\xff", 5, 2, verified=True)
    again = ReferenceData.from_state(pin.to_state())
    assert (again.value, again.max_tries, again.tries, again.verified) == (b"12\xff\xff", 5, 2, False)


@pytest.mark.parametrize("tries", [-1, 4])
def test_state_with_impossible_counter_is_refused(tries: int) -> None:
    with pytest.raises(ValueError, match="retry counter"):
        ReferenceData.from_state({"value": "1234", "max_tries": 3, "tries": tries})


def test_representation_shows_no_value() -> None:
    assert "1234" not in repr(ReferenceData.fresh(b"1234", 3))
