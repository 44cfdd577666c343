"""Exceptions that nobody caught are told by type and place; what they say stays inside."""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator

import pytest

from cardd.app.last_resort import keep_texts_out, on_dead_thread

SECRET = "PIN 0739 山吹"


class Bug(Exception):
    """Says everything it knows."""


@pytest.fixture(autouse=True)
def own_hooks() -> Iterator[None]:
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook
    keep_texts_out()
    yield
    sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


def broken() -> None:
    raise Bug(SECRET)


def check(log: io.StringIO, capfd: pytest.CaptureFixture[str], event: str) -> None:
    line = log.getvalue()
    assert f"event={event}" in line
    assert "Bug[" in line
    assert ":broken" in line
    printed = capfd.readouterr()
    assert "0739" not in line + printed.out + printed.err


@pytest.mark.proves("P7")
def test_at_the_program_s_end(log: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    try:
        broken()
    except Bug as error:
        sys.excepthook(Bug, error, error.__traceback__)
    check(log, capfd, "crashed")


@pytest.mark.proves("P7")
def test_in_a_thread(log: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    on_dead_thread(lambda: told.append(threading.current_thread().name))
    thread = threading.Thread(target=broken, name="reader 0")
    thread.start()
    thread.join()
    check(log, capfd, "thread_failed")
    assert told == ["reader 0"]
    assert 'thread="reader 0"' in log.getvalue()


@pytest.mark.proves("P7")
def test_in_a_destructor(log: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    class Dying:
        def __del__(self) -> None:
            broken()

    Dying()
    check(log, capfd, "not_caught")
