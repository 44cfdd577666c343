"""The commands of a session: login, logout, status."""

import click

from cardd.cli.context import Run, pass_run


@click.command()
@click.option("--badge", metavar="HANDLE", help="Which badge, where more than one is there.")
@pass_run
def login(run: Run, badge: str | None) -> None:
    """Log in with the badge in the reader; its PIN is asked for. The session lives until logout or badge removal."""
    result = run.call("session.login", badge=badge)
    run.tell(
        result,
        lambda: click.echo(run.speech("logged_in", name=result["operator"]["name"], role=result["operator"]["role"])),
    )


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
        operator = result["operator"]
        click.echo(run.speech("logged_in", name=operator["name"], role=operator["role"]))

    run.tell(result, human)
