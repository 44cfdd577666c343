"""What status words say about counters and lengths."""

import pytest

from cardd.iso7816.status import more_bytes, right_length, tries_left


@pytest.mark.proves("C6")
def test_tries_left_come_from_63cx_alone() -> None:
    told = {sw: tries_left(sw) for sw in range(0x10000) if tries_left(sw) is not None}
    assert told == {0x63C0 | count: count for count in range(16)}


@pytest.mark.parametrize(
    ("sw", "more", "right"),
    [(0x6110, 16, None), (0x6100, 256, None), (0x6C02, None, 2), (0x6C00, None, 256), (0x9000, None, None)],
)
def test_lengths_in_status_words(sw: int, more: int | None, right: int | None) -> None:
    assert (more_bytes(sw), right_length(sw)) == (more, right)
