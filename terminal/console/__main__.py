"""`cardd-console`: the counter console of this user, on loopback, and the agent of the seat with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import click
import uvicorn

from cardd.cli.texts import locale_of_environment
from terminal import outside, service_manager, settings, words
from terminal.agent.service import Agent
from terminal.agent.session_lock import LogindLock
from terminal.console.app import application
from terminal.console.console import Console
from terminal.console.desk import Desk
from terminal.console.door import LARGEST_HEAD, for_user
from terminal.console.entry import Entry
from terminal.console.guard import Guard
from terminal.console.left import tell
from terminal.console.link import Link
from terminal.console.papers import desk as papers
from terminal.console.screens.gate import gate
from terminal.console.screens.registry import SCREENS
from terminal.settings import Settings, SettingsError

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 32
SECRET_BYTES: Final = 32
EXIT_SETTINGS: Final = 78
"""EX_CONFIG of sysexits.h; the unit is not started again for it."""
EXIT_ALREADY: Final = 0
OPEN_AGAIN: Final = signal.SIGUSR1
"""Tells a console that runs to write its launch file anew."""


def listening(port: int) -> socket.socket:
    """A socket on loopback, and nowhere else. Port 0: any that is free."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((LOOPBACK, port))
    made.listen(BACKLOG)
    return made


def launch_file() -> Path:
    """Where only this user can read: `$XDG_RUNTIME_DIR`, else a folder in the home directory."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return (Path(runtime) if runtime else Path.home() / ".cache") / "cardd" / "console.html"


async def serve(console: Console, agent: Agent, door: socket.socket) -> None:
    """Until SIGTERM or SIGINT."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    app = Guard(application(console, secret), server=door.getsockname(), secret=secret, own_uid=os.getuid())
    # No proxy headers: they would let a page say from which port it came, and so whose it is.
    config = uvicorn.Config(
        app,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_level="warning",
        ws="none",
        lifespan="off",
        loop="asyncio",
        http=for_user(os.getuid()),
        h11_max_incomplete_event_size=LARGEST_HEAD,
        timeout_graceful_shutdown=1,
    )
    loop = asyncio.get_running_loop()
    work = [loop.create_task(console.link.run()), loop.create_task(agent.run())]
    loop.add_signal_handler(OPEN_AGAIN, console.entry.write)
    papers.sweep()
    service_manager.notify("READY=1")
    try:
        await uvicorn.Server(config).serve(sockets=[door])
    finally:
        service_manager.notify("STOPPING=1")
        console.desk.clear()
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)


@click.command()
@click.option(
    "--settings", "file", help="Settings of the terminal; else CARDD_TERMINAL, else /etc/cardd/terminal.toml."
)
@click.option("--port", type=click.IntRange(0, 65535), help="On 127.0.0.1; 0 takes any that is free.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="The language to begin with.")
@click.option("--browser/--no-browser", default=True, help="Whether the page is opened at once.")
def main(file: str | None, port: int | None, locale: str | None, browser: bool) -> None:
    """The counter console: pages for this user's browser, on this machine alone.

    It is the agent of the seat too: it asks for PINs, and locks the desktop when the badge is pulled. The page is opened through a file
    that this user alone can read; its place is printed.
    """
    os.umask(0o077)
    try:
        read = settings.load(file)
    except SettingsError as error:
        service_manager.write(error.say(locale_of_environment()), service_manager.WARNING)
        sys.exit(EXIT_SETTINGS)
    try:
        door = listening(read.console.port if port is None else port)
    except OSError as error:
        service_manager.write(
            words.say(locale_of_environment(), "console.no_port", why=error.strerror or ""), service_manager.WARNING
        )
        sys.exit(1)
    console, agent = build(read, f"http://{LOOPBACK}:{door.getsockname()[1]}", locale)
    place = console.entry.write()
    click.echo(str(place))
    if browser:
        _open(read.console.browser, place)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(console, agent, door))


def build(read: Settings, address: str, locale: str | None) -> tuple[Console, Agent]:
    """Console and agent around one desk."""
    spoken = locale or read.locale or locale_of_environment()
    kept = read.console
    desk = Desk("ja" if spoken == "ja" else "en", kept.clear_seconds, kept.draft_minutes * 60)
    entry = Entry(address, launch_file())
    folder = None if kept.hand_over is None else Path(kept.hand_over)
    console = Console(desk, Link(desk, None, read.seat), entry, SCREENS, kept.keypad, gate, folder)
    agent = Agent(read, desk.prompter, LogindLock(read.removal), lambda news: tell(desk, news), client="cardd-console")
    return console, agent


def _open(browser: tuple[str, ...], place: Path) -> None:
    try:
        command = outside.command([*browser, os.fspath(place)])
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603
    except OSError as error:
        why = error.strerror or ""
        service_manager.write(
            words.say(locale_of_environment(), "console.no_browser", program=browser[0], why=why),
            service_manager.WARNING,
        )


if __name__ == "__main__":
    main()
