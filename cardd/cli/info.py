"""The commands that look and touch no card: readers, cards, queue, events, health, whoami, errors, discover."""

import json
from collections.abc import Mapping
from typing import Any

import click

from cardd.cli.context import Run, pass_run
from cardd.client import RemoteError


@click.command()
@pass_run
def readers(run: Run) -> None:
    """List the readers that are there, and what each is used for."""
    result = run.call("readers.list")

    def human() -> None:
        if not result["readers"]:
            click.echo(run.speech("no_readers"))
        for row in result["readers"]:
            pad = " [PIN pad]" if row["pin_pad"] else ""
            place = row["usb_path"] or row["serial"] or "-"
            click.echo(f"{row['name']:40} {row['role']:9} {row['state']:6} {row['card'] or '-':12} {place}{pad}")

    run.tell(result, human)


@click.command()
@pass_run
def cards(run: Run) -> None:
    """List the cards that are there, with the handles by which other commands name them."""
    result = run.call("cards.list")

    def human() -> None:
        if not result["cards"]:
            click.echo(run.speech("no_cards"))
        for row in result["cards"]:
            click.echo(f"{row['card']:12} {run.speech('kind.' + row['kind']):20} {row['use']:12} {row['reader']}")

    run.tell(result, human)


@click.command()
@pass_run
def queue(run: Run) -> None:
    """Show who is using which reader, and who waits for it."""
    result = run.call("queue.show")

    def human() -> None:
        for load in result["readers"]:
            click.echo(f"{load['reader']}: {load['state']}")
            for row in load["rows"]:
                click.echo(f"  {row['place']} {row['client']:20} {row['operation']:12} {row['since_s']:.1f} s")

    run.tell(result, human)


@click.command()
@click.option(
    "--topic", "topics", multiple=True, help="Only this topic (reader, card, session, pin, …); may be repeated."
)
@click.option("--since", type=int, help="Replay what came after this number.")
@click.option("--count", type=int, help="Leave after so many changes.")
@pass_run
def events(run: Run, topics: tuple[str, ...], since: int | None, count: int | None) -> None:
    """Follow what happens: a snapshot first, then one line a change, until interrupted."""
    with run.open() as client:
        try:
            snapshot, changes = client.events(topics=list(topics) or None, since=since)
            _show_change(run, snapshot)
            for seen, change in enumerate(changes, start=1):
                _show_change(run, change)
                if seen == count:
                    return
        except RemoteError as error:
            run.fail_remote(error)


def _show_change(run: Run, change: Mapping[str, Any]) -> None:
    if run.as_json:
        click.echo(json.dumps(change, ensure_ascii=False, separators=(",", ":")))
    elif "change" in change:
        facts = " ".join(f"{name}={value}" for name, value in change["facts"].items() if value is not None)
        click.echo(f"{change['number']:6} {change['topic']:8} {change['change']:12} {facts}")
    else:
        click.echo(f"{change['number']:6} {len(change['readers'])} readers, {len(change['cards'])} cards")


@click.command()
@pass_run
def health(run: Run) -> None:
    """Say whether the daemon can do its work; exit code 1 when a check is bad."""
    result = run.call("health")

    def human() -> None:
        click.echo(f"cardd {result['version']}, mode {result['mode']}, up {result['uptime_s']} s")
        for check in result["checks"]:
            click.echo(f"  {check['state']:8} {check['name']} {check['problem'] or ''}".rstrip())

    run.tell(result, human)
    if any(check["state"] == "bad" for check in result["checks"]):
        raise SystemExit(1)


@click.command()
@pass_run
def whoami(run: Run) -> None:
    """Say what the daemon knows of you: user, client name, seat."""
    result = run.call("whoami")
    run.tell(result, lambda: click.echo(f"{result['client']} (uid {result['uid']}) at seat {result['seat']}"))


@click.command()
@pass_run
def errors(run: Run) -> None:
    """List every error with who must act and what to do."""
    result = run.call("errors.list")
    language = run.speech.locale

    def human() -> None:
        for row in result["errors"]:
            click.echo(f"{row['name']} [{row['actor']}]")
            click.echo(f"    {row['message'][language]}")
            click.echo(f"    → {row['remedy'][language]}")

    run.tell(result, human)


@click.command()
@pass_run
def discover(run: Run) -> None:
    """Print the OpenRPC document of the API."""
    result = run.call("rpc.discover")
    run.tell(result, lambda: click.echo(json.dumps(result["document"], ensure_ascii=False, indent=2)))
