"""`cardctl`: the command line. A client like any other, and the agent of its own connection."""

import click

from cardd.cli import card, info, session, sign
from cardd.cli.context import Run
from cardd.cli.texts import Locale, Speech, locale_of_environment


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--socket", metavar="PATH", help="The daemon's socket; default $CARDD_SOCKET or /run/cardd/cardd.sock.")
@click.option("--json", "as_json", is_flag=True, help="Print the result object as one line of JSON; errors too.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="Language of messages; default from LANG.")
@click.option("--seat", help="Which seat of the counter to speak for, where there is more than one.")
@click.option(
    "--pin-fd", type=int, metavar="N", help="Read PINs from file descriptor N, one a line, instead of the terminal."
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
      cardctl login                                     insert your badge first; the PIN is asked for
      cardctl cards                                     which cards are there, and their handles
      cardctl read --purpose identity --case 26-0012 name address
      cardctl sign --purpose online_application --case 26-0012 application.xml
      cardctl logout                                    or just pull the badge

    A PIN is asked for on the terminal, without echo, and never taken from an argument or the environment.
    `--card` may be left out while only one fitting card is there.
    """
    context.obj = Run(socket, as_json, seat, Speech(locale or locale_of_environment()), pin_fd)


for command in (
    info.readers,
    info.cards,
    info.queue,
    info.events,
    info.health,
    info.whoami,
    info.errors,
    info.discover,
    session.login,
    session.logout,
    session.status,
    card.read,
    card.certificate,
    card.token_info,
    card.pin,
    sign.sign,
):
    main.add_command(command)
