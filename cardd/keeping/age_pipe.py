"""age between two streams: it pulls and pushes in a thread of its own, so that neither side has to be in memory."""

import os
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, BinaryIO, TypeVar

from cardd.keeping.stopped import Stopped

T = TypeVar("T")


def age() -> ModuleType:
    """The age library. Raises `Stopped` (`no_age`) where the extra `backup` is not installed."""
    try:
        import pyrage  # noqa: PLC0415  # an extra, loaded where backups are made
    except ImportError:
        raise Stopped("no_age") from None
    library: ModuleType = pyrage
    return library


def encrypted(target: BinaryIO, recipient: str, work: Callable[[BinaryIO], T]) -> T:
    """What `work` writes into the file that it is given arrives in `target`, encrypted. Raises what `work` and the disk raise."""
    library = age()
    to = library.x25519.Recipient.from_str(recipient)
    read_end, write_end = os.pipe()

    def consume() -> None:
        with os.fdopen(read_end, "rb") as reader:
            library.encrypt_io(reader, target, [to])

    helper = _Helper(consume)
    try:
        with os.fdopen(write_end, "wb") as writer:
            done = work(writer)
    except BrokenPipeError:
        helper.raise_failure()
        raise
    finally:
        helper.join()
    helper.raise_failure()
    return done


def decrypted(source: BinaryIO, identity: object, work: Callable[[BinaryIO], T]) -> T:
    """What stands encrypted in `source` is read by `work`. Raises what it raises; `Stopped`: `wrong_recovery`, `archive_damaged`."""
    library = age()
    read_end, write_end = os.pipe()

    def produce() -> None:
        with os.fdopen(write_end, "wb") as writer:
            library.decrypt_io(source, writer, [identity])

    helper = _Helper(produce)
    try:
        with os.fdopen(read_end, "rb") as reader:
            done = work(reader)
    except Stopped as stopped:
        helper.join()
        if stopped.key != "archive_damaged":
            raise
        helper.raise_failure(_told(library))  # the reason why nothing more came, rather than that nothing came
        raise
    finally:
        helper.join()
    helper.raise_failure(_told(library))
    return done


class _Helper:
    """A thread that keeps what it failed with."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="age")
        self._thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # whatever it is: told on the thread that waits
            self._failure = error

    def join(self) -> None:
        self._thread.join()

    def raise_failure(self, told: Callable[[BaseException], BaseException] = lambda error: error) -> None:
        """Wait for the end, and raise what went wrong."""
        self._thread.join()
        if self._failure is not None:
            raise told(self._failure) from self._failure


def _told(library: Any) -> Callable[[BaseException], BaseException]:
    def told(error: BaseException) -> BaseException:
        if isinstance(error, library.DecryptError):
            return Stopped("wrong_recovery")
        if (
            isinstance(error, OSError) and error.errno is None
        ):  # age's own: a piece does not hold, or the end is missing
            return Stopped("archive_damaged")
        return error

    return told
