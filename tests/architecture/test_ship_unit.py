"""The unit of the helper that ships the record: clean, closed, apart from the daemon, and the only way out it has is the network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.house import units

UNIT = units.UNITS / "cardd-ship.service"


def settings_of(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", file.read_text()):
        found.setdefault(key, []).append(value)
    return found


@pytest.mark.proves("H4")
def test_the_shipper_is_closed_but_for_the_network(tmp_path: Path) -> None:
    units.copy_units(units.UNITS, tmp_path)
    verified = units.analyze(tmp_path, "--system", "verify", "./cardd-ship.service")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert units.exposure(tmp_path, "cardd-ship.service") <= 1.3  # 1.0 and what a network costs


@pytest.mark.proves("H4")
@pytest.mark.parametrize(
    ("key", "value"),
    {
        "User": "cardd-ship",
        "Group": "cardd",
        "ProtectSystem": "strict",
        "LoadCredential": "ship.key:/etc/cardd/keys/ship.key",
        "InaccessiblePaths": "-/run/cardd -/run/pcscd -/var/lib/cardd -/etc/cardd/keys",
        "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
        "CapabilityBoundingSet": "",
        "LimitCORE": "0",
    }.items(),
)
def test_the_shipper_runs_within_these_walls(key: str, value: str) -> None:
    unit = settings_of(UNIT)
    assert unit[key] == [value]
    assert not {"ReadWritePaths", "StateDirectory", "LogsDirectory"} & set(unit)


def test_the_daemon_still_has_no_network() -> None:
    daemon = settings_of(units.UNITS / "cardd.service")
    assert daemon["PrivateNetwork"] == ["yes"]
    assert daemon["RestrictAddressFamilies"] == ["AF_UNIX"]
