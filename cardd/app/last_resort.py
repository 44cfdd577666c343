"""What nobody caught: told in the log by type and place, never by its text, which may hold anything (requirement P7)."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType

from cardd.log import get_logger


def keep_texts_out() -> None:
    """From now on Python itself prints no exception any more; also not those of destructors and threads."""
    sys.excepthook = _crashed
    sys.unraisablehook = _unraisable
    on_dead_thread(lambda: None)


def on_dead_thread(told: Callable[[], object]) -> None:
    """Call `told`, on the thread itself, when a thread ends by an exception that nobody caught."""

    def hook(failed: threading.ExceptHookArgs) -> None:
        name = failed.thread.name if failed.thread is not None else None
        get_logger().error("thread_failed", thread=name, exc_info=failed.exc_value)
        told()

    threading.excepthook = hook


def _crashed(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    get_logger().error("crashed", exc_info=error)


def _unraisable(failed: "sys.UnraisableHookArgs") -> None:
    get_logger().error("not_caught", exc_info=failed.exc_value)
