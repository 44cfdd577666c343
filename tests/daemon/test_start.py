"""What is wrong with an installation is said before the daemon starts, with file, key and mend (H6, T11)."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from applets_spec.testca.hierarchy import LATEST_GENERATION, Family, authority
from applets_spec.testca.issue import authority_certificate
from cardd import __main__ as program
from cardd import config
from tests.daemon.tools import PATIENT_S, Stage, staged
from tests.fixtures.counter import BADGE_SLOT

EXIT_CONFIG = 78
OTHER_USER = 12345
Harm = Callable[[Stage], None]


def edit(stage: Stage, old: str, new: str) -> None:
    file = stage.office.config_file
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def write(name: str, content: str | bytes) -> Harm:
    def harm(stage: Stage) -> None:
        octets = content if isinstance(content, bytes) else content.encode()
        (stage.folder / name).write_bytes(octets)

    return harm


def mode(name: str, bits: int) -> Harm:
    return lambda stage: (stage.folder / name).chmod(bits)


def gone(name: str) -> Harm:
    def harm(stage: Stage) -> None:
        path = stage.folder / name
        path.rename(path.with_name(f"was-{name}"))

    return harm


def in_config(old: str, new: str) -> Harm:
    return lambda stage: edit(stage, old, new)


def end_entity(stage: Stage) -> None:
    """A badge's certificate where a CA's should be."""
    der = stage.office.people[0].certificates.slots[0x9A].certificate
    pem = subprocess.run(["openssl", "x509", "-inform", "DER"], input=der, capture_output=True, check=True).stdout
    (stage.folder / "operator-ca.pem").write_bytes(pem)


def as_der(stage: Stage) -> None:
    (stage.folder / "operator-ca.pem").write_bytes(authority_certificate(authority(Family.OPERATOR, LATEST_GENERATION)))


HARMS: dict[str, tuple[Harm, list[str]]] = {
    "no settings": (gone("cardd.toml"), ["cardd.toml", "cannot be read"]),
    "settings that are no TOML": (write("cardd.toml", "mode =\nx"), ["cardd.toml:1", "Invalid value"]),
    "settings for everybody to write": (mode("cardd.toml", 0o666), ["cardd.toml", "chmod go-w"]),
    "folder for everybody to write": (mode(".", 0o777), ["exchange the files", "chmod o-w"]),
    "unknown key": (in_config('mode = "test"', 'mode = "test"\nmood = "good"'), ["cardd.toml:2", "mood"]),
    "wrong mode": (in_config('mode = "test"', 'mode = "tset"'), ["cardd.toml:1", "mode"]),
    "relative path": (in_config('policy = "/', 'policy = "'), ["cardd.toml", "policy", "absolute"]),
    "limit too high": (in_config("requests_per_second = 5000", "stop_seconds = 60"), ["cardd.toml", "stop_seconds"]),
    "unknown user": (in_config("users = [", 'users = ["nobody-here", '), ["cardd.toml", "users", "nobody-here"]),
    "overflow uid": (in_config("users = [", "users = [65534, "), ["cardd.toml", "users", "65534"]),
    "no policy": (gone("policy.toml"), ["policy.toml", "cannot be read"]),
    "broken policy": (write("policy.toml", "version = 1\n[[rows]]\nid = 7\n"), ["policy.toml", "rows"]),
    "policy for everybody to write": (mode("policy.toml", 0o666), ["policy.toml", "chmod go-w"]),
    "no register": (gone("register.toml"), ["register.toml", "cannot be read"]),
    "role that is none": (
        lambda stage: write(
            "register.toml", (stage.folder / "register.toml").read_text().replace("supervisor", "boss")
        )(stage),
        ["register.toml", "sato", "boss"],
    ),
    "register of another user": (
        lambda stage: os.chown(stage.folder / "register.toml", OTHER_USER, -1),
        ["register.toml", str(OTHER_USER), "chown root"],
    ),
    "no pseudonym key": (gone("pseudonym.key"), ["pseudonym.key", "openssl rand"]),
    "short pseudonym key": (write("pseudonym.key", b"short"), ["pseudonym.key", "32", "openssl rand"]),
    "pseudonym key that others read": (mode("pseudonym.key", 0o644), ["pseudonym.key", "chmod 0400"]),
    "no directory for the record": (gone("audit"), ["audit", "install -d"]),
    "record that everybody may write": (mode("audit", 0o777), ["audit", "chmod o-w"]),
    "no state directory": (gone("state"), ["state", "install -d"]),
    "no operator CA": (gone("operator-ca.pem"), ["operator-ca.pem", "cannot be read"]),
}
ONLY_WHEN_ASKED: dict[str, tuple[Harm, list[str]]] = {
    "operator CA that is no PEM": (
        write("operator-ca.pem", "hello"),
        ["operator-ca.pem", "operator_ca", "openssl x509"],
    ),
    "operator CA in DER": (as_der, ["operator-ca.pem", "operator_ca", "openssl x509 -inform DER"]),
    "operator CA that is a badge's certificate": (end_entity, ["operator-ca.pem", "operator_ca", "no CA"]),
}
"""Looked at by --check-config alone: parsing certificates is nothing that a start waits for."""
NEEDS_ROOT = {"register of another user"}


@pytest.fixture(scope="module")
def shared() -> Iterator[Stage]:
    """One installation for all tests that harm its files."""
    with staged(start=False) as stage:
        yield stage


@pytest.fixture
def installed(shared: Stage, tmp_path: Path) -> Iterator[Stage]:
    """It, put in order again afterwards."""
    kept = tmp_path / "kept"
    shutil.copytree(shared.folder, kept)
    yield shared
    for path in shared.folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(kept, shared.folder, dirs_exist_ok=True)


def test_a_good_installation() -> None:
    with staged(start=False) as stage:
        done = stage.check_config()
        assert (done.returncode, done.stdout, done.stderr) == (0, "cardd: the configuration is in order\n", "")


@pytest.mark.proves("H6", "T11", "fault 94")
@pytest.mark.parametrize("name", [name for name in HARMS if os.geteuid() == 0 or name not in NEEDS_ROOT])
def test_a_bad_installation_is_told(name: str, installed: Stage) -> None:
    harm, words = HARMS[name]
    harm(installed)
    arguments = ["--config", str(installed.office.config_file), "--check-config"]
    done = CliRunner().invoke(program.main, arguments)
    assert done.exit_code == EXIT_CONFIG, done.output
    assert isinstance(done.exception, SystemExit)
    assert all(word in done.output for word in words), done.output


@pytest.mark.proves("H6")
@pytest.mark.parametrize("name", ["unknown key", "broken policy", "no pseudonym key"])
def test_what_check_config_refuses_the_start_refuses_too(name: str) -> None:
    with staged(start=False) as stage:
        HARMS[name][0](stage)
        assert stage.launch().wait(PATIENT_S) == EXIT_CONFIG
        assert all(word in stage.log for word in HARMS[name][1]), stage.log
        assert not stage.socket.exists()
        assert list(stage.office.audit.iterdir()) == []


@pytest.mark.proves("H6", "K1")
@pytest.mark.parametrize("name", list(ONLY_WHEN_ASKED))
def test_an_operator_ca_that_cannot_be_used(name: str) -> None:
    """--check-config names it; a daemon that runs all the same says at login what is the matter, and tries again."""
    harm, words = ONLY_WHEN_ASKED[name]
    with staged(start=False) as stage:
        good = (stage.folder / "operator-ca.pem").read_bytes()
        harm(stage)
        done = stage.check_config()
        assert done.returncode == EXIT_CONFIG
        assert all(word in done.stderr for word in words), done.stderr
        stage.start()
        person = stage.office.people[0]
        stage.insert(person.badge, BADGE_SLOT, kind="badge")
        error = stage.fails("session.login", person.pin)
        assert (error.name, error.data["problem"]) == ("auth.failed", "operator_ca_unusable")
        assert error.data.get("pin") in (None, {"outcome": "untouched"}), error.data
        assert "event=operator_ca_unusable" in stage.log
        (stage.folder / "operator-ca.pem").write_bytes(good)
        assert stage.call("session.login", person.pin)["operator"]["id"] == "sato"


# --- production ------------------------------------------------------------------------------------------------------


@pytest.mark.proves("H6", "K1", "fault 94", "fault 99")
def test_production_refuses_what_only_tests_may_have() -> None:
    """Unsigned files, another pcscd, a test CA: each is named."""
    with staged(start=False, config="") as stage:
        edit(stage, 'mode = "test"', 'mode = "production"')
        told = stage.check_config().stderr
        assert f"{stage.folder / 'policy.toml'} is not signed" in told
        assert f"{stage.folder / 'register.toml'} is not signed" in told
        assert "PCSCLITE_CSOCK_NAME is set" in told
        assert "operator-ca.pem: operator_ca holds a test CA's certificate" in told
        assert stage.launch().wait(PATIENT_S) == EXIT_CONFIG
        del stage.environment["PCSCLITE_CSOCK_NAME"]
        assert "PCSCLITE_CSOCK_NAME" not in stage.check_config().stderr


@pytest.mark.proves("P8")
@pytest.mark.parametrize("mode_", ["production", "test"])
def test_memory_that_cannot_be_locked(
    mode_: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stops production, warns in test mode. Asks the program's own step: what may be locked differs from machine to machine."""

    def refused() -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(program, "lock_memory", refused)
    text = f'mode = "{mode_}"\nterminal = "t"\noperator_ca = ["/x"]\n[[clients]]\nname = "a"\nusers = [0]\n'
    settings = config.from_bytes(text.encode())
    if mode_ == "test":
        assert program._lock_memory(settings) is False
        return
    with pytest.raises(SystemExit) as left:
        program._lock_memory(settings)
    assert left.value.code == EXIT_CONFIG
    assert "LimitMEMLOCK=infinity" in capsys.readouterr().err


@pytest.mark.proves("P8")
def test_a_daemon_without_the_right_to_lock_memory_says_so() -> None:
    without = ("prlimit", "--memlock=65536", "setpriv", "--bounding-set=-ipc_lock", "--inh-caps=-ipc_lock")
    with staged(start=False) as stage:
        stage.command = (*without, *stage.command) if os.geteuid() == 0 else (*without[:2], *stage.command)
        stage.start()
        assert "event=memory_not_locked" in stage.log
        checks = {row["name"]: row for row in stage.call("health")["checks"]}
        assert checks["memory"] == {"name": "memory", "state": "warning", "problem": "not_locked"}


@pytest.mark.proves("P8")
def test_the_daemon_s_memory_is_locked() -> None:
    with staged() as stage:
        rows = dict(row.split(":", 1) for row in Path(f"/proc/{stage.pid}/status").read_text().splitlines())
        checks = {row["name"]: row["state"] for row in stage.call("health")["checks"]}
        assert (int(rows["VmLck"].split()[0]) > 0) == (checks["memory"] == "good")
        if os.geteuid() == 0:
            assert checks["memory"] == "good"


@pytest.mark.proves("I1", "T11")
def test_rights_of_what_the_daemon_makes() -> None:
    with staged() as stage:
        assert stat.S_IMODE(stage.socket.stat().st_mode) == 0o660
        for path in stage.office.audit.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) & 0o027 == 0, path.name
