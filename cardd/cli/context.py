"""One run of cardctl: the connection, the language, and how answers and errors are told."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from cardd.cli.pin_entry import PinSource
from cardd.cli.texts import Speech
from cardd.client import DEFAULT_SOCKET, Client, RemoteError, connect

EXIT_NO_DAEMON = 69
"""EX_UNAVAILABLE of sysexits.h."""
PROGRESS_STATES = ("waiting_for_pad", "reading", "signing")


@dataclass(frozen=True)
class Run:
    """The global options, and everything a command needs."""

    socket: str | None
    as_json: bool
    seat: str | None
    speech: Speech
    pin_fd: int | None

    def open(self) -> Client:
        """Connect, say hello, and be the agent of this connection. Ends the program when no daemon answers."""
        path = self.socket or os.environ.get("CARDD_SOCKET") or DEFAULT_SOCKET
        source = PinSource(self.speech, self.pin_fd)
        try:
            return connect(
                path,
                client="cardctl",
                seat=self.seat,
                locale=self.speech.locale,
                pin_prompt=source.pin,
                confirm=source.agrees_to_last_try,
                on_progress=self._progress,
            )
        except OSError:
            self.fail(
                {
                    "name": "daemon.unreachable",
                    "message": self.speech("no_daemon", path=path),
                    "exit_code": EXIT_NO_DAEMON,
                }
            )
        except RemoteError as error:
            self.fail_remote(error)

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """One call on a connection of its own; parameters that are None are left out. Ends the program on an error."""
        with self.open() as client:
            try:
                return client.call(method, **{name: value for name, value in params.items() if value is not None})
            except RemoteError as error:
                self.fail_remote(error)

    def tell(self, result: Mapping[str, Any], human: Callable[[], object]) -> None:
        """Print the result: as one line of JSON, or for a person through `human`."""
        if self.as_json:
            click.echo(json.dumps(result, ensure_ascii=False, separators=(",", ":")))
        else:
            human()

    def receipt(self, result: Mapping[str, Any]) -> None:
        """One quiet line that says where this use stands in the record."""
        click.echo(self.speech("receipt", n=result["receipt"]["sequence"]), err=True)

    def fail_remote(self, error: RemoteError) -> NoReturn:
        """Say what the daemon said, and leave with the exit code of its table."""
        self.fail({"name": error.name, "message": error.message, "remedy": error.remedy, **error.data})

    def fail(self, error: Mapping[str, Any]) -> NoReturn:
        if self.as_json:
            click.echo(json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")))
        else:
            say = self.speech
            click.echo(f"{error['message']} ({error['name']})", err=True)
            reasons = [str(error[fact]) for fact in ("rule", "problem", "field", "holder") if error.get(fact)]
            if reasons:
                click.echo(say("reason") + ", ".join(reasons), err=True)
            if error.get("card"):
                click.echo(say("card_state") + say("card." + error["card"]), err=True)
            if (pin := error.get("pin")) is not None:
                left = f" [{say('tries', n=pin['tries_left'])}]" if pin.get("tries_left") is not None else ""
                click.echo(say("pin_state") + say("pin_outcome." + pin["outcome"]) + left, err=True)
            if error.get("remedy"):
                click.echo(say("next") + error["remedy"], err=True)
        sys.exit(error.get("exit_code", 1))

    def _progress(self, notice: Mapping[str, Any]) -> None:
        if self.as_json or not sys.stderr.isatty():
            return
        if notice["state"] == "queued":
            click.echo(self.speech("waiting_queue", place=notice["place"], holder=notice["holder"]), err=True)
        elif notice["state"] in PROGRESS_STATES:
            click.echo(self.speech(notice["state"]), err=True)


pass_run = click.make_pass_decorator(Run)
