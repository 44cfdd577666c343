"""Who gets into a running console: this user's browser that entered, and nobody else, whatever they say and however they say it."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from terminal.console.door import HEAD_SECONDS, MOST_CONNECTIONS
from tests.fixtures.counter import BADGE_SLOT, Counter, open_counter, until
from tests.fixtures.pcscd import StandInBox
from tests.terminal.console_house import ConsoleDesk, open_console
from tests.terminal.walls_house import (
    WAIT,
    as_another_user,
    cookie_of,
    heard,
    port_of,
    request,
    said_to,
    said_to_another_user,
    statuses,
)

FORM = {"Content_Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def counter() -> Iterator[Counter]:
    with open_counter(StandInBox) as opened:
        yield opened


@pytest.fixture(scope="module")
def desk(counter: Counter, browser: Browser) -> Iterator[ConsoleDesk]:
    """Somebody is logged in and at work on a case: there is something to get."""
    with open_console(counter, browser) as opened:
        opened.log_in(counter.office.people[0])
        opened.begin_case("identity_check", "R8-GEHEIM")
        opened.page.get_by_text("R8-GEHEIM").wait_for()
        yield opened
        counter.pull(BADGE_SLOT)


def untouched(desk: ConsoleDesk) -> None:
    """The same person is logged in, at the same case, in the same language, in the same tab."""
    seat = said_to(desk, request(desk)).decode()
    assert "R8-GEHEIM" in seat
    assert "佐藤" in seat
    assert "English" in seat
    assert desk.page.locator("#over").is_hidden()


def descriptors(desk: ConsoleDesk) -> int:
    return len(list(Path(f"/proc/{desk.process.pid}/fd").iterdir()))


def test_who_has_everything_gets_the_page(desk: ConsoleDesk) -> None:
    """Else nothing below would prove anything."""
    untouched(desk)


@pytest.mark.proves("S2")
def test_another_user_gets_nothing_even_with_cookie_and_token(desk: ConsoleDesk) -> None:
    before = desk.launch.read_text()
    desk.process.send_signal(signal.SIGUSR1)  # a fresh launch file
    until(lambda: desk.launch.read_text() != before, WAIT)
    token = re.search(r'value="([^"]+)"', desk.launch.read_text())[1]  # type: ignore[index]
    assert said_to_another_user(desk, request(desk)) in {b"", b"ConnectionResetError"}
    assert said_to_another_user(desk, request(desk, "POST /logout HTTP/1.1")) in {b"", b"ConnectionResetError"}
    entering = request(desk, "POST /enter HTTP/1.1", f"token={token}".encode(), Cookie=None, **FORM)
    assert said_to_another_user(desk, entering) in {b"", b"ConnectionResetError"}
    untouched(desk)
    said = said_to(desk, entering)  # the token is not used up by a stranger
    assert statuses(said) == [200]
    assert b"set-cookie: cardd_console=" in said.lower()
    assert b"httponly" in said.lower()
    assert b"samesite=strict" in said.lower()
    assert statuses(said_to(desk, entering)) == [403]  # once


def test_another_user_cannot_read_the_launch_file(desk: ConsoleDesk) -> None:
    assert stat.S_IMODE(desk.launch.stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.launch.parent.stat().st_mode) == 0o700
    assert as_another_user("/usr/bin/cat", os.fspath(desk.launch)).returncode != 0


def test_another_program_of_the_user_gets_nothing_without_the_cookie(desk: ConsoleDesk) -> None:
    for line in (
        "GET / HTTP/1.1",
        "GET /part/seat HTTP/1.1",
        "GET /events HTTP/1.1",
        "GET /static/console.js HTTP/1.1",
    ):
        for wrong in (None, "cardd_console=" + "A" * 43):
            said = said_to(desk, request(desk, line, Cookie=wrong))
            assert statuses(said) == [401]
            assert said.endswith(b"cardd-console\n")
    assert statuses(said_to(desk, request(desk, "POST /logout HTTP/1.1", Cookie=None))) == [401]
    untouched(desk)


def test_a_token_that_is_guessed_or_missing_opens_nothing(desk: ConsoleDesk) -> None:
    for body in (b"", b"token=", b"token=" + b"A" * 43, b"token=%00", "token=é".encode(), b"token=a&token=b"):
        entering = request(desk, "POST /enter HTTP/1.1", body, Cookie=None, **FORM)
        said = said_to(desk, entering)
        assert statuses(said) == [403]
        assert b"set-cookie" not in said.lower()


@pytest.mark.parametrize(
    "host", ["localhost:{}", "127.0.0.1", "127.0.0.1.:{}", "evil.example:{}", "[::1]:{}", "", None]
)
def test_another_name_of_this_machine_gets_nothing(desk: ConsoleDesk, host: str | None) -> None:
    said = said_to(desk, request(desk, Host=host and host.format(port_of(desk))))
    assert statuses(said)[0] in {400, 421}
    assert b"GEHEIM" not in said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"\r\nCookie", b"\r\nHost: evil.example\r\nCookie"),  # two hosts
        (b"GET /part/seat", b"GET http://evil.example/part/seat"),  # the absolute form, RFC 9112, 3.2.2
        (b"GET /part/seat", b"GET /part%2Fseat/../../etc/passwd"),
        (b"GET /part/seat", b"GET /static/../console.py"),
        (b"GET /part/seat", b"GET /static/%2e%2e/console.py"),
        (b"GET /part/seat", b"CONNECT 127.0.0.1:80"),
        (b"GET /part/seat", b"TRACE /part/seat"),
        (b"GET /part/seat HTTP/1.1", b"GET /part/seat"),
        (b"GET /part/seat", b"G\0T /part/seat"),
        (b"Origin:", b"X-Long: " + b"a" * 600_000 + b"\r\nOrigin:"),
        (b"Origin:", b"X: a\r\n" * 100_000 + b"Origin:"),
        (b"Sec-Fetch-Site: same-origin", b"Sec-Fetch-Site: cross-site\r\nX-Forwarded-Host: 127.0.0.1"),
    ],
)
def test_requests_that_no_browser_of_ours_writes_get_nothing(desk: ConsoleDesk, old: bytes, new: bytes) -> None:
    good = request(desk)
    assert old in good
    said = said_to(desk, good.replace(old, new, 1))
    assert not set(statuses(said)) & set(range(200, 400))
    assert b"GEHEIM" not in said
    untouched(desk)


def test_a_proxys_headers_say_nothing(desk: ConsoleDesk) -> None:
    """They could name another port, and so another owner of the connection."""
    more = {"X_Forwarded_For": "127.0.0.1:1", "X_Forwarded_Proto": "https", "Forwarded": "for=127.0.0.1"}
    assert statuses(said_to(desk, request(desk, **more))) == [200]
    assert statuses(said_to(desk, request(desk, Cookie=None, **more))) == [401]


def test_an_old_browser_and_one_that_asks_ahead_are_answered_in_order(desk: ConsoleDesk) -> None:
    assert statuses(said_to(desk, request(desk, "GET /part/seat HTTP/1.0"))) == [200]
    two = request(desk, Connection="keep-alive", Cookie=None) + request(desk)
    assert statuses(said_to(desk, two)) == [401, 200]


def test_a_body_whose_length_nobody_says_is_not_read(desk: ConsoleDesk) -> None:
    post = "POST /language HTTP/1.1"
    assert statuses(said_to(desk, request(desk, post, Content_Length=None))) == [413]
    chunked = request(desk, post, Content_Length=None, Transfer_Encoding="chunked") + b"9\r\nlocale=en\r\n0\r\n\r\n"
    assert statuses(said_to(desk, chunked)) == [413]
    both = request(desk, post, Content_Length="0", Transfer_Encoding="chunked") + b"9\r\nlocale=en\r\n0\r\n\r\n"
    assert 200 not in statuses(said_to(desk, both))
    assert statuses(said_to(desk, request(desk, post, Content_Length="300000"))) == [413]
    untouched(desk)


def test_requests_that_never_end_are_cut_and_hold_nobody_up(desk: ConsoleDesk) -> None:
    before = descriptors(desk)
    slow = [socket.create_connection(("127.0.0.1", port_of(desk)), timeout=WAIT) for _ in range(MOST_CONNECTIONS + 40)]
    try:
        for connection in slow[:20]:
            connection.sendall(b"GET /part/seat HTTP/1.1\r\nHost:")
        assert all(heard(connection) == b"" for connection in slow[-20:])  # too many
        began = time.monotonic()
        assert heard(slow[0]) == b""  # too slow; would wait for WAIT where nobody cuts it
        assert time.monotonic() - began < HEAD_SECONDS + WAIT / 2
        assert all(heard(connection) == b"" for connection in slow)
    finally:
        for connection in slow:
            connection.close()
    until(lambda: descriptors(desk) <= before, WAIT)
    untouched(desk)


def test_ten_thousand_requests_leave_nothing_behind(desk: ConsoleDesk) -> None:
    before = descriptors(desk)
    burst = request(desk, Cookie=None, Connection="keep-alive") * 100
    for _ in range(99):
        with socket.create_connection(("127.0.0.1", port_of(desk)), timeout=WAIT) as connection:
            connection.sendall(burst + request(desk, Cookie=None))
            assert set(statuses(heard(connection))) == {401}
    until(lambda: descriptors(desk) <= before, WAIT)
    status = Path(f"/proc/{desk.process.pid}/status").read_text()
    assert int(re.search(r"VmRSS:\s+(\d+)", status)[1]) < 120 * 1024  # type: ignore[index]
    untouched(desk)


def test_no_script_can_read_the_cookie(desk: ConsoleDesk) -> None:
    assert cookie_of(desk).partition("=")[2] not in desk.page.evaluate("document.cookie")
    (cookie,) = desk.page.context.cookies(desk.address)
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")  # type: ignore[typeddict-item]


def test_it_listens_on_loopback_alone_and_speaks_with_nobody_else(desk: ConsoleDesk) -> None:
    inodes = {
        os.readlink(each).removeprefix("socket:[").removesuffix("]")
        for each in Path(f"/proc/{desk.process.pid}/fd").iterdir()
        if os.readlink(each).startswith("socket:")
    }
    seen = 0
    for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in Path(f"/proc/{desk.process.pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                seen += 1
                assert name == "tcp"
                assert fields[1] == f"0100007F:{port_of(desk):04X}"  # every socket is the server's end of its own port
    assert seen >= 1
