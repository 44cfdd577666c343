"""Programs that try to get into a console: raw requests, another user of the machine, a server of another origin."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import pytest

from tests.terminal.console_house import ConsoleDesk

WAIT: Final = 30.0
NOBODY: Final = "nobody"
_AS_CLIENT: Final = """
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=30)
try:
    connection.sendall(sys.stdin.buffer.read())
    while octets := connection.recv(65536):
        sys.stdout.buffer.write(octets)
except ConnectionError as error:
    sys.stdout.write(type(error).__name__)
"""


def port_of(desk: ConsoleDesk) -> int:
    return int(desk.address.rpartition(":")[2])


def cookie_of(desk: ConsoleDesk) -> str:
    """`NAME=VALUE`, as the browser that has entered sends it."""
    (found,) = desk.page.context.cookies(desk.address)
    return f"{found['name']}={found['value']}"  # type: ignore[typeddict-item]


def request(
    desk: ConsoleDesk, line: str = "GET /part/seat HTTP/1.1", body: bytes = b"", **changed: str | None
) -> bytes:
    """A request with everything right; a header of `changed` (`_` for `-`) is replaced, None leaves it out."""
    headers: dict[str, str | None] = {
        "Host": f"127.0.0.1:{port_of(desk)}",
        "Cookie": cookie_of(desk),
        "Sec-Fetch-Site": "same-origin",
        "Origin": desk.address,
        "Content-Length": str(len(body)),
        "Connection": "close",
        "X-Tab": desk.page.evaluate("document.body.dataset.tab"),
    }
    headers.update({name.replace("_", "-"): value for name, value in changed.items()})
    lines = [line, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def said_to(desk: ConsoleDesk, octets: bytes) -> bytes:
    """All that the console says to these octets until it hangs up."""
    with socket.create_connection(("127.0.0.1", port_of(desk)), timeout=WAIT) as connection:
        try:
            connection.sendall(octets)
        except ConnectionError:
            return b""  # it did not want to hear the rest
        return heard(connection)


def heard(connection: socket.socket) -> bytes:
    """Until the other end hangs up."""
    parts = bytearray()
    try:
        while octets := connection.recv(65536):
            parts += octets
    except ConnectionResetError:
        pass  # that is hanging up, too
    return bytes(parts)


def statuses(said: bytes) -> list[int]:
    """Of all answers."""
    return [int(each) for each in re.findall(rb"(?m)^HTTP/1\.1 (\d{3})", said)]


def as_another_user(*command: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run this as `nobody`. Skips where this user may not become another."""
    if os.getuid() == 0:
        who = pwd.getpwnam(NOBODY)
        start = ["setpriv", f"--reuid={who.pw_uid}", f"--regid={who.pw_gid}", "--clear-groups"]
    else:
        start = ["sudo", "-n", "-u", NOBODY]
        if (
            shutil.which("sudo") is None
            or subprocess.run([*start, "true"], capture_output=True, check=False).returncode
        ):
            pytest.skip(
                "this user can run nothing as another user: run as root, or with sudo that asks for no password"
            )
    return subprocess.run([*start, *command], input=given, capture_output=True, cwd="/", timeout=WAIT, check=False)


def said_to_another_user(desk: ConsoleDesk, octets: bytes) -> bytes:
    """What a program of `nobody` hears."""
    done = as_another_user("/usr/bin/python3", "-c", _AS_CLIENT, "127.0.0.1", str(port_of(desk)), given=octets)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@contextmanager
def other_server(page: str) -> Iterator[int]:
    """A server on every loopback address that gives everybody this page; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            octets = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *_: object) -> None:
            """Not into the tests' output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    runs = threading.Thread(target=server.serve_forever)
    runs.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        runs.join(WAIT)
        server.server_close()
