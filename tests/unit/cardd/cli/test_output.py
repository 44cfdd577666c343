"""A file that cardctl writes is there whole, or what was there before is."""

import os
import stat
from pathlib import Path

import pytest

from cardd.cli import output
from cardd.cli.context import Run
from cardd.cli.failing import Ended
from cardd.cli.texts import Speech

RUN = Run(None, True, None, Speech("en"), None)


def test_what_stood_there_stays_when_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xml").write_bytes(b"before")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(output.os, "fsync", full)
    with pytest.raises(Ended):
        output.write_private(RUN, tmp_path / "a.xml", b"after")
    assert [(each.name, each.read_bytes()) for each in tmp_path.iterdir()] == [("a.xml", b"before")]


def test_ctrl_c_while_it_is_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(_handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(output.os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        output.write_private(RUN, tmp_path / "a.xml", b"after")
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_reads_it_whatever_stood_there(tmp_path: Path) -> None:
    path = tmp_path / ("長" * 80 + ".xml")
    path.write_bytes(b"before")
    path.chmod(0o644)
    output.write_private(RUN, path, b"after")
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"after", 0o600)


def test_a_link_stays_a_link_to_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("target")
    output.write_private(RUN, tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"after"


def test_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        output.write_private(RUN, tmp_path / "pipe", b"after")
        assert os.read(reader, 10) == b"after"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
