"""Whose machine it is and where things lie: the account that the daemon runs as, folders, and files with owner and mode."""

import os
import pwd
import secrets
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from cardd.process.account import ROOT, acting_as
from cardd.setup.stopped import Stopped
from certs.ca.files import sync_folder

PRIVATE, OPEN_TO_CARDD = 0o700, 0o750
CONFIGURATION_MODE, KEY_MODE = 0o640, 0o400
_OTHERS_WRITE = 0o022


@dataclass(frozen=True, slots=True)
class Account:
    """The user that the daemon runs as, and who we are."""

    uid: int
    gid: int
    ours: int
    """Our own effective uid."""

    @property
    def apart(self) -> bool:
        """Whether we are root and the daemon is not: then what we make has to be handed over."""
        return self.ours == ROOT != self.uid

    def acting(self) -> AbstractContextManager[None]:
        """Do something as the daemon will (`acting_as`); no change where root and the daemon are not two accounts."""
        return acting_as(self.uid, self.gid) if self.apart else nullcontext()

    def own(self, path: Path, *, by_root: bool = False, mode: int) -> None:
        """Give a file or folder its owner and mode. `by_root`: root's, for cardd's group to read."""
        if self.ours == ROOT:
            os.chown(path, ROOT if by_root else self.uid, self.gid, follow_symlinks=False)
        path.chmod(mode)

    def make_folder(self, path: Path, *, by_root: bool = False, mode: int = PRIVATE) -> bool:
        """Make a folder, those above it too; whether it was missing. Raises `Stopped` where it belongs to somebody else."""
        if path.is_dir():
            found = path.stat()
            right = (ROOT, self.uid) if by_root else (self.uid,)
            if found.st_uid not in right or found.st_mode & _OTHERS_WRITE:
                raise Stopped(
                    "folder_rights", path=path, owner="root" if by_root else _name(self.uid), mode=f"{mode:o}"
                )
            return False
        if path.exists() or path.is_symlink():
            raise Stopped("no_folder", path=path)
        if not path.parent.exists():
            self.make_folder(path.parent, by_root=by_root, mode=mode)
        path.mkdir(mode=mode)
        self.own(path, by_root=by_root, mode=mode)
        return True

    def write(self, path: Path, content: bytes, *, by_root: bool = False, mode: int) -> None:
        """Put a file in its place, whole or not at all, over one that is there. On the disk when this returns. Raises `OSError`."""
        beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            self.own(beside, by_root=by_root, mode=mode)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(path.parent)


def account_of(name: str, uid: int) -> Account:
    """The daemon's account as seen by `uid`, who must be root or that very user. Raises `Stopped`."""
    try:
        found = pwd.getpwnam(name)
    except KeyError:
        raise Stopped("no_user", user=name) from None
    if uid not in (ROOT, found.pw_uid):
        raise Stopped("not_root")
    return Account(found.pw_uid, found.pw_gid, uid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
