"""`cardd-vcard readers`: start and end the stand-in pcscd with its virtual readers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click

from applets_spec.cli.output import Failure, folder_option, json_option, request, show
from applets_spec.pcscd.numbers import NEWEST_MINOR, OLDEST_MINOR
from applets_spec.pcscd.profile import PadProfile, ReaderProfile
from applets_spec.pcscd.remote import Remote
from applets_spec.pcscd.remote_socket import CONTROL_NAME, ControlSocket, NotRunning, ask
from applets_spec.pcscd.server import SOCKET_NAME, StandInPcscd

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
_START_SECONDS = 10.0
_STOP_SECONDS = 10.0
_REAPPEARS_AFTER = 0.3
_FIRST_USB_DEVICE = 2


@click.group()
def readers() -> None:
    """Start and end virtual readers (no root, no USB, no driver)."""


@readers.command()
@click.option("--readers", "count", type=click.IntRange(1, 64), default=2, show_default=True, help="How many readers.")
@click.option("--pad", "pads", type=click.IntRange(0), multiple=True, help="This reader has a PIN pad. Repeatable.")
@click.option(
    "--lossy", type=click.IntRange(0), multiple=True, help="This reader loses its card for 0.3 s when powered down."
)
@click.option("--usb", is_flag=True, help="Readers claim a USB bus and device number (SCARD_ATTR_CHANNEL_ID).")
@click.option("--protocol", type=click.IntRange(OLDEST_MINOR, NEWEST_MINOR), default=NEWEST_MINOR, show_default=True,
              help="Newest pcsc-lite socket protocol 4:N to speak (4: as pcscd 1.9.9).")  # fmt: skip
@click.option("--background", is_flag=True, help="Return as soon as the readers are there.")
@folder_option
@json_option
def start(
    count: int,
    pads: tuple[int, ...],
    lossy: tuple[int, ...],
    usb: bool,
    protocol: int,
    background: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Start virtual readers, and print the line that leads programs to them.

    \b
    eval "$(cardd-vcard readers start --background)"
    cardd-vcard make my-number card.json
    cardd-vcard insert card.json
    opensc-tool --list-readers
    """
    wrong = [number for number in (*pads, *lossy) if number >= count]
    if wrong:
        raise click.UsageError(f"there is no reader {wrong[0]}: they are numbered 0 to {count - 1}")
    _prepare(folder)
    if background:
        _spawn(folder)
    else:
        profiles = [_profile(number, number in pads, number in lossy, usb) for number in range(count)]
        _serve(folder, profiles, protocol, as_json)
        return
    _tell(folder, as_json)


@readers.command()
@folder_option
@json_option
def stop(folder: Path, as_json: bool) -> None:
    """End the virtual readers."""
    request(folder, "end")
    deadline = time.monotonic() + _STOP_SECONDS
    while _answers(folder):
        if time.monotonic() > deadline:
            raise Failure("the readers do not end")
        time.sleep(0.02)
    show("virtual readers ended", {"ended": True}, as_json)


def _command(name: str, does: str) -> click.Command:
    @folder_option
    @json_option
    def run(folder: Path, as_json: bool) -> None:
        request(folder, name)
        show("done", {"done": name}, as_json)

    run.__doc__ = does
    return click.command(name)(run)


readers.add_command(_command("kill", "Let the daemon die as from SIGKILL; readers and cards stay. See `restart`."))
readers.add_command(_command("restart", "End the daemon and start it again: old contexts are dead, new ones work."))


@readers.command()
@click.argument("name")
@click.option("--pad", is_flag=True, help="With a PIN pad.")
@folder_option
@json_option
def plug(name: str, pad: bool, folder: Path, as_json: bool) -> None:
    """Plug another reader in, under NAME."""
    number = request(folder, "plug", name=name, pad=pad)["reader"]
    show(f"reader {number}: {name}", {"reader": number, "name": name}, as_json)


@readers.command()
@click.argument("number", type=click.IntRange(0))
@folder_option
@json_option
def unplug(number: int, folder: Path, as_json: bool) -> None:
    """Unplug reader NUMBER; those behind it move up."""
    request(folder, "unplug", reader=number)
    show(f"reader {number} unplugged", {"unplugged": number}, as_json)


def _profile(number: int, pad: bool, lossy: bool, usb: bool) -> ReaderProfile:
    kind = " PIN Pad" if pad else ""
    return ReaderProfile(
        f"cardd-vcard Reader{kind} {number:02d} 00",
        usb=(1, number + _FIRST_USB_DEVICE) if usb else None,
        serial=f"VCARD{number:04d}",
        pad=PadProfile() if pad else None,
        reappears_after=_REAPPEARS_AFTER if lossy else None,
    )


def _prepare(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise Failure(f"{folder} belongs to another user")
    if _answers(folder):
        raise Failure(f"virtual readers run at {folder} already; end them with: cardd-vcard readers stop")


def _answers(folder: Path) -> bool:
    try:
        ask(folder / CONTROL_NAME, "list")
    except NotRunning:
        return False
    return True


def _serve(folder: Path, profiles: list[ReaderProfile], protocol: int, as_json: bool) -> None:
    daemon = StandInPcscd(folder, profiles, minor=protocol)
    remote = Remote(daemon)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: remote.stop.set())
    with daemon, ControlSocket(folder / CONTROL_NAME, remote):
        _tell(folder, as_json)
        remote.stop.wait()
        for slot in daemon.slots:
            if slot.card is not None:
                slot.pull()


def _spawn(folder: Path) -> None:
    """The same command once more, in the foreground of a process of its own."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--background"]
    with (folder / "readers.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (this very command)
            [sys.executable, "-m", "applets_spec", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(folder):
        if process.poll() is not None or time.monotonic() > deadline:
            raise Failure(f"the readers did not start; see {folder / 'readers.log'}")
        time.sleep(0.02)


def _tell(folder: Path, as_json: bool) -> None:
    socket_path = str((folder / SOCKET_NAME).absolute())
    show(f"export {SOCKET_VARIABLE}={socket_path}", {SOCKET_VARIABLE: socket_path}, as_json)
