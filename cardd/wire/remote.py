"""What a client makes of the daemon's messages: results, or exceptions with what happened and what to do."""

import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar

from cardd.wire import names
from cardd.wire.envelope import Notification, Response
from cardd.wire.fault import Locale
from cardd.wire.talk import Failure, Message, ProtocolError, Talk, failure_of

DEFAULT_SOCKET: Final = "/run/cardd/cardd.sock"

PinPrompt = Callable[[Mapping[str, Any]], bytearray | None]
"""Asks a person for a PIN; the mapping is `agent.pin`'s parameters (which, step, shape, tries_left, purpose…). None: cancelled."""
Confirm = Callable[[Mapping[str, Any]], bool]
"""Asks a person; the mapping is `agent.confirm`'s parameters."""
Confirms = Confirm | Mapping[str, Confirm]
"""One for each `question` that a program understands: `last_try`, whether the last try may be used; `document`, whether they agree to
sign the document that is told there, and must be shown. One alone is for `last_try`. Nobody agrees to what a program cannot ask."""
OnProgress = Callable[[Mapping[str, Any]], None]
"""Told while a call waits: `request.progress`'s parameters (state, place, holder, percent)."""
AsyncPinPrompt = Callable[[Mapping[str, Any]], Awaitable[bytearray | None]]
AsyncConfirm = Callable[[Mapping[str, Any]], Awaitable[bool]]
AsyncConfirms = AsyncConfirm | Mapping[str, AsyncConfirm]
Asking = TypeVar("Asking", Confirm, AsyncConfirm)


def questions(given: Asking | Mapping[str, Asking] | None) -> Mapping[str, Asking]:
    """What asks each question."""
    if given is None:
        return {}
    return given if isinstance(given, Mapping) else {"last_try": given}


def socket_path(path: str | os.PathLike[str] | None) -> str:
    """The path given, else CARDD_SOCKET, else the default."""
    return os.fspath(path) if path is not None else os.environ.get("CARDD_SOCKET") or DEFAULT_SOCKET


class RemoteError(Exception):
    """The daemon refused a call. `message` and `remedy` are in the connection's language; `data` holds all facts."""

    def __init__(self, failed: Failure) -> None:
        self.name = failed.name
        self.number = failed.number
        self.message = failed.message
        self.remedy = failed.remedy
        self.data: dict[str, Any] = failed.data
        super().__init__(f"{failed.name}: {failed.message}")

    @property
    def exit_code(self) -> int:
        """What a command line program should end with."""
        code = self.data.get("exit_code")
        return code if isinstance(code, int) else 1

    @property
    def retryable(self) -> bool:
        """Whether the same call may succeed later."""
        return self.data.get("retryable") is True


class ConnectionEnded(ConnectionError):
    """The daemon is gone, or spoke something else than this protocol. An `OSError`, as is a socket that is not there."""


class EventsLost(Exception):
    """This program read too slowly and was unsubscribed; subscribe again with `since=number`."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(f"events after {number} were lost")


def hello_params(client: str, version: str, locale: Locale, seat: str | None) -> dict[str, Any]:
    """What a client says of itself."""
    said = {"level": names.LEVEL, "client": client, "version": version, "locale": locale}
    return said if seat is None else {**said, "seat": seat}


def read_message(talk: Talk) -> Message | None:
    """The next whole message. Raises `ConnectionEnded` for what is none."""
    try:
        return talk.next_message()
    except ProtocolError as error:
        raise ConnectionEnded(f"not the cardd protocol: {error.problem}") from None


def greeting_of(first: Message, locale: Locale) -> dict[str, Any]:
    """The greeting's parameters. Raises `RemoteError` where the daemon refuses the connection, `ConnectionEnded` for anything else."""
    if isinstance(first, Notification) and first.method == names.CLOSING:
        raise RemoteError(closing_of(first, locale))
    if not isinstance(first, Notification) or first.method != names.GREETING:
        raise ConnectionEnded("not the cardd protocol: no greeting")
    return first.params


def result_of(answer: Response, locale: Locale) -> dict[str, Any]:
    """The result. Raises `RemoteError` for an error answer."""
    if answer.error is not None:
        raise RemoteError(failure_of(answer.error, locale))
    if not isinstance(answer.result, dict):
        raise ConnectionEnded("not the cardd protocol: the result is no object")
    return answer.result


def closing_of(last: Notification, locale: Locale) -> Failure:
    """Why the daemon ends the connection."""
    return failure_of({"message": last.params.get("message"), "data": last.params}, locale)


def change_of(params: dict[str, Any]) -> dict[str, Any]:
    """A change; the notice that the subscription has ended carries a number and nothing else."""
    if "topic" not in params:
        raise EventsLost(int(params["number"]))
    return params


def subscription(topics: list[str] | None, since: int | None, boot_id: str | None) -> dict[str, Any]:
    """Parameters of `events.subscribe`; what is None is left out."""
    wish = {"topics": topics, "since": since, "boot_id": boot_id}
    return {name: word for name, word in wish.items() if word is not None}
