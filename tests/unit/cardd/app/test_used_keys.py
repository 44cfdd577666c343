"""The file of used idempotency keys."""

from pathlib import Path

import pytest

from cardd.app.used_keys import NAME, UsedKeyFile
from cardd.errors import AuditUnavailable

MARK, OTHER = b"\x01" * 32, b"\x02" * 32


class Clock:
    now_us = 1_000_000_000_000_000

    def utc_us(self) -> int:
        return self.now_us

    def boottime(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return self.boottime()


async def test_a_mark_is_known_after_a_restart_and_not_before(tmp_path: Path) -> None:
    first = UsedKeyFile(tmp_path, Clock())
    await first.keep(MARK)
    assert not first.before_this_start(MARK)
    second = UsedKeyFile(tmp_path, Clock())
    assert second.before_this_start(MARK)
    assert not second.before_this_start(OTHER)
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


async def test_marks_are_forgotten_after_ten_minutes_and_kept_when_the_clock_goes_back(tmp_path: Path) -> None:
    clock = Clock()
    await UsedKeyFile(tmp_path, clock).keep(MARK)
    clock.now_us -= 3600 * 1_000_000
    assert UsedKeyFile(tmp_path, clock).before_this_start(MARK)
    clock.now_us = Clock.now_us + 601 * 1_000_000
    assert not UsedKeyFile(tmp_path, clock).before_this_start(MARK)
    assert (tmp_path / NAME).read_bytes() == b""


@pytest.mark.parametrize("torn", [b"1000000000000", b"1000000000000000 ab", b"\xff\xfe\n\n x y\n", b"1 " + b"zz" * 32])
async def test_a_torn_end_is_dropped(torn: bytes, tmp_path: Path) -> None:
    await UsedKeyFile(tmp_path, Clock()).keep(MARK)
    with (tmp_path / NAME).open("ab") as file:
        file.write(torn)
    assert UsedKeyFile(tmp_path, Clock()).before_this_start(MARK)


async def test_nothing_is_signed_when_the_file_cannot_be_written(tmp_path: Path) -> None:
    keys = UsedKeyFile(tmp_path, Clock())
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(AuditUnavailable):
        await keys.keep(MARK)
    assert not (tmp_path / "elsewhere").exists()
