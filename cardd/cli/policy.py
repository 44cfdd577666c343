"""`cardctl policy`: the group of commands about the office's policy; here those that look at it and change nothing."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from cardd.cli.context import Run, pass_run

EXIT_REFUSED = 2
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def policy() -> None:
    """The office's policy: look at it, try it, change it.

    \b
    Before two people sign a new one:
      cardctl policy check new.toml --register register.toml
      cardctl policy diff /etc/cardd/policy.toml new.toml
      cardctl policy show new.toml

    Files are looked at by `python -m cardd.policy`, which needs no daemon. `show` and `explain` without a file ask the
    daemon for the policy that is in force. Exit status: 0 good or allowed, 1 the file cannot be used, 2 `explain`:
    refused.
    """


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--register", type=_FILE, help="The operators who are to work under it.")
@pass_run
def check(run: Run, file: Path, register: Path | None) -> None:
    """Say whether a policy file may be used, and what to look at before it is signed."""
    _offline(run, "check", str(file), *(["--register", str(register)] if register else []))


@policy.command()
@click.argument("file", type=_FILE, required=False)
@pass_run
def show(run: Run, file: Path | None) -> None:
    """Draw the policy as a table: roles across, purposes down. Without FILE: the one in force."""
    if file is not None:
        _offline(run, "show", str(file))
    result = run.call("policy.show")
    run.tell(result, lambda: _offline(run, "show", "--from-json", "-", given=json.dumps(result)))


@policy.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@pass_run
def diff(run: Run, old: Path, new: Path) -> None:
    """Say what a new policy decides otherwise: who may do more, who less, where a second person comes in."""
    _offline(run, "diff", str(old), str(new))


@policy.command()
@click.option("--file", type=_FILE, help="A policy file; left out: the policy in force.")
@click.option("--role", help="Role code; left out: the role of whoever is logged in here.")
@click.option("--purpose", help="Purpose code.")
@click.option("--case", help="Reception number; left out: some is supposed.")
@click.option("--key", help="For sign, certificate and grant: which key.")
@click.option("--pin", help="For change_pin and pin_status: which PIN.")
@click.option("--card", help="my_number, juki or badge; left out: what it is usually done with.")
@click.option(
    "--client", help="Name of a client of the configuration; left out: your own, with --file one that no row names."
)
@click.option("--private-sector", is_flag=True, help="With --file: the client is no public body.")
@click.option("--emergency", is_flag=True, help="Under the emergency override.")
@click.argument("operation")
@click.argument("items", nargs=-1)
@pass_run
def explain(
    run: Run,
    file: Path | None,
    role: str | None,
    purpose: str | None,
    case: str | None,
    key: str | None,
    pin: str | None,
    card: str | None,
    client: str | None,
    private_sector: bool,
    emergency: bool,
    operation: str,
    items: tuple[str, ...],
) -> None:
    """Say whether OPERATION may be done, which line of the policy decides, and which rows come near.

    \b
    For example:
      cardctl policy explain read name photo --purpose passport --role counter
      cardctl policy explain sign --key signature --purpose online_signature
    """
    asked: dict[str, Any] = {
        "role": role,
        "purpose": purpose,
        "case": case,
        "key": key,
        "pin": pin,
        "client": client,
    }
    if file is not None:
        options = [part for name, word in (asked | {"card": card}).items() if word for part in (f"--{name}", word)]
        flags = [name for name, on in (("--private-sector", private_sector), ("--emergency", emergency)) if on]
        _offline(run, "explain", *options, *flags, "--", str(file), operation, *items)
    if private_sector:
        raise click.UsageError("--private-sector goes with --file: of its clients the daemon knows it")
    result = run.call(
        "policy.explain",
        operation=operation,
        items=list(items),
        card_kind=card,
        emergency=emergency or None,
        **asked,
    )
    run.tell(result, lambda: _offline(run, "explain", "--from-json", "-", given=json.dumps(result)))
    if not result["allowed"]:
        raise SystemExit(EXIT_REFUSED)


def _offline(run: Run, command: str, *arguments: str, given: str | None = None) -> NoReturn:
    """Let `python -m cardd.policy` do it and end as it ends. `given`: its standard input.

    A program of its own, for a client knows the wire and not the inside of the daemon. `-P`: no module of the folder
    one happens to be in.
    """
    options = ["--locale", run.speech.locale, *(["--json"] if run.as_json else [])]
    ended = subprocess.run(  # noqa: S603 - this interpreter, this package
        [sys.executable, "-P", "-m", "cardd.policy", command, *options, *arguments],
        input=given,
        encoding="utf-8",
        check=False,
    )
    raise SystemExit(ended.returncode)
