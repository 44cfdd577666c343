"""Each wall of the console alone: whatever else is right, one thing that is wrong keeps a request out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from terminal.console.guard import COOKIE, Guard
from terminal.console.peer import uid_of

SERVER = ("127.0.0.1", 4711)
SECRET = "the-cookie-of-this-console"
GOOD = {
    "host": "127.0.0.1:4711",
    "cookie": f"{COOKIE}={SECRET}",
    "sec-fetch-site": "same-origin",
    "origin": "http://127.0.0.1:4711",
    "content-length": "0",
}


async def _inside(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"cache-control", b"max-age=9999")]})
    await send({"type": "http.response.body", "body": b"inside"})


def ask(
    method: str = "GET",
    path: str = "/",
    *,
    uid: int | None = 1000,
    more: tuple[tuple[str, str], ...] = (),
    **changed: str,
) -> tuple[int, dict[str, str]]:
    """Status and headers of one request; `changed` replaces a header (`_` for `-`), an empty text leaves it out."""
    headers = {**GOOD, **{name.replace("_", "-"): value for name, value in changed.items()}}
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "client": ("127.0.0.1", 50000),
        "headers": [(n.encode(), v.encode()) for n, v in (*headers.items(), *more) if v],
    }
    guard = Guard(_inside, server=SERVER, secret=SECRET, own_uid=1000, find_uid=lambda *_: uid)
    asyncio.run(guard(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_with_everything_right_one_is_let_in(method: str) -> None:
    assert ask(method)[0] == 200


@pytest.mark.parametrize("uid", [0, 1001, None])
def test_another_users_program_is_kept_out_with_everything_else_right(uid: int | None) -> None:
    assert ask(uid=uid)[0] == 403
    assert ask("POST", "/enter", uid=uid)[0] == 403


@pytest.mark.parametrize(
    "host",
    [
        "",
        "127.0.0.1",
        "127.0.0.1:4712",
        "127.0.0.1.:4711",
        "localhost:4711",
        "LOCALHOST:4711",
        "evil.example:4711",
        "127.0.0.1:4711.evil.example",
        "127.1:4711",
        "[::1]:4711",
        "0.0.0.0:4711",
        "2130706433:4711",
        "user@127.0.0.1:4711",
    ],
)
def test_another_name_for_this_machine_is_kept_out(host: str) -> None:
    assert ask(host=host)[0] == 421
    assert ask("POST", "/enter", host=host)[0] == 421


def test_two_hosts_are_none() -> None:
    assert ask(more=(("host", "127.0.0.1:4711"),))[0] == 421


@pytest.mark.parametrize("site", ["same-site", "cross-site", "what-is-this"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_page_from_elsewhere_is_kept_out(method: str, site: str) -> None:
    assert ask(method, sec_fetch_site=site)[0] == 403


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://127.0.0.1:4712", "http://localhost:4711", "https://127.0.0.1:4711", "http://127.0.0.1"],
)
def test_nothing_is_changed_from_another_origin(origin: str) -> None:
    assert ask("POST", origin=origin)[0] == 403


def test_nothing_is_changed_by_who_does_not_say_where_it_comes_from() -> None:
    assert ask("POST", sec_fetch_site="")[0] == 403
    assert ask("POST", sec_fetch_site="none")[0] == 403
    assert ask("POST", more=(("origin", "http://127.0.0.1:4711"),))[0] == 403


@pytest.mark.parametrize(
    "cookie",
    ["", f"{COOKIE}=", f"{COOKIE}={SECRET}x", f"{COOKIE}={SECRET[:-1]}", f"x{COOKIE}={SECRET}", f"{COOKIE}=é", SECRET],
)
def test_without_the_cookie_nobody_is_let_in(cookie: str) -> None:
    assert ask(cookie=cookie)[0] == 401


def test_a_cookie_that_another_server_of_this_machine_put_there_takes_nothing_away() -> None:
    assert ask(cookie=f"{COOKIE}=of another; {COOKIE}={SECRET}")[0] == 200


@pytest.mark.parametrize("length", ["", "262145", "-1", "1e3", "0x10", "１２", "9" * 400])
def test_a_form_has_a_length_that_is_written_and_bounded(length: str) -> None:
    assert ask("POST", content_length=length)[0] == 413
    assert ask("POST", "/enter", content_length=length)[0] == 405


def test_one_enters_with_a_form_alone() -> None:
    assert ask("GET", "/enter")[0] == 405


@pytest.mark.parametrize("wrong", [{}, {"host": "evil.example"}, {"cookie": ""}, {"sec_fetch_site": "cross-site"}])
def test_every_answer_says_that_nothing_is_stored_framed_or_run(wrong: dict[str, str]) -> None:
    _, headers = ask(**wrong)  # type: ignore[arg-type]
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy
    assert "data:" not in policy


def test_a_web_socket_gets_no_answer() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    guard = Guard(_inside, server=SERVER, secret=SECRET, own_uid=1000, find_uid=lambda *_: 1000)
    asyncio.run(guard({"type": "websocket", "path": "/events"}, receive, send))
    assert sent == []


TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1267 0100007F:C350 01 00000000:00000000 00:00000000 00000000     7        0 11111 1 0 20 4 30 10 -1
   1: 0100007F:C350 0100007F:1267 01 00000000:00000000 00:00000000 00000000  1000        0 22222 1 0 20 4 30 10 -1
   2: 0100007F:C351 0100007F:1267 05 00000000:00000000 00:00000000 00000000     0        0 0 1 0 20 4 30 10 -1
   3: 0100007F:C352
"""


def test_whose_a_connection_is_stands_in_the_kernels_table(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE)
    assert uid_of(("127.0.0.1", 50000), SERVER, table) == 1000
    assert uid_of(SERVER, ("127.0.0.1", 50000), table) == 7


def test_a_connection_that_its_program_let_go_is_nobodys(tmp_path: Path) -> None:
    table = tmp_path / "tcp"
    table.write_text(TABLE)
    assert uid_of(("127.0.0.1", 50001), SERVER, table) is None
    assert uid_of(("127.0.0.1", 50002), SERVER, table) is None
    assert uid_of(("127.0.0.1", 50003), SERVER, table) is None
