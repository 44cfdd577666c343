"""Callers that misbehave at the real socket: each is cut or refused, and everybody else is served (I1, I2, I3, group B)."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.daemon.tools import PATIENT_S, Lines, Stage, open_files, request_line, resident_memory, staged
from tests.fixtures.counter import settle, until

STRANGER = 12345
MIB = 1024 * 1024
CONNECT_AS = """
import os, socket, sys
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
for _ in range(int(sys.argv[3])):
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(sys.argv[1])
        sys.stdout.write(raw.makefile("rb").read().decode())
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A daemon with the limits that are shipped."""
    with staged(config="") as opened:
        yield opened
        assert opened.stop() == 0, opened.log
        assert "event=incident" not in opened.log, opened.log


def alive(stage: Stage) -> None:
    """The daemon serves; asked so seldom that no limit is in the way."""

    def served() -> bool:
        with suppress(Exception), Lines(stage.socket) as lines:
            return bool(lines.result("health")["version"])
        return False

    until(served, PATIENT_S)


def closing(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """What the daemon said when it ended the connection."""
    assert lines[-1]["method"] == "server.closing", lines[-1:]
    return dict(lines[-1]["params"])


# --- too much --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("I3", "fault 58")
def test_ten_thousand_requests_without_reading_an_answer(stage: Stage) -> None:
    with Lines(stage.socket) as lines:
        lines.send(request_line(0, "rpc.discover", {}))
        lines.line()  # the document is made once, and stays
    settle(lambda: stage.call("health"), PATIENT_S)
    before = resident_memory(stage.pid)
    flood = b"".join(request_line(number, "rpc.discover", {}) for number in range(10_000))
    with Lines(stage.socket) as lines:
        with suppress(BrokenPipeError, ConnectionResetError):
            lines.send(flood)
        alive(stage)
        assert resident_memory(stage.pid) - before < 4 * MIB
        answers = lines.until_closed()
    names = {line["error"]["data"]["name"] for line in answers if "error" in line}
    assert names <= {"request.too_many"}
    assert sum("result" in line for line in answers) < 10_000


@pytest.mark.proves("I3", "fault 58")
def test_answers_that_nobody_reads_end_the_connection() -> None:
    """Without the limit on requests the output queue is what stops them: 256 KiB, then closed."""
    with staged() as stage:
        settle(lambda: stage.call("health"), PATIENT_S)
        before = resident_memory(stage.pid)
        with Lines(stage.socket) as lines:
            request = request_line(1, "errors.list", {})
            with pytest.raises((BrokenPipeError, ConnectionResetError)):
                lines.send(request * 10_000)
            assert resident_memory(stage.pid) - before < 4 * MIB
            alive(stage)
            last = lines.until_closed()
            with suppress(IndexError, KeyError):
                assert last[-1]["params"]["problem"] == "answers_not_read"


@pytest.mark.proves("I3")
def test_twenty_requests_a_second(stage: Stage) -> None:
    """More are refused one by one, over all connections of a user, and the bucket fills again."""
    with Lines(stage.socket) as one, Lines(stage.socket) as two:
        began = time.monotonic()
        asked = [lines for _ in range(50) for lines in (one, two) if lines.ask("whoami")]
        answers = [lines.line() for lines in asked]
        seconds = time.monotonic() - began
        good = [answer for answer in answers if "result" in answer]
        refused = [answer["error"]["data"] for answer in answers if "error" in answer]
        assert len(good) <= 20 * (1 + seconds)
        assert {(data["name"], data["retry_after_s"]) for data in refused} == {("request.too_many", 1)}
        assert all(data["retryable"] for data in refused)
        until(lambda: "result" in one.answer(one.ask("whoami")), PATIENT_S)


@pytest.mark.proves("I3")
def test_eight_connections_of_one_user(stage: Stage) -> None:
    """The ninth is told why; one that ends makes room."""
    with ExitStack() as open_ones:
        held = [open_ones.enter_context(Lines(stage.socket)) for _ in range(8)]
        with Lines(stage.socket, hello=False) as ninth:
            said = closing(ninth.until_closed())
        assert said["name"] == "request.too_many"
        held[0].__exit__()
        alive(stage)
    assert [record["code"] for record in stage.records() if record["event"] == "connection.refused"] == [
        "request.too_many"
    ]


@pytest.mark.proves("I3")
def test_thirty_two_connections_in_all() -> None:
    with (
        staged(config="[limits]\nconnections_per_user = 32\nrequests_per_second = 5000\n") as stage,
        ExitStack() as held,
    ):
        for _ in range(32):
            held.enter_context(Lines(stage.socket))
        with Lines(stage.socket, hello=False) as last:
            assert closing(last.until_closed())["name"] == "request.too_many"


@pytest.mark.proves("I3", "T9")
def test_five_thousand_connections_leave_nothing_behind() -> None:
    """Half of them say hello, a quarter leaves half a line, all go without a word."""
    with staged() as stage:
        hello = request_line(1, "hello", {"level": 1, "client": "x", "version": "1"})

        def visit(number: int) -> None:
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(str(stage.socket))
                raw.sendall((hello, hello + b'{"json', b"\n", b"\xff{")[number % 4])
                raw.recv(1)

        for number in range(500):
            visit(number)
        alive(stage)
        settle(lambda: stage.call("health"), PATIENT_S)
        before = resident_memory(stage.pid), len(open_files(stage.pid))
        for number in range(4500):
            visit(number)
        alive(stage)
        until(lambda: len(open_files(stage.pid)) <= before[1], PATIENT_S)
        assert resident_memory(stage.pid) - before[0] <= MIB


# --- too slow --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("I2", "fault 54", "fault 55")
@pytest.mark.parametrize("step_s", [60.0, 0.2], ids=["half a frame, then silence", "one octet each 0.2 s"])
def test_a_frame_must_be_whole_in_time(step_s: float) -> None:
    with staged(config="[limits]\nline_seconds = 1\n") as stage, Lines(stage.socket) as slow:
        began = time.monotonic()
        slow.socket.settimeout(step_s)
        try:
            for octet in request_line(1, "health", {}):
                slow.send(bytes([octet]))
                if time.monotonic() - began > 1 or step_s > 1:
                    break
                time.sleep(step_s)
        except (BrokenPipeError, ConnectionResetError):
            pass
        slow.socket.settimeout(PATIENT_S)
        said = closing(slow.until_closed())
        assert (said["name"], said["problem"]) == ("request.bad", "line_too_slow")
        assert time.monotonic() - began < PATIENT_S
        alive(stage)


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("I1", "fault 49", "fault 150")
def test_a_user_who_is_in_no_table_is_sent_away() -> None:
    """Another user where we are root; else ourselves, with a table that names somebody else. A flood is one record."""
    with staged(start=False) as stage:
        stage.office.write(stage.socket, users=(os.getuid() if os.geteuid() == 0 else STRANGER,))
        stage.launch()
        until(stage.answers, PATIENT_S)
        uid = STRANGER if os.geteuid() == 0 else os.getuid()
        stage.folder.chmod(0o711)
        stage.socket.chmod(0o666)
        visits = 200
        done = subprocess.run(
            [sys.executable, "-c", CONNECT_AS, str(stage.socket), str(STRANGER), str(visits)],
            capture_output=True,
            check=True,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(lines) == visits
        assert {(line["method"], line["params"]["name"]) for line in lines} == {("server.closing", "client.unknown")}
        assert stage.stop() == 0
        refused = [record for record in stage.records() if record["event"] == "connection.refused"]
        assert [(record["uid"], record["code"]) for record in refused if record["uid"] == uid][:1] == [
            (uid, "client.unknown")
        ]
        assert len([record for record in refused if record["uid"] == uid]) == 1


# --- nonsense --------------------------------------------------------------------------------------------------------

METHODS = st.sampled_from(
    ["hello", "health", "whoami", "card.read", "session.login", "events.subscribe", "request.cancel", "x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["card", "items", "purpose", "case", "level", "client", "version", "badge", "id", "topics", "since"]
)
BODIES = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0") | VALUES, "id": st.integers() | st.text(max_size=8) | VALUES},
    optional={
        "method": METHODS | VALUES,
        "params": st.dictionaries(NAMES | st.text(max_size=8), VALUES, max_size=5) | VALUES,
        "result": st.just({"secret": 4}) | VALUES,
        "error": VALUES,
    },
)
LINES = st.one_of(
    BODIES.map(lambda body: json.dumps(body).encode() + b"\n"),
    BODIES.map(lambda body: json.dumps(body).encode()[:-3] + b"\n"),
    st.binary(max_size=200),
    st.binary(max_size=60).map(lambda octets: octets + b"\n"),
    st.integers(1, 70).map(lambda size: b'{"jsonrpc":"2.0","id":"s-1","result":{"secret":%d}}\n' % size + b"0" * size),
    st.just(b"{" * 70_000),
    st.just(b"[" * 5000 + b"\n"),
)


@pytest.mark.proves("I2", "T4", "fault 57", "H7")
def test_nothing_that_is_sent_hurts_the_daemon() -> None:
    """Whatever comes: an answer, a refusal or the end of the connection; never an incident, never silence for others."""
    with staged() as stage:

        @given(st.lists(LINES, min_size=1, max_size=6), st.booleans())
        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
        def send(lines: list[bytes], polite: bool) -> None:
            with Lines(stage.socket, hello=polite) as raw:
                with suppress(BrokenPipeError, ConnectionResetError):
                    for line in lines:
                        raw.send(line)
                    raw.socket.shutdown(socket.SHUT_WR)
                for answer in raw.until_closed():
                    data = answer.get("error", {}).get("data", {})
                    assert data.get("name") != "internal", answer
                    assert answer["jsonrpc"] == "2.0"

        send()
        alive(stage)
        assert stage.stop() == 0
        assert "incident" not in stage.log, stage.log
        assert "level=error" not in stage.log, stage.log
