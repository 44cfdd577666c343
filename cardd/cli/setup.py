"""`cardctl setup`: starts the first set-up, a program of its own that needs no daemon."""

import signal
import subprocess
import sys
from pathlib import Path

import click

from cardd.cli.context import Run, pass_run

_PATH = click.Path(path_type=Path)


@click.command()
@click.option("--config", type=_PATH, help="The settings; written if missing. Default: /etc/cardd/cardd.toml.")
@click.option("--state-directory", type=_PATH, help="Where new settings put state and record; default /var/lib/cardd.")
@click.option("--policy", type=_PATH, help="The policy to begin with, instead of the shipped example.")
@click.option("--pkcs11-module", type=_PATH, help="Make the operator CA's key in a token: its PKCS#11 module.")
@click.option("--token", help="The token's label.")
@click.option("--key-label", help="The new key's label in the token.")
@click.option("--user", help="Whom the daemon runs as; default cardd.")
@click.option("--answers", type=_PATH, help="Answers in TOML, for a run without a person. Never PINs.")
@pass_run
def setup(
    run: Run,
    config: Path | None,
    state_directory: Path | None,
    policy: Path | None,
    pkcs11_module: Path | None,
    token: str | None,
    key_label: str | None,
    user: str | None,
    answers: Path | None,
) -> None:
    """The first set-up of an office: from a bare machine and two blank badges to one that works.

    Once, by root, at a terminal, while cardd does not run. Have both administrators there: each puts a blank badge in, types a PIN
    of their own twice, and signs policy and register. One card reader is enough; with two nobody has to take turns.

    \b
    What it does, and says before it does it:
      1 looks at clock, folders and readers; asks a few questions and writes
        /etc/cardd/cardd.toml
      2 makes the operator CA, its key under a passphrase or in a token
      3 makes the office's keys
      4 makes two administrators' badges
      5 has both sign the first policy and register, and puts them where
        cardd finds them
      6 lets cardd check everything, and says what to do next

    Interrupted, or with a badge pulled, it goes on where it stopped: repeat the command. Nothing that is there is written
    over. Exit status: 0 done, or nothing to do; 1 stopped, with the reason; 64 wrong usage; 130 interrupted.
    """
    given = {
        "--config": config,
        "--state-directory": state_directory,
        "--policy": policy,
        "--pkcs11-module": pkcs11_module,
        "--token": token,
        "--key-label": key_label,
        "--user": user,
        "--answers": answers,
        "--pin-fd": run.pin_fd,
        "--locale": run.speech.locale,
    }
    options = [word for name, value in given.items() if value is not None for word in (name, str(value))]
    with subprocess.Popen(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.setup", *options, *(["--json"] if run.as_json else [])],
        pass_fds=[] if run.pin_fd is None else [run.pin_fd],
    ) as program:
        # Ctrl-C goes to both; the one that works with the badge ends in its own order, and this one waits for it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        code = program.wait()
    raise SystemExit(code)


__all__ = ["setup"]
