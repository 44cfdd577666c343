"""`python -m cardd.report`, and `cardctl audit report` in front of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cardd.report.__main__ import BROKEN, GOOD, LOOK, main
from tests.fixtures.made_log import STATE, LogMaker, made_log, us_of
from tests.unit.cardd.report.month_log import month_log

POLICY = Path(__file__).parents[4] / "cardd" / "policy" / "example.toml"


def words(log: Path, out: Path, *more: str) -> list[str]:
    return ["--log", str(log), "--month", "2026-11", "--out", str(out), "--json", *more]


@pytest.mark.proves("A9")
def test_a_whole_log_gives_a_report_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = made_log(tmp_path / "log", records=400, days=3)
    out = tmp_path / "report.html"
    given = ["--log", str(log.directory), "--month", "2026-04", "--out", str(out), "--json", "--policy", str(POLICY)]
    assert main([*given, "--key", log.first_key]) == GOOD
    told = json.loads(capsys.readouterr().out)
    assert told["verification"] == ["whole"]
    assert told["uses"] > 50
    page = out.read_text(encoding="utf-8")
    assert "見本町 Mihon Town" in page
    assert "検証の結果: 異常なし" in page
    assert "令和8年4月 (2026-04)" in page
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.proves("A7", "A9")
def test_a_damaged_log_gives_a_report_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = month_log(tmp_path / "log", 4).directory
    path = sorted(log.glob("*.seg"))[0]
    octets = bytearray(path.read_bytes())
    octets[-30] ^= 4
    path.write_bytes(octets)
    out = tmp_path / "report.html"
    # The verifier finds it, though not one record of the month is changed.
    assert main(words(log, out)) == LOOK
    assert json.loads(capsys.readouterr().out)["verification"] == ["damaged"]
    assert "検証の結果: 異常あり" in out.read_text(encoding="utf-8")


def test_the_verifier_can_be_left_out_and_the_report_says_so(tmp_path: Path) -> None:
    log = month_log(tmp_path / "log", 4).directory
    assert main(words(log, tmp_path / "r.html", "--no-verify")) == GOOD
    assert "検証していません" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("missing", ["log", "policy", "out"])
def test_what_is_missing_is_named_and_nothing_is_written(
    tmp_path: Path, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = month_log(tmp_path / "log", 4).directory if missing != "log" else tmp_path / "nowhere"
    out = tmp_path / "report.html" if missing != "out" else tmp_path / "no" / "such" / "report.html"
    more = ("--policy", str(tmp_path / "none.toml")) if missing == "policy" else ()
    assert main(words(log, out, "--no-verify", *more)) == BROKEN
    said = capsys.readouterr().err
    assert {"log": "nowhere", "policy": "none.toml", "out": "report.html"}[missing] in said
    assert not out.exists()


@pytest.mark.parametrize("wrong", [["--month", "2026-13"], ["--month", "November"], ["--locale", "fr"]])
def test_wrong_usage_ends_with_64(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*words(tmp_path, tmp_path / "r.html"), *wrong])
    assert ended.value.code == 64


def test_cardctl_starts_it(tmp_path: Path) -> None:
    log = month_log(tmp_path / "log", 4).directory
    out = tmp_path / "report.html"
    command = [
        sys.executable,
        "-m",
        "cardd.cli",
        "--locale",
        "en",
        "audit",
        "report",
        "--month",
        "2026-11",
        "--log",
        str(log),
    ]
    ended = subprocess.run(
        [*command, "--policy", str(POLICY), "--no-verify", str(out)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "2026-11" in ended.stdout
    assert 'id="show-en" checked' in out.read_text(encoding="utf-8")


@pytest.mark.proves("A7", "A9")
def test_a_copy_of_one_log_alone_is_told_from_one_whose_past_was_taken_away(tmp_path: Path) -> None:
    before = made_log(tmp_path / "before", records=60, days=1, seed=5)
    facts = {"event": "log.continued", "previous_log": before.log_id, "reason": "restored"}
    facts |= {"last_sequence": before.records, "last_hash": before.last_hash.hex()}  # type: ignore[dict-item]
    with LogMaker(tmp_path / "log", start_us=us_of(2026, 5, 1, 1), seed=6, created=facts) as log:
        log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    out = tmp_path / "report.html"
    command = [sys.executable, "-m", "cardd.cli", "--locale", "en", "audit", "report", "--month", "2026-05"]
    command += ["--log", str(tmp_path / "log"), "--policy", str(POLICY)]
    for more, status, said in (([], LOOK, "NOT WHOLE"), (["--without-previous"], GOOD, "NOT here")):
        ended = subprocess.run([*command, *more, str(out)], capture_output=True, text=True, check=False)
        assert ended.returncode == status, ended.stderr
        assert said in out.read_text(encoding="utf-8")
