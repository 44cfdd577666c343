"""The helper's side of a question: posted as it is, bounded in size, time and number; what comes is put there whole, or nothing is (K2)."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cardd.revocation import posting as module
from cardd.revocation.posting import KEPT_SECONDS, MOST_IN_FLIGHT, SILENCE_KEPT_SECONDS, Poster, post
from cardd.revocation.question_files import DROPPED_SECONDS, LARGEST_ANSWER, LARGEST_QUESTION
from cardd.revocation.web import NotFetched
from cardd.revocation_settings import Responder, Revocation

QUESTION, ANSWER = b"\x30\x03\x02\x01\x05", b"\x30\x03\x0a\x01\x00"
FINGERPRINT = "5a" * 32
STEM = f"jpki-{FINGERPRINT}"
LIMIT_S = 60.0
Says = Callable[[Any], None]


class Server:
    """Answers every POST as `says` does."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, bytes, dict[str, str]]] = []
        self.says: Says = reply
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.path, self.rfile.read(int(headers["content-length"])), headers))
                outer.says(self)

            def do_GET(self) -> None:
                outer.asked.append((self.path, b"", {}))
                reply(self)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http.server_address[1]}/ocsp"

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def reply(
    handler: Any, body: bytes = ANSWER, *, status: int = 200, kind: str = "application/ocsp-response", **headers: str
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def drip(handler: Any, first: bytes) -> None:
    """One octet now and then, for ever: no step takes long."""
    handler.close_connection = True
    try:
        handler.wfile.write(first)
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.02)
    except OSError:
        return


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    opened = Server()
    yield opened
    opened.close()


def given(url: str, name: str = "jpki") -> Responder:
    return Responder.model_validate({"name": name, "for": "operator_ca", "ca": "/ca.pem", "url": url})


# --- one exchange --------------------------------------------------------------------------------------------------------


def test_the_question_is_posted_as_it_is_and_the_answer_comes_back_as_it_is(server: Server) -> None:
    assert post(given(server.url), QUESTION, LIMIT_S) == ANSWER
    ((path, body, headers),) = server.asked
    assert (path, body, headers["content-type"]) == ("/ocsp", QUESTION, "application/ocsp-request")
    assert headers["accept"] == "application/ocsp-response"


WRONG: dict[str, tuple[Says, str]] = {
    "error": (lambda it: reply(it, status=500), "status"),
    "accepted": (lambda it: reply(it, status=202), "status"),
    "moved": (lambda it: reply(it, b"", status=302, Location="/other"), "status"),
    "page": (lambda it: reply(it, b"<html>sorry</html>", kind="text/html"), "no_response"),
    "nothing": (lambda it: reply(it, b""), "no_response"),
    "too large": (lambda it: reply(it, bytes(LARGEST_ANSWER + 1)), "too_large"),
    "no http": (lambda it: it.wfile.write(b"SSH-2.0-none\r\n"), "unreachable"),
    "hung up": (lambda it: it.connection.shutdown(socket.SHUT_RDWR), "unreachable"),
}


@pytest.mark.proves("K2", "fault 159")
@pytest.mark.parametrize("how", WRONG)
def test_what_is_no_answer_has_its_word(server: Server, how: str) -> None:
    server.says, problem = WRONG[how]
    with pytest.raises(NotFetched) as told:
        post(given(server.url), QUESTION, LIMIT_S)
    assert told.value.problem == problem
    assert len(server.asked) == 1, (
        "a redirect is not followed: the question goes to the responder of the settings alone"
    )


def test_the_largest_answer_is_taken(server: Server) -> None:
    server.says = lambda it: reply(it, bytes(LARGEST_ANSWER))
    assert len(post(given(server.url), QUESTION, LIMIT_S)) == LARGEST_ANSWER


@pytest.mark.proves("K2")
@pytest.mark.parametrize(
    "first",
    [b"HTTP/1.0 200 OK\r\nX: ", b"HTTP/1.0 200 OK\r\nContent-Type: application/ocsp-response\r\n\r\n"],
    ids=["in the headers", "in the body"],
)
def test_a_responder_that_never_comes_to_an_end_is_cut_off(server: Server, first: bytes) -> None:
    server.says = lambda it: drip(it, first)
    with pytest.raises(NotFetched) as told:
        post(given(server.url), QUESTION, 0.5)
    assert told.value.problem == "too_slow"


def test_a_server_without_tls_and_one_that_is_away_have_their_words(server: Server) -> None:
    with pytest.raises(NotFetched) as told:
        post(given(server.url.replace("http:", "https:")), QUESTION, LIMIT_S)
    assert told.value.problem == "tls"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotFetched) as told:
            post(given(f"http://127.0.0.1:{taken.getsockname()[1]}/"), QUESTION, LIMIT_S)
    assert told.value.problem == "unreachable"


# --- the folders ---------------------------------------------------------------------------------------------------------


class Desk:
    """Both folders and the helper between them; `says` is what the responder answers."""

    def __init__(self, folder: Path) -> None:
        self.asked, self.answers = folder / "asked", folder / "answers"
        self.answers.mkdir()
        self.asked.mkdir()
        responders = [
            each.model_dump(by_alias=True)
            for each in (given("http://a.example/"), given("http://b.example/", "badges"))
        ]
        self.settings = Revocation.model_validate(
            {"directory": self.answers, "asked_directory": self.asked, "responders": responders}
        )
        self.posted: list[tuple[str, bytes, float]] = []
        self.says: Callable[[str], bytes] = lambda _: ANSWER
        self.poster = Poster(self.settings, self._post)

    def _post(self, responder: Responder, question: bytes, limit_s: float) -> bytes:
        self.posted.append((responder.name, question, limit_s))
        return self.says(responder.name)

    def put(self, name: str, content: bytes = QUESTION) -> Path:
        beside = self.asked / f".{name}.new"
        beside.write_bytes(content)
        beside.rename(self.asked / name)
        return self.asked / name

    def look(self) -> int:
        """Until each question has been dealt with; how many there were."""
        threads = self.poster.look(time.time())
        for each in threads:
            each.join(LIMIT_S)
            assert not each.is_alive()
        return len(threads)

    @property
    def there(self) -> list[str]:
        return sorted(os.listdir(self.answers))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_answer_is_put_there_whole_and_each_question_is_posted_once(desk: Desk) -> None:
    question = desk.put(f"{STEM}.ask")
    (desk.answers / f"{STEM}.silent").write_bytes(b"")
    assert (desk.look(), desk.look()) == (1, 0)
    assert desk.posted == [("jpki", QUESTION, 4.0)], "it ends before the asker's five seconds do"
    assert desk.there == [f"{STEM}.ocsp"], "the note of silence goes when it speaks"
    answer = desk.answers / f"{STEM}.ocsp"
    assert (answer.read_bytes(), answer.stat().st_mode & 0o7777 & ~0o640) == (ANSWER, 0)
    question.unlink()
    desk.look()
    desk.put(f"{STEM}.ask")
    assert desk.look() == 1, "asked anew it is posted anew"


def test_who_does_not_wait_leaves_the_responder_more_time(desk: Desk) -> None:
    settings = desk.settings.model_copy(update={"ocsp_wait_s": 0})
    desk.poster = Poster(settings, desk._post)
    desk.put(f"{STEM}.ask")
    desk.look()
    assert [limit for _, _, limit in desk.posted] == [module.UNHURRIED_SECONDS]


@pytest.mark.proves("K2", "fault 154")
def test_silence_is_noted_and_told_by_the_responder_s_name_alone(desk: Desk) -> None:
    def says(_: str) -> bytes:
        raise NotFetched("too_slow")

    desk.says = says
    desk.put(f"{STEM}.ask")
    (desk.answers / f"{STEM}.ocsp").write_bytes(b"before")
    with capture_logs() as lines:
        desk.look()
    assert lines == [{"event": "ocsp_not_answered", "log_level": "error", "responder": "jpki", "problem": "too_slow"}]
    assert desk.there == [f"{STEM}.ocsp", f"{STEM}.silent"]
    assert (desk.answers / f"{STEM}.silent").read_bytes() == b""
    assert (desk.answers / f"{STEM}.ocsp").read_bytes() == b"before"


def test_a_folder_that_cannot_be_written_is_told_and_the_helper_goes_on(desk: Desk) -> None:
    desk.put(f"{STEM}.ask")
    desk.answers.rmdir()
    with capture_logs() as lines:
        desk.look()
    assert [(each["event"], each["problem"]) for each in lines] == [("ocsp_not_answered", "files")]
    desk.answers.mkdir()
    desk.put(f"jpki-{'b7' * 32}.ask")
    assert desk.look() == 1
    assert desk.there == [f"jpki-{'b7' * 32}.ocsp"]


@pytest.mark.proves("H2")
def test_what_is_no_question_of_the_daemon_is_left_alone(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"not for the network")
    other = "b7" * 32
    (desk.asked / f"jpki-{other}.ask").symlink_to(secret)
    os.mkfifo(desk.asked / f"badges-{other}.ask")
    (desk.asked / f"jpki-{'c8' * 32}.ask").mkdir()
    desk.put(f"jpki-{'d9' * 32}.ask", bytes(LARGEST_QUESTION + 1))
    for name in (
        f"stranger-{FINGERPRINT}.ask",
        f"{STEM}.ocsp",
        f"jpki-{FINGERPRINT[:-1]}.ask",
        f"..-{FINGERPRINT}.ask",
    ):
        desk.put(name)
    (desk.asked / f".{STEM}.ask.new").write_bytes(QUESTION[:2])
    with capture_logs() as lines:
        desk.look()
    assert (desk.posted, desk.there, lines) == ([], [], [])


def test_an_old_question_is_dropped(desk: Desk) -> None:
    question = desk.put(f"{STEM}.ask")
    old = time.time() - DROPPED_SECONDS - 5
    os.utime(question, (old, old))
    assert (desk.look(), desk.posted) == (0, [])


def test_a_daemon_that_does_not_run_has_no_questions(desk: Desk) -> None:
    desk.asked.rmdir()
    assert desk.look() == 0


def test_a_folder_of_questions_that_cannot_be_read_is_told_once(desk: Desk) -> None:
    desk.asked.rmdir()
    desk.asked.write_bytes(b"no folder")
    with capture_logs() as lines:
        assert (desk.look(), desk.look()) == (0, 0)
    assert [each["event"] for each in lines] == ["questions_unreadable"]
    desk.asked.unlink()
    desk.asked.mkdir()
    desk.put(f"{STEM}.ask")
    assert desk.look() == 1


@pytest.mark.proves("K2")
def test_a_slow_responder_takes_no_other_s_place(desk: Desk) -> None:
    go_on = threading.Event()

    def says(name: str) -> bytes:
        if name == "jpki":
            assert go_on.wait(LIMIT_S)
        return ANSWER

    desk.says = says
    for number in range(MOST_IN_FLIGHT + 2):
        desk.put(f"jpki-{number:064x}.ask")
    first = desk.poster.look(time.time())
    assert len(first) == MOST_IN_FLIGHT
    desk.put(f"badges-{FINGERPRINT}.ask")
    assert desk.look() == 1, "the other one's, and none of the slow one"
    assert desk.there == [f"badges-{FINGERPRINT}.ocsp"]
    go_on.set()
    for each in first:
        each.join(LIMIT_S)
    assert desk.look() == 2, "what had to wait is posted then"


def test_what_is_over_is_cleared_away_and_what_others_brought_stays(desk: Desk) -> None:
    now = time.time()
    ages = {
        f"{STEM}.ocsp": KEPT_SECONDS + 5,
        f"badges-{FINGERPRINT}.ocsp": KEPT_SECONDS - 60,
        f".{STEM}.ocsp.new": KEPT_SECONDS + 5,
        f"{STEM}.silent": SILENCE_KEPT_SECONDS + 5,
        f"badges-{FINGERPRINT}.silent": SILENCE_KEPT_SECONDS - 60,
        f"brought-{FINGERPRINT}.ocsp": KEPT_SECONDS * 10,
        "jpki.crl": KEPT_SECONDS * 10,
    }
    for name, age in ages.items():
        (desk.answers / name).write_bytes(b"")
        os.utime(desk.answers / name, (now - age, now - age))
    desk.poster.clean(now)
    gone = {f"{STEM}.ocsp", f"{STEM}.silent", f".{STEM}.ocsp.new"}
    assert set(desk.there) == set(ages) - gone


def test_it_works_until_it_is_told_to_stop(desk: Desk) -> None:
    desk.put(f"{STEM}.ask")
    stop = threading.Event()

    def says(_: str) -> bytes:
        stop.set()
        return ANSWER

    desk.says = says
    worker = threading.Thread(target=desk.poster.run, args=(stop,))
    worker.start()
    worker.join(LIMIT_S)
    assert not worker.is_alive()
    assert len(desk.posted) == 1
