"""A private D-Bus with a stand-in for logind (python-dbusmock), and the agent as a process of its own on it. `bus` is a fixture.

Nothing here reaches the machine's own buses: dbus-daemon listens in a folder of the test, and its address is all that the agent is given.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError

from tests.fixtures.counter import READY_SECONDS, Counter, until

DEBIAN_PYTHON = "/usr/bin/python3"
"""python3-dbusmock, dbus-python and PyGObject are Debian's, not the locked environment's."""
MOCK = "org.freedesktop.DBus.Mock"
LOGIN = "org.freedesktop.login1"
MANAGER = "/org/freedesktop/login1"
SESSION = f"{MANAGER}/session/c1"
USER = f"{MANAGER}/user/{os.getuid()}"
OBEYS = 'self.EmitSignal("", "Lock", "", []); self.UpdateProperties("", {"LockedHint": dbus.Boolean(True)})'
"""What `Lock` does in a session with a lock screen (the connection that decides: SetLockedHint is the screen's own call)."""
IGNORES = ""
"""What it does in one without."""
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


class Bus:
    """A running dbus-daemon. `login` starts the stand-in for logind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:path={folder / 'bus'}"
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        config = self.folder / "bus.conf"
        config.write_text(_CONFIG.format(socket=self.folder / "bus"))
        self._start(["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"], {})
        until((self.folder / "bus").exists, READY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        for child in reversed(self._children):
            child.terminate()
            child.wait(READY_SECONDS)

    def _start(self, command: Sequence[str], more: Mapping[str, str]) -> None:
        with (self.folder / "bus.log").open("ab") as log:
            self._children.append(
                subprocess.Popen(command, env={**os.environ, **more}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            )

    # --- logind ----------------------------------------------------------------------------------------------------

    def login(self, *, kind: str = "wayland", lock: str = OBEYS, session_of_process: bool = False) -> None:
        """A stand-in for logind with one session, c1, which is this user's display. `lock`: what `Lock` does there, in Python."""
        self._start(
            [DEBIAN_PYTHON, "-m", "dbusmock", "--template", "logind"], {"DBUS_SYSTEM_BUS_ADDRESS": self.address}
        )
        until(lambda: self._owned(LOGIN), READY_SECONDS)
        self.call(MANAGER, MOCK, "AddSession", "ssusb", "c1", "seat0", os.getuid(), "clerk", True)
        found = f"ret = '{SESSION}'"
        missing = 'raise dbus.exceptions.DBusException("none", name="org.freedesktop.login1.NoSessionForPID")'
        self._method(MANAGER, f"{LOGIN}.Manager", "GetSessionByPID", "u", "o", found if session_of_process else missing)
        self._method(MANAGER, f"{LOGIN}.Manager", "GetUser", "u", "o", f"ret = '{MANAGER}/user/' + str(args[0])")
        # dbusmock cannot change a property that is a structure; a method that it runs can.
        display = (
            f'self.props["{LOGIN}.User"]["Display"] = dbus.Struct(("c1", dbus.ObjectPath("{SESSION}")), signature="so")'
        )
        self._method(USER, f"{LOGIN}.User", "Show", "", "", display)
        self.call(USER, f"{LOGIN}.User", "Show")
        self.set(SESSION, f"{LOGIN}.Session", "Type", Variant("s", kind))
        self._method(SESSION, f"{LOGIN}.Session", "Lock", "", "", lock)

    def notices(self) -> None:
        """A stand-in for whoever shows notices on the desktop; this bus is the session bus as well then."""
        name = "org.freedesktop.Notifications"
        command = [DEBIAN_PYTHON, "-m", "dbusmock", "--session", "--template", "notification_daemon"]
        self._start(command, {"DBUS_SESSION_BUS_ADDRESS": self.address})
        until(lambda: self._owned(name), READY_SECONDS)

    def shown(self) -> list[list[Any]]:
        """The notices so far: the arguments of each call."""
        name, path = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
        told = asyncio.run(_call(self.address, name, path, MOCK, "GetMethodCalls", "s", ["Notify"]))[0]
        return [[getattr(each, "value", each) for each in arguments] for _, arguments in told]

    def set(self, path: str, interface: str, name: str, value: Variant) -> None:
        """Give a property another value."""
        self.call(path, MOCK, "UpdateProperties", "sa{sv}", interface, {name: value})

    def refuse(self, path: str, interface: str, method: str, signature: str) -> None:
        """Let a method say no, as polkit would."""
        code = 'raise dbus.exceptions.DBusException("no", name="org.freedesktop.DBus.Error.AccessDenied")'
        self._method(path, interface, method, signature, "", code)

    def calls(self, path: str, method: str) -> list[list[Any]]:
        """The arguments of each call of a method so far."""
        told = self.call(path, MOCK, "GetMethodCalls", "s", method)[0]
        return [[getattr(each, "value", each) for each in arguments] for _, arguments in told]

    def locks(self) -> int:
        """How often the session was asked to lock."""
        return len(self.calls(SESSION, "Lock"))

    def terminations(self) -> list[list[Any]]:
        """Which sessions were ended."""
        return self.calls(MANAGER, "TerminateSession")

    def call(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> list[Any]:
        """Call the stand-in on a connection of its own."""
        return asyncio.run(_call(self.address, LOGIN, path, interface, member, signature, list(body)))

    def _method(self, path: str, interface: str, name: str, takes: str, gives: str, code: str) -> None:
        self.call(path, MOCK, "AddMethod", "sssss", interface, name, takes, gives, code)

    def _owned(self, name: str) -> bool:
        there = "org.freedesktop.DBus"
        try:
            answer = asyncio.run(
                _call(self.address, there, "/org/freedesktop/DBus", there, "NameHasOwner", "s", [name])
            )
        except (OSError, AuthError, DBusError):
            return False
        return bool(answer[0])


async def _call(
    address: str, service: str, path: str, interface: str, member: str, signature: str, body: list[Any]
) -> list[Any]:
    async with asyncio.timeout(READY_SECONDS):
        bus = await MessageBus(bus_address=address).connect()
    try:
        answer = await bus.call(
            Message(destination=service, path=path, interface=interface, member=member, signature=signature, body=body)
        )
        assert answer is not None
        assert answer.message_type is not MessageType.ERROR, (answer.error_name, answer.body)
        return list(answer.body)
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()


class AgentProcess:
    """`cardd-agent` with a settings file of its own. What it says is in `said`."""

    def __init__(
        self,
        folder: Path,
        settings: str,
        environment: Mapping[str, str],
        arguments: Sequence[str] = (),
        name: str = "agent",
    ) -> None:
        self._log = folder / f"{name}.log"
        self._settings = folder / f"{name}.toml"
        self._settings.write_text(settings)
        self._settings.chmod(0o600)
        self.command = [sys.executable, "-m", "terminal.agent", "--settings", str(self._settings), *arguments]
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def said(self) -> str:
        """All that it wrote so far."""
        return self._log.read_text(errors="replace")

    def wait_for(self, text: str, times: int = 1) -> None:
        """Until it has said `text` so often."""

        def over() -> bool:
            assert self.process is not None
            return self.said.count(text) >= times or self.process.poll() is not None

        until(over, READY_SECONDS)
        assert self.said.count(text) >= times, self.said

    def end(self) -> int:
        """SIGTERM; its exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.terminate()
        return process.wait(READY_SECONDS)

    def kill(self) -> None:
        """SIGKILL, as when memory runs out."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(READY_SECONDS)
        self.process = None


def of_bus(bus: Bus, base: Mapping[str, str], **more: str) -> dict[str, str]:
    """An environment in which the agent finds this bus, and no session of its own but by `more`."""
    left_out = ("XDG_SESSION_ID", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "CARDD_TERMINAL")
    kept = {name: value for name, value in base.items() if name not in left_out}
    return {**kept, "DBUS_SYSTEM_BUS_ADDRESS": bus.address, **more}


@contextmanager
def agent_at(counter: Counter, bus: Bus, more: str = "", **environment: str) -> Iterator[AgentProcess]:
    """An agent that follows this counter and this bus, and has said so. `more`: of its settings, `[removal]` first."""
    settings = f'locale = "en"\n[removal]\n{more}'
    with AgentProcess(counter.folder, settings, of_bus(bus, counter.environment, **environment)) as agent:
        agent.wait_for("This program now asks for the PINs")
        agent.wait_for("Connected to cardd")
        yield agent


@pytest.fixture
def bus() -> Iterator[Bus]:
    """A private system bus, nobody on it yet."""
    with tempfile.TemporaryDirectory(prefix="bus-") as folder, Bus(Path(folder)) as opened:
        yield opened
