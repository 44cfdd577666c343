"""What a killed cardctl left behind is removed by a later one, and nothing else is."""

import os
import time
from pathlib import Path

from cardd.cli import output
from cardd.cli.output import beside_of

OLD = time.time() - output.LEFT_SECONDS - 60


def test_what_was_left_a_day_ago_goes_and_nothing_else_does(tmp_path: Path) -> None:
    left, fresh = tmp_path / f".cardctl-{'0a' * 8}.part", tmp_path / f".cardctl-{'1b' * 8}.part"
    others = [tmp_path / name for name in (".cardctl-1.part", f"cardctl-{'0a' * 8}.part", f".cardctl-{'0A' * 8}.part")]
    document = tmp_path / "document"
    link, folder = tmp_path / f".cardctl-{'2c' * 8}.part", tmp_path / f".cardctl-{'3d' * 8}.part"
    for path in (left, fresh, document, *others):
        path.write_bytes(b"a document")
    link.symlink_to(document)
    folder.mkdir()
    for path in (left, document, folder, *others):
        os.utime(path, (OLD, OLD))
    os.utime(link, (OLD, OLD), follow_symlinks=False)
    target = beside_of(tmp_path / "signed.pdf")
    assert target.parent == tmp_path
    assert set(tmp_path.iterdir()) == {fresh, document, link, folder, *others}


def test_a_folder_that_is_not_there_is_told_by_whoever_writes_there(tmp_path: Path) -> None:
    assert beside_of(tmp_path / "gone" / "signed.pdf").parent == tmp_path / "gone"
