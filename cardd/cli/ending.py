"""How long work ends, well or badly: told to end, cardctl puts away what it has begun; it says that it still works; and where a
signature was made and could not be kept, it says that too.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, NoReturn

import click

from cardd.cli.context import Run
from cardd.cli.failing import Ended, document_error, signature_lost
from cardd.cli.interrupts import none_is_lost

TOLD_TO_END: Final = (signal.SIGTERM, signal.SIGHUP)
"""`kill`, `timeout` and a service manager send the first, a terminal that is closed the second."""
SILENT_SECONDS: Final = 1.0
"""So long nobody asks whether a program still works."""


@contextmanager
def ends_in_order() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP end the program like Ctrl-C: half-written files go, a terminal gets its echo back, a PIN is wiped.

    The exit status is 128 and the signal's number, as shells count. A signal that is ignored (nohup) stays ignored. None of them is
    lost that comes just before the program begins to wait, Ctrl-C neither. For the main thread alone.
    """
    before = {each: signal.getsignal(each) for each in TOLD_TO_END}
    for each, handler in before.items():
        if handler is signal.SIG_DFL:
            signal.signal(each, _end)
    try:
        with none_is_lost():
            yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    for each in TOLD_TO_END:  # once is enough: a second one would cut the putting away short
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


@contextmanager
def says_after_a_second(run: Run, key: str, **values: object) -> Iterator[None]:
    """Within, the text `key` is said once, after a second, to a person at a terminal."""
    if run.as_json or not sys.stderr.isatty():
        yield
        return
    told = threading.Timer(SILENT_SECONDS, lambda: click.echo(run.speech(key, **values), err=True))
    told.start()
    try:
        yield
    finally:
        told.cancel()
        told.join()


@contextmanager
def keeping(run: Run, receipt: Mapping[str, Any]) -> Iterator[None]:
    """Within, a signature that the card has made is finished and written. Raises `Ended`, which says that it was made and is lost.

    `receipt`: where it stands in the record.
    """
    from cardd.documents.errors import DocumentError  # noqa: PLC0415 - only where a signature was made

    try:
        with says_after_a_second(run, "document.finishing"):
            yield
    except DocumentError as error:
        raise signature_lost(document_error(run.speech, error.problem), receipt) from None
    except Ended as ended:
        raise signature_lost(ended, receipt) from None
