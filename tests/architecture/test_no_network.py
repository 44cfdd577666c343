"""The daemon, with everything that it loads early or late, brings no program that speaks over a network (only the helper units do)."""

import subprocess
import sys

import pytest

NETWORK = {
    "http.client", "http.server", "urllib.request", "ftplib", "smtplib", "socketserver", "xmlrpc", "psycopg", "starlette", "uvicorn",
    "requests", "aiohttp", "cardd.collector", "cardd.fleet", "cardd.witness.post", "cardd.witness.send", "cardd.witness.server",
}  # fmt: skip
DAEMON = (
    "app", "api", "pcsc", "login", "signing", "reading", "enrolment", "approvals", "lockdown", "office", "proving", "gate", "auditing",
    "watching", "history", "audit", "readers", "sessions", "state", "cards", "policy", "process",
)  # fmt: skip
PROGRAM = """
import importlib, pkgutil, sys
import cardd.__main__
{more}
for room in {rooms!r}:
    package = importlib.import_module("cardd." + room)
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
print(*sorted(sys.modules))
"""


def loaded(more: str = "") -> set[str]:
    program = PROGRAM.format(rooms=DAEMON, more=more)
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(told.stdout.split())


@pytest.mark.proves("H4")
def test_nothing_that_the_daemon_can_load_speaks_over_a_network() -> None:
    found = loaded()
    assert {"cardd.app.daemon", "cardd.auditing.service", "cardd.watching.live", "cardd.history.follower"} <= found
    assert not NETWORK & found


def test_a_program_that_speaks_over_a_network_would_be_seen() -> None:
    assert {"http.client", "cardd.witness.send"} <= NETWORK & loaded("import cardd.witness.send")
