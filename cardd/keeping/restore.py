"""Putting a backup in place: onto an empty machine, by root and two people, all or nothing, repeatable at any point.

The archive is read twice: once to check all of it, once to write. What is written stands beside its place first (`.restoring`) and
is renamed only when everything is there and checked; the settings come last, and without them cardd does not start. A file that is
there already with the same bytes is left; one with other bytes stops it before anything is written.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from cardd import config
from cardd.audit import continuing
from cardd.audit.chain import SEGMENT_HEADER, Damaged, decode_record, segments
from cardd.audit.continuing import Continues
from cardd.audit.startup import check_log
from cardd.config import Settings
from cardd.keeping import archive, places, recovery, state_copy
from cardd.keeping.archive import CHUNK, Manifest, Row, Sealed, Take
from cardd.keeping.owner import Owner
from cardd.keeping.recovery import Recovery
from cardd.keeping.stopped import Stopped
from cardd.state.store import NAME as STATE
from cardd.tomlfile import BrokenFile

BESIDE: Final = ".restoring"
FOLDER_MODES: Final = {"root": 0o750, "cardd": 0o700}
KEYS_MODE: Final = 0o700
ORDER_MODE: Final = 0o640
ARCHIVE, ARCHIVE_SEAL = archive.MANIFEST, archive.SEAL
"""Under these names a closed record keeps what its archive said, and the seal over it."""


@dataclass(frozen=True, slots=True)
class Given:
    """An archive and what opens it. `fingerprint`: of the machine's seal, from paper, where it is not the one
    that the recovery file knows."""

    archive: Path
    recovery: Recovery = field(repr=False)
    fingerprint: str | None = None

    def check(self) -> Manifest:
        """Read all of it; what it says of itself. Raises `Stopped`, `OSError`."""
        return self.sealed().manifest

    def sealed(self) -> Sealed:
        """The same, with the bytes that the seal is over. Raises `Stopped`, `OSError`."""
        return self._read(None)

    def _read(self, take: Take | None) -> Sealed:
        with self.archive.open("rb") as source:
            return archive.read_sealed(source, self.recovery, self._trusted, take)

    def _trusted(self, seal: bytes) -> bool:
        return seal == self.recovery.seal or recovery.fingerprint(seal) == self.fingerprint

    def take(self, manifest: Manifest, take: Take) -> None:
        """Read it once more. Raises `Stopped` (`archive_damaged`) when it is not the same any more."""
        if self._read(take).manifest != manifest:
            raise Stopped("archive_damaged")


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place. `config`: the settings; `closed`: where the restored record lies."""

    config: Path
    settings: Settings
    closed: Path
    already: int
    """Files that were there with the same bytes."""


def restore(given: Given, owner: Owner) -> Restored:
    """Put everything in its place; the new record is begun by whoever opens it next (`continues.json`).

    Raises `Stopped`: what `archive.read` says, `not_empty`, `no_settings`, `settings_broken`, `state_broken`, `newer_state`,
    `record_broken`; `OSError`. Nothing is in its place then, or repeating goes on.
    """
    return _Placing(given, owner, given.sealed()).run()


class _Placing:
    """One run."""

    def __init__(self, given: Given, owner: Owner, sealed: Sealed) -> None:
        self._given, self._owner, self._sealed = given, owner, sealed
        self._manifest = manifest = sealed.manifest
        self._settings_row = next((row for row in manifest.files if row.kind == "config"), None)
        self._beside: dict[int, Path] = {}
        self._already: set[int] = set()
        self._staged_log: Path | None = None

    def run(self) -> Restored:
        settings = self._settings()
        try:
            self._look(settings)
            self._given.take(self._manifest, self._write)
            self._check(settings)
        except BaseException:
            self._undo()
            raise
        closed = self._put(settings)
        return Restored(self._config_path, settings, closed, len(self._already))

    @property
    def _config_path(self) -> Path:
        assert self._settings_row is not None
        return Path(self._settings_row.path)

    # --- before anything is written ----------------------------------------------------------------------------------

    def _settings(self) -> Settings:
        """The archive's own settings: they say where everything goes. Raises `Stopped`."""
        if self._settings_row is None:
            raise Stopped("no_settings")
        found: list[bytes] = []
        wanted = self._manifest.files.index(self._settings_row)

        def take(number: int, pieces: Iterator[bytes]) -> None:
            if number == wanted:
                found.append(b"".join(pieces))

        self._given.take(self._manifest, take)
        try:
            return config.from_bytes(found[0], self._settings_row.path)
        except BrokenFile as error:
            raise Stopped("settings_broken", problems=error) from None

    def _look(self, settings: Settings) -> None:
        """Where everything goes, and whether something else is there. Raises `Stopped`."""
        directory = settings.audit.directory
        self._staged_log = directory / f"{continuing.CLOSED}{BESIDE}"
        if self._staged_log.exists():
            shutil.rmtree(self._staged_log)
        self._check_log_place(settings)
        for number, row in enumerate(self._manifest.files):
            if row.kind == "log":
                if self._staged_log is not None:
                    self._beside[number] = self._staged_log / _inside(row)
                continue
            path = _absolute(row)
            self._beside[number] = path.with_name(path.name + BESIDE)
            if path.exists() or path.is_symlink():
                if row.kind != "state" and (path.is_symlink() or not _is_same(path, row)):
                    raise Stopped("not_empty", path=path)
                self._already.add(number)

    def _check_log_place(self, settings: Settings) -> None:
        """No record may be there but the one that an earlier run of this restoration left."""
        directory, continues = settings.audit.directory, self._continues()
        begun = continuing.read(directory) == continues
        closed = directory / continuing.CLOSED
        if (segments(directory) or (closed.is_dir() and any(closed.iterdir()))) and not begun:
            raise Stopped("not_empty", path=directory)
        state = settings.state_directory / STATE
        if state.exists() and not begun:
            raise Stopped("not_empty", path=state)
        if continuing.closed_place(directory, continues.previous_log).is_dir():
            self._staged_log = None  # an earlier run has put it there, checked

    def _continues(self) -> Continues:
        log = self._manifest.log
        return Continues(log.log_id, log.last_sequence, log.last_hash, "restored")

    # --- beside its place --------------------------------------------------------------------------------------------

    def _write(self, number: int, pieces: Iterator[bytes]) -> None:
        beside, row = self._beside.get(number), self._manifest.files[number]
        if beside is None or number in self._already:
            return
        self._owner.make_folder(beside.parent, row.owner, _folder_mode(beside.parent, row))
        beside.unlink(missing_ok=True)
        _write_new(beside, pieces)
        self._owner.give(beside, row.owner, row.mode)

    def _leave_order(self, staged: Path) -> None:
        """What the archive said of itself stays with the closed record: by it the new one shows that two people opened a backup."""
        for name, octets in ((ARCHIVE, self._sealed.octets), (ARCHIVE_SEAL, self._sealed.seal)):
            (staged / name).unlink(missing_ok=True)
            _write_new(staged / name, (octets,))
            self._owner.give(staged / name, "cardd", ORDER_MODE)
        places.sync(staged)

    def _check(self, settings: Settings) -> None:
        """What was written, as the daemon will read it. Raises `Stopped`."""
        for number, row in enumerate(self._manifest.files):
            if row.kind == "state" and number not in self._already:
                with self._owner.acting():
                    state_copy.format_of(self._beside[number])
                    state_copy.without_permissions(self._beside[number])
        if self._staged_log is not None:
            self._check_record(self._staged_log, settings)

    def _check_record(self, staged: Path, settings: Settings) -> None:
        log = self._manifest.log
        try:
            last = check_log(staged)
        except Damaged as damage:
            raise Stopped(
                "record_broken", path=settings.audit.directory, problem=damage.problem, sequence=damage.sequence
            ) from None
        if (last, _last_hash(staged)) != (log.last_sequence, log.last_hash):
            raise Stopped("record_broken", path=settings.audit.directory, problem="end", sequence=last)

    def _undo(self) -> None:
        for beside in self._beside.values():
            beside.unlink(missing_ok=True)
        if self._staged_log is not None and self._staged_log.exists():
            shutil.rmtree(self._staged_log)

    # --- in its place ------------------------------------------------------------------------------------------------

    def _put(self, settings: Settings) -> Path:
        """State and keys, then the record, then the settings: each step leaves something that the next run knows as its own."""
        closed = self._put_log(settings)
        last = None
        for number, row in enumerate(self._manifest.files):
            if row.kind == "log" or number in self._already:
                continue
            if row.kind == "config":
                last = number
                continue
            self._rename(number)
        if last is not None:
            self._rename(last)
        return closed

    def _rename(self, number: int) -> None:
        path = _absolute(self._manifest.files[number])
        self._beside[number].replace(path)
        places.sync(path.parent)

    def _put_log(self, settings: Settings) -> Path:
        directory, log, staged = settings.audit.directory, self._manifest.log, self._staged_log
        closed = continuing.closed_place(directory, log.log_id)
        if staged is None:
            return closed
        continues = self._continues()
        target = directory / continuing.CLOSED
        self._owner.make_folder(target, "cardd")
        continuing.write(directory, continues)  # first: by it the next run knows what lies there as its own
        self._owner.give(directory / continuing.NAME, "cardd", 0o640)
        inner = staged / continuing.CLOSED
        for older in sorted(inner.iterdir()) if inner.is_dir() else ():
            if not (target / older.name).exists():
                older.replace(target / older.name)
        if inner.is_dir():
            shutil.rmtree(inner)
        self._leave_order(staged)
        staged.replace(closed)
        places.sync(target)
        return closed


def _write_new(path: Path, pieces: Iterable[bytes]) -> None:
    """On the disk when this returns. Raises `OSError`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())


def _inside(row: Row) -> Path:
    path = Path(row.path)
    if path.is_absolute() or ".." in path.parts:
        raise Stopped("archive_damaged")
    return path


def _absolute(row: Row) -> Path:
    path = Path(row.path)
    if not path.is_absolute() or ".." in path.parts:
        raise Stopped("archive_damaged")
    return path


def _is_same(path: Path, row: Row) -> bool:
    if not path.is_file() or path.stat().st_size != row.bytes:
        return False
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest() == row.sha256


def _folder_mode(folder: Path, row: Row) -> int:
    return KEYS_MODE if folder.name == places.KEYS else FOLDER_MODES[row.owner]


def _last_hash(directory: Path) -> str:
    """Of the newest record. The files were checked."""
    newest = segments(directory)[-1]
    octets, offset, found = newest.read_bytes(), SEGMENT_HEADER, b""
    while offset < len(octets):
        record = decode_record(octets, offset)
        offset, found = record.end, record.hash
    return found.hex()
