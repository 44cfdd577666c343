"""The program's log: structlog to stderr, as logfmt or JSON for the journal, with an allow-list between every event and the sink.

The audit log is another thing (`cardd.audit`). Here nothing is written but words of our own, numbers and the names of things;
bytes, PINs, models and long runs of digits never are.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from enum import Enum
from pathlib import PurePath
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger

LONGEST_TEXT = 300
"""Characters of one value."""
MASK = "***"
DEEPEST_TRACE = 12
"""Innermost frames of an exception that are told."""

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_DIGIT_RUN = re.compile(r"(?<!\d)\d(?:[ \-_.:/]?\d){11,}")
"""Twelve digits and more, also written in groups: individual numbers, 照合番号."""
_HEX_RUN = re.compile(r"[0-9A-Fa-f]{16,}|(?:[0-9A-Fa-f]{2}[ :\-]){7,}[0-9A-Fa-f]{2}")
"""Eight octets and more: APDU data, keys, certificates."""
_BASE64 = "[A-Za-z0-9+/_-]"
_BASE64_RUN = re.compile(rf"(?={_BASE64}*[A-Z])(?={_BASE64}*[a-z])(?={_BASE64}*[0-9]){_BASE64}{{48,}}={{0,2}}")
"""Certificates, keys. All three kinds of character, so that long names of functions and files stay readable."""
_UNSAFE = re.compile(r"[^\x20-\x7e]")
"""Everything but printable ASCII: escape sequences, line ends, and any Japanese text, since names and addresses are of it."""
_IDENTIFIERS = frozenset({"request", "boot", "log_id", "policy", "record", "pcsc_code", "sw", "incident"})
"""Keys whose value is an identifier of our own making: kept when it has the form of one."""
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,63}")


def set_up(format_: str, level: str, stream: TextIO | None = None) -> None:
    """Send all of structlog and of the standard library's warnings and errors to `stream` (stderr), redacted.

    `format_`: `logfmt` or `json`. `level`: `debug`, `info`, `warning`, `error`.
    """
    sink = stream or sys.stderr
    structlog.configure(
        processors=processors(format_),
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sink),
        cache_logger_on_first_use=False,
    )
    handler = _Foreign()
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def processors(format_: str) -> list[structlog.typing.Processor]:
    """From an event to its line; redaction is the last but one and cannot be passed by."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if format_ == "json"
        else structlog.processors.LogfmtRenderer(key_order=("level", "event"), bool_as_flag=False)
    )
    return [structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _exception, redact, renderer]


def get_logger() -> FilteringBoundLogger:
    """A logger; bound when it is used, so that it may be taken before `set_up`."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


# --- redaction -------------------------------------------------------------------------------------------------------


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Every value made harmless; what is of no known harmless type is told by its type's name only."""
    return {clean_text(str(key)): harmless(key, value) for key, value in event.items()}


def harmless(key: str, value: object) -> object:
    """What may be written for one value."""
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(key, value)
    if isinstance(value, tuple | list | frozenset | set):
        return " ".join(str(harmless(key, each)) for each in value)[:LONGEST_TEXT]
    return _text(key, value)


def _text(key: str, value: object) -> str:
    if isinstance(value, str):
        return value if key in _IDENTIFIERS and _IDENTIFIER.fullmatch(value) else clean_text(value)
    if isinstance(value, PurePath):
        return _DIGIT_RUN.sub(MASK, _UNSAFE.sub("?", str(value)))
    return type(value).__name__ if isinstance(value, BaseException) else f"<{type(value).__name__}>"


def clean_text(text: str) -> str:
    """One line of printable ASCII, with long runs of digits, hex and base64 masked, at most 300 characters."""
    text = _UNSAFE.sub("?", text[: 4 * LONGEST_TEXT])
    for pattern in (_BASE64_RUN, _HEX_RUN, _DIGIT_RUN):
        text = pattern.sub(MASK, text)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."


def _number(key: str, value: float) -> object:
    if key.endswith(("_us", "_ns", "_bytes")):
        return value
    return MASK if abs(value) >= 10**11 else value


# --- exceptions ------------------------------------------------------------------------------------------------------


def _exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    info = event.pop("exc_info", None)
    if info is None or info is False:
        return event
    error = _error_of(info)
    if error is not None:
        event["error"] = type(error).__name__
        event["at"] = where(error)
    return event


def _error_of(info: bool | BaseException | ExcInfo) -> BaseException | None:
    if isinstance(info, BaseException):
        return info
    return info[1] if isinstance(info, tuple) else sys.exc_info()[1]


def where(error: BaseException) -> str:
    """Types and places of an exception and its causes, innermost last; no text of it, no values."""
    told: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        told.append(f"{type(each).__name__}[{_frames(each.__traceback__)}]")
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return " < ".join(told)


def _frames(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-DEEPEST_TRACE:]
    return " ".join(f"{PurePath(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames)


class _Foreign(logging.Handler):
    """Records of libraries: the first line of their format string is their own words; arguments and what follows are not told.

    asyncio puts the text of exceptions into the lines that follow.
    """

    def emit(self, record: logging.LogRecord) -> None:
        facts: MutableMapping[str, Any] = {"library": record.name}
        if record.exc_info:
            facts["exc_info"] = record.exc_info
        text = record.msg.partition("\n")[0] if isinstance(record.msg, str) else f"<{type(record.msg).__name__}>"
        get_logger().log(record.levelno, text, **facts)
