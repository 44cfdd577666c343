"""How `cardd-vcard` talks: a line for people or one JSON object, clear errors, and an exit code for each kind of failure.

0 done; 1 refused or impossible; 2 wrong use of the command; 3 no virtual readers are running.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from applets_spec.pcscd.remote_socket import CONTROL_NAME, NotRunning, RemoteRefused, ask

FOLDER_VARIABLE = "CARDD_VCARD_DIR"

F = TypeVar("F", bound=Callable[..., Any])


class Failure(click.ClickException):
    """An error for the person at the terminal."""

    exit_code = 1


class NothingRuns(Failure):
    """There are no readers to talk to."""

    exit_code = 3


def default_folder() -> Path:
    """Where the readers' sockets live unless `--dir` or CARDD_VCARD_DIR says otherwise."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "cardd-vcard" if runtime else Path(f"/tmp/cardd-vcard-{os.getuid()}")  # noqa: S108 (mode 0700, owner checked)


def folder_option(command: F) -> F:
    """`--dir`: which set of virtual readers is meant."""
    option = click.option(
        "--dir",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=FOLDER_VARIABLE,
        default=default_folder,
        show_default="$XDG_RUNTIME_DIR/cardd-vcard",
        help=f"Folder of the readers' sockets (or set {FOLDER_VARIABLE}).",
    )
    return option(command)


def json_option(command: F) -> F:
    """`--json`: one JSON object instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(command)


def reader_option(command: F) -> F:
    """`--reader`: a reader by its number."""
    return click.option("--reader", type=click.IntRange(0), default=0, show_default=True, help="Number of the reader.")(
        command
    )


def request(folder: Path, do: str, **fields: Any) -> dict[str, Any]:
    """Ask the running readers; failures end the command with the right exit code."""
    try:
        return ask(folder / CONTROL_NAME, do, **fields)
    except NotRunning as error:
        raise NothingRuns(f"{error}; start them with: cardd-vcard readers start") from error
    except RemoteRefused as error:
        raise Failure(str(error)) from error


def show(text: str, facts: dict[str, Any], as_json: bool) -> None:
    """Print the text, or the facts as JSON."""
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)


def fail(message: str) -> NoReturn:
    """End the command with exit code 1."""
    raise Failure(message)
