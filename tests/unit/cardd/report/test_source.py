"""The verifier as report and fleet ask it: once, in a process of its own, with its words in both languages."""

import subprocess
import sys
from pathlib import Path

import pytest

from cardd.report.data import Terminal, Verification
from cardd.report.source import verify
from tests.fixtures.made_log import STATE, LogMaker, MadeLog, made_log, us_of
from tests.fixtures.outside_python import Desk


def asked(log: Path, key: str | None = None, *, without_previous: bool = False) -> Verification:
    return verify(log, Terminal("counter-1", "00"), 1, key, without_previous=without_previous)


@pytest.fixture
def made(tmp_path: Path) -> MadeLog:
    return made_log(tmp_path / "made", 100, 2)


@pytest.mark.proves("A9")
def test_the_log_is_checked_once_and_told_in_both_languages(made: MadeLog, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = list[list[str]]()
    real = subprocess.run

    def counted(command: list[str], **how: object) -> subprocess.CompletedProcess[str]:
        runs.append(command)
        return real(command, **how)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "run", counted)
    found = asked(made.directory, made.first_key)
    assert len(runs) == 1
    assert (found.state, found.anchored) == ("whole", True)
    assert found.said["en"].endswith("\nwhole")
    assert "it is the key that you gave" in found.said["en"]
    assert found.said["ja"].endswith("\n正常")
    assert "指定された鍵と一致しました" in found.said["ja"]


@pytest.mark.proves("A7", "A9")
def test_damage_is_told_in_both_languages(made: MadeLog) -> None:
    segment = sorted(made.directory.glob("*.seg"))[0]
    octets = bytearray(segment.read_bytes())
    octets[3000] ^= 1
    segment.write_bytes(octets)
    found = asked(made.directory)
    assert (found.state, found.anchored) == ("damaged", False)
    assert "DAMAGED at record" in found.said["en"]
    assert "破損 記録" in found.said["ja"]


@pytest.mark.proves("A7", "A8")
def test_a_log_without_the_one_before_it_is_whole_only_where_it_was_asked_for_alone(tmp_path: Path) -> None:
    before = made_log(tmp_path / "before", 60, 1, seed=5)
    facts = {"event": "log.continued", "previous_log": before.log_id, "reason": "restored"}
    facts |= {"last_sequence": before.records, "last_hash": before.last_hash.hex()}  # type: ignore[dict-item]
    with LogMaker(tmp_path / "log", start_us=us_of(2026, 5, 1, 1), seed=6, created=facts) as log:
        log.put(log.us + 1, STATE, {"event": "daemon.started"})
        log.head("start")
    found = asked(tmp_path / "log")
    assert found.state == "damaged"
    assert "NOT WHOLE" in found.said["en"]
    assert "不完全" in found.said["ja"]
    alone = asked(tmp_path / "log", without_previous=True)
    assert alone.state == "whole"
    assert f"log {before.log_id} is NOT here" in alone.said["en"]


def test_what_cannot_be_checked_is_told_in_both_languages(
    made: MadeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = Desk(tmp_path / "desk", cryptography=False)
    monkeypatch.setattr(sys, "executable", str(bare.python))
    found = asked(made.directory)
    assert found.state == "unreadable"
    assert found.said["en"].endswith("Install it: pip install cryptography")
    assert found.said["ja"].startswith("署名を確認できません")


def test_wrong_words_leave_what_the_program_said(made: MadeLog) -> None:
    found = asked(made.directory, "no key at all")
    assert found.state == "unreadable"
    assert "give a verifier key" in found.said["en"]
    assert found.said["en"] == found.said["ja"]


def test_a_program_that_breaks_off_is_no_whole_log(
    made: MadeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho half >&1\necho 'out of memory' >&2\nexit 137\n")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    found = asked(made.directory)
    assert (found.state, found.said["en"]) == ("unreadable", "out of memory\n")
