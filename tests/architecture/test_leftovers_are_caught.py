"""The fixture of `tests/fixtures/leftovers.py`, tried on tests that leave something behind."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

REPOSITORY = Path(__file__).parents[2]

CULPRITS = {
    "tasks left running: forgotten": """
        import asyncio
        async def test_it():
            asyncio.get_running_loop().create_task(asyncio.sleep(60), name="forgotten")
    """,
    "left running: thread forgotten": """
        import threading
        def test_it():
            threading.Thread(target=threading.Event().wait, args=(40,), name="forgotten", daemon=True).start()
    """,
    "left running: process": """
        import subprocess
        processes = []
        def test_it():
            processes.append(subprocess.Popen(["sleep", "40"]))
    """,
    "left running: socket:": """
        import socket
        sockets = []
        def test_it():
            sockets.append(socket.socket())
    """,
}

TIDY = """
    import asyncio, pytest, socket, subprocess, threading

    @pytest.fixture(scope="module")
    def server():
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server

    @pytest.fixture
    async def helper():
        task = asyncio.get_running_loop().create_task(asyncio.sleep(60))
        yield task
        task.cancel()

    async def test_asynchronous(server, helper):
        await asyncio.to_thread(threading.current_thread)
        reader, writer = await asyncio.open_connection(*server.getsockname())
        writer.close()
        await writer.wait_closed()

    def test_synchronous(server):
        subprocess.run(["true"], check=True)
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()

    def test_that_runs_its_own_loop():
        asyncio.run(asyncio.sleep(0))
"""


@pytest.fixture
def lodger(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small project of its own that uses our fixture."""
    monkeypatch.setenv("PYTHONPATH", str(REPOSITORY))
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def run(lodger: pytest.Pytester, source: str) -> pytest.RunResult:
    lodger.makepyfile(source)
    return lodger.runpytest_subprocess("-p", "tests.fixtures.leftovers", "-p", "no:cacheprovider", timeout=60)


@pytest.mark.parametrize(("complaint", "source"), CULPRITS.items(), ids=["task", "thread", "process", "socket"])
def test_what_is_left_running_fails_the_test(
    lodger: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, complaint: str, source: str
) -> None:
    monkeypatch.setenv("LEFTOVERS_GRACE_S", "0.5")
    result = run(lodger, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(f"*{complaint}*")


def test_tidy_tests_pass(lodger: pytest.Pytester) -> None:
    run(lodger, TIDY).assert_outcomes(passed=3)
