"""Making a backup: unattended, while the daemon works or not, into one encrypted file that appears whole or not at all."""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from cardd.audit.chain import Damaged
from cardd.config import Settings
from cardd.keeping import archive, places, recovery, state_copy
from cardd.keeping.archive import Facts, LogEnd, Manifest, Source
from cardd.keeping.owner import Owner
from cardd.keeping.recovery import BackupKey
from cardd.keeping.stopped import Stopped
from cardd.pin import Pin
from cardd.state.store import NAME as STATE
from certs.ca.files import write_new

SUFFIX: Final = ".cardd-backup"
_NAME = re.compile(r"[A-Za-z0-9_.-]+-[0-9]{8}T[0-9]{6}Z\.cardd-backup")
PUBLIC_MODE, SEAL_MODE, ARCHIVE_MODE = 0o644, 0o400, 0o600


@dataclass(frozen=True, slots=True)
class Installation:
    """The one on this machine. `config`: its settings' file."""

    config: Path
    settings: Settings
    owner: Owner


def new_key(here: Installation, recovery_file: Path, first: Pin, second: Pin) -> str:
    """Make the office's recovery file and this machine's backup key; the seal's fingerprint, for the paper.

    Raises `Stopped`: `key_exists`, `recovery_exists`, `same_passphrase`, `no_age`; `OSError`.
    """
    _check_no_key(here)
    if recovery_file.exists() or recovery_file.is_symlink():
        raise Stopped("recovery_exists", path=recovery_file)
    octets, key = recovery.make(first, second)
    write_new(recovery_file, octets, ARCHIVE_MODE)
    _keep_key(here, key)
    return recovery.fingerprint(key.seal)


def add_key(here: Installation, public: Path) -> str:
    """This machine's backup key, for one more machine of the office. `public`: the first machine's `backup.pub`; the fingerprint.

    Raises `Stopped`: `key_exists`, `backup_key_broken`, `newer_key`; `OSError`.
    """
    _check_no_key(here)
    key = recovery.another(public.read_bytes())
    _keep_key(here, key)
    return recovery.fingerprint(key.seal)


def take(
    here: Installation, folder: Path, *, keep: int | None = None, wait_s: float = state_copy.WAIT_S
) -> tuple[Path, Manifest]:
    """Make an archive in `folder`. `keep`: leave so many of this machine's newest, this one included, and delete older ones.

    Raises `Stopped`: `no_backup_key`, `no_answer`, `state_broken`, `no_record`, `record_broken`, `file_shrank`;
    `OSError`.
    """
    key = _key(here)
    settings = here.settings
    now = datetime.now(UTC)
    # First what the daemon decided, then what it wrote about it: the record is never older than the state.
    copy = state_copy.take(settings.state_directory, here.owner, wait_s=wait_s)
    try:
        sources = [places.source_of(path, "config" if path == here.config else "file") for path in _files(here)]
        state_format = None
        if copy is not None:
            state_format = state_copy.format_of(copy)
            sources.append(places.source_of(settings.state_directory / STATE, "state", copy))
        log_sources, end = _log(settings.audit.directory)
        facts = Facts(
            f"{now:%Y-%m-%dT%H:%M:%SZ}", version("cardd"), settings.terminal, settings.mode, state_format, end
        )
        target = folder / f"{settings.terminal}-{now:%Y%m%dT%H%M%SZ}{SUFFIX}"
        manifest = _written(target, key, facts, [*sources, *log_sources])
    finally:
        if copy is not None:
            copy.unlink(missing_ok=True)
    if keep is not None:
        _delete_older(folder, settings.terminal, keep)
    return target, manifest


def _files(here: Installation) -> list[Path]:
    state = here.settings.state_directory / STATE
    return [path for path in places.files_of(here.settings, here.config) if path != state]


def _log(directory: Path) -> tuple[list[Source], LogEnd]:
    try:
        sources, end = places.log_sources(directory)
    except Damaged as damage:
        # A backup of a damaged record would be taken for a good one on the day it is needed.
        raise Stopped("record_broken", path=directory, problem=damage.problem, sequence=damage.sequence) from None
    if end is None:
        raise Stopped("no_record", path=directory)
    return sources, end


def _written(target: Path, key: BackupKey, facts: Facts, sources: list[Source]) -> Manifest:
    beside = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, ARCHIVE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            manifest = archive.write(file, key, facts, sources)
            file.flush()
            os.fsync(descriptor)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
    places.sync(target.parent)
    return manifest


def _delete_older(folder: Path, terminal: str, keep: int) -> None:
    own = [path for path in folder.glob(f"{terminal}-*{SUFFIX}") if _NAME.fullmatch(path.name)]
    own = sorted(path for path in own if len(path.name) == len(terminal) + len(f"-00000000T000000Z{SUFFIX}"))
    for path in own[: max(0, len(own) - keep)]:
        path.unlink()


# --- keys ------------------------------------------------------------------------------------------------------------


def _check_no_key(here: Installation) -> None:
    for path in places.backup_key_places(here.settings, here.config):
        if path.exists() or path.is_symlink():
            raise Stopped("key_exists", path=path)


def _keep_key(here: Installation, key: BackupKey) -> None:
    public, seal = places.backup_key_places(here.settings, here.config)
    write_new(seal, key.seed, SEAL_MODE)
    write_new(public, key.public_text(), PUBLIC_MODE)
    here.owner.give(seal, "root", SEAL_MODE)
    here.owner.give(public, "root", PUBLIC_MODE)


def _key(here: Installation) -> BackupKey:
    public, seal = places.backup_key_places(here.settings, here.config)
    try:
        octets, seed = public.read_bytes(), seal.read_bytes()
    except FileNotFoundError as error:
        raise Stopped("no_backup_key", path=error.filename) from None
    recipient, told = recovery.read_public(octets)
    if len(seed) != recovery.SEED or BackupKey(recipient, seed).seal != told:
        raise Stopped("backup_key_broken")
    return BackupKey(recipient, seed)
