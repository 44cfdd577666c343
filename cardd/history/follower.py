"""Follows the log that is written, on a thread of its own; what waits for news of the record hears each batch from here.

Logs that were closed (`cardd.audit.continuing`) are read in once, so that questions reach them too.
"""

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cardd.audit.chain import Damaged
from cardd.audit.continuing import CLOSED
from cardd.history.along import BATCH, Along, Batch
from cardd.history.hashes import HashesDamaged
from cardd.history.index import IndexDamaged, IndexUnwritable

SETTLE_SECONDS = 0.2
"""What comes within so long after news is read in one pass, unless somebody waits for it."""
LOOK_SECONDS = 5.0
"""So often the log is looked at though nobody said that it grew."""
NICE = 10
"""Added to the thread's nice value (setpriority(2) takes a thread on Linux): counters come first."""
REST = 0.5
"""While it catches up, it rests for this share of the time that a batch took: the interpreter has one lock for all threads."""

Hear = Callable[[Batch], None]


class HearerFailed(Exception):
    """Somebody who was told of new records raised an error: a fault of the program, no fault of index or log."""


class Follower:
    """Keeps the indexes. `start` and `stop` once each; everything else from any thread."""

    def __init__(self, log: Path, index_directory: Path, log_id: str) -> None:
        """`log`: the directory of the segments; `index_directory`: made where it is missing, one folder in it for each log."""
        self._indexes, self.log_id = index_directory, log_id
        self.current = Along(log, index_directory / log_id, log_id)
        self.closed: tuple[Along, ...] = ()
        """Logs that this one goes on from, as far as they are kept here."""
        self._reading = self.current
        self._hearers: list[Hear] = []
        self._news, self._stopping, self._renew = threading.Event(), threading.Event(), threading.Event()
        self._urgent = threading.Event()
        self._passes = threading.Condition()
        self._begun = self._ended = 0
        self._ready = False
        self._problem: str | None = None
        self._batch_began = 0.0
        self._thread = threading.Thread(target=self._run, name="audit-index", daemon=True)

    @property
    def ready(self) -> bool:
        """Whether the end of the log was reached since the start, or since the index was thrown away."""
        return self._ready

    @property
    def problem(self) -> str | None:
        """One word for `health`: `indexing`, why the log cannot be read (`log_…`), why the index cannot be kept; None: all is well."""
        return self._problem or (None if self._ready else "indexing")

    @property
    def percent(self) -> int | None:
        """How much of the log that is being read in is read, 0 to 99; None once all is read, or where nothing can be said."""
        if self._ready:
            return None
        try:
            return self._reading.percent
        except OSError:
            return None

    def subscribe(self, hear: Hear) -> None:
        """Be given each batch, in order, once it is in the index; before `start`. Called on the follower's thread.

        It begins behind what the index holds already, and at the log's beginning when the index is built anew: whoever must not
        hear a record twice looks at its number. What `hear` raises ends the thread, and with it the daemon.
        """
        self._hearers.append(hear)

    def start(self) -> None:
        self._thread.start()

    def stop(self, limit_s: float = 2.0) -> None:
        """End the thread; what is not in the index yet is read at the next start."""
        self._stopping.set()
        self._urgent.set()
        self._news.set()
        for each in (self.current, *self.closed):
            each.interrupt()
        if self._thread.is_alive():
            self._thread.join(limit_s)

    def wake(self) -> None:
        """The log has grown."""
        self._news.set()

    def rebuild(self) -> None:
        """An index was found damaged: throw them away and build them again."""
        self._ready = False
        self._renew.set()
        self._news.set()

    def catch_up(self, limit_s: float) -> bool:
        """Wait until everything that was durable before this call is in the index; whether that came about in time."""
        with self._passes:
            wanted = self._begun + 1
            self._urgent.set()
            self._news.set()
            self._passes.wait_for(lambda: self._ended >= wanted or self._stopping.is_set(), limit_s)
            return self._ended >= wanted and self._ready

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with suppress(OSError):  # without it the work is done all the same
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        try:
            while not self._stopping.is_set():
                self._news.clear()
                self._urgent.clear()
                self._one_pass()
                if self._news.wait(LOOK_SECONDS):
                    self._urgent.wait(SETTLE_SECONDS)
        finally:
            self._drop()
            with self._passes:
                self._stopping.set()
                self._passes.notify_all()

    def _one_pass(self) -> None:
        with self._passes:
            self._begun += 1
            number = self._begun
        try:
            done = self._read_all()
        except Damaged as damage:
            self._failed(f"log_{damage.problem}")
        except (IndexUnwritable, sqlite3.OperationalError):
            self._failed("index_unwritable")  # no room, no permission; or the stop broke it off
        except (sqlite3.DatabaseError, IndexDamaged, HashesDamaged):
            self._failed("index_damaged")
            self.rebuild()
        except OSError:
            self._failed("unreadable")
        except ValueError:
            self._failed("log_json")
        else:
            self._problem = None
            if done:
                self._ready = True
                with self._passes:
                    self._ended = number
                    self._passes.notify_all()

    def _read_all(self) -> bool:
        """Whether the end of each log was reached."""
        if self._renew.is_set():
            self._renew.clear()
            for each in (self.current, *self.closed):
                each.drop()
                each.renew()
        self._batch_began, self._reading = time.monotonic(), self.current
        if not self.current.read(self._heard):
            return False
        if not self._ready:
            self.closed = self._found_closed()
            for each in self.closed:
                self._reading = each
                if not each.read_closed(self._goes_on):
                    return False
                each.drop()
        return True

    def _found_closed(self) -> tuple[Along, ...]:
        """By name; whose place each took is not asked here, for a question looks into all of them."""
        folder = self.current.log / CLOSED
        if not folder.is_dir():
            return ()
        return tuple(
            Along(each, self._indexes / each.name, each.name)
            for each in sorted(folder.iterdir())
            if each.is_dir() and each.name != self.log_id
        )

    def _heard(self, batch: Batch) -> bool:
        for hear in self._hearers:
            try:
                hear(batch)
            except Exception as error:
                raise HearerFailed from error
        return self._goes_on(batch)

    def _goes_on(self, batch: Batch) -> bool:
        if len(batch) == BATCH and not self._stopping.is_set():
            self._stopping.wait(REST * (time.monotonic() - self._batch_began))
        self._batch_began = time.monotonic()
        return not self._stopping.is_set() and not self._renew.is_set()

    def _failed(self, problem: str) -> None:
        """Say so, and try again with the next look; the files are opened anew."""
        self._problem, self._ready = problem, False
        self._drop()

    def _drop(self) -> None:
        for each in (self.current, *self.closed):
            each.drop()
