"""The office's own keys: 32 random bytes each, made once, read by the daemon alone."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cardd.audit.pseudonym import PseudonymKey, read_key
from cardd.config import Settings
from cardd.enrolment.secrets import BadgeMasterKey, read_master_key
from cardd.setup.parts import Parts
from cardd.setup.place import KEY_MODE
from cardd.setup.stopped import Stopped
from certs.ca.files import write_new

K = TypeVar("K")

KEY_BYTES = 32
DROP_IN = Path("cardd.service.d") / "badges.conf"
UNIT_MODE, UNIT_FOLDER_MODE = 0o644, 0o755
CREDENTIALS = "keys"
"""Beside the settings: the folder of root's alone out of which systemd hands keys to the daemon (`LoadCredential`)."""


def make(parts: Parts) -> tuple[PseudonymKey, BadgeMasterKey]:
    """Both keys, made where they are missing. Raises `Stopped`, `OSError`."""
    settings = parts.settings
    pseudonym = _key(parts, "pseudonym_key", settings.pseudonym_key, read_key)
    master = _key(parts, "master_key", settings.badges.master_key, read_master_key)
    path, by_systemd = place_of(settings, parts.given.config, settings.badges.master_key)
    if by_systemd and parts.given.units is not None:
        drop_in = hand_over(parts.given.units, settings.badges.master_key, path)
        parts.talk.done("drop_in", already=drop_in is None, path=parts.given.units / DROP_IN)
    return pseudonym, master


def hand_over(units: Path, name: str, path: Path) -> Path | None:
    """Let systemd hand the badges' master key to the daemon, which `cardd.service` itself does not; None: it does already.

    `units`: the folder of the administrator's own units and drop-ins (systemd.unit(5)).
    """
    drop_in = units / DROP_IN
    if drop_in.exists():
        return None
    drop_in.parent.mkdir(parents=True, exist_ok=True)
    drop_in.parent.chmod(UNIT_FOLDER_MODE)  # whatever the umask says
    write_new(drop_in, f"# Made by cardctl setup.\n[Service]\nLoadCredential={name}:{path}\n".encode(), UNIT_MODE)
    return drop_in


def place_of(settings: Settings, config: Path, name: str) -> tuple[Path, bool]:
    """Where the key of this setting lies, and whether systemd hands it over: then it is root's."""
    if "/" in name:
        return Path(name), False
    folder = config.parent / CREDENTIALS
    return (folder / name, True) if folder.is_dir() else (settings.state_directory / name, False)


def _key(parts: Parts, what: str, name: str, read: Callable[[Path], K]) -> K:
    path, by_systemd = place_of(parts.settings, parts.given.config, name)
    there = path.exists() or path.is_symlink()
    if not there:
        write_new(path, secrets.token_bytes(KEY_BYTES), KEY_MODE)
    try:
        key = read(path)
    except (OSError, ValueError):
        raise Stopped("key_unusable", path=path) from None
    if not there or not _is_right(parts, path, by_systemd=by_systemd):
        parts.account.own(path, by_root=by_systemd, mode=KEY_MODE)
    if not there:
        parts.record(f"{what}_made")
    parts.talk.done(what, already=there, path=path)
    return key


def _is_right(parts: Parts, path: Path, *, by_systemd: bool) -> bool:
    """A key that was put there by hand keeps its owner and mode where the daemon can use it as it is."""
    found = path.lstat()
    owner = os.getuid() if by_systemd else parts.account.uid
    return found.st_uid == owner and not found.st_mode & 0o077
