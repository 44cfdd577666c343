"""The files in `systemd/`: clean to systemd's own tools, closed as required, and closed to everybody but cardd."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tools.house import units

SYSTEMD = units.UNITS
EXAMPLE = SYSTEMD.parent / "cardd" / "example.toml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    units.copy_units(SYSTEMD, tmp_path)
    return tmp_path


def settings_of(file: Path) -> dict[str, list[str]]:
    """Every `Key=value` of a unit; a key may stand there more than once."""
    settings: dict[str, list[str]] = {}
    for key, value in re.findall(r"(?m)^(\w+)=(.*)$", file.read_text()):
        settings.setdefault(key, []).append(value)
    return settings


def rows_of(file: Path) -> list[list[str]]:
    """The fields of a sysusers.d or tmpfiles.d file."""
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return [re.findall(r'"[^"]*"|\S+', line) for line in lines]


def test_systemd_finds_nothing_to_say(folder: Path) -> None:
    assert units.complaints_of_verify(folder) == []


def test_an_unknown_key_is_found(folder: Path) -> None:
    with (folder / "cardd.service").open("a") as unit:
        unit.write("\n[Service]\nProtectEverything=yes\n")
    assert "ProtectEverything" in "".join(units.complaints_of_verify(folder))


@pytest.mark.proves("H1", "H2", "T11")
def test_the_daemon_is_hardly_exposed(folder: Path) -> None:
    assert units.exposure(folder) <= 1.0


@pytest.mark.proves("H4", "T11")
@pytest.mark.parametrize("unit", units.HELPERS)
def test_a_helper_is_closed_but_for_the_network(folder: Path, unit: str) -> None:
    assert units.exposure(folder, unit) <= units.WORST_HELPER


def test_every_service_is_looked_at(folder: Path) -> None:
    known = {"cardd.service", *units.HELPERS, *units.USER_UNITS}
    assert {unit.name for unit in folder.glob("*.service")} == known


@pytest.mark.parametrize(
    "option", ["CapabilityBoundingSet=", "SystemCallFilter=@system-service", "RestrictNamespaces=yes", "User=cardd"]
)
def test_without_an_option_that_matters_the_exposure_rises(folder: Path, option: str) -> None:
    unit = folder / "cardd.service"
    closed = units.exposure(folder)
    lines = unit.read_text().splitlines()
    unit.write_text("\n".join(line for line in lines if not line.startswith(option.partition("=")[0] + "=")) + "\n")
    assert option in lines
    assert units.exposure(folder) > closed


@pytest.mark.proves("H2", "H3", "H4", "H5", "P8", "fault 141")
@pytest.mark.parametrize(
    ("key", "value"),
    {
        "User": "cardd",
        "SupplementaryGroups": "cardd-clients pcscd-clients",
        "Type": "notify",
        "WatchdogSec": "30",
        "Restart": "on-failure",
        "StartLimitIntervalSec": "60",
        "StartLimitBurst": "5",
        "CapabilityBoundingSet": "",
        "NoNewPrivileges": "yes",
        "RestrictAddressFamilies": "AF_UNIX",
        "PrivateNetwork": "yes",
        "MemoryDenyWriteExecute": "yes",
        "MemoryMax": "256M",
        "OOMPolicy": "continue",
        "MemorySwapMax": "0",
        "TasksMax": "64",
        "LimitNOFILE": "1024",
        "LimitCORE": "0",
        "LimitMEMLOCK": "infinity",
    }.items(),
)
def test_the_daemon_runs_within_these_walls(key: str, value: str) -> None:
    assert settings_of(SYSTEMD / "cardd.service")[key] == [value]


@pytest.mark.proves("H2")
def test_the_daemon_writes_where_the_unit_lets_it_and_nowhere_else() -> None:
    """`ProtectSystem=strict`: state.db, incoming/, office/ and the CA's book stand below the state directory."""
    unit = settings_of(SYSTEMD / "cardd.service")
    writable = {Path("/var/lib", *unit["StateDirectory"])}
    writable |= {Path("/var/log", folder) for folder in unit["LogsDirectory"][0].split()}
    assert unit["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in unit
    example = tomllib.loads(without_comment_signs(EXAMPLE.read_text(encoding="utf-8")))
    written = {
        "state": Path(example["state_directory"]),
        "record": Path(example["audit"]["directory"]),
        "book of issued certificates": Path(example["badges"]["ca_key"]["certificate"]).parent,
    }
    for what, place in written.items():
        assert {place, *place.parents} & writable, what


def without_comment_signs(text: str) -> str:
    """The commented example with each key in force."""
    return re.sub(r"(?m)^#\s*(?=\[|[a-z_]+ = )", "", text)


def test_keys_are_roots_and_the_daemon_sees_copies(folder: Path) -> None:
    """The badges' master key has a drop-in of its own: a credential whose file is missing would stop every other machine."""
    kept = "/etc/cardd/keys"
    assert ["d", kept, "0700", "root", "root", "-"] in rows_of(SYSTEMD / "tmpfiles.d/cardd.conf")
    unit = settings_of(SYSTEMD / "cardd.service")
    drop_in = settings_of(SYSTEMD / "cardd.service.d/badges.conf")
    assert unit["LoadCredential"] == [f"pseudonym.key:{kept}/pseudonym.key"]
    assert drop_in == {"LoadCredential": [f"badge-master.key:{kept}/badge-master.key"]}
    assert (folder / "cardd.service.d/badges.conf").exists()
    assert units.complaints_of_verify(folder) == []


@pytest.mark.proves("H2")
def test_system_calls_are_those_of_a_service_without_privileges() -> None:
    filters = settings_of(SYSTEMD / "cardd.service")["SystemCallFilter"]
    assert filters == ["@system-service", "~@privileged @resources"]


@pytest.mark.proves("H3")
def test_callers_keep_their_uid() -> None:
    assert "PrivateUsers" not in settings_of(SYSTEMD / "cardd.service")


@pytest.mark.proves("I1")
def test_only_clients_reach_the_socket() -> None:
    socket = settings_of(SYSTEMD / "cardd.socket")
    assert socket["ListenStream"] == ["/run/cardd/cardd.sock"]
    assert (socket["SocketMode"], socket["SocketGroup"]) == (["0660"], ["cardd-clients"])
    assert ["d", "/run/cardd", "0750", "root", "cardd-clients", "-"] in rows_of(SYSTEMD / "tmpfiles.d/cardd.conf")


def test_who_runs_and_who_may_open_exist() -> None:
    rows = rows_of(SYSTEMD / "sysusers.d/cardd.conf")
    assert {row[1] for row in rows if row[0] == "g"} == {"cardd-clients", "pcscd-clients"}
    assert [row[1] for row in rows if row[0] == "u"] == ["cardd"]
    assert [row[1:] for row in rows if row[0] == "m"] == [["cardd", "cardd-clients"], ["cardd", "pcscd-clients"]]


@pytest.mark.proves("C12")
def test_pcscd_is_closed_to_all_but_its_clients(folder: Path) -> None:
    drop_in = settings_of(SYSTEMD / "pcscd.socket.d/cardd.conf")
    assert drop_in == {"SocketMode": ["0660"], "SocketGroup": ["pcscd-clients"]}
    (folder / "pcscd.socket").write_text("[Socket]\nListenStream=/run/pcscd/pcscd.comm\nSocketMode=0666\n")
    (folder / "pcscd.service").write_text("[Service]\nExecStart=/bin/true\n")
    result = units.analyze(folder, "verify", "./pcscd.socket")
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.proves("C12", "T11")
def test_polkit_lets_cardd_in_and_nobody_else() -> None:
    """The rule is one condition on both actions of pcsc-lite, and one answer that depends on the user alone."""
    rule = (SYSTEMD / "polkit/50-cardd-pcsc.rules").read_text()
    assert set(re.findall(r'action\.id == "([^"]+)"', rule)) == {
        "org.debian.pcsc-lite.access_pcsc",
        "org.debian.pcsc-lite.access_card",
    }
    assert re.findall(r"return (.+);", rule) == ['subject.user == "cardd" ? polkit.Result.YES : polkit.Result.NO']


def test_agent_and_console_never_run_side_by_side() -> None:
    agent, console = (settings_of(SYSTEMD / name) for name in ("cardd-agent.service", "cardd-terminal.service"))
    assert (agent["Conflicts"], console["Conflicts"]) == (["cardd-terminal.service"], ["cardd-agent.service"])


@pytest.mark.parametrize(
    ("key", "value"),
    {
        "Type": "notify",
        "Restart": "on-failure",
        "RestartPreventExitStatus": "78",
        "NoNewPrivileges": "yes",
        "RestrictAddressFamilies": "AF_UNIX",
        "SystemCallFilter": "@system-service",
        "LimitCORE": "0",
    }.items(),
)
def test_the_agent_runs_within_these_walls(key: str, value: str) -> None:
    assert settings_of(SYSTEMD / "cardd-agent.service")[key] == [value]
