"""A file and its signatures are exchanged together, whatever moment the power goes (fault 94)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cardd.office.contents import Kind
from cardd.office.files import Folders, Pair, Untrusted, read_pair

OLD, NEW, NEWER = Pair(b"old", b"old signatures"), Pair(b"new", b"new signatures"), Pair(b"newer", b"")
STEPS = ("open", "fsync", "replace", "unlink", "rename")


class PowerCut(BaseException):
    """Nothing after this happens."""


@contextmanager
def power_for(monkeypatch: pytest.MonkeyPatch, steps: int) -> Iterator[None]:
    """So many calls that touch the disk are made; the next one does not happen."""
    left = [steps]

    def counted(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            if left[0] == 0:
                raise PowerCut
            left[0] -= 1
            return real(*given, **more)

        return call

    with monkeypatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, counted(getattr(os, name)))
        yield


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return with_old_pair(tmp_path / "state")


def cut(monkeypatch: pytest.MonkeyPatch, steps: int, work: Callable[[], None]) -> bool:
    """Whether the power went before `work` was done."""
    with power_for(monkeypatch, steps):
        try:
            work()
        except PowerCut:
            return True
    return False


def with_old_pair(place: Path) -> Folders:
    """Folders of their own, with a pair in force."""
    place.mkdir()
    made = Folders(place)
    made.make()
    made.exchange(Kind.POLICY, OLD)
    return made


def steps_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """How many calls one exchange makes."""
    for steps in range(100):
        folders = with_old_pair(tmp_path / f"count-{steps}")
        if not cut(monkeypatch, steps, lambda folders=folders: folders.exchange(Kind.POLICY, NEW)):
            return steps
    raise AssertionError("an exchange has no end")


@pytest.mark.proves("fault 94")
def test_a_cut_leaves_the_old_pair_or_the_new_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After each single step; also when the power goes again while the daemon puts things in order."""
    found = []
    for step in range(steps_of(monkeypatch, tmp_path)):
        for again in range(4):
            folders = with_old_pair(tmp_path / f"{step}-{again}")
            assert cut(monkeypatch, step, lambda folders=folders: folders.exchange(Kind.POLICY, NEW))
            seen = folders.in_force(Kind.POLICY)
            assert seen in (OLD, NEW), step
            cut(monkeypatch, again, lambda folders=folders: folders.settle(Kind.POLICY))
            assert folders.in_force(Kind.POLICY) == seen
            folders.settle(Kind.POLICY)
            assert folders.in_force(Kind.POLICY) == seen
            assert sorted(path.name for path in folders.office.iterdir()) == ["policy.toml", "policy.toml.p7s"]
        found.append(seen)
    assert found[0] == OLD
    assert found[-1] == NEW
    assert found == sorted(found, key=lambda pair: pair == NEW), "once new, always new"


def test_an_exchange_goes_on_where_one_was_cut(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for step in range(steps_of(monkeypatch, tmp_path)):
        folders = with_old_pair(tmp_path / str(step))
        cut(monkeypatch, step, lambda folders=folders: folders.exchange(Kind.POLICY, NEW))
        folders.exchange(Kind.POLICY, NEWER)
        assert folders.in_force(Kind.POLICY) == NEWER


KILLED = """
import sys
from pathlib import Path
from cardd.office.contents import Kind
from cardd.office.files import Folders, Pair
folders = Folders(Path(sys.argv[1]))
print("ready", flush=True)
number = 0
while True:
    number += 1
    content = b"%d" % number
    folders.exchange(Kind.POLICY, Pair(content, b"signatures of " + content))
"""


@pytest.mark.proves("fault 94")
def test_a_process_that_is_killed_leaves_whole_pairs(folders: Folders, tmp_path: Path) -> None:
    for pause in (0.01, 0.02, 0.035, 0.05):
        process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path / "state")], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        pair = folders.in_force(Kind.POLICY)
        assert pair is not None
        assert pair == OLD or pair.signatures == b"signatures of " + pair.content
        folders.settle(Kind.POLICY)
        assert folders.in_force(Kind.POLICY) == pair


def test_a_disk_that_is_full_leaves_the_old_pair(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fsync

    synced: list[int] = []

    def full(descriptor: int) -> None:
        synced.append(descriptor)
        if len(synced) == 3:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            folders.exchange(Kind.POLICY, NEW)
    assert folders.in_force(Kind.POLICY) == OLD
    folders.exchange(Kind.POLICY, NEW)
    assert folders.in_force(Kind.POLICY) == NEW


def test_files_in_force_are_for_the_daemon_alone(folders: Folders) -> None:
    assert folders.office.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in folders.office.iterdir())


def test_root_may_look_at_what_the_daemon_s_user_owns(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cardd --check-config` is run by root; the files in force belong to cardd."""
    if os.geteuid() == 0:
        for path in (folders.office, *folders.office.iterdir()):
            os.chown(path, 12345, -1)
    else:
        mine = os.geteuid()
        monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    assert folders.in_force(Kind.POLICY) == OLD
    with pytest.raises(Untrusted) as error:
        read_pair(folders.office / "policy.toml")
    assert error.value.problem == "wrong_owner"


@pytest.mark.parametrize("made", ["fifo", "large", "large signatures"])
def test_odd_files_are_not_read(tmp_path: Path, made: str) -> None:
    path = tmp_path / "policy.toml"
    if made == "fifo":
        os.mkfifo(path, 0o600)
    else:
        path.write_bytes(b"#" * (4 * 1024 * 1024 + (made == "large")))
        path.with_name("policy.toml.p7s").write_bytes(b"#" * (32 * 1024 + 1))
        for each in tmp_path.iterdir():
            each.chmod(0o600)
    with pytest.raises(Untrusted) as error:
        read_pair(path)
    assert error.value.problem == ("wrong_mode" if made == "fifo" else "too_large")


def test_a_refused_file_keeps_its_content_under_another_name(folders: Folders) -> None:
    for content in (b"first", b"second"):
        (folders.incoming / "policy.toml").write_bytes(content)
        folders.put_aside(Kind.POLICY, "why")
        assert {path.name: path.read_bytes() for path in folders.incoming.iterdir()} == {
            "policy.toml.refused": content,
            "policy.toml.why": b"why",
        }
    (folders.incoming / "policy.toml").write_bytes(b"good")
    folders.take_away(Kind.POLICY)
    assert list(folders.incoming.iterdir()) == []
