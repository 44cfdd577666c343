"""`shows` of `tests/fixtures/terminal.py`: finds a PIN that stands somewhere, and no hash that has its digits."""

import pytest

from tests.fixtures.terminal import shows


@pytest.mark.parametrize(
    "where", ["PIN: 5678\r\n", "暗証番号5678です", "'5678'", "=5678&", "/5678", "_5678_", b"\x005678\xff"]
)
def test_a_pin_is_found(where: str | bytes) -> None:
    assert shows(where, "5678")


@pytest.mark.parametrize(
    "where", ["a5678b", "Zk5678qT", "15678", "0b0f1c5e-5678-4d14-a801-0123456789ab", "567 8", b"\x35\x36\x37"]
)
def test_what_only_has_its_digits_is_none(where: str | bytes) -> None:
    assert not shows(where, "5678")
