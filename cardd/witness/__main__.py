"""`cardd-witness`: the program of somebody else's machine that keeps the heads of offices' records, and signs what grew."""

import ssl
import time
from pathlib import Path

import click

from cardd.log import set_up
from cardd.tomlfile import BrokenFile
from cardd.witness.book import Book, BookBroken
from cardd.witness.pages import overview, page_of
from cardd.witness.settings import DEFAULT_FILE, BadWitnessKey, WitnessKey, WitnessSettings, load

CONFIGURATION = 78
"""Exit code for settings that must be mended first (sysexits.h, EX_CONFIG)."""

TEMPLATE = """\
# Settings of this witness. Each key: docs/witness.md

# Address and port on which counter machines reach it.
listen = "0.0.0.0"
port = 8443

database = "{folder}/witness.db"
key = "{folder}/witness.key"

# Its own certificate, and the CA whose certificates senders must show.
[tls]
certificate = "{folder}/tls.pem"
key = "{folder}/tls.key"
client_ca = "{folder}/senders-ca.pem"

# One for each counter machine. The key is the line in `first.key` of the machine's record
# (/var/log/cardd/audit/first.key): have it told on paper or by telephone, not by the machine itself.
# [[logs]]
# name = "北区役所 窓口1"
# key = "cardd/0123456789abcdef0123456789abcdef/2026-11-22+01234567+AQ…"
"""

config_option = click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT_FILE,
    show_default=True,
    help="Settings of this witness (TOML).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A witness of audit records.

    A counter machine sends the signed head of its record each minute: a number of records and a hash over all of them.
    This program signs it too, if it was proved that the record only grew since the last time. So nobody at the counter's
    side, administrators included, can take back or change what stands in the record without being found out. It sees
    no records, no names and no cards.

    Set it up on a machine that other people look after than those of the counters:

    \b
      cardd-witness init /var/lib/cardd-witness --name witness.pref.example.jp
      (put tls.pem, tls.key, senders-ca.pem there, a [[logs]] for each machine)
      cardd-witness run

    \b
    Look at it:
      cardd-witness show
    """


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", required=True, help="Name in its signatures: the machine's name does well.")
def init(folder: Path, name: str) -> None:
    """Make key, book and settings of a new witness in FOLDER, and print the key that the counters need.

    Never do it again for a witness that lost its book: it would sign a second history. Give the new one another name.
    """
    folder = folder.absolute()
    file = folder / "witness.toml"
    present = [path.name for path in (file, folder / "witness.key", folder / "witness.db") if path.exists()]
    if present:
        raise click.ClickException(f"{folder}: is in use already ({', '.join(present)}); nothing was changed")
    try:
        key = WitnessKey.make(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key.write(folder / "witness.key")
        Book(folder / "witness.db", create=True).close()
        file.write_text(TEMPLATE.format(folder=folder), encoding="utf-8")
    except BadWitnessKey as error:
        raise click.BadParameter(str(error), param_hint="--name") from error
    except (BookBroken, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"settings: {file}", err=True)
    click.echo("for [[audit.witnesses]] in cardd.toml of each counter machine:", err=True)
    click.echo(f'key = "{key.verifier_key}"')


@main.command()
@config_option
def run(file: Path) -> None:
    """Serve until it is stopped. One line of JSON says where it listens.

    \b
    What a counter machine may be told:
      200  signed                403  not signed by the record's key of today
      404  not registered here   409  we have another number of records
      422  growth not proved     503  cannot be stored now: disk
    """
    from cardd.witness.server import run as serve  # noqa: PLC0415 - the other commands need no web server

    settings, key, book = _opened(file)
    set_up("logfmt", "info")
    try:
        book.register(settings.log_keys)
        serve(settings, key, book)
    except (BookBroken, ssl.SSLError, OSError) as error:
        click.echo(f"cardd-witness: {error}", err=True)
        raise SystemExit(CONFIGURATION) from error
    finally:
        book.close()


@main.command()
@config_option
@click.argument("origin", required=False)
def show(file: Path, origin: str | None) -> None:
    """Show all logs, or the one called ORIGIN (`cardd/…`) with its newest head and contradictions."""
    settings, key, book = _opened(file)
    try:
        book.register(settings.log_keys)
        moment = time.time()
        text = (
            overview(settings, key.verifier_key, book, moment)
            if origin is None
            else page_of(origin, settings, book, moment)
        )
    except BookBroken as error:
        raise click.ClickException(str(error)) from error
    finally:
        book.close()
    if text is None:
        raise click.ClickException(f"{origin}: is not registered here")
    click.echo(text, nl=False)


def _opened(file: Path) -> tuple[WitnessSettings, WitnessKey, Book]:
    try:
        settings = load(file)
        return settings, WitnessKey.read(settings.key), Book(settings.database)
    except (BrokenFile, BadWitnessKey, BookBroken, OSError) as error:
        click.echo(f"cardd-witness: {error}", err=True)
        raise SystemExit(CONFIGURATION) from error


if __name__ == "__main__":
    main()
