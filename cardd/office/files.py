"""Where files of the office lie: new ones in `incoming`, those in force in `office`; both under the state directory.

A file in force and its signatures are exchanged together though they are two names. The new pair is written beside the old one, its
signatures first, and on the disk before the first name changes. Whatever moment the power goes:

    only the new signatures, or both new files   nothing was exchanged yet: the old pair stands, the new ones are thrown away
    only the new content                         the signatures are in their place already: the exchange is finished
    no new file                                  it is done, or was never begun

Unsigned files, which mode test allows, have empty signatures.
"""

import errno
import os
import stat
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cardd.office.contents import Kind
from cardd.tomlfile import LARGEST_FILE

LARGEST_SIGNATURES = 32 * 1024
NEW = ".new"
REFUSED = ".refused"
WHY = ".why"
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Untrusted(Exception):
    """A file that must not be looked into. `problem`: `wrong_owner`, `wrong_mode`, `unreadable`, `too_large`; `detail`: the mend."""

    def __init__(self, problem: str, detail: str) -> None:
        self.problem, self.detail = problem, detail
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Pair:
    """A file and the signatures beside it, as they were read: what is checked is what is kept."""

    content: bytes = field(repr=False)
    signatures: bytes = field(repr=False)
    """DER of the CMS; empty: unsigned."""

    @property
    def hash(self) -> str:
        """SHA-256 of the content, 64 lower-case hex digits."""
        return sha256(self.content).hexdigest()


def signatures_of(path: Path) -> Path:
    """Where the signatures of a file stand."""
    return path.with_name(path.name + ".p7s")


def read_pair(path: Path, *, links: bool = False) -> Pair | None:
    """The file at `path` with what signs it; None when there is none. `links`: the path itself may be a link. Raises `Untrusted`."""
    return _pair(path, signatures_of(path), links=links)


def _pair(path: Path, signatures: Path, *, links: bool = False, owner: int | None = None) -> Pair | None:
    """`owner`: a uid that may own them beside root and ours."""
    owners = frozenset({0, os.geteuid()} if owner is None else {0, os.geteuid(), owner})
    content = _read(path, LARGEST_FILE, owners, links=links)
    if content is None:
        return None
    return Pair(content, _read(signatures, LARGEST_SIGNATURES, owners, links=links) or b"")


def _read(path: Path, largest: int, owners: frozenset[int], *, links: bool) -> bytes | None:
    """Owner and mode are looked at on the open file, so that nobody exchanges it in between."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if links else os.O_NOFOLLOW)
    try:
        with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
            _check_rights(path, os.fstat(file.fileno()), owners)
            content = file.read(largest + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR):
            raise Untrusted("wrong_mode", f"{path} is no plain file; put the file itself there") from None
        raise Untrusted("unreadable", f"{path} cannot be read: {error.strerror}") from None
    if len(content) > largest:
        raise Untrusted("too_large", f"{path} is larger than {largest} bytes")
    return content


def _check_rights(path: Path, status: os.stat_result, owners: frozenset[int]) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Untrusted("wrong_mode", f"{path} is no plain file; put the file itself there")
    if status.st_uid not in owners:
        raise Untrusted("wrong_owner", f"{path} belongs to uid {status.st_uid}; chown root {path}")
    if status.st_mode & _OTHERS_WRITE:
        raise Untrusted("wrong_mode", f"others may write {path}; chmod go-w {path}")


class Folders:
    """The two folders. All methods raise `OSError` when the disk does not take it."""

    def __init__(self, state_directory: Path) -> None:
        self.incoming = state_directory / "incoming"
        self.office = state_directory / "office"

    def make(self) -> None:
        """Make them where they are missing, for the daemon's user alone; root may write there in any case."""
        for folder in (self.incoming, self.office):
            folder.mkdir(mode=0o700, exist_ok=True)

    # --- in force ----------------------------------------------------------------------------------------------------

    def in_force(self, kind: Kind) -> Pair | None:
        """The pair in force, also when an exchange was cut short; nothing is changed. Raises `Untrusted`."""
        path = self.office / kind.file_name
        try:
            # Whoever owns the folder is the daemon's user; root asks too, with `--check-config`.
            owner = self.office.stat().st_uid
            content = _new(path) if self._half_exchanged(path) else path
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Untrusted("unreadable", f"{self.office} cannot be read: {error.strerror}") from None
        return _pair(content, signatures_of(path), owner=owner)

    def settle(self, kind: Kind) -> None:
        """Finish an exchange that was cut short, or throw away what it had prepared."""
        path = self.office / kind.file_name
        if self._half_exchanged(path):
            _new(path).replace(path)
            _sync(self.office)
        elif _new(signatures_of(path)).exists():
            # The content first: alone it would look like an exchange that is half done.
            _new(path).unlink(missing_ok=True)
            _sync(self.office)
            _new(signatures_of(path)).unlink()
            _sync(self.office)

    def exchange(self, kind: Kind, pair: Pair) -> None:
        """Put a pair in the place of the one in force, or of none."""
        self.settle(kind)
        path = self.office / kind.file_name
        for name, octets in ((signatures_of(path), pair.signatures), (path, pair.content)):
            _write(_new(name), octets)
            _sync(self.office)
        for name in (signatures_of(path), path):
            _new(name).replace(name)
            _sync(self.office)

    def _half_exchanged(self, path: Path) -> bool:
        return _new(path).exists() and not _new(signatures_of(path)).exists()

    # --- incoming ----------------------------------------------------------------------------------------------------

    def names(self) -> frozenset[str]:
        """What lies in `incoming`: one look at the folder, no file is opened."""
        try:
            return frozenset(os.listdir(self.incoming))
        except FileNotFoundError:
            return frozenset()

    def quiet_s(self, kind: Kind, now_s: float) -> float:
        """How long nobody has changed the new file or its signatures, in seconds. `now_s`: on the clock of the file system (UTC)."""
        path = self.incoming / kind.file_name
        changed = 0.0
        for each in (path, signatures_of(path)):
            try:
                changed = max(changed, each.lstat().st_ctime)
            except FileNotFoundError:
                continue
        return abs(now_s - changed)

    def take_away(self, kind: Kind) -> None:
        """The new file is in force, or is the one in force already: nothing of it is left in `incoming`, nor of one refused before."""
        path = self.incoming / kind.file_name
        for name in (path, signatures_of(path)):
            for each in (name, _refused(name)):
                each.unlink(missing_ok=True)
        _why(path).unlink(missing_ok=True)
        _sync(self.incoming)

    def put_aside(self, kind: Kind, why: str) -> None:
        """The new file is refused: it keeps its content under another name, and `why` lies beside it."""
        path = self.incoming / kind.file_name
        _write(_why(path), why.encode())
        for name in (path, signatures_of(path)):
            try:
                name.rename(_refused(name))
            except FileNotFoundError:
                _refused(name).unlink(missing_ok=True)
        _sync(self.incoming)


def _new(path: Path) -> Path:
    return path.with_name(path.name + NEW)


def _refused(path: Path) -> Path:
    return path.with_name(path.name + REFUSED)


def _why(path: Path) -> Path:
    return path.with_name(path.name + WHY)


def _write(path: Path, octets: bytes) -> None:
    """A new file, on the disk when this returns."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(descriptor)


def _sync(folder: Path) -> None:
    """Names that were made, changed and removed are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
