"""`cardctl backup`, `restore`, `backup-key`: start `python -m cardd.keeping`, a program of its own that needs no daemon."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click

from cardd.cli.context import Run, pass_run

_PATH = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
"""Looked at here already, so that wrong usage is told in the words of the command that was typed."""
_CONFIG = click.option("--config", type=_PATH, help="The settings. Default: /etc/cardd/cardd.toml.")
_USER = click.option("--user", help="Whom the daemon runs as; default cardd.")
_RECOVERY = click.option("--recovery", type=_FILE, required=True, help="The recovery key's file.")
_SEAL = click.option(
    "--seal", help="The seal on paper of the machine that made it, where it is not that of the recovery key."
)


@click.command()
@click.argument("folder", type=_FOLDER)
@click.option("--keep", type=click.IntRange(min=1), help="Leave so many of this machine's newest archives in FOLDER.")
@_CONFIG
@_USER
@pass_run
def backup(run: Run, folder: Path, keep: int | None, config: Path | None, user: str | None) -> None:
    """Make an encrypted backup of this installation in FOLDER.

    By root, also while cardd works; nobody need be there (`cardd-backup.timer` does it each night). Everything that a new machine needs
    goes in, the record too. It opens only with the recovery key and two people's passphrases: `cardctl backup-key new` makes it.
    """
    _start(run, config, user, ["backup", str(folder), *(["--keep", str(keep)] if keep else [])])


@click.command()
@click.argument("archive", type=_FILE)
@_RECOVERY
@_SEAL
@click.option("--inspect", is_flag=True, help="Check the archive and say what it is of; change nothing.")
@_USER
@pass_run
def restore(run: Run, archive: Path, recovery: Path, seal: str | None, inspect: bool, user: str | None) -> None:
    """Put the backup ARCHIVE in place on an empty machine.

    By root, with both people of the recovery key there: each types their own passphrase. Everything is checked before anything is put in
    place; interrupted, the same command goes on. The record so far is closed and kept; a new one begins, and says so.
    """
    word = "inspect" if inspect else "restore"
    _start(run, None, user, [word, str(archive), "--recovery", str(recovery), *(["--seal", seal] if seal else [])])


@click.group("backup-key")
def backup_key() -> None:
    """The key that opens backups, for two people together."""


@backup_key.command("new")
@click.argument("recovery", type=_PATH)
@_CONFIG
@_USER
@pass_run
def new(run: Run, recovery: Path, config: Path | None, user: str | None) -> None:
    """Make the office's recovery key in the file RECOVERY, with two people, and this machine's backup key. Once."""
    _start(run, config, user, ["new-key", str(recovery)])


@backup_key.command("add")
@click.argument("public", type=_FILE)
@_CONFIG
@_USER
@pass_run
def add(run: Run, public: Path, config: Path | None, user: str | None) -> None:
    """One more machine of the office: give it `backup.pub` of the first one as PUBLIC, and write its seal down."""
    _start(run, config, user, ["add-key", str(public)])


def _start(run: Run, config: Path | None, user: str | None, words: list[str]) -> NoReturn:
    given = {"--config": config, "--user": user, "--pin-fd": run.pin_fd, "--locale": run.speech.locale}
    options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    options += ["--json"] if run.as_json else []
    with subprocess.Popen(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.keeping", *options, *words],
        pass_fds=[] if run.pin_fd is None else [run.pin_fd],
    ) as program:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; this one waits for the other's end
        code = program.wait()
    raise SystemExit(code)
