"""The command that writes the test PKI."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from applets_spec.testca.__main__ import main
from applets_spec.testca.cases import CASES


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_writes_the_same_bytes_each_time(tmp_path: Path) -> None:
    for out in ("one", "two"):
        done = CliRunner().invoke(main, [str(tmp_path / out)])
        assert done.exit_code == 0, done.output

    first = written(tmp_path / "one")
    assert first == written(tmp_path / "two")
    assert {f"cases/{name}/case.json" for name in CASES} <= first.keys()
    assert "authorities/jpki-signature-1.cer" in first


@pytest.mark.slow
def test_fresh_keys_give_other_bytes(tmp_path: Path) -> None:
    for out in ("one", "two"):
        assert CliRunner().invoke(main, [str(tmp_path / out), "--fresh", "--no-cases"]).exit_code == 0

    one, two = written(tmp_path / "one"), written(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(one[name] != two[name] for name in one if name.endswith(".cer"))
