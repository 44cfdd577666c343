"""Replay: a program over logs on disk, the same hits as live, counted by rule and month."""

import json
from pathlib import Path

import pytest

from cardd.audit.entries import entries
from cardd.watch_settings import Watching
from cardd.watching.__main__ import main, table
from cardd.watching.engine import Engine
from cardd.watching.registry import WATCHES, Lists
from cardd.watching.replay import OnRecord, Replayed, Wanted, replay
from cardd.watching.words import NAMES
from tests.fixtures.made_log import made_log


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("made") / "log"
    made_log(directory, records=6_000, days=60)
    return directory


@pytest.mark.proves("A9")
def test_replay_gives_what_the_engine_gives_and_tells_its_progress(log: Path) -> None:
    told: list[tuple[int, int]] = []
    found = replay(Wanted([log], Watching(), Lists(), most_hits=10_000), lambda done, whole: told.append((done, whole)))
    live = list(Engine(Watching()).feed(entry for entry, _ in entries(log)))
    assert {hit.key for hit in found.hits} == {hit.key for hit in live}
    assert sum(found.months.values()) == len(live) > 0
    assert told[-1][0] == told[-1][1] > 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.proves("A9")
def test_replay_from_a_day_on_still_knows_the_days_before(log: Path) -> None:
    whole = replay(Wanted([log], Watching(), Lists(), most_hits=10_000), lambda *_: None)
    middle = whole.hits[len(whole.hits) // 2].at_us
    part = replay(Wanted([log], Watching(), Lists(), since_us=middle, most_hits=10_000), lambda *_: None)
    assert [hit.key for hit in part.hits] == [hit.key for hit in whole.hits if hit.at_us >= middle]


def test_the_program_in_both_languages_and_for_programs(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(log), "--locale", "en"]) == 0
    english = capsys.readouterr()
    assert "records looked at." in english.out
    assert "Without watch lists" in english.out
    assert english.err == "", "a bar is for a screen"
    assert main(["replay", str(log), "--locale", "ja"]) == 0
    assert "件の記録を調べました" in capsys.readouterr().out
    assert main(["replay", str(log), "--json", "--hits", "2"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert tuple(told["rules"]) == WATCHES
    assert len(told["hits"]) == 2
    assert all(sum(rule["months"].values()) == rule["hits"] for rule in told["rules"].values())


def test_settings_change_what_is_found(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    off = "\n".join(f"{watch} = {{ enabled = false }}" for watch in WATCHES if watch != "w10")
    settings = tmp_path / "cardd.toml"
    head = f'terminal = "t1"\noperator_ca = ["/ca.pem"]\nstate_directory = "{tmp_path}"\n'
    settings.write_text(f'{head}[[clients]]\nname = "c"\nusers = [0]\n[watching]\n{off}\n')
    assert main(["replay", str(log), "--json", "--settings", str(settings)]) == 0
    told = json.loads(capsys.readouterr().out)["rules"]
    assert {watch for watch, rule in told.items() if rule["hits"]} <= {"w10"}
    (tmp_path / "watch-staff.json").write_text("{")
    assert main(["replay", str(log), "--settings", str(settings), "--locale", "en"]) == 2
    assert "A watch list cannot be read: content" in capsys.readouterr().err


def test_what_cannot_be_replayed(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path), "--locale", "en"]) == 2
    assert "There is no record here" in capsys.readouterr().err
    broken = tmp_path / "broken"
    broken.mkdir()
    source = min(log.glob("*.seg"))
    octets = bytearray(source.read_bytes())
    octets[68:72] = (5).to_bytes(4, "big")
    (broken / source.name).write_bytes(octets)
    assert main(["replay", str(broken), "--locale", "en"]) == 1
    assert "number 1" in capsys.readouterr().err
    with pytest.raises(SystemExit) as wrong:
        main(["replay"])
    assert wrong.value.code == 64


@pytest.mark.proves("A9")
def test_the_share_of_explained_alarms_is_that_of_the_newest_reviews() -> None:
    on_record = OnRecord(
        {("a", 1): "w5", ("a", 2): "w5", ("a", 3): "w5", ("b", 1): "w9"}, {("a", 1): "explained", ("a", 2): "misuse"}
    )
    assert on_record.counts("w5") == {"alarms": 3, "reviewed": 2, "explained": 1, "misuse": 1}
    assert on_record.counts("w9") == {"alarms": 1, "reviewed": 0, "explained": 0, "misuse": 0}
    found = Replayed(on_record=on_record)
    found.months["w5", "2026-11"] = 4
    rows = table(found, "en")
    assert rows[1].split()[-5:] == ["4", "3", "2", "50", "%"]
    assert table(Replayed(), "en") == []
    assert tuple(NAMES) == WATCHES
