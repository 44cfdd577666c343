"""The real clocks of the machine, as `cardd.ports.Clock`; and whether somebody keeps UTC right."""

import time
from pathlib import Path

SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd touches this file once it has set the clock (systemd-timesyncd.service(8))."""
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
    """`synchronised` when systemd-timesyncd says so, else `unknown` (another time service may still be at work)."""
    return "synchronised" if marker.exists() else "unknown"


def boot_id(path: Path = BOOT_ID) -> str:
    """The kernel's id of this boot, 32 hex digits. Raises `OSError`."""
    return path.read_text("ascii").strip().replace("-", "")
