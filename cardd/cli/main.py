"""`cardctl`: the command line. A client like any other, and the agent of its own connection."""

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NoReturn

import click

from cardd.cli import (
    approvals,
    audit,
    backup,
    badge,
    card,
    certificate,
    emergency,
    info,
    office,
    policy,
    record,
    session,
    setup,
    sign,
    verify,
)
from cardd.cli.context import Run, as_line
from cardd.cli.ending import ends_in_order
from cardd.cli.failing import EXIT_INTERRUPTED, Ended, sentences
from cardd.cli.texts import Speech, locale_of_environment
from cardd.wire.fault import Locale
from cardd.wire.fault_table import EXIT_USAGE


class Cardctl(click.Group):
    """The command with its endings: errors of every kind in the chosen form, and exit codes from the table of errors."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> NoReturn:
        """Run and exit. Wrong usage, the daemon's errors, Ctrl-C, SIGTERM, SIGHUP and a closed pipe each have their exit status, without
        a traceback.
        """
        given = list(sys.argv[1:] if args is None else args)
        try:
            with ends_in_order():
                code = super().main(given, *more, **{**extra, "standalone_mode": False})
        except Ended as ended:
            code = _end(ended, given)
        except click.ClickException as wrong:
            code = _end_usage(wrong, given)
        except (click.Abort, KeyboardInterrupt):
            code = EXIT_INTERRUPTED
        sys.exit(code)


def _end(ended: Ended, given: Sequence[str]) -> int:
    if "--json" in given:
        click.echo(as_line({"error": dict(ended.error)}))
    else:
        for line in sentences(ended.error, ended.speech, given):
            click.echo(line, err=True)
    return ended.exit_code


def _end_usage(wrong: click.ClickException, given: Sequence[str]) -> int:
    if "--json" in given:
        click.echo(as_line({"error": {"name": "usage", "message": wrong.format_message(), "exit_code": EXIT_USAGE}}))
    else:
        wrong.show()
    return EXIT_USAGE


def _descriptor(context: click.Context, parameter: click.Parameter, number: int | None) -> int | None:
    if number is not None:
        try:
            os.fstat(number)
        except OSError:
            raise click.BadParameter(f"there is no open file descriptor {number}", context, parameter) from None
    return number


@click.group(cls=Cardctl, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--socket", metavar="PATH", help="The daemon's socket; default $CARDD_SOCKET or /run/cardd/cardd.sock.")
@click.option("--json", "as_json", is_flag=True, help="Print the result object as one line of JSON; errors too.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="Language of messages; default from LANG.")
@click.option("--seat", help="Which seat of the counter to speak for, where there is more than one.")
@click.option(
    "--pin-fd",
    type=int,
    metavar="N",
    callback=_descriptor,
    help="Read PINs from file descriptor N, one a line in the order asked for, instead of the terminal.",
)
@click.version_option(package_name="cardd")
@click.pass_context
def main(
    context: click.Context,
    socket: str | None,
    as_json: bool,
    locale: Locale | None,
    seat: str | None,
    pin_fd: int | None,
) -> None:
    """Work with cards through cardd.

    \b
    A day at the counter:
      cardctl login                 badge in first; its PIN is asked for
      cardctl cards                 which cards are there, and their handles
      cardctl read --purpose identity_check --case R8-0042 name address
      cardctl sign --purpose online_signature --case R8-0042 application.xml
      cardctl logout                or just pull the badge

    A PIN is asked for at the terminal, without echo, and never taken from an argument or the environment. Ctrl-C at the
    question cancels it; no try is used. `--card` may be left out while only one fitting card is there.

    `cardctl errors` lists every error with what to do. The exit status tells them apart: 3 cancelled, 4 try again
    later, 10 to 13 card or reader, 20 to 23 PIN, 30 log in first, 31 not allowed, 32 no record, 33 nobody to ask for a
    PIN, 34 a second person, 35 emergency stop, 40 to 42 signature, 64 wrong usage, 69 no daemon, 70 fault of the daemon.
    """
    context.obj = Run(socket, as_json, seat, Speech(locale or locale_of_environment()), pin_fd)


def _json_here_too(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        context.obj = replace(context.ensure_object(Run), as_json=True)


def _add(group: click.Group, commands: Iterable[click.Command]) -> None:
    """Add commands; each takes `--json` behind its name as well."""
    for command in commands:
        if isinstance(command, click.Group):
            _add(command, command.commands.values())
        else:
            command.params.append(
                click.Option(
                    ["--json"],
                    is_flag=True,
                    expose_value=False,
                    callback=_json_here_too,
                    help="Print the result object as one line of JSON; errors too.",
                )
            )
        group.add_command(command)


_add(
    main,
    (
        session.login,
        session.unlock,
        session.logout,
        session.status,
        info.readers,
        info.cards,
        info.queue,
        info.events,
        info.health,
        info.whoami,
        info.errors,
        info.discover,
        card.read,
        card.certificate,
        card.token_info,
        card.pin,
        sign.sign,
        verify.verify,
        certificate.check_certificate,
        policy.policy,
        badge.badge,
        approvals.approvals,
        emergency.lockdown,
        emergency.emergency,
        office.office,
        audit.audit,
        setup.setup,
        backup.backup,
        backup.restore,
        backup.backup_key,
        record.record,
    ),
)
