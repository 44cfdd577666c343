"""The commands of a session: login, logout, status."""

from collections.abc import Mapping
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.screen import visible


@click.command()
@click.option("--badge", metavar="HANDLE", help="Which badge, where more than one is there.")
@pass_run
def login(run: Run, badge: str | None) -> None:
    """Log in with the badge in the reader; its PIN is asked for. The session lives until logout or badge removal."""
    result = run.call("session.login", asks=True, badge=badge)
    run.tell(result, lambda: click.echo(_who(run, "logged_in", result)))


@click.command()
@pass_run
def logout(run: Run) -> None:
    """End the session of this seat."""
    result = run.call("session.logout")
    run.tell(result, lambda: click.echo(run.speech("logged_out")))


@click.command()
@pass_run
def status(run: Run) -> None:
    """Say who is logged in at this seat."""
    result = run.call("session.status")

    def human() -> None:
        if not result["logged_in"]:
            click.echo(run.speech("nobody"))
            return
        click.echo(_who(run, "is_logged_in", result))

    run.tell(result, human)


def _who(run: Run, key: str, session: Mapping[str, Any]) -> str:
    operator = session["operator"]
    name, role, until = visible(operator["name"]), operator["role"], run.clock_time(session["ends_at"])
    return run.speech(key, name=name, role=role, until=until)
