"""`python -m cardd.setup`: takes a bare machine and two blank badges to a working office. `cardctl setup` starts it."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from cardd.config import DEFAULT_FILE
from cardd.errors import CarddError
from cardd.process.language import language_of_environment
from cardd.process.memory import forbid_dumps
from cardd.setup import answers as answers_file
from cardd.setup import course
from cardd.setup.configuring import Given
from cardd.setup.place import account_of
from cardd.setup.stopped import Stopped
from cardd.setup.talk import Talk
from cardd.tomlfile import BrokenFile
from cardd.wire.fault import Locale
from cardd.wire.fault_table import EXIT_USAGE, fault

STOPPED = 1
"""Something is to be put right first; then the same command goes on."""
INTERRUPTED = 130
UNITS = Path("/etc/systemd/system")
_PATH = click.Path(path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=_PATH, default=DEFAULT_FILE, show_default=True, help="The settings; written if missing.")
@click.option("--state-directory", type=_PATH, help="Where new settings put state and record.")
@click.option("--policy", type=_PATH, help="The policy to begin with, instead of the shipped example.")
@click.option("--pkcs11-module", type=_PATH, help="Make the operator CA's key in a token: its PKCS#11 module.")
@click.option("--token", help="The token's label.")
@click.option("--key-label", help="The new key's label in the token.")
@click.option("--user", default="cardd", show_default=True, help="Whom the daemon runs as.")
@click.option("--answers", type=_PATH, help="Answers in TOML, for a run without a person.")
@click.option("--pin-fd", type=int, help="Secrets, one a line, in the order asked for.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="Language; default from LANG.")
@click.option("--json", "as_json", is_flag=True, help="Events as JSON lines; sentences go to standard error.")
def main(
    user: str,
    answers: Path | None,
    pin_fd: int | None,
    locale: Locale | None,
    as_json: bool,
    **places: Any,
) -> None:
    """The first set-up of an office. Exit status: 0 done, 1 stopped with the reason, 130 interrupted; repeat it to go on."""
    talk = Talk(locale or language_of_environment(), as_json=as_json, secrets=pin_fd)
    signal.signal(signal.SIGINT, _interrupt)
    os.umask(0o077)
    try:
        given = _given(places)
        forbid_dumps()
        talk.answers = answers_file.load(answers) if answers is not None else None
        account = account_of(user, os.geteuid())
        asyncio.run(course.run(talk, given, account))
    except Stopped as error:
        _end(talk, error.key, talk.text(error.key, **error.facts))
    except BrokenFile as error:
        _end(talk, "answers", str(error))
    except CarddError as error:
        row = fault(error.code)
        _end(talk, error.code, f"{row.message.of(talk.locale)} {row.remedy.of(talk.locale)} ({error})")
    except OSError as error:
        _end(talk, "disk", f"{error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        talk.say("interrupted")
        sys.exit(INTERRUPTED)


def _given(places: dict[str, Any]) -> Given:
    token = [places[name] for name in ("pkcs11_module", "token", "key_label")]
    if any(token) and not all(token):
        raise click.UsageError("Give --pkcs11-module, --token and --key-label together.")
    state: Path | None = places["state_directory"]
    return Given(
        places["config"].absolute(),
        state.absolute() if state is not None else None,
        places["policy"],
        places["pkcs11_module"],
        places["token"],
        places["key_label"],
        UNITS if places["config"] == DEFAULT_FILE else None,
    )


def _end(talk: Talk, word: str, sentence: str) -> NoReturn:
    talk.event("stopped", why=word, message=sentence)
    click.echo(sentence, err=True)
    click.echo(talk.text("repeat"), err=True)
    sys.exit(STOPPED)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run it and exit; wrong usage has its own exit status."""
    try:
        main.main(arguments, prog_name="cardctl setup", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(EXIT_USAGE)
    except click.Abort:
        sys.exit(INTERRUPTED)
    sys.exit(0)


if __name__ == "__main__":
    run()
