"""`cardd-console`: the counter console of this user, on loopback."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import click
import uvicorn

from cardd.cli.texts import locale_of_environment
from terminal.console.app import application
from terminal.console.console import Console
from terminal.console.desk import Desk
from terminal.console.entry import Entry
from terminal.console.guard import Guard
from terminal.console.link import Link
from terminal.console.screens.gate import gate
from terminal.console.screens.registry import SCREENS

LOOPBACK: Final = "127.0.0.1"
BACKLOG: Final = 32
SECRET_BYTES: Final = 32


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


async def serve(console: Console, door: socket.socket) -> None:
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
        http="h11",
        timeout_graceful_shutdown=1,
    )
    following = asyncio.get_running_loop().create_task(console.link.run())
    try:
        await uvicorn.Server(config).serve(sockets=[door])
    finally:
        following.cancel()


@click.command()
@click.option("--socket", "daemon", help="The daemon's socket; else CARDD_SOCKET, else /run/cardd/cardd.sock.")
@click.option("--seat", help="Which seat, where this machine has more than one.")
@click.option("--port", default=0, help="On 127.0.0.1; 0 takes any that is free.")
@click.option("--locale", type=click.Choice(["ja", "en"]), help="The language to begin with.")
@click.option("--no-browser", is_flag=True, help="Print the launch file's place, and open nothing.")
def main(daemon: str | None, seat: str | None, port: int, locale: str | None, no_browser: bool) -> None:
    """The counter console: pages for this user's browser, on this machine alone."""
    os.umask(0o077)
    door = listening(port)
    address = f"http://{LOOPBACK}:{door.getsockname()[1]}"
    desk = Desk("ja" if (locale or locale_of_environment()) == "ja" else "en", clear_seconds=60.0, draft_seconds=900.0)
    entry = Entry(address, launch_file())
    console = Console(desk, Link(desk, daemon, seat), entry, SCREENS, keypad=True, gate_screen=gate)
    place = entry.write()
    click.echo(str(place))
    if not no_browser:
        subprocess.Popen(["xdg-open", os.fspath(place)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603, S607
    asyncio.run(serve(console, door))


if __name__ == "__main__":
    sys.exit(main())
