"""Who takes the durable state away gets no daemon that has forgotten an emergency stop, locks and blocked badges."""

from __future__ import annotations

from pathlib import Path

import pytest

from cardd.app.lost_state import state_lost
from cardd.config import Audit, Settings
from cardd.state.store import StateBroken
from tests.daemon.tools import staged


def _settings(folder: Path, mode: str) -> Settings:
    plain = Settings.model_construct(
        mode=mode, state_directory=folder / "state", audit=Audit(directory=folder / "audit")
    )
    for directory in (plain.state_directory, plain.audit.directory):
        directory.mkdir()
    return plain


@pytest.mark.proves("S9", "fault 94")
def test_in_production_nothing_is_begun_in_its_place(tmp_path: Path) -> None:
    settings = _settings(tmp_path, "production")
    assert not state_lost(settings)  # the first start has neither
    (settings.audit.directory / "00000000000000000001.seg").write_bytes(b"")
    with pytest.raises(StateBroken) as refused:
        state_lost(settings)
    assert refused.value.problem == "lost"
    assert list(settings.state_directory.iterdir()) == []  # so the next start refuses as well
    (settings.state_directory / "state.db").touch()
    assert not state_lost(settings)


@pytest.mark.proves("W15")
def test_in_mode_test_it_is_an_alarm_on_record() -> None:
    with staged() as stage:
        assert stage.stop() == 0
        for path in (stage.folder / "state").glob("state.db*"):
            path.unlink()
        stage.start()
        stage.call("health")
        assert stage.stop() == 0
        events = [record["event"] for record in stage.records()]
        assert events.count("alarm.state_lost") == 1
        stage.start()
        assert stage.stop() == 0
        assert [record["event"] for record in stage.records()].count("alarm.state_lost") == 1
