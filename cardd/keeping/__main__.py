"""`python -m cardd.keeping`: backup keys, backups, and their restoration. `cardctl backup`, `restore` and `backup-key` start it."""

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from cardd import config as settings_file
from cardd.audit.continuing import ContinuesBroken
from cardd.config import DEFAULT_FILE
from cardd.japan_time import JAPAN
from cardd.keeping import backup, recovery
from cardd.keeping.backup import Installation
from cardd.keeping.owner import owner_of
from cardd.keeping.restore import Given, restore
from cardd.keeping.stopped import Stopped
from cardd.keeping.texts import TEXTS
from cardd.pin import Pin
from cardd.process.language import language_of_environment
from cardd.process.memory import forbid_dumps
from cardd.tomlfile import BrokenFile
from cardd.wire.fault_table import EXIT_USAGE
from certs.ca import secret_entry
from certs.ca.errors import CaKeyError

STOPPED, INTERRUPTED = 1, 130
_PATH = click.Path(path_type=Path)


class Talk:
    """Says things to a person, or one JSON object to a program; asks for passphrases without echo."""

    def __init__(self, locale: str, *, as_json: bool, secrets: int | None) -> None:
        self._ja, self._json, self._secrets = locale == "ja", as_json, secrets

    def text(self, key: str, **facts: object) -> str:
        ja, en = TEXTS[key]
        return (ja if self._ja else en).format(**facts)

    def tell(self, key: str, **facts: object) -> None:
        """The result."""
        if self._json:
            click.echo(
                json.dumps({"event": key, **{name: _plain(value) for name, value in facts.items()}}, ensure_ascii=False)
            )
        else:
            click.echo(self.text(key, **{name: _human(value) for name, value in facts.items()}))

    def secret(self, key: str) -> Pin:
        """A passphrase, for the caller to wipe. Raises `Stopped`."""
        try:
            if self._secrets is not None:
                return Pin(secret_entry.from_descriptor(self._secrets))
            return Pin(secret_entry.from_terminal(self.text(key)))
        except CaKeyError as error:
            raise Stopped(error.problem) from None

    def new_secret(self, key: str) -> Pin:
        """A new one, typed twice, until it will do. Raises `Stopped`."""
        while True:
            first = self.secret(key)
            problem = recovery.passphrase_problem(first)
            if problem is None:
                with self.secret(f"{key}_again") as again:
                    problem = None if first == again else "differ"
            if problem is None:
                return first
            first.wipe()
            if self._secrets is not None:
                raise Stopped(problem)
            click.echo(self.text(problem), err=True)


def _human(value: object) -> object:
    """Times as everywhere that a person reads: in Japan, with the zone."""
    return f"{value.astimezone(JAPAN):%Y-%m-%d %H:%M} JST" if isinstance(value, datetime) else value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value if isinstance(value, int | str) or value is None else str(value)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=_PATH, default=DEFAULT_FILE, show_default=True, help="The settings of this machine.")
@click.option("--user", default="cardd", show_default=True, help="Whom the daemon runs as.")
@click.option("--pin-fd", type=int, help="Passphrases, one a line, in the order asked for.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="Language; default from LANG.")
@click.option("--json", "as_json", is_flag=True, help="The result as one line of JSON.")
@click.pass_context
def main(
    context: click.Context, config: Path, user: str, pin_fd: int | None, locale: str | None, as_json: bool
) -> None:
    """Backups of an installation. Exit status: 0 done, 1 stopped with the reason, 64 wrong usage, 130 interrupted."""
    os.umask(0o077)
    forbid_dumps()
    talk = Talk(locale or language_of_environment(), as_json=as_json, secrets=pin_fd)
    context.obj = (talk, config.absolute(), user)


@main.command("backup")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--keep",
    type=click.IntRange(min=1),
    help="Leave so many of this machine's newest archives there, and delete older ones.",
)
@click.pass_obj
def backup_command(given: tuple[Talk, Path, str], folder: Path, keep: int | None) -> None:
    """Make an encrypted archive in FOLDER. Needs nobody: the backup key is a public one."""
    talk, config, user = given
    target, manifest = backup.take(_installation(config, user), folder.absolute(), keep=keep)
    talk.tell("taken", path=target, files=len(manifest.files), last=manifest.log.last_sequence)


@main.command("new-key")
@click.argument("recovery_file", type=_PATH)
@click.pass_obj
def new_key(given: tuple[Talk, Path, str], recovery_file: Path) -> None:
    """Make the office's recovery key in RECOVERY_FILE, with two people, and this machine's backup key."""
    talk, config, user = given
    here = _installation(config, user)
    with talk.new_secret("ask.first_new") as first, talk.new_secret("ask.second_new") as second:
        seal = backup.new_key(here, recovery_file.absolute(), first, second)
    talk.tell("key_made", path=recovery_file, fingerprint=seal)


@main.command("add-key")
@click.argument("public", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_obj
def add_key(given: tuple[Talk, Path, str], public: Path) -> None:
    """For one more machine of the office: its backup key, from PUBLIC (`backup.pub` of the first machine)."""
    talk, config, user = given
    talk.tell("key_added", fingerprint=backup.add_key(_installation(config, user), public))


@main.command("inspect")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--recovery", "recovery_file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True
)
@click.option(
    "--seal", help="The seal on paper of the machine that made it, where the recovery key was made at another one."
)
@click.pass_obj
def inspect(given: tuple[Talk, Path, str], archive: Path, recovery_file: Path, seal: str | None) -> None:
    """Check an archive to its last byte, and say what it is of. Changes nothing; any machine with cardd will do."""
    talk, _, _ = given
    manifest = _opened(talk, archive, recovery_file, seal).check()
    log = manifest.log
    talk.tell(
        "inspected",
        terminal=manifest.terminal,
        made=_moment(manifest.made_utc),
        program=manifest.program,
        files=len(manifest.files),
        log=log.log_id,
        last=log.last_sequence,
        hash=log.last_hash,
    )


@main.command("restore")
@click.argument("archive", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--recovery", "recovery_file", type=click.Path(path_type=Path, exists=True, dir_okay=False), required=True
)
@click.option(
    "--seal", help="The seal on paper of the machine that made it, where the recovery key was made at another one."
)
@click.pass_obj
def restore_command(given: tuple[Talk, Path, str], archive: Path, recovery_file: Path, seal: str | None) -> None:
    """Put an archive in place on an empty machine: by root, with both passphrases. All or nothing; interrupted, repeat it."""
    talk, _, user = given
    owner = owner_of(user, os.geteuid())
    done = restore(_opened(talk, archive, recovery_file, seal), owner)
    talk.tell("restored", closed=done.closed, first_key=done.settings.audit.directory / "first.key")
    if done.already:
        talk.tell("already", n=done.already)


def _moment(text: str) -> datetime | str:
    """What a manifest says of its time; the text itself where it is no time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo is not None else text


def _installation(config: Path, user: str) -> Installation:
    try:
        settings = settings_file.load(config)
    except BrokenFile as error:
        raise Stopped("settings_broken", problems=error) from None
    return Installation(config, settings, owner_of(user, os.geteuid()))


def _opened(talk: Talk, archive: Path, recovery_file: Path, seal: str | None) -> Given:
    octets = recovery_file.read_bytes()[: recovery.LARGEST_FILE]
    paper = recovery.read_fingerprint(seal) if seal is not None else None
    with talk.secret("ask.first") as first, talk.secret("ask.second") as second:
        return Given(archive, recovery.open_recovery(octets, first, second), paper)


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run it and exit."""
    try:
        main.main(arguments, prog_name="python -m cardd.keeping", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except Stopped as stopped:
        _end(stopped.key, stopped.facts)
    except ContinuesBroken as broken:
        _end("disk", {"path": broken.file, "why": broken.problem})
    except OSError as error:
        _end("disk", {"path": error.filename, "why": error.strerror})
    except (click.Abort, KeyboardInterrupt):
        click.echo(Talk(language_of_environment(), as_json=False, secrets=None).text("interrupted"), err=True)
        sys.exit(INTERRUPTED)
    sys.exit(0)


def _end(key: str, facts: dict[str, Any]) -> NoReturn:
    arguments = sys.argv[1:]
    chosen = arguments[arguments.index("--locale") + 1 :][:1] if "--locale" in arguments else []
    talk = Talk(chosen[0] if chosen else language_of_environment(), as_json="--json" in arguments, secrets=None)
    if "--json" in arguments:
        talk.tell(key, **facts)
    click.echo(talk.text(key, **facts), err=True)
    sys.exit(STOPPED)


if __name__ == "__main__":
    run()
