"""The commands of a session: login, unlock, logout, status."""

from collections.abc import Mapping
from typing import Any

import click

from cardd.cli import moments
from cardd.cli.context import Run, pass_run
from cardd.cli.screen import visible

BADGE_SOON_DAYS = 30
"""From so many days before the end of the badge's certificate, people are told."""


@click.command()
@click.option("--badge", metavar="HANDLE", help="Which badge, where more than one is there.")
@pass_run
def login(run: Run, badge: str | None) -> None:
    """Log in with the badge in the reader; its PIN is asked for. The session lives until logout or badge removal, and locks
    when no human does anything for some minutes."""
    result = run.call("session.login", asks=True, badge=badge)
    run.tell(result, lambda: _show(run, "logged_in", result))


@click.command()
@click.option("--badge", metavar="HANDLE", help="Which badge, where more than one is there.")
@pass_run
def unlock(run: Run, badge: str | None) -> None:
    """Prove badge and PIN again: unlocks the session of this seat, and is what a high-risk purpose asks for."""
    result = run.call("session.unlock", asks=True, badge=badge)
    run.tell(result, lambda: _show(run, "unlocked", result))


@click.command()
@pass_run
def logout(run: Run) -> None:
    """End the session of this seat."""
    result = run.call("session.logout")
    run.tell(result, lambda: click.echo(run.speech("logged_out")))


@click.command()
@pass_run
def status(run: Run) -> None:
    """Say who is logged in at this seat, until when, and when the session locks or that it is locked."""
    result = run.call("session.status")

    def human() -> None:
        if not result["logged_in"]:
            click.echo(run.speech("nobody"))
            return
        _show(run, "is_logged_in", result)

    run.tell(result, human)


def _show(run: Run, key: str, session: Mapping[str, Any]) -> None:
    say, operator = run.speech, session["operator"]
    role = operator[f"role_{say.locale}"] or operator["role"]
    until = moments.clock_time(session["ends_at"])
    click.echo(say(key, name=visible(operator["name"]), role=visible(role), until=until))
    if session["locks_at"] is None:
        click.echo(say("locked"))
    else:
        click.echo(say("locks", at=moments.clock_time(session["locks_at"])))
    days = session["badge_days_left"]
    if days is not None and days <= BADGE_SOON_DAYS:
        click.echo(say("badge_ends", n=days), err=True)
