"""The helper fetches what is new, bounded, and puts it there in one step; it judges nothing (K3)."""

from __future__ import annotations

import base64
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cardd.revocation import fetch as fetching
from cardd.revocation.fetch import Fetched, Fetcher, Folder, Known, fetch, main
from cardd.revocation.web import NoDowngrade, NotFetched
from cardd.revocation_settings import Revocation, RevocationList

LIST = b"\x30\x03\x02\x01\x05"
PEM = b"-----BEGIN X509 CRL-----\n" + base64.b64encode(LIST) + b"\n-----END X509 CRL-----\n"


class Server:
    """A small web server whose answers are given by path."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.content = LIST
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append({name.lower(): value for name, value in self.headers.items()})
                status, headers, body = outer.answer(self.path, dict(outer.asked[-1]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}{path}"

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if path == "/list.crl":
            if asked.get("if-none-match") == '"7"':
                return 304, {}, b""
            return 200, {"ETag": '"7"', "Last-Modified": "Mon, 01 Jun 2026 09:00:00 GMT"}, self.content
        if path == "/moved.crl":
            return 302, {"Location": "/list.crl"}, b""
        if path == "/file.crl":
            return 302, {"Location": "file:///etc/hostname"}, b""
        if path == "/page.crl":
            return 200, {}, b"<html>sorry</html>"
        return 404, {}, b""

    def close(self) -> None:
        """Harmless when done twice."""
        if self.thread.is_alive():
            self.http.shutdown()
            self.thread.join()
            self.http.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened = Server()
    yield opened
    opened.close()


def given(url: str | None) -> RevocationList:
    return RevocationList.model_validate({"name": "badges", "for": "operator_ca", "ca": "/ca.pem", "url": url})


def test_a_list_is_fetched_once_and_asked_for_with_what_is_known(server: Server) -> None:
    found = fetch(given(server.url("/list.crl")), None, 1000)
    assert found is not None
    assert found.octets == LIST
    assert fetch(given(server.url("/list.crl")), found.known, 1000) is None
    assert server.asked[1]["if-none-match"] == '"7"'
    assert server.asked[1]["if-modified-since"] == "Mon, 01 Jun 2026 09:00:00 GMT"


def test_what_is_known_of_another_address_is_not_asked_with(server: Server) -> None:
    known = Known(server.url("/other.crl"), '"7"', None)
    assert fetch(given(server.url("/list.crl")), known, 1000) is not None
    assert "if-none-match" not in server.asked[0]


def test_pem_becomes_der_and_a_redirect_is_followed(server: Server) -> None:
    server.content = PEM
    found = fetch(given(server.url("/moved.crl")), None, 1000)
    assert found is not None
    assert found.octets == LIST


@pytest.mark.parametrize(
    ("path", "largest", "problem"),
    [
        ("/list.crl", 4, "too_large"),
        ("/page.crl", 1000, "no_list"),
        ("/none.crl", 1000, "status"),
        ("/file.crl", 1000, "status"),
    ],
)
def test_what_is_no_list_is_not_taken(server: Server, path: str, largest: int, problem: str) -> None:
    with pytest.raises(NotFetched) as told:
        fetch(given(server.url(path)), None, largest)
    assert told.value.problem == problem


@pytest.mark.parametrize("octets", [b"", b"-----BEGIN X509 CRL-----\n!!!\n-----END X509 CRL-----"])
def test_neither_nothing_nor_broken_pem_is_a_list(server: Server, octets: bytes) -> None:
    server.content = octets
    with pytest.raises(NotFetched) as told:
        fetch(given(server.url("/list.crl")), None, 1000)
    assert told.value.problem == "no_list"


def test_a_server_that_is_away_and_one_without_tls_have_their_words(server: Server) -> None:
    away = server.url("/list.crl").replace("http:", "https:")
    with pytest.raises(NotFetched) as told:
        fetch(given(away), None, 1000)
    assert told.value.problem == "tls"
    port = server.http.server_address[1]
    server.close()
    with pytest.raises(NotFetched) as told:
        fetch(given(f"http://127.0.0.1:{port}/list.crl"), None, 1000)
    assert told.value.problem == "unreachable"


def test_a_redirect_never_leads_out_of_tls() -> None:
    request = urllib.request.Request("https://a.example/list.crl")
    with pytest.raises(NotFetched) as told:
        NoDowngrade().redirect_request(request, None, 302, "", {}, "http://a.example/list.crl")
    assert told.value.problem == "redirect"


def test_a_list_that_takes_too_long_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "WHOLE_SECONDS", -1.0)
    with pytest.raises(NotFetched) as told:
        fetch(given(server.url("/list.crl")), None, 1000)
    assert told.value.problem == "too_slow"


def test_files_are_put_whole_and_for_the_group_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "lists")
    assert folder.known("badges") is None
    known = Known("http://a.example/x", '"7"', None)
    folder.put("badges", Fetched(LIST, known))
    file = tmp_path / "lists" / "badges.crl"
    assert file.read_bytes() == LIST
    assert file.stat().st_mode & 0o7777 & ~0o640 == 0
    assert folder.known("badges") == known
    assert sorted(each.name for each in file.parent.iterdir()) == ["badges.crl", "badges.known"]
    file.unlink()
    assert folder.known("badges") is None, "without the list it is asked for anew"


def test_a_failure_leaves_what_is_there(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.put("badges", Fetched(LIST, Known("http://a.example/x")))

    def failing(*_: Any) -> Fetched | None:
        raise NotFetched("unreachable")

    assert Fetcher(given("http://a.example/x"), Revocation(), folder, failing).once() == "unreachable"
    assert (tmp_path / "badges.crl").read_bytes() == LIST


def test_the_program_tells_how_each_list_went(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "cardd.toml"
    config.write_text(
        'mode = "test"\nterminal = "t"\noperator_ca = ["/ca.pem"]\n'
        f'[[clients]]\nname = "a"\nusers = [0]\n[revocation]\ndirectory = "{tmp_path}/lists"\n'
        + "".join(
            f'[[revocation.lists]]\nname = "{name}"\nfor = "operator_ca"\nca = "/ca.pem"\nurl = "{server.url(path)}"\n'
            for name, path in (("one", "/list.crl"), ("two", "/none.crl"))
        )
    )
    done = CliRunner().invoke(main, ["--config", str(config), "--once"])
    assert (done.exit_code, done.stdout) == (1, "one: good\ntwo: status\n")
    assert (tmp_path / "lists" / "one.crl").read_bytes() == LIST
    assert not (tmp_path / "lists" / "two.crl").exists()
    config.write_text("nothing")
    assert CliRunner().invoke(main, ["--config", str(config), "--once"]).exit_code == 78
