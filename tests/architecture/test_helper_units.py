"""The units with a network: the sender of heads and the witness. Neither reaches the daemon's socket, its state or a card."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cardd.config import Audit
from cardd.revocation_settings import Revocation
from cardd.witness.settings import DEFAULT_FILE
from tools.house import units


def settings_of(name: str) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", (units.UNITS / name).read_text()):
        settings.setdefault(key, []).append(value)
    return settings


@pytest.mark.proves("H1", "H2")
@pytest.mark.parametrize(
    "name", ["cardd-heads.service", "cardd-lists.service", "cardd-witness.service", "cardd-fleet-watch.service"]
)
def test_only_the_network_makes_it_more_exposed_than_the_daemon(name: str, tmp_path: Path) -> None:
    units.copy_units(units.UNITS, tmp_path)
    assert units.exposure(tmp_path, name) <= 1.3
    unit = settings_of(name)
    for key, value in {
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "PrivateUsers": "yes",
        "PrivateDevices": "yes",
        "MemoryDenyWriteExecute": "yes",
        "LimitCORE": "0",
    }.items():
        assert unit[key] == [value], key
    assert "SupplementaryGroups" not in unit


@pytest.mark.proves("H2")
def test_the_sender_reads_the_record_and_writes_its_own_folder() -> None:
    daemon, sender = settings_of("cardd.service"), settings_of("cardd-heads.service")
    assert (sender["User"], sender["Group"]) == (["cardd-heads"], daemon["Group"])
    assert Audit().cosigned_directory == Path("/var/lib", *sender["StateDirectory"])
    assert sender["StateDirectoryMode"] == ["0750"], "the daemon reads what lies there"
    assert "ReadWritePaths" not in sender
    hidden = {path.removeprefix("-") for path in sender["InaccessiblePaths"][0].split()}
    assert {"/run/cardd", "/run/pcscd", "/var/lib/cardd", "/etc/cardd/keys"} <= hidden
    # The group may read the record; the daemon's own state stays shut.
    assert (daemon["LogsDirectoryMode"], daemon["UMask"]) == (["0750"], ["0027"])
    assert daemon["StateDirectoryMode"] == ["0700"]


@pytest.mark.proves("H2", "K3")
def test_the_fetcher_of_lists_sees_the_settings_and_writes_its_own_folder() -> None:
    daemon, fetcher = settings_of("cardd.service"), settings_of("cardd-lists.service")
    assert (fetcher["User"], fetcher["Group"]) == (["cardd-lists"], daemon["Group"])
    assert Revocation().directory == Path("/var/lib", *fetcher["StateDirectory"])
    assert fetcher["StateDirectoryMode"] == ["0750"], "the daemon reads what lies there"
    assert "ReadWritePaths" not in fetcher
    hidden = {path.removeprefix("-") for path in fetcher["InaccessiblePaths"][0].split()}
    assert {"/run/cardd", "/run/pcscd", "/var/lib/cardd", "/var/log/cardd", "/etc/cardd/keys"} <= hidden
    # The daemon's questions for OCSP responders: a folder of their own, which the daemon writes and the group reads.
    assert Revocation().asked_directory == Path("/run", *daemon["RuntimeDirectory"])
    assert (daemon["RuntimeDirectoryMode"], fetcher["Group"]) == (["0750"], ["cardd"])
    assert not any(Revocation().asked_directory.is_relative_to(path) for path in hidden)
    assert "RuntimeDirectoryPreserve" not in daemon, "a new start begins with no question"


def test_each_user_is_made() -> None:
    for name in ("cardd-heads", "cardd-lists", "cardd-witness"):
        made = (units.UNITS / f"sysusers.d/{name}.conf").read_text()
        assert re.search(rf"(?m)^u {name} - ", made)
        assert settings_of(f"{name}.service")["User"] == [name]
    assert re.findall(r"(?m)^m (.*)$", (units.UNITS / "sysusers.d/cardd-heads.conf").read_text()) == [
        "cardd-heads cardd"
    ]


def test_the_witness_writes_where_its_settings_stand() -> None:
    unit = settings_of("cardd-witness.service")
    assert DEFAULT_FILE.parent == Path("/var/lib", *unit["StateDirectory"])
    assert str(DEFAULT_FILE) in unit["ExecStart"][0]
