"""The commands of a badge's life: enrol, renew, a new PIN, block, list."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.cli.moments import day
from cardd.cli.picking import other_badge
from cardd.cli.screen import visible

REASONS_TO_BLOCK = ("lost", "stolen", "left", "misuse", "replaced", "other")


@click.group()
def badge() -> None:
    """Operators' badges, from the factory to the shredder.

    \b
    A new operator:
      cardctl badge enrol tanaka --name "田中 一郎" --role counter \\
          --purpose badge_care --case R8-0100

    The answer names an approval: another administrator looks at it with their own badge, then the same command is
    repeated with --approval. Pulled half way, the same command goes on where it stopped.

    \b
    A lost badge, at once:
      cardctl badge block tanaka --reason lost
    """


def _cared(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every command that works on somebody's badge under four eyes."""

    @click.option("--card", metavar="HANDLE", help="Which badge; may be left out while only one beside yours is there.")
    @click.option("--purpose", required=True, help="Purpose code from the office's policy.")
    @click.option("--case", required=True, help="Number of the order (受付番号).")
    @click.option("--approval", metavar="ID", help="What a second person has approved (a-…).")
    @wraps(command)
    def with_options(*args: Any, **kwargs: Any) -> None:
        command(*args, **kwargs)

    return with_options


def _care(run: Run, method: str, card: str | None, **params: object) -> dict[str, Any]:
    """One call about somebody's badge, on one connection. Raises `Ended`."""
    with run.open(asks=True) as client:
        return run.ask(client, method, card=other_badge(run, client, card), **params)


@badge.command()
@_cared
@click.option("--name", required=True, help="The operator's name, as screens and the register show it.")
@click.option("--role", required=True, help="Role code from the office's policy.")
@click.option("--person", metavar="OPERATOR", help="Who it is, where this person stands in the register already.")
@click.option("--unix-user", metavar="USER", help="The operator's account on this machine.")
@click.argument("operator")
@pass_run
def enrol(
    run: Run,
    card: str | None,
    purpose: str,
    case: str,
    approval: str | None,
    name: str,
    role: str,
    person: str | None,
    unix_user: str | None,
    operator: str,
) -> None:
    """Make a badge from the factory into OPERATOR's badge. Needs a second person.

    Have the new holder beside you: after the CA's passphrase they type a PIN of their own, twice. It takes a few seconds; if the
    badge is pulled, put it in again and repeat the command.
    """
    result = _care(
        run,
        "badge.enrol",
        card,
        purpose=purpose,
        case=case,
        approval=approval,
        operator=operator,
        name=name,
        role=role,
        person=person,
        unix_user=unix_user,
    )
    _tell_made(run, "badge_enrolled", result)


@badge.command()
@_cared
@click.argument("operator")
@pass_run
def renew(run: Run, card: str | None, purpose: str, case: str, approval: str | None, operator: str) -> None:
    """New keys and certificates for OPERATOR's badge, before the old ones end. Its PIN is asked for. Needs a second person."""
    result = _care(run, "badge.renew", card, purpose=purpose, case=case, approval=approval, operator=operator)
    _tell_made(run, "badge_renewed", result)


def _tell_made(run: Run, key: str, result: Mapping[str, Any]) -> None:
    def human() -> None:
        say = run.speech
        if result["resumed"]:
            click.echo(say("badge_resumed"))
        click.echo(say(key, operator=result["operator"], until=day(result["expires_at"])))
        for which, fingerprint in result["certificates"].items():
            click.echo("  " + say("certificate", key=say(f"key.badge_{which}"), fingerprint=fingerprint))
        if result["management_key"] == "factory":
            click.echo(say("badge_factory_key"), err=True)

    run.tell(result, human)


@badge.command("unblock-pin")
@_cared
@click.argument("operator")
@pass_run
def unblock_pin(run: Run, card: str | None, purpose: str, case: str, approval: str | None, operator: str) -> None:
    """A new PIN for OPERATOR's badge: typed twice by its holder. Nobody types a PUK. Needs a second person."""
    result = _care(run, "badge.unblock_pin", card, purpose=purpose, case=case, approval=approval, operator=operator)
    run.tell(result, lambda: click.echo(run.speech("badge_unblocked", operator=result["operator"])))


@badge.command()
@click.option("--reason", required=True, type=click.Choice(REASONS_TO_BLOCK), help="Why it counts no more.")
@click.argument("operator")
@pass_run
def block(run: Run, operator: str, reason: str) -> None:
    """Report OPERATOR's badge lost: it counts no more, at once, and a session opened with it ends. No second person."""
    result = run.call("badge.block", operator=operator, reason=reason)

    def human() -> None:
        click.echo(run.speech("badge_blocked", operator=result["operator"]))
        if result["sessions_ended"]:
            click.echo(run.speech("badge_session_ended", n=result["sessions_ended"]))

    run.tell(result, human)


@badge.command("list")
@pass_run
def list_badges(run: Run) -> None:
    """List the operators and their badges, with what ends soon."""
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    with run.open() as client:
        while True:
            page = run.ask(client, "badge.list", cursor=cursor)
            rows += page["badges"]
            cursor = page["cursor"]
            if cursor is None:
                break
    result = {**page, "badges": rows}

    def human() -> None:
        if not rows:
            click.echo(run.speech("no_badges"))
            return
        run.table(
            (_row(run, row) for row in rows), "operator", "name", "duty", "badge", "expires", "days", "management_key"
        )

    run.tell(result, human)


def _row(run: Run, row: Mapping[str, Any]) -> tuple[object, ...]:
    say = run.speech
    role = row[f"role_{say.locale}"] or row["role"]
    status = say(f"badge_status.{row['status']}")
    until = day(row["expires_at"]) if row["expires_at"] else "-"
    days = "-" if row["days_left"] is None else row["days_left"]
    key = say(f"management_key.{row['management_key']}") if row["management_key"] else "-"
    return row["operator"], visible(row["name"]), visible(role), status, until, days, key


__all__ = ["badge"]
