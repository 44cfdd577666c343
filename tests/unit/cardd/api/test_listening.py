"""The listening socket: with its rights from the first moment, taken over from systemd, and refused when it is something else."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardd.api import connection
from cardd.api.limits import Limits
from cardd.api.listening import bind, passed_by_systemd
from cardd.api.peer import NOBODY, peer_of
from cardd.model import Peer
from tests.unit.cardd.api.house import running


@pytest.fixture
def passed(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "cardd.sock"))
        bound.listen()
        yield bound


def environment(**changed: str) -> dict[str, str]:
    return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", **changed}


def test_the_socket_that_systemd_passed_is_taken_over_and_its_file_is_left_alone(passed: socket.socket) -> None:
    listening = passed_by_systemd(environment(), os.dup(passed.fileno()))
    assert listening is not None
    with listening.socket:
        assert not listening.socket.get_inheritable()
        assert listening.problem() is None
        listening.remove()
        assert listening.path.exists()


@pytest.mark.parametrize("changed", [{"LISTEN_PID": "1"}, {"LISTEN_PID": ""}])
def test_what_was_passed_to_another_process_is_not_ours(changed: dict[str, str], passed: socket.socket) -> None:
    assert passed_by_systemd(environment(**changed), passed.fileno()) is None


def test_two_passed_sockets_are_refused(passed: socket.socket) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        passed_by_systemd(environment(LISTEN_FDS="2"), passed.fileno())


def test_a_passed_socket_of_another_kind_is_refused() -> None:
    with socket.socket(socket.AF_INET) as other, pytest.raises(ValueError, match="AF_UNIX"):
        passed_by_systemd(environment(), other.fileno())


def test_a_bind_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        bind(tmp_path / ("x" * 120))
    assert list(tmp_path.iterdir()) == []


def test_the_group_may_connect_and_others_may_not(tmp_path: Path) -> None:
    listening = bind(tmp_path / "cardd.sock", gid=os.getgid())
    with listening.socket:
        status = listening.path.stat()
        assert (stat.S_IMODE(status.st_mode), status.st_gid) == (0o660, os.getgid())
        listening.remove()
    assert not listening.path.exists()


@pytest.mark.proves("I1")
def test_the_peer_is_what_the_kernel_recorded() -> None:
    one, other = socket.socketpair(socket.AF_UNIX)
    with one, other:
        assert peer_of(one) == Peer(uid=os.getuid(), gid=os.getgid(), pid=os.getpid())


@pytest.mark.proves("I1", "H3")
async def test_the_user_nobody_is_refused_even_when_the_table_knows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "peer_of", lambda _: Peer(uid=NOBODY, gid=NOBODY, pid=1))
    async with running(tmp_path, Limits()) as house, house.raw() as raw:
        assert (await raw.line())["params"]["name"] == "client.unknown"
        assert house.refusals[0][0].uid == NOBODY
