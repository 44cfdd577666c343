"""The helper as a program: what it reads, how long it takes, what it believes, and that nothing but a yes of the daemon ends it with 0."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cardd.wire.framing import encode
from tests.e2e.fault_house import nothing_left_by_the_module, nothing_left_running, take_out
from tests.fixtures.counter import BADGE_SLOT, READY_SECONDS, RESIDENT_SLOT, until
from tests.terminal.pam_house import HELPER, OWNER, PATIENCE_S, PIN, Machine, open_machine

__all__ = ["nothing_left_by_the_module", "nothing_left_running"]
ENVIRONMENT = {"PAM_USER": OWNER.pw_name, "PAM_TYPE": "auth", "PAM_SERVICE": "test", "LANG": "C.UTF-8"}
EX_USAGE, EX_UNAVAILABLE, EX_TEMPFAIL = 64, 69, 75
FULL = 3
CAP_IPC_LOCK = 14
"""capabilities(7), its bit."""
GREETING = {"jsonrpc": "2.0", "method": "server.greeting", "params": {"product": "cardd"}}


def run(
    path: Path | str, *options: str, typed: bytes = PIN.encode(), environment: dict[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    """The helper, as pam_exec runs it: nothing in the environment but what PAM says."""
    if "stdin" not in more:
        more["input"] = typed
    return subprocess.run(
        [*HELPER, "--socket", str(path), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=ENVIRONMENT if environment is None else environment,
        check=False,
        timeout=PATIENCE_S,
        **more,
    )


@contextmanager
def pretending(behave: Callable[[socket.socket], None]) -> Iterator[Path]:
    """A socket where something else than cardd answers; `behave` has one connection."""
    with tempfile.TemporaryDirectory(prefix="not-cardd-") as folder:
        path = Path(folder) / "cardd.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(path))
            listening.listen(4)
            listening.settimeout(PATIENCE_S)

            def serve() -> None:
                connected, _ = listening.accept()
                with connected:
                    connected.settimeout(PATIENCE_S)
                    behave(connected)

            thread = threading.Thread(target=serve)
            thread.start()
            try:
                yield path
            finally:
                thread.join(PATIENCE_S)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with open_machine() as opened:
        opened.put_in("sato")
        yield opened


# --- what is not cardd, or not today's -------------------------------------------------------------------------------


def answers(connected: socket.socket, *errors: dict[str, Any]) -> None:
    """Greets, says yes to `hello` and `agent.register`, and each of `errors` to one call after them."""
    connected.sendall(encode(GREETING))
    with connected.makefile("rb") as lines:
        for number, error in enumerate([None, None, *errors], start=1):
            if not lines.readline():
                return
            told: dict[str, Any] = {"result": {}} if error is None else {"error": error}
            connected.sendall(encode({"jsonrpc": "2.0", "id": number, **told}))
        lines.readline()


def test_a_daemon_that_knows_no_accounts_is_too_old() -> None:
    """One of before this release refuses the field: nobody is let in by a daemon that did not look at the account."""
    refused = {
        "code": -32600,
        "message": "The request is not well formed.",
        "data": {"name": "request.bad", "problem": "extra_forbidden", "field": "params.unix_user", "exit_code": 2},
    }
    with pretending(lambda connected: answers(connected, refused)) as path:
        done = run(path)
    assert done.returncode == 2
    assert "too old for this login" in done.stdout.decode()


def test_a_result_of_a_daemon_that_is_no_daemon_s_opens_nothing_without_a_call_answered() -> None:
    with pretending(lambda connected: connected.sendall(b"HTTP/1.1 200 OK\r\n\r\n")) as path:
        done = run(path)
    assert done.returncode == EX_UNAVAILABLE
    assert "ended in the middle" in done.stdout.decode()


@pytest.mark.parametrize("code", [0, 256, -256, 2**31, None, "0"])
def test_no_exit_code_that_an_error_names_is_a_yes(code: object) -> None:
    """A process ends with eight bits of its code (wait(2)): 256 would be 0."""
    odd = {"code": 1, "message": "no", "data": {"name": "future.word", "exit_code": code}}
    with pretending(lambda connected: answers(connected, odd)) as path:
        assert run(path).returncode == 1


def test_a_silent_daemon_holds_nobody_up() -> None:
    def silent(connected: socket.socket) -> None:
        connected.recv(1)

    with pretending(silent) as path:
        done = run(path, "--seconds", "1")
    assert done.returncode == EX_TEMPFAIL
    assert "It took too long." in done.stdout.decode()


def test_a_pin_that_never_ends_holds_nobody_up(machine: Machine) -> None:
    """Whoever runs it keeps the pipe open and writes nothing."""
    reading, writing = os.pipe()
    try:
        done = run(machine.counter.socket, "--seconds", "1", stdin=reading)
    finally:
        os.close(reading)
        os.close(writing)
    assert done.returncode == EX_TEMPFAIL


def test_a_time_out_counts_though_the_signal_was_blocked_by_whoever_started_it() -> None:
    def silent(connected: socket.socket) -> None:
        connected.recv(1)

    def block() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        signal.signal(signal.SIGALRM, signal.SIG_IGN)

    with pretending(silent) as path:
        assert run(path, "--seconds", "1", preexec_fn=block).returncode == EX_TEMPFAIL


# --- what stands on standard input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        b"1" * 1024 * 1024,
        bytes(range(256)) * 4,
        b"\x00" * 500,
        PIN.encode() + b"\n",
        PIN.encode() + b"\x00\x00",
        b"\xff\xfe",
    ],
    ids=["a megabyte", "every octet", "zeros", "with a line end", "two ends", "no text"],
)
def test_what_can_be_no_pin_costs_no_try(machine: Machine, typed: bytes) -> None:
    done = run(machine.counter.socket, typed=typed)
    assert done.returncode not in (0, None)
    assert "6 to 8 digits" in done.stdout.decode()
    assert machine.tries("sato") == FULL


def test_an_end_as_older_pam_writes_it_belongs_to_no_pin(machine: Machine) -> None:
    assert run(machine.counter.socket, typed=PIN.encode() + b"\x00").returncode == 0
    end_session(machine)


def test_standard_input_that_is_closed_is_no_pin(machine: Machine) -> None:
    done = run(machine.counter.socket, typed=b"", preexec_fn=lambda: os.close(0))
    assert done.returncode not in (0, None)
    assert "Traceback" not in done.stdout.decode()
    assert machine.tries("sato") == FULL


# --- who reads along ---------------------------------------------------------------------------------------------------


def test_nobody_who_reads_the_screen_any_more_changes_a_no_into_a_yes(machine: Machine) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*HELPER, "--socket", str(machine.counter.socket)],
        input=b"12",
        stdout=writing,
        stderr=writing,
        env=ENVIRONMENT,
        check=False,
        timeout=PATIENCE_S,
    )
    os.close(writing)
    assert done.returncode > 0


@pytest.mark.proves("P6", "P8")
def test_the_pin_is_in_no_argument_no_environment_and_no_core() -> None:
    started = threading.Event()

    def silent(connected: socket.socket) -> None:
        started.set()
        connected.recv(1)

    with pretending(silent) as path, waiting(path) as process:
        assert started.wait(READY_SECONDS)
        proc = Path("/proc") / str(process.pid)
        seen = (proc / "cmdline").read_bytes()
        if os.getuid() == 0:
            seen += (proc / "environ").read_bytes()
            told = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
            may_lock = int(told["CapEff"], 16) >> CAP_IPC_LOCK & 1
            assert (int(told["VmLck"].split()[0]) > 0) >= bool(may_lock), "what it touches stays out of swap"
        else:
            with pytest.raises(PermissionError):
                (proc / "mem").open("rb").close()
        assert PIN.encode() not in seen
        assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)


@contextmanager
def waiting(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The helper, with the PIN in its memory; killed at the end."""
    command = [*HELPER, "--socket", str(path)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(PIN.encode())
        process.stdin.close()
        try:
            yield process
        finally:
            process.kill()


# --- what it believes ---------------------------------------------------------------------------------------------------


def test_the_environment_leads_it_to_no_other_daemon(machine: Machine, tmp_path: Path) -> None:
    led = {
        **ENVIRONMENT,
        "CARDD_SOCKET": str(machine.counter.socket),
        "PYTHONPATH": str(tmp_path),
        "PYTHONINSPECT": "1",
    }
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(0)\n")
    (tmp_path / "cardd.py").write_text("import os\nos._exit(0)\n")
    done = run(tmp_path / "nobody.sock", environment=led, cwd=tmp_path)
    assert done.returncode == EX_UNAVAILABLE


@pytest.mark.parametrize("kind", ["account", "open_session", "password", None])
def test_it_answers_for_auth_alone(machine: Machine, kind: str | None) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "PAM_TYPE"}
    if kind is not None:
        environment["PAM_TYPE"] = kind
    assert run(machine.counter.socket, environment=environment).returncode == EX_USAGE
    assert machine.whose() is None


def test_without_a_user_it_answers_no(machine: Machine) -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "PAM_USER"}
    assert run(machine.counter.socket, environment=environment).returncode not in (0, None)
    assert machine.whose() is None


@pytest.mark.parametrize(
    "options", [["--help"], ["-h"], ["--unknown"], ["extra"], ["--seconds", "0"], ["--seconds", "1e9"]]
)
def test_a_line_that_was_written_wrongly_opens_nothing(machine: Machine, options: list[str]) -> None:
    assert run(machine.counter.socket, *options).returncode not in (0, None)
    assert machine.whose() is None


# --- before the PIN ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "none", "one", "two"),
    [
        (
            "en",
            "Put your badge into the reader, then type its PIN.",
            "Type the PIN of your badge.",
            "More than one badge",
        ),
        (
            "ja",
            "職員カードをカードリーダーに置いて、その暗証番号を入力してください。",
            "職員カードの暗証番号を入力してください。",
            "職員カードが2枚以上あります。",
        ),
    ],
    ids=["en", "ja"],
)
def test_it_says_beforehand_what_to_do_and_that_is_never_a_yes(
    machine: Machine, lang: str, none: str, one: str, two: str
) -> None:
    path = machine.counter.socket
    announced = run(path, "--announce", "--lang", lang)
    assert (announced.returncode, one in announced.stdout.decode()) == (1, True)
    machine.counter.insert(machine.people["day-1"].badge, RESIDENT_SLOT, kind="badge")
    announced = run(path, "--announce", "--lang", lang)
    assert (announced.returncode, two in announced.stdout.decode()) == (1, True)
    take_out(machine.counter, RESIDENT_SLOT)
    take_out(machine.counter, BADGE_SLOT)
    announced = run(path, "--announce", "--lang", lang)
    assert (announced.returncode, none in announced.stdout.decode()) == (1, True)
    machine.put_in("sato")
    assert machine.whose() is None


def test_it_says_beforehand_that_the_daemon_is_not_there(tmp_path: Path) -> None:
    announced = run(tmp_path / "nobody.sock", "--announce")
    assert announced.returncode == EX_UNAVAILABLE
    assert "The card service (cardd) is not running." in announced.stdout.decode()


def end_session(machine: Machine) -> None:
    """The badge out and in again."""
    take_out(machine.counter, BADGE_SLOT)
    until(lambda: machine.whose() is None, READY_SECONDS)
    machine.put_in("sato")
