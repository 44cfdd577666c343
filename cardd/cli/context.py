"""One run of cardctl: the connection, the language, and how results are told."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import click

from cardd.cli import screen
from cardd.cli.failing import Ended, local_error, remote_error, table_error
from cardd.cli.pin_entry import PinSource
from cardd.cli.texts import Speech
from cardd.client import Client, ConnectionEnded, RemoteError, connect
from cardd.wire.remote import socket_path

PROGRESS_STATES = (
    "waiting_for_pad",
    "reading",
    "signing",
    "badge_preparing",
    "badge_keys",
    "badge_writing",
    "badge_proving",
)
PATIENCE_SECONDS = 5.0
UNLOCKED_BY_PIN = ("session.locked", "session.pin_required")
"""What the badge's PIN puts right."""
T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """The global options, and everything a command needs."""

    socket: str | None
    as_json: bool
    seat: str | None
    speech: Speech
    pin_fd: int | None

    @property
    def at_terminal(self) -> bool:
        """Whether a person sits there who can be asked something."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def open(self, *, asks: bool = False, shown: Mapping[str, str] | None = None) -> Client:
        """Connect and say hello. `asks`: be the agent of this connection, where this user may ask for PINs. Raises `Ended`.

        `shown`: the content of an approval that the person has just been shown.
        """
        path = socket_path(self.socket)
        try:
            try:
                return _patiently(lambda: self._connect(path, asks=asks, shown=shown))
            except RemoteError as error:
                if error.name != "agent.not_allowed":
                    raise
            return _patiently(lambda: self._connect(path, asks=False))  # then the agent of the seat asks
        except RemoteError as error:
            raise remote_error(self.speech, error) from None
        except PermissionError:
            raise local_error(self.speech, "no_access", path=path) from None
        except OSError:
            raise local_error(self.speech, "no_daemon", path=path) from None

    def _connect(self, path: str, *, asks: bool, shown: Mapping[str, str] | None = None) -> Client:
        source = PinSource(self.speech, self.pin_fd, shown)
        return connect(
            path,
            client="cardctl",
            seat=self.seat,
            locale=self.speech.locale,
            pin_prompt=source.pin if asks else None,
            confirm={"last_try": source.agrees, "document": source.agrees},
            on_progress=self._progress,
        )

    def ask(self, client: Client, method: str, /, **params: object) -> dict[str, Any]:
        """One call; parameters that are None are left out. Raises `Ended`.

        Where a locked session, or a PIN that is too old, is all that hinders a person at a terminal, they are asked for the
        badge's PIN, and the call is repeated, once.
        """
        given = {name: value for name, value in params.items() if value is not None}
        try:
            return self._ask_once(client, method, given)
        except Ended as ended:
            if (
                ended.error["name"] not in UNLOCKED_BY_PIN
                or self.as_json
                or self.pin_fd is not None
                or not self.at_terminal
            ):
                raise
            click.echo(f"{ended.error['message']} {self.speech('unlock_now')}", err=True)
        self.call("session.unlock", asks=True)
        return self._ask_once(client, method, given)

    def _ask_once(self, client: Client, method: str, given: Mapping[str, object]) -> dict[str, Any]:
        try:
            return _patiently(lambda: client.call(method, **given))
        except RemoteError as error:
            raise remote_error(self.speech, error) from None
        except ConnectionEnded:
            raise local_error(self.speech, "daemon_gone") from None

    def call(self, method: str, /, *, asks: bool = False, **params: object) -> dict[str, Any]:
        """One call on a connection of its own. Raises `Ended`."""
        with self.open(asks=asks) as client:
            return self.ask(client, method, **params)

    def refuse(self, name: str, **facts: str) -> NoReturn:
        """End with an error that this side finds by itself, in the words of the daemon's table."""
        raise table_error(self.speech, name, **facts)

    def tell(self, result: Mapping[str, Any], human: Callable[[], object], *, receipt: bool = True) -> None:
        """Print the result: as one line of JSON, or for a person through `human`; and the receipt, as `cardd-verify --receipt` takes it,
        unless `human` says it.
        """
        if self.as_json:
            click.echo(as_line(result))
            return
        human()
        if receipt and "receipt" in result:
            told = f"{result['receipt']['sequence']}:{result['receipt']['record_hash']}"
            click.echo(self.speech("receipt", receipt=told), err=True)

    def table(self, rows: Iterable[Sequence[object]], *heads: str) -> None:
        """Print rows in columns, under heads in the person's language where some are given; no wider than the terminal."""
        titles = [self.speech(f"head.{head}") for head in heads] or None
        for line in screen.table(rows, titles, screen.room()):
            click.echo(line)

    def _progress(self, notice: Mapping[str, Any]) -> None:
        if self.as_json or not sys.stderr.isatty():
            return
        if notice["state"] == "queued":
            click.echo(self.speech("waiting_queue", place=notice["place"], holder=notice["holder"]), err=True)
        elif notice["state"] in PROGRESS_STATES:
            click.echo(self.speech(notice["state"]), err=True)


@dataclass(frozen=True, slots=True)
class Asking:
    """The daemon for `cardd.documents`, with cardctl's patience and its way of ending."""

    run: Run
    client: Client

    def call(self, method: str, /, **params: Any) -> dict[str, Any]:
        """One call. Raises `Ended`."""
        return self.run.ask(self.client, method, **params)


def _patiently(attempt: Callable[[], T]) -> T:
    """Try again when the daemon says that this user asks too fast: a script of many short commands does. It did nothing yet."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return attempt()
        except RemoteError as error:
            if error.name != "request.too_many" or time.monotonic() > deadline:
                raise
            time.sleep(min(1, error.data.get("retry_after_s") or 1))


def as_line(result: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(result, ensure_ascii=False, separators=(",", ":"))


pass_run = click.make_pass_decorator(Run)
