"""The commands that look and touch no card: readers, cards, queue, events, health, whoami, errors, discover."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import click

from cardd.cli.context import Run, as_line, pass_run
from cardd.cli.failing import local_error, remote_error
from cardd.cli.screen import visible
from cardd.client import Client, ConnectionEnded, EventsLost, RemoteError


@click.command()
@pass_run
def readers(run: Run) -> None:
    """List the readers that are there, and what each is used for."""
    result = run.call("readers.list")

    def human() -> None:
        say = run.speech
        if not result["readers"]:
            click.echo(say("pcsc_down" if result["pcsc"] == "down" else "no_readers"))
            return
        rows = [
            (
                row["name"],
                say(f"role.{row['role']}"),
                say(f"state.{row['state']}"),
                row["card"],
                row["usb_path"] or row["serial"],
                say("pad") if row["pin_pad"] else " ",
            )
            for row in result["readers"]
        ]
        run.table(rows, "reader", "role", "state", "card", "place", "pad")

    run.tell(result, human)


@click.command()
@pass_run
def cards(run: Run) -> None:
    """List the cards that are there, with the handles by which other commands name them."""
    result = run.call("cards.list")

    def human() -> None:
        if not result["cards"]:
            click.echo(run.speech("no_cards"))
            return
        say = run.speech
        rows = [
            (row["card"], say(f"kind.{row['kind']}"), say(f"use.{row['use']}"), row["reader"])
            for row in result["cards"]
        ]
        run.table(rows, "card", "kind", "state", "reader")

    run.tell(result, human)


@click.command()
@pass_run
def queue(run: Run) -> None:
    """Show who is using which reader, and who waits for it."""
    result = run.call("queue.show")

    def human() -> None:
        if not result["readers"]:
            click.echo(run.speech("no_readers"))
            return
        rows = [row for load in result["readers"] for row in _load(run, load)]
        run.table(rows, "reader", "turn", "client", "operation", "since")

    run.tell(result, human)


def _load(run: Run, load: Mapping[str, Any]) -> Sequence[tuple[object, ...]]:
    rows = [
        (
            load["reader"],
            row["place"] or run.speech("turn.now"),
            row["client"],
            row["operation"],
            f"{row['since_s']:.1f} s",
        )
        for row in load["rows"]
    ]
    return rows or [(load["reader"], run.speech(f"state.{load['state']}"), "", "", "")]


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
            for line in _followed(run, client, list(topics) or None, since, count):
                click.echo(line)  # click flushes: a program behind a pipe sees each change when it happens
        except RemoteError as error:
            raise remote_error(run.speech, error) from None
        except ConnectionEnded:
            raise local_error(run.speech, "daemon_gone") from None
        except KeyboardInterrupt:
            return  # the way to end it


def _followed(
    run: Run, client: Client, topics: list[str] | None, since: int | None, count: int | None
) -> Iterator[str]:
    seen = 0
    while True:
        snapshot, changes = client.events(topics=topics, since=since)
        yield _snapshot_line(run, snapshot)
        try:
            for change in changes:
                yield _change_line(run, change)
                seen += 1
                if seen == count:
                    return
        except EventsLost as lost:
            click.echo(run.speech("snapshot_lost"), err=True)
            since = lost.number


def _snapshot_line(run: Run, snapshot: Mapping[str, Any]) -> str:
    if run.as_json:
        return as_line(snapshot)
    stopped = run.speech("snapshot_lockdown") + "\n" if snapshot.get("lockdown") else ""
    return stopped + run.speech("snapshot", readers=len(snapshot["readers"]), cards=len(snapshot["cards"]))


def _change_line(run: Run, change: Mapping[str, Any]) -> str:
    if run.as_json:
        return as_line(change)
    facts = " ".join(f"{name}={value}" for name, value in change["facts"].items() if value is not None)
    return visible(f"{change['number']:6} {change['topic']:8} {change['change']:12} {facts}")


@click.command()
@pass_run
def health(run: Run) -> None:
    """Say whether the daemon can do its work; exit code 1 when a check is bad."""
    result = run.call("health")

    def human() -> None:
        say = run.speech
        click.echo(say("health", version=result["version"], up=timedelta(seconds=result["uptime_s"])))
        run.table(
            (
                say(f"health.{check['state']}"),
                say(f"health.{check['name']}"),
                say.why(check["name"], check["problem"]) if check["problem"] else " ",
            )
            for check in result["checks"]
        )

    run.tell(result, human)
    if any(check["state"] == "bad" for check in result["checks"]):
        raise SystemExit(1)


@click.command()
@pass_run
def whoami(run: Run) -> None:
    """Say what the daemon knows of you: user, client name, seat."""
    result = run.call("whoami")
    known = {name: result[name] for name in ("client", "uid", "seat")}
    run.tell(result, lambda: click.echo(run.speech("whoami", **known)))


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
