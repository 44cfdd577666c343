"""The demo does what it says, twice in a row, in any folder, and leaves nothing behind."""

import os
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.office import PASSPHRASE
from tests.fixtures.terminal import shows

ROOT = Path(__file__).parents[2]
PACKAGES = ("demo", "cardd", "certs", "applets_spec")
MARK = "CARDD_TEST_MARK"
ESCAPE = "\x1b"


class Checkout:
    """A checkout in a folder of its own, with its own places for temporary files, and a mark on all its processes."""

    def __init__(self, folder: Path, temporary: Path) -> None:
        self.folder = folder
        self.temporary = temporary
        self.mark = uuid.uuid4().hex
        folder.mkdir(parents=True)
        for package in PACKAGES:
            (folder / package).symlink_to(ROOT / package)

    def demo(self) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "TMPDIR": str(self.temporary),
            "XDG_RUNTIME_DIR": str(self.temporary),
            "HOME": str(self.temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
            MARK: self.mark,
        }
        command = [sys.executable, "-m", "demo"]
        return subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def processes_left(self) -> list[str]:
        """Every process that descends from the demo still has its mark."""
        left = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                if self.mark.encode() in place.read_bytes():
                    left.append(place.parent.name)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # ended meanwhile, or not ours
        return left

    def sockets_left(self) -> list[str]:
        return [line for line in Path("/proc/net/unix").read_text().splitlines() if str(self.temporary) in line]


LONG = 'a folder with spaces and "quotes" and 町役場 ' + "that goes on and on " * 6


@pytest.fixture(params=["short", LONG])
def checkout(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Checkout]:
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as temporary:  # short: sockets go there
        yield Checkout(tmp_path / request.param, Path(temporary))


@pytest.mark.proves("A1", "P6")
@pytest.mark.timeout(240)
def test_the_demo_runs_twice_and_leaves_nothing_but_its_folder(checkout: Checkout) -> None:
    for _ in range(1 if checkout.folder.name == LONG else 2):
        done = checkout.demo()
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        assert checkout.processes_left() == []
        assert checkout.sockets_left() == []
        assert list(checkout.temporary.iterdir()) == []
        assert {path.name for path in checkout.folder.iterdir()} == {".demo", *PACKAGES}
    shows_what_it_must(done.stdout)
    records_what_it_did(checkout.folder / ".demo" / "audit")
    leaves_what_an_outsider_needs(checkout.folder / ".demo")


def shows_what_it_must(screen: str) -> None:
    assert screen.count("CAdES Verification successful") == 2
    assert screen.count("| Verified OK") == 1
    assert "$ openssl dgst -sha256 -verify" in screen
    assert "$ openssl cms -verify -cades" in screen
    for error in (
        *("policy.denied", "pin.rejected", "pin.repeated", "session.required", "session.locked", "approval.required"),
        *("approval.invalid", "grant.unknown", "auth.failed", "lockdown.engaged"),
    ):
        assert f"({error})" in screen, f"{error} is not shown"
    assert screen.count(": 署名しました。") == 3, "three signatures under one grant"
    assert "| whole" in screen
    assert "| the receipt's record is in the log" in screen
    assert "| 証明されました" in screen
    assert re.search(r"\| 破損 記録 \d+（", screen), "one changed bit is found, and the record named"
    assert "確認済み: 説明がつく（研修、mori）" in screen
    assert re.search(r"open it in a browser: .*report\.html", screen)
    assert "佐藤 花子" in screen
    assert ESCAPE not in screen, "no terminal, no escape codes"
    for secret in ("246813", "ABC123", "5678", "2468", "805173"):
        assert not shows(screen, secret), "a PIN is on the screen"
    assert PASSPHRASE not in screen


def records_what_it_did(audit: Path) -> None:
    done = subprocess.run(["cardd-verify", str(audit), "--show"], capture_output=True, text=True, check=True)
    for event in (
        *("session.login", "card.read", "sign.digest", "card.change_pin", "session.ended", "session.locked"),
        *("session.unlock", "approval.give", "sign.grant", "badge.enrol", "badge.block", "lockdown.release"),
        *("audit.head", "audit.proof", "audit.disclose", "watch.alarm", "watch.review"),
    ):
        assert re.search(rf"(?m)^\d+ .* {re.escape(event)} ", done.stdout), f"no record of {event}"


def leaves_what_an_outsider_needs(folder: Path) -> None:
    auditor = folder / "auditor"
    proof = ("--proof", str(auditor / "proof.json"), "--key", str(auditor / "first.key"))
    assert subprocess.run(["cardd-verify", *proof], capture_output=True, check=False).returncode == 0
    assert "担当: sato" in (auditor / "list.txt").read_text("utf-8")
    page = (auditor / "report.html").read_text("utf-8")
    assert "見本町 Mihon Town" in page
    assert "whole" in page


def test_a_demo_that_is_told_to_end_takes_everything_with_it(checkout: Checkout) -> None:
    environment = {**os.environ, "TMPDIR": str(checkout.temporary), MARK: checkout.mark}
    command = [sys.executable, "-u", "-m", "demo"]
    with subprocess.Popen(
        command, cwd=checkout.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "cardctl --locale ja login" in line:
                break
        process.terminate()
        process.stdout.read()
        assert process.wait(60) == 143
    assert checkout.processes_left() == []
    assert list(checkout.temporary.iterdir()) == []
