"""The real clocks."""

import os
import time
from pathlib import Path

import pytest

from cardd.clock import SystemClock, boot_id, time_quality
from cardd.ports import Clock


def test_utc_is_microseconds_and_boottime_seconds_that_do_not_go_back() -> None:
    clock: Clock = SystemClock()
    assert abs(clock.utc_us() / 1e6 - time.time()) < 60
    first = clock.boottime()
    assert first <= clock.boottime()
    assert abs(first - time.clock_gettime(time.CLOCK_BOOTTIME)) < 60


def test_time_quality_is_known_only_when_somebody_says_so(tmp_path: Path) -> None:
    marker = tmp_path / "synchronized"
    assert time_quality(marker) == "unknown"
    marker.touch()
    assert time_quality(marker) == "synchronised"


@pytest.mark.proves("A10", "fault 139")
@pytest.mark.parametrize(
    ("days", "quality"), [(-2, "unknown"), (-0.5, "synchronised"), (0.5, "synchronised"), (400, "unknown")]
)
def test_a_synchronisation_of_another_day_says_nothing_of_the_clock_now(
    tmp_path: Path, days: float, quality: str
) -> None:
    """The clock was set by so many days since the file was touched, or the machine slept."""
    marker = tmp_path / "synchronized"
    marker.touch()
    then = time.time() - days * 86_400
    os.utime(marker, (then, then))
    assert time_quality(marker) == quality


def test_the_boot_id_has_32_hex_digits(tmp_path: Path) -> None:
    (tmp_path / "boot_id").write_text("01234567-89ab-cdef-0123-456789abcdef\n")
    assert boot_id(tmp_path / "boot_id") == "0123456789abcdef0123456789abcdef"
    assert len(boot_id()) == 32
