"""The commands of an emergency: the stop of all card work, its release, and the override of a rule for one case."""

import click

from cardd.cli import moments
from cardd.cli.context import Run, pass_run
from cardd.cli.pin_entry import answered_yes
from cardd.wire.fault_table import EXIT_CANCELLED

REASONS_TO_OVERRIDE = (
    "disaster", "danger_to_life", "second_person_absent", "system_failure", "court_or_police", "other",
)  # fmt: skip
REASONS_TO_STOP = ("intrusion", "lost_badge", "misuse", "malfunction", "drill", "other")


@click.group()
def lockdown() -> None:
    """The emergency stop of all card work at this machine.

    \b
    Something is wrong, stop everything:
      cardctl lockdown engage --reason intrusion
    It is over, two administrators one after the other, each with their own badge:
      cardctl lockdown release
    """


@lockdown.command()
@click.option("--reason", required=True, type=click.Choice(REASONS_TO_STOP), help="Why, for the record.")
@click.option("--yes", is_flag=True, help="Do not ask whether this is meant.")
@pass_run
def engage(run: Run, reason: str, yes: bool) -> None:
    """Stop everything: all sessions of all seats end, all cards are reset, all card work is refused, also after a restart."""
    say = run.speech
    if not yes:
        if not run.at_terminal:
            raise click.UsageError(say("lockdown_needs_yes"))
        click.echo(say("lockdown_will"), err=True)
        if not answered_yes(say("lockdown_sure")):
            click.echo(say("lockdown_not_engaged"), err=True)
            raise SystemExit(EXIT_CANCELLED)
    result = run.call("lockdown.engage", reason=reason)
    run.tell(result, lambda: click.echo(say("lockdown_engaged", n=result["sessions_ended"])))


@lockdown.command()
@click.option("--badge", metavar="HANDLE", help="Your badge, where more than one is there.")
@pass_run
def release(run: Run, badge: str | None) -> None:
    """Release the emergency stop with an administrator's badge; the second administrator, somebody else, ends it."""
    result = run.call("lockdown.release", asks=True, badge=badge)

    def human() -> None:
        if result["released"]:
            click.echo(run.speech("lockdown_released"))
            return
        until = moments.clock_time(result["second_until"])
        click.echo(run.speech("lockdown_second", who=result["operator"], until=until))

    run.tell(result, human)


@click.command()
@click.option("--purpose", required=True, help="Purpose code that the office's policy lists for emergencies.")
@click.option("--case", required=True, help="Reception number (受付番号).")
@click.option(
    "--reason",
    required=True,
    metavar="REASON",
    type=click.Choice(REASONS_TO_OVERRIDE),
    help=f"Why, for the record: {', '.join(REASONS_TO_OVERRIDE)}.",
)
@pass_run
def emergency(run: Run, purpose: str, case: str, reason: str) -> None:
    """Take the emergency override for one case: what the policy allows in emergencies alone counts for it.

    Everybody is alarmed at once, and the use is looked at within a working day.
    """
    result = run.call("emergency.override", purpose=purpose, case=case, reason=reason)
    until = moments.clock_time(result["until"])
    run.tell(result, lambda: click.echo(run.speech("override_taken", purpose=purpose, case=case, until=until)))
