"""The real clocks of the machine, as `cardd.ports.Clock`; and whether somebody keeps UTC right."""

import time
from pathlib import Path

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches this file with each successful synchronisation (systemd-timesyncd.service(8)), at least each 34 minutes."""
FRESH_S = 86_400
"""Seconds. A synchronisation longer ago, by the clock as it is now, says nothing of it: the machine slept, or the clock was set since."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """UTC from the kernel; limits on CLOCK_BOOTTIME, which counts suspended time too and is never set (clock_gettime(2))."""

    def utc_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1_000

    def boottime(self) -> float:
        """Seconds since boot, suspend included."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def monotonic(self) -> float:
        """Seconds since boot, without suspend."""
        return time.clock_gettime(time.CLOCK_MONOTONIC)


def time_quality(marker: Path = SYNCHRONISED) -> str:
    """`synchronised` when systemd-timesyncd has set the clock within a day, else `unknown` (another time service may still be at work)."""
    try:
        age_s = time.time() - marker.stat().st_mtime
    except OSError:
        return "unknown"
    return "synchronised" if abs(age_s) < FRESH_S else "unknown"


def boot_id(path: Path = BOOT_ID) -> str:
    """The kernel's id of this boot, 32 hex digits. Raises `OSError`."""
    return path.read_text("ascii").strip().replace("-", "")
