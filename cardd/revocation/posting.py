"""The helper's side of OCSP: takes questions out of the daemon's folder, posts them to their responders, puts the answers into its own.

It looks into no question and no answer. What it must not do is hold anybody up: each question has its own thread and its own time, and
a responder that is slow takes no other's place.
"""

import http.client
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

from cardd.log import get_logger
from cardd.revocation.placing import place
from cardd.revocation.question_files import (
    ANSWER,
    ANSWERED,
    ASKED,
    DROPPED_SECONDS,
    LARGEST_ANSWER,
    LARGEST_QUESTION,
    QUESTION,
    SILENT,
    Mark,
    mark_of,
    read_plain,
)
from cardd.revocation.web import Deadline, NotFetched, body, opener, word_of
from cardd.revocation_settings import Responder, Revocation

LOOK_SECONDS = 0.1
"""Between two looks for questions: one listing of a folder in memory."""
MOST_LOOKED_AT = 256
"""Names of one look; the daemon has eight questions at most."""
MOST_IN_FLIGHT = 4
"""Questions to one responder at a time; the next one waits for the next look."""
PART_OF_WAIT = 0.8
"""A question ends before its asker does, so that the answer, or that there is none, is still seen."""
UNHURRIED_SECONDS = 10.0
"""For a question whose asker does not wait."""
CLEAN_SECONDS = 600.0
KEPT_SECONDS = 7 * 86400.0
"""An answer of ours is deleted after so long; the daemon believes none that is older than 72 hours."""
SILENCE_KEPT_SECONDS = 3600.0
_LEFT = re.compile(rf"\.(?P<name>{ANSWER.pattern})\.new")
Post = Callable[[Responder, bytes, float], bytes]


def post(given: Responder, question: bytes, limit_s: float) -> bytes:
    """What the responder sends within `limit_s` seconds (RFC 6960, A.1 and A.2): not looked at. Raises `NotFetched`, and `OSError` where
    the file of the TLS CA cannot be read. http_proxy and https_proxy of the environment are used; redirects are not followed."""
    headers = {
        "User-Agent": "cardd-lists",
        "Content-Type": "application/ocsp-request",
        "Accept": "application/ocsp-response",
    }
    request = urllib.request.Request(given.url, data=question, headers=headers)  # noqa: S310  # http or https by the settings
    with Deadline(limit_s) as deadline:
        opened = opener(given.url_ca, deadline, follows=False)
        try:
            with opened.open(request, timeout=limit_s) as answer:
                if deadline.passed:  # what was cut looks like an end
                    raise NotFetched("too_slow")
                if answer.status != http.client.OK:
                    raise NotFetched("status")
                if answer.headers.get_content_type() != "application/ocsp-response":
                    raise NotFetched("no_response")
                octets = body(answer, LARGEST_ANSWER, deadline)
        except urllib.error.HTTPError as error:
            error.close()
            raise NotFetched("status") from None
        except (OSError, http.client.HTTPException) as error:
            raise NotFetched(word_of(error, deadline)) from error
    if not octets:
        raise NotFetched("no_response")
    return octets


class Poster:
    """All responders of the settings. `run` is the body of a thread."""

    def __init__(self, settings: Revocation, send: Post = post) -> None:
        self._responders = {each.name: each for each in settings.responders}
        self._questions, self._answers = settings.asked_directory, settings.directory
        self._limit_s = PART_OF_WAIT * settings.ocsp_wait_s or UNHURRIED_SECONDS
        self._send = send
        self._lock = threading.Lock()
        self._in_flight = dict.fromkeys(self._responders, 0)
        self._done: dict[str, Mark] = {}
        """Questions that still lie there and were taken."""
        self._unreadable: int | None = None
        """Why the folder of questions could not be read last time; told once."""

    def run(self, stop: threading.Event) -> None:
        """Until `stop`."""
        clean_at = 0.0
        while not stop.is_set():
            if time.monotonic() >= clean_at:
                self.clean(time.time())
                clean_at = time.monotonic() + CLEAN_SECONDS
            self.look(time.time())
            stop.wait(LOOK_SECONDS)

    def look(self, now: float) -> list[threading.Thread]:
        """Take each new question; gives the threads that ask. `now`: seconds since 1970."""
        there = dict(self._there())
        self._done = {name: mark for name, mark in self._done.items() if there.get(name) == mark}
        started = []
        for name, mark in there.items():
            found = QUESTION.fullmatch(name)
            responder = self._responders.get(found[1]) if found else None
            if responder is None or name in self._done or now - mark[0] / 1e9 > DROPPED_SECONDS:
                continue
            with self._lock:
                if self._in_flight[responder.name] >= MOST_IN_FLIGHT:
                    continue
                self._in_flight[responder.name] += 1
            self._done[name] = mark
            started.append(threading.Thread(target=self._ask, args=(responder, name), daemon=True))
            started[-1].start()
        return started

    def clean(self, now: float) -> None:
        """Delete what this program put there and nobody needs any more; what others put there under other names stays."""
        with os.scandir(self._answers) as entries:
            names = [entry.name for entry in entries]
        for name in names:
            beside = _LEFT.fullmatch(name)
            ours = ANSWER.fullmatch(beside["name"] if beside else name)
            if ours is None or ours[1] not in self._responders:
                continue
            kept_s = KEPT_SECONDS if name.endswith(ANSWERED) else SILENCE_KEPT_SECONDS
            mark = mark_of(os.fspath(self._answers / name))
            if mark is not None and now - mark[0] / 1e9 > kept_s:
                (self._answers / name).unlink(missing_ok=True)

    def _there(self) -> Iterator[tuple[str, Mark]]:
        try:
            with os.scandir(self._questions) as entries:
                names = [entry.name for _, entry in zip(range(MOST_LOOKED_AT), entries, strict=False)]
        except FileNotFoundError:  # the daemon does not run, or has never asked
            return
        except OSError as error:
            if self._unreadable != error.errno:
                get_logger().error("questions_unreadable", folder=os.fspath(self._questions), problem=error.strerror)
            self._unreadable = error.errno
            return
        self._unreadable = None
        for name in names:
            mark = mark_of(os.fspath(self._questions / name))
            if mark is not None:
                yield name, mark

    def _ask(self, responder: Responder, name: str) -> None:
        """One question: its answer is put there, or an empty file that says there is none."""
        try:
            problem = self._asked(responder, name)
            if problem is not None:
                get_logger().error("ocsp_not_answered", responder=responder.name, problem=problem)
                with suppress(OSError):  # the asker waits to the end of its time then
                    place(self._answers, name.removesuffix(ASKED) + SILENT, b"")
        finally:
            with self._lock:
                self._in_flight[responder.name] -= 1

    def _asked(self, responder: Responder, name: str) -> str | None:
        question = read_plain(os.fspath(self._questions / name), LARGEST_QUESTION)
        if question is None:  # taken away meanwhile, or no question of the daemon: nobody waits
            return None
        stem = name.removesuffix(ASKED)
        try:
            answer = self._send(responder, question, self._limit_s)
            (self._answers / f"{stem}{SILENT}").unlink(missing_ok=True)
            place(self._answers, f"{stem}{ANSWERED}", answer)
        except NotFetched as error:
            return error.problem
        except OSError:
            return "files"
        return None
