"""`cardctl record close`: starts `python -m cardd.setup.closing`, a program of its own that needs no daemon."""

import signal
import subprocess
import sys
from pathlib import Path

import click

from cardd.cli.context import Run, pass_run


@click.group()
def record() -> None:
    """The record as a whole, while cardd is stopped."""


@record.command()
@click.option("--config", type=click.Path(path_type=Path), help="The settings. Default: /etc/cardd/cardd.toml.")
@click.option("--user", help="Whom the daemon runs as; default cardd.")
@pass_run
def close(run: Run, config: Path | None, user: str | None) -> None:
    """Close a damaged record and begin a new one.

    By root, with two administrators and their badges there, while cardd does not run. Nothing is changed in the damaged record: its whole
    folder is put aside, with the order that both sign. The new record names it, and who signed. A record that is whole cannot be closed.
    Interrupted, the same command goes on.
    """
    given = {"--config": config, "--user": user, "--pin-fd": run.pin_fd, "--locale": run.speech.locale}
    options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    with subprocess.Popen(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.setup.closing", *options, *(["--json"] if run.as_json else [])],
        pass_fds=[] if run.pin_fd is None else [run.pin_fd],
    ) as program:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; this one waits for the other's end
        code = program.wait()
    raise SystemExit(code)
