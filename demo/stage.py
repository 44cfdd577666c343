"""What the tour stands on: virtual readers, a running cardd, and the commands as a clerk or a vendor would type them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from applets_spec.card import Card
from applets_spec.pcscd.profile import ReaderProfile
from applets_spec.pcscd.server import StandInPcscd
from demo.conversation import converse
from demo.ending import Ending

READY_SECONDS = 10.0
BADGE_READER, RESIDENT_READER, DESK_READER = 0, 1, 2


class Failed(Exception):
    """A step of the tour did not go as it must."""


class Stage:
    """Three virtual readers, and cardd over them. Leaves nothing behind: no process, no socket, no folder of its own."""

    def __init__(self, config_file: Path, ending: Ending) -> None:
        self._config_file = config_file
        self._ending = ending
        # Socket paths are limited to 107 bytes, whatever the checkout's own path is.
        self._folder = Path(tempfile.mkdtemp(prefix="cardd-demo-"))
        self.socket = self._folder / "cardd.sock"
        self.readers = StandInPcscd(
            self._folder,
            [
                ReaderProfile("Virtual Badge Reader 00 00", usb=(1, 4)),
                ReaderProfile("Virtual Counter Reader 01 00", usb=(1, 5)),
                ReaderProfile("Virtual Desk Reader 02 00", usb=(1, 6)),
            ],
        )
        self._daemon: subprocess.Popen[bytes] | None = None
        self.environment = {
            **os.environ,
            "PCSCLITE_CSOCK_NAME": str(self.readers.socket_path),
            "CARDD_SOCKET": str(self.socket),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

    def __enter__(self) -> Self:
        self.readers.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._daemon is not None:
                self._daemon.kill()
                self._daemon.wait()
        finally:
            for slot in self.readers.slots:
                if slot.card is not None:
                    slot.pull()
            self.readers.stop()
            shutil.rmtree(self._folder)

    def start_daemon(self, log: Path) -> float:
        """Start cardd; seconds until its socket answers. Its log goes to `log`."""
        began = time.monotonic()
        with log.open("wb") as sink, self._ending.held():
            self._daemon = subprocess.Popen(
                ["cardd", "--config", str(self._config_file)],
                env=self.environment,
                stderr=sink,
                stdin=subprocess.DEVNULL,
            )
        while not self.socket.exists():
            if self._daemon.poll() is not None or time.monotonic() - began > READY_SECONDS:
                raise Failed(f"cardd did not start; see {log}")
            time.sleep(0.01)
        return time.monotonic() - began

    def stop_daemon(self) -> tuple[int, float]:
        """SIGTERM; exit code and seconds until the end."""
        assert self._daemon is not None
        began = time.monotonic()
        self._daemon.terminate()
        code = self._daemon.wait(10)
        self._daemon = None
        return code, time.monotonic() - began

    def insert(self, card: Card, slot: int) -> None:
        """Put a card into a reader."""
        self.readers.slots[slot].insert(card)

    def pull(self, slot: int) -> None:
        """Take the card out."""
        self.readers.slots[slot].pull()

    def handle(self, slot: int) -> str:
        """The handle of the card in a reader, once it is known what it is."""
        began = time.monotonic()
        while time.monotonic() - began < READY_SECONDS:
            _, screen = self.run(["cardctl", "--json", "cards"])
            name = self.readers.slots[slot].profile.name
            for row in json.loads(screen)["cards"]:
                if row["reader"] == name and row["kind"] != "unknown":
                    return str(row["card"])
            time.sleep(0.02)
        raise Failed("a card was not recognised")

    def converse(self, command: Sequence[str], answers: Sequence[str], into: Path | None = None) -> tuple[int, str]:
        """Run a command on a terminal of its own, where a person types the answers."""
        return converse(command, answers, self.environment, into, self._ending)

    def run(self, command: Sequence[str], *, pins: Sequence[str] = (), into: Path | None = None) -> tuple[int, str]:
        """Run a command as a person would; exit code and all it printed. `pins` are typed, one for each question."""
        arguments = list(command)
        reading: tuple[int, ...] = ()
        if pins:
            source, typed = os.pipe()
            os.write(typed, "".join(f"{pin}\n" for pin in pins).encode())
            os.close(typed)
            reading = (source,)
            arguments[1:1] = ["--pin-fd", str(source)]
        process = None
        try:
            with self._ending.held():
                process = subprocess.Popen(
                    arguments,
                    env=self.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    pass_fds=reading,
                    cwd=into,
                )
            screen, _ = process.communicate()
        finally:
            for descriptor in reading:
                os.close(descriptor)
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        return process.returncode, screen.strip()
