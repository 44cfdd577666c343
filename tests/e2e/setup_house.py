"""A bare machine, two blank badges and two people who take part in `cardctl setup`: they put badges in when asked and type."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from applets_spec.card import Card, VirtualCard
from applets_spec.piv.personalise import make_blank_badge
from tests.fixtures.counter import BADGE_SLOT, Counter
from tests.fixtures.pcscd import StandInBox
from tests.fixtures.softhsm import PIN as TOKEN_PIN

PASSPHRASE = "correct horse battery staple"
PINS = {"suzuki": "805173", "ito": "692047"}
NAMES = {"鈴木 次郎": "suzuki", "伊藤 三郎": "ito"}
ANSWERS = """mode = "test"
terminal = "mihon-01"
users = [{uid}]
office = "見本町 Mihon Town"
[[administrators]]
id = "suzuki"
name = "鈴木 次郎"
[[administrators]]
id = "ito"
name = "伊藤 三郎"
"""
Event = dict[str, Any]
PATIENT_S = 30.0


class Machine:
    """The folder that everything goes to, the readers, and the two blank badges."""

    def __init__(self, folder: Path, box: StandInBox, slots: int) -> None:
        self.folder = folder
        self.box = box
        self.slots = slots
        self.config = folder / "etc" / "cardd.toml"
        self.state = folder / "state"
        self.blank = {"suzuki": make_blank_badge(number=1), "ito": make_blank_badge(number=2)}
        self.badges: dict[str, VirtualCard] = dict(self.blank)
        self.insertions: list[str] = []
        self.inside: dict[int, str] = {}
        self.typed: Callable[[Event], str | None] = lambda _event: None
        """What a person types instead of what is right; None: what is right."""
        self.answers = folder / "answers.toml"
        self.answers.write_text(ANSWERS.format(uid=os.getuid()), encoding="utf-8")
        self.environment = {
            **os.environ,
            "PCSCLITE_CSOCK_NAME": str(box.socket_path),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }

        self.daemon = Counter(_Made(self), box, folder)  # type: ignore[arg-type]  # as much of an office as it needs
        self.daemon.socket = self.state / "cardd.sock"

    @property
    def command(self) -> list[str]:
        """Without what makes it run by itself."""
        places = ["--config", str(self.config), "--state-directory", str(self.state), "--user", getpass.getuser()]
        return ["setup", *places]

    # --- badges ------------------------------------------------------------------------------------------------------

    def put_in(self, who: str, card: VirtualCard | None = None) -> None:
        """This person's badge into a free reader, else into the place of the other one's."""
        free = [slot for slot in range(self.slots) if slot not in self.inside]
        slot = free[0] if free else 0
        self.take_out(slot)
        self.inside[slot] = who
        self.insertions.append(who)
        self.box.insert(card or self.badges[who], slot)

    def take_out(self, slot: int = 0) -> None:
        if self.inside.pop(slot, None) is not None:
            self.box.pull(slot)

    def empty(self) -> None:
        for slot in range(self.slots):
            self.take_out(slot)

    # --- the program -------------------------------------------------------------------------------------------------

    def run(self, stop_at: Callable[[Event], bool] = lambda _event: False, *more: str) -> Ended:
        """Run it; the people do what it asks. At the first event that `stop_at` takes it is killed."""
        source, typed = os.pipe()
        command = [sys.executable, "-m", "cardd.cli", "--json", "--pin-fd", str(source), *self.command]
        with (self.folder / "errors").open("w+b") as errors:
            process = subprocess.Popen(
                [*command, "--answers", str(self.answers), *more],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                pass_fds=(source,),
                text=True,
                start_new_session=True,
            )
            os.close(source)
            events = []
            try:
                assert process.stdout is not None
                for line in process.stdout:
                    event = json.loads(line)
                    events.append(event)
                    if stop_at(event):
                        os.killpg(process.pid, 9)
                        break
                    self._take_part(event, typed)
                code = process.wait(PATIENT_S)
            finally:
                os.close(typed)
                process.kill()
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
            errors.seek(0)
            return Ended(code, events, errors.read().decode())

    def _take_part(self, event: Event, typed: int) -> None:
        match event:
            case {"event": "wait", "of": str(who)} if who not in self.inside.values():
                self.put_in(who)
            case {"event": "wait", "of": list(people)} if not set(people) & set(self.inside.values()):
                self.put_in(people[0])
            case {"event": "gone", "reader": reader}:
                self.inside.pop(self.box.readers.index(reader), None)
            case {"event": "not_this_badge", "why": "badge.begun_other", "reader": reader}:
                self.take_out(self.box.readers.index(reader))
            case {"event": "secret"}:
                os.write(typed, f"{self.typed(event) or self._right(event)}\n".encode())

    def _right(self, event: Event) -> str:
        if event["which"] == "ask.token_pin":
            return TOKEN_PIN.decode()
        return PASSPHRASE if "passphrase" in event["which"] else PINS[NAMES[event["name"]]]

    # --- afterwards --------------------------------------------------------------------------------------------------

    def records(self) -> list[dict[str, Any]]:
        verifier = Path(__file__).parents[2] / "cardd" / "audit" / "verifier.py"
        shown = subprocess.run(
            [sys.executable, str(verifier), str(self.state / "audit"), "--show", "--json"],
            capture_output=True,
            text=True,
            check=True,
        )
        return [json.loads(line) for line in shown.stdout.splitlines() if '"seq"' in line]

    def check_config(self, config: Path) -> subprocess.CompletedProcess[str]:
        """`cardd --check-config`, as on a machine without virtual readers."""
        kept = {name: value for name, value in self.environment.items() if name != "PCSCLITE_CSOCK_NAME"}
        return subprocess.run(
            [sys.executable, "-m", "cardd", "--config", str(config), "--check-config"],
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )

    def log_in(self, who: str) -> dict[str, Any]:
        """In the daemon that runs; the badge is pulled afterwards, which logs out."""
        handle = self.daemon.insert(self.badges[who], BADGE_SLOT, kind="badge")
        try:
            return self.daemon.call("session.login", PINS[who], badge=handle)
        finally:
            self.daemon.pull(BADGE_SLOT)


class Ended:
    """How one run ended."""

    def __init__(self, code: int, events: list[Event], said: str) -> None:
        self.code = code
        self.events = events
        self.said = said

    def of(self, name: str) -> list[Event]:
        return [event for event in self.events if event["event"] == name]

    @property
    def made(self) -> list[str]:
        return [event["what"] for event in self.of("done")]

    @property
    def why(self) -> str:
        return str(self.events[-1]["why"]) if self.events and self.events[-1]["event"] == "stopped" else ""


class _Made:
    """What `Counter` asks of an office."""

    def __init__(self, machine: Machine) -> None:
        self.config_file = machine.config
        self.audit = machine.state / "audit"


@contextmanager
def bare_machine(readers: int = 2) -> Iterator[Machine]:
    with (
        tempfile.TemporaryDirectory(prefix="setup-") as folder,
        tempfile.TemporaryDirectory(prefix="pcscd-") as sockets,
        StandInBox(Path(sockets), readers=readers) as box,
    ):
        yield Machine(Path(folder), box, readers)


def tries(card: Card, which: str = "piv.pin") -> int:
    return card.references()[which].tries
