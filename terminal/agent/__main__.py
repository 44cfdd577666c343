"""`cardd-agent`: the agent of a seat as a program of its own, without a screen."""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence
from typing import Final, get_args

from cardd.cli import screen
from cardd.cli.texts import locale_of_environment
from cardd.wire.fault import Locale
from terminal import service_manager, settings, words
from terminal.agent import check
from terminal.agent.news import ALARMS, WARNINGS, News
from terminal.agent.pinentry import Pinentry
from terminal.agent.service import Agent
from terminal.agent.session_lock import LogindLock
from terminal.agent.tty import CONTROLLING, TerminalPrompter
from terminal.settings import PromptKind, Settings, SettingsError

EXIT_UNUSABLE: Final = 1
EXIT_SETTINGS: Final = 78
"""EX_CONFIG of sysexits.h; the unit is not started again for it."""
_STOPPING: Final = (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program. Its exit code."""
    asked_for = _options(arguments)
    try:
        read = settings.load(asked_for.settings)
    except SettingsError as error:
        service_manager.write(error.say(locale_of_environment()), service_manager.WARNING)
        return EXIT_SETTINGS
    locale = read.locale or locale_of_environment()
    prompter = _prompter(asked_for.prompt or read.agent.prompt, read, asked_for.tty)
    if asked_for.check:
        return _check(read, asked_for, prompter, locale)
    if prompter is None:
        service_manager.write(words.say(locale, "main.console"), service_manager.WARNING)
        return EXIT_SETTINGS
    for number in _STOPPING:  # an agent that a terminal has stopped would lock nothing
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(read, prompter, locale))
    return 0


async def _run(read: Settings, prompter: Pinentry | TerminalPrompter, locale: Locale) -> None:
    agent = Agent(read, prompter, LogindLock(read.removal), lambda news: _tell(news, locale))
    task = asyncio.ensure_future(agent.run())
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    service_manager.notify("READY=1")
    try:
        await task
    except asyncio.CancelledError:
        service_manager.notify("STOPPING=1")


def _tell(news: News, locale: Locale) -> None:
    text = news.say(locale)
    priority = service_manager.INFO
    if news.what in ALARMS:
        priority = service_manager.ALERT
    elif news.what in WARNINGS:
        priority = service_manager.WARNING
    service_manager.write(screen.visible(text), priority)
    service_manager.notify(f"STATUS={screen.visible(text)}")


def _prompter(kind: PromptKind, read: Settings, tty: str) -> Pinentry | TerminalPrompter | None:
    """None: the console asks."""
    if kind == "pinentry":
        return Pinentry(read.agent.pinentry)
    return TerminalPrompter(tty) if kind == "tty" else None


def _check(
    read: Settings, asked_for: argparse.Namespace, prompter: Pinentry | TerminalPrompter | None, locale: Locale
) -> int:
    rows = asyncio.run(check.look(read, settings.used(asked_for.settings), prompter, locale))
    if asked_for.json:
        told = [{"name": row.name, "state": row.state, "says": row.say(locale)} for row in rows]
        print(json.dumps({"checks": told}, ensure_ascii=False))
    else:
        lines = [
            (words.say(locale, f"check.{row.state}"), words.say(locale, f"check.{row.name}"), row.say(locale))
            for row in rows
        ]
        print("\n".join(screen.table(lines, width=screen.room())))
    return EXIT_UNUSABLE if any(row.state == "bad" for row in rows) else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    locale = locale_of_environment()

    def say(key: str) -> str:
        return words.say(locale, f"help.{key}")

    parser = argparse.ArgumentParser(
        "cardd-agent",
        description=say("about"),
        epilog=say("more"),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", metavar="FILE", help=say("settings"))
    parser.add_argument("--prompt", choices=get_args(PromptKind), help=say("prompt"))
    parser.add_argument("--tty", metavar="PATH", default=CONTROLLING, help=say("tty"))
    parser.add_argument("--check", action="store_true", help=say("check"))
    parser.add_argument("--json", action="store_true", help=say("json"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
