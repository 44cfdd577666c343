"""Files of the office on this side of the socket: what a file is, and how it is put where the daemon looks."""

import hashlib
import os
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

INCOMING = Path("/var/lib/cardd/incoming")
KINDS: tuple[tuple[str, str], ...] = (("operators", "register"), ("issued", "block_list"), ("roles", "policy"))
"""A key that only one kind of file has, and the kind."""
PATIENCE_S = 20.0
"""The daemon looks every 5 s, and leaves a file alone for 2 s."""


@dataclass(frozen=True, slots=True)
class OfficeFile:
    """A file as it was read: this is what is shown, signed and put there."""

    path: Path
    content: bytes = field(repr=False)
    kind: str
    version: int

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def signatures(self) -> Path:
        return self.path.with_name(self.path.name + ".p7s")


def read(path: Path) -> OfficeFile:
    """Raises `ValueError` for what is no file of the office; TOML's own errors name line and column. `OSError`."""
    content = path.read_bytes()
    tree = tomllib.loads(content.decode("utf-8"))
    kind = next((kind for key, kind in KINDS if key in tree), None)
    version = tree.get("version")
    if kind is None or not isinstance(version, int):
        raise ValueError("neither a policy, nor a register, nor a block list with a `version`")
    return OfficeFile(path, content, kind, version)


def write_beside(path: Path, octets: bytes) -> None:
    """A file for everybody to read, whole or not at all. Raises `OSError`."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(octets)
            os.fchmod(descriptor, 0o644)  # the daemon is another user than root, whatever the umask says
            os.fsync(descriptor)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def put(file: OfficeFile, incoming: Path) -> Path:
    """Put file and signatures where the daemon looks, the signatures first; where it lies. Raises `OSError`."""
    target = incoming / f"{file.kind}.toml"
    beside = target.with_name(target.name + ".p7s")
    target.with_name(target.name + ".why").unlink(missing_ok=True)
    if file.signatures.exists():
        write_beside(beside, file.signatures.read_bytes())
    else:
        beside.unlink(missing_ok=True)
    write_beside(target, file.content)
    return target


def watch(target: Path) -> tuple[Literal["taken", "refused", "waits"], str]:
    """What the daemon does with a file that was put there, where it cannot be asked; with its reason for refusing."""
    why = target.with_name(target.name + ".why")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if why.exists():
            return "refused", why.read_text(encoding="utf-8", errors="replace")
        if not target.exists():
            return "taken", ""
        time.sleep(0.2)
    return "waits", ""
