"""What a power cut leaves of the last head is cut off; the same in the middle is damage."""

from pathlib import Path

import pytest

from cardd.audit.chain import Damaged
from cardd.audit.checkpoint import split
from cardd.audit.head_files import whole
from cardd.audit.verifier import verify
from tests.unit.cardd.audit.journals import filled, journal, mark_of


def heads_of(directory: Path) -> Path:
    (path,) = (directory / "heads").iterdir()
    return path


@pytest.mark.proves("T7", "fault 124")
def test_a_last_head_with_a_hole_is_no_head(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    filled(tmp_path / "log")
    path = heads_of(tmp_path / "log")
    octets = path.read_bytes()
    last = len(split(octets)[-1]) + 1
    begin = len(octets) - last
    for first in range(begin, len(octets), 50):
        torn = octets[:first] + bytes(min(60, len(octets) - first)) + octets[first + 60 :]
        assert whole(torn) == begin, first
    path.write_bytes(octets[: begin + 10] + bytes(last - 10))
    mark_of(tmp_path / "log").unlink()  # it is left behind a head that is whole
    journal(tmp_path / "log").close()
    assert whole(path.read_bytes()) == len(path.read_bytes()) > 0
    assert verify(tmp_path / "log").finding is None


def test_a_hole_before_another_head_is_damage(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    filled(tmp_path / "log")
    path = heads_of(tmp_path / "log")
    octets = bytearray(path.read_bytes())
    octets[100:160] = bytes(60)
    path.write_bytes(octets)
    with pytest.raises(Damaged, match="heads_form"):
        journal(tmp_path / "log")
