"""Whose files an installation is made of: root's own, and those of the account that the daemon runs as."""

import os
import pwd
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cardd.keeping.stopped import Stopped
from cardd.process.account import ROOT, acting_as

Whose = Literal["root", "cardd"]


@dataclass(frozen=True, slots=True)
class Owner:
    """The daemon's account, and who we are (`ours`: our effective uid)."""

    uid: int
    gid: int
    ours: int

    def acting(self) -> AbstractContextManager[None]:
        """Do something as the daemon will (`acting_as`); no change where we are not root, or the daemon is."""
        return acting_as(self.uid, self.gid) if self.ours == ROOT != self.uid else nullcontext()

    def give(self, path: Path, whose: Whose, mode: int) -> None:
        """Owner, group and mode of a file or folder that is ours so far."""
        if self.ours == ROOT:
            os.chown(path, ROOT if whose == "root" else self.uid, self.gid, follow_symlinks=False)
        path.chmod(mode)

    def make_folder(self, path: Path, whose: Whose, mode: int = 0o700) -> None:
        """Make a folder and those above it, where they are missing."""
        if path.is_dir():
            return
        self.make_folder(path.parent, whose, mode)
        path.mkdir(mode=0o700)
        self.give(path, whose, mode)


def owner_of(user: str, uid: int) -> Owner:
    """The daemon's account as seen by `uid`, who must be root or that very user. Raises `Stopped` (`no_user`, `not_root`)."""
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        raise Stopped("no_user", user=user) from None
    if uid not in (ROOT, found.pw_uid):
        raise Stopped("not_root")
    return Owner(found.pw_uid, found.pw_gid, uid)
