"""What takes longer than a page may: calls that wait for cards and people. One at a time, as there is one person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cardd.client import ConnectionEnded, RemoteError
from terminal.console.problem import Failed, Problem, incident, no_daemon, of_remote

Progress = Callable[[Mapping[str, Any]], None]
Work = Callable[[Progress], Awaitable[Any]]


@dataclass(slots=True)
class Job:
    """`result` is what the work gave, or None; `problem` why it gave nothing."""

    key: str
    began: float
    task: asyncio.Task[None] | None = None
    progress: Mapping[str, Any] = field(default_factory=dict)
    done: bool = False
    result: Any = field(default=None, repr=False)
    problem: Problem | None = None
    cancelled: bool = False

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began


class Busy(Exception):
    """Something else is still running."""


class Jobs:
    """The one that runs, or ran last. `changed` is called when it begins, gets on and ends."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.current: Job | None = None

    def of(self, key: str) -> Job | None:
        """The job of one screen: running, or ended and not yet forgotten."""
        return self.current if self.current is not None and self.current.key == key else None

    @property
    def running(self) -> Job | None:
        return self.current if self.current is not None and not self.current.done else None

    def start(self, key: str, work: Work) -> Job:
        """Begin. Raises `Busy` while another one runs."""
        if self.running is not None:
            raise Busy
        job = self.current = Job(key, time.monotonic())
        job.task = asyncio.get_running_loop().create_task(self._run(job, work))
        self._changed()
        return job

    def cancel(self) -> None:
        """Stop what runs: the daemon is told, and lets the card be."""
        job = self.running
        if job is not None and job.task is not None:
            job.cancelled = True
            job.task.cancel()

    def forget(self, key: str | None = None) -> None:
        """Its end was seen; with no key, whatever it was, and what still runs is stopped."""
        if key is None:
            self.cancel()
        if self.current is not None and (key is None or (self.current.key == key and self.current.done)):
            self.current = None

    async def _run(self, job: Job, work: Work) -> None:
        def on_progress(told: Mapping[str, Any]) -> None:
            job.progress = told
            self._changed()

        try:
            job.result = await work(on_progress)
        except RemoteError as error:
            job.problem = of_remote(error)
        except (ConnectionEnded, OSError):
            job.problem = no_daemon()
        except Failed as error:
            job.problem = error.problem
        except asyncio.CancelledError:
            job.cancelled = True
        except Exception as error:  # a fault of ours: the person is told so, and IT finds where it was
            job.problem = Problem({"incident": incident(error)}, local="fault")
        finally:
            job.done = True
            self._changed()
