"""The commands of four eyes: what waits for a second person, and that person's yes or no."""

from collections.abc import Mapping
from typing import Any

import click

from cardd.cli import content, moments
from cardd.cli.context import Run, pass_run
from cardd.cli.pin_entry import answered_yes
from cardd.client import Client
from cardd.wire.fault_table import EXIT_CANCELLED


@click.group()
def approvals() -> None:
    """A second person's approval: for what the rules of the office want four eyes for.

    Whoever was told "a second person must approve this first" has a number a-…; another person, at this seat or any other:

    \b
      cardctl approvals list
      cardctl approvals give a-0123456789abcdef

    Then the first person repeats the command with --approval. Both have some minutes; an approval serves once.
    """


@approvals.command("list")
@pass_run
def list_approvals(run: Run) -> None:
    """List what waits for a second person, and what was approved and not used yet."""
    with run.open() as client:
        result = run.ask(client, "approval.list")
        purposes = {} if run.as_json else _purposes(run, client)

    def human() -> None:
        say = run.speech
        if not result["approvals"]:
            click.echo(say("no_approvals"))
            return
        rows = [
            (
                row["approval"],
                say(f"approval_state.{row['state']}"),
                say(f"operation.{row['operation']}"),
                row["requester"],
                row["seat"],
                content.told(say, "purpose", row["content"].get("purpose", ""), purposes),
                row["content"].get("case"),
                moments.clock_time(row["expires_at"]),
            )
            for row in result["approvals"]
        ]
        run.table(rows, "approval", "state", "operation", "requester", "seat", "purpose", "case", "until")

    run.tell(result, human)


@approvals.command()
@click.option("--badge", metavar="HANDLE", help="Your badge, where more than one is there.")
@click.option("--yes", is_flag=True, help="For programs: agree without a question; only together with --content-hash.")
@click.option(
    "--content-hash",
    metavar="HEX",
    help="SHA-256 of the content that was looked at, as `approvals list --json` gives it.",
)
@click.argument("approval")
@pass_run
def give(run: Run, badge: str | None, yes: bool, content_hash: str | None, approval: str) -> None:
    """Look at what APPROVAL is for, and agree to exactly that with your own badge and its PIN.

    Nobody need be logged in. Whoever asked cannot be the second person, with whatever badge.
    """
    if yes != (content_hash is not None):
        raise click.UsageError("--yes and --content-hash go together: a program says what it has looked at")
    with run.open() as client:
        row = _waiting(run, client, approval)
        purposes = _purposes(run, client)
    shown = {**row["content"], "requester": row["requester"]}
    if not yes:
        _agree(run, approval, shown, purposes)
    with run.open(asks=True, shown=shown if not yes else None) as client:
        agreed_to = content_hash or row["content_hash"]
        result = run.ask(client, "approval.give", approval=approval, content_hash=agreed_to, badge=badge)
    until = moments.clock_time(result["expires_at"])
    said = run.speech(
        "approval_given", approval=approval, who=result["approver"], requester=row["requester"], until=until
    )
    run.tell(result, lambda: click.echo(said))


@approvals.command()
@click.argument("approval")
@pass_run
def refuse(run: Run, approval: str) -> None:
    """Take back what you asked for, or refuse what somebody else did."""
    result = run.call("approval.refuse", approval=approval)
    run.tell(result, lambda: click.echo(run.speech("approval_refused", approval=approval)))


def _agree(run: Run, approval: str, shown: Mapping[str, str], purposes: Mapping[str, str]) -> None:
    """Show everything and ask. Ends the command when the person does not say yes in so many words."""
    say = run.speech
    if not run.at_terminal:
        raise click.UsageError(say("approval_needs_terminal"))
    click.echo(say("approval_for", approval=approval), err=True)
    for line in content.lines(say, shown, purposes):
        click.echo(f"  {line}", err=True)
    if not answered_yes(say("approval_agree")):
        click.echo(say("approval_not_agreed"), err=True)
        raise SystemExit(EXIT_CANCELLED)


def _waiting(run: Run, client: Client, approval: str) -> dict[str, Any]:
    """The row of what is to be agreed to. Raises `Ended` when nothing of this number waits."""
    rows = run.ask(client, "approval.list")["approvals"]
    found = [row for row in rows if row["approval"] == approval]
    if not found:
        run.refuse("approval.invalid", problem="unknown", approval=approval)
    row: dict[str, Any] = found[0]
    return row


def _purposes(run: Run, client: Client) -> dict[str, str]:
    """What the policy in force calls its purposes, in the person's language."""
    return {row["code"]: row[run.speech.locale] for row in run.ask(client, "policy.show")["purposes"]}


__all__ = ["approvals"]
