"""`cardd-agent --check`: in sentences, whether this seat can be used. Asks nobody anything and changes nothing."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cardd.client import RemoteError, connect_async
from cardd.wire.fault import Locale
from terminal import outside, words
from terminal.agent.logind import BusTrouble, DesktopSession, Logind
from terminal.agent.pinentry import Pinentry
from terminal.agent.prompting import PromptUnavailable
from terminal.agent.tty import TerminalPrompter
from terminal.agent.watching import CLIENT, news_of
from terminal.settings import RemovalSettings, Settings

Name = Literal["settings", "daemon", "seat", "prompt", "logind", "lock"]
State = Literal["good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was looked at. `word` and `facts` make its sentence."""

    name: Name
    state: State
    word: str
    facts: Mapping[str, Any]

    def say(self, locale: Locale) -> str:
        """The sentence."""
        return words.say(locale, f"check.{self.name}.{self.word}", **self.facts)


async def look(
    settings: Settings, file: str | None, prompter: Pinentry | TerminalPrompter | None, locale: Locale
) -> list[Row]:
    """Every row, in the order in which one needs the other. `file`: where the settings were read; `prompter`: None for the console's."""
    rows = [Row("settings", "good", "read" if file else "defaults", {"file": file or ""})]
    rows += await _daemon(settings, locale)
    rows.append(await _prompt(prompter, locale))
    rows += await _lock(settings, locale)
    return rows


async def _daemon(settings: Settings, locale: Locale) -> list[Row]:
    try:
        async with await connect_async(client=CLIENT, seat=settings.seat, locale=locale) as daemon:
            seat = {"seat": daemon.me["seat"]}
            may = daemon.me["may_prompt"]
            return [
                Row("daemon", "good", "there", {"version": daemon.greeting["version"]}),
                Row("seat", "good" if may else "bad", "may" if may else "may_not", seat),
            ]
    except (OSError, RemoteError) as trouble:
        news = news_of(trouble, was_there=False)
        return [
            Row("daemon", "bad", news.what, news.facts),
            Row("seat", "bad", "unknown", {}),
        ]


async def _prompt(prompter: Pinentry | TerminalPrompter | None, locale: Locale) -> Row:
    if prompter is None:
        return Row("prompt", "good", "console", {})
    try:
        await prompter.usable()
    except PromptUnavailable as why:
        told = words.say(locale, f"prompt.{why.word}", program=why.program)
        return Row("prompt", "bad", "unusable", {"why": told})
    return Row("prompt", "good", "usable", {"program": prompter.program})


async def _lock(settings: Settings, locale: Locale) -> list[Row]:
    try:
        logind = await Logind.connect()
        try:
            session = await logind.session()
        finally:
            await logind.close()
    except BusTrouble as trouble:
        why = words.say(locale, f"why.{trouble.word}")
        needed: State = "warning" if settings.removal.action == "nothing" else "bad"
        return [Row("logind", needed, "trouble", {"why": why}), *_what_happens(settings, None, locale)]
    found = Row("logind", "good", "found", {"number": session.number, "kind": session.kind})
    return [found, *_what_happens(settings, session, locale)]


def _what_happens(settings: Settings, session: DesktopSession | None, locale: Locale) -> list[Row]:
    removal = settings.removal
    if removal.action != "lock":
        return [Row("lock", "warning" if removal.action == "nothing" else "good", removal.action, {})]
    if removal.lock_command:
        return [_command(removal, session, locale)]
    if session is None:
        return [Row("lock", "bad", "none", {})]
    if session.is_bare_console:
        return [Row("lock", "warning", "bare", {})]
    return [_locks(removal, words.say(locale, "check.lock.terminate"))]


def _command(removal: RemovalSettings, session: DesktopSession | None, locale: Locale) -> Row:
    program = {"program": removal.lock_command[0]}
    if shutil.which(program["program"]) is None:
        return Row("lock", "bad", "missing", program)
    if outside.bound() and shutil.which(outside.STARTER[0]) is None:
        return Row("lock", "bad", "no_systemd_run", {})
    if session is None:
        return Row("lock", "warning", "command_only", program)
    return _locks(removal, words.say(locale, "check.lock.command", **program))


def _locks(removal: RemovalSettings, otherwise: str) -> Row:
    return Row("lock", "good", "lock", {"seconds": removal.wait_seconds, "otherwise": otherwise})
