"""What an installation consists of: every file that a new machine needs to go on as this one."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from cardd.audit.chain import SEGMENT_HEADER, Damaged, SegmentHeader, segments, walk
from cardd.config import Settings
from cardd.keeping.archive import Kind, LogEnd, Source
from cardd.keeping.owner import Whose
from cardd.process.account import ROOT
from certs.ca.issued import NAME as ISSUED
from certs.ca.lists import NAME as LISTS
from certs.ca.revoked import NAME as REVOKED

KEYS: Final = "keys"
"""Beside the settings: root's keys, which systemd hands to the daemon."""
PUBLIC: Final = "backup.pub"
SEAL: Final = "backup-seal.key"
DROP_IN: Final = Path("/etc/systemd/system/cardd.service.d/badges.conf")
OFFICE: Final = "office"
"""Under the state directory: the office's files in force, with their signatures."""
HEADS: Final = "heads"
LEFT_OUT_OF_LOG: Final = frozenset({"lock", "reserve"})
_LINKS_OF_SETTINGS: Final = frozenset(
    {
        "socket",
        "state_directory",
        "directory",
        "index_directory",
        "export_directory",
        "cosigned_directory",
        "pkcs11_module",
    }
)
"""Folders, and what belongs to the machine and not to the installation."""


def key_place(settings: Settings, config: Path, name: str) -> Path:
    """Where a key of this name lies: in the folder of root's keys where there is one, else in the state directory."""
    if "/" in name:
        return Path(name)
    folder = config.parent / KEYS
    return folder / name if folder.is_dir() else settings.state_directory / name


def backup_key_places(settings: Settings, config: Path) -> tuple[Path, Path]:
    """Public file and seal of this machine's backup key."""
    return config.parent / PUBLIC, key_place(settings, config, SEAL)


def files_of(settings: Settings, config: Path) -> list[Path]:
    """Every plain file but state.db and the record, each once: settings, what they name, keys, office, operator CA, heads of witnesses.

    Whatever path a setting names counts, so that a new setting is not forgotten here.
    """
    found = {config: None, **dict.fromkeys(_named(settings))}
    found |= dict.fromkeys(Path(f"{path}.p7s") for path in list(found))
    found |= dict.fromkeys(
        key_place(settings, config, name) for name in (settings.pseudonym_key, settings.badges.master_key)
    )
    found |= dict.fromkeys(backup_key_places(settings, config))
    if settings.badges.ca_key is not None:
        found |= dict.fromkeys(settings.badges.ca_key.certificate.parent / name for name in (ISSUED, REVOKED, LISTS))
    for folder in (settings.state_directory / OFFICE, settings.audit.cosigned_directory):
        found |= dict.fromkeys(_below(folder))
    if config == Path("/etc/cardd/cardd.toml"):
        found[DROP_IN] = None
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _named(model: BaseModel) -> Iterator[Path]:
    for name, value in model:
        if name not in _LINKS_OF_SETTINGS:
            yield from _paths_in(value)


def _paths_in(value: object) -> Iterator[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, BaseModel):
        yield from _named(value)
    elif isinstance(value, tuple):
        for each in value:
            yield from _paths_in(each)


def _below(folder: Path) -> list[Path]:
    return (
        sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
        if folder.is_dir()
        else []
    )


def source_of(path: Path, kind: Kind, place: Path | None = None) -> Source:
    """A file as it lies there. `place`: where its bytes are read, when elsewhere."""
    found = (place or path).stat()
    return Source(str(path), kind, whose(found.st_uid), found.st_mode & 0o777, place or path)


def whose(uid: int) -> Whose:
    return "root" if uid == ROOT else "cardd"


def log_sources(directory: Path) -> tuple[list[Source], LogEnd | None]:
    """The record with its heads and closed logs, and its end. Whole records only, though the daemon goes on writing.

    Heads are listed before records are, so that each head is about records that are there. Raises `Damaged`, `OSError`.
    """
    others = [path for path in _below(directory) if _goes_along(path, directory)]
    heads = [_sized(path, directory, path.stat().st_size) for path in others]
    files = segments(directory)
    if not files:
        return heads, None
    whole, end = _whole_end(files[-1])
    sized = [_sized(path, directory, path.stat().st_size) for path in files[:-1]]
    return [*heads, *sized, _sized(files[-1], directory, whole)], end


def _goes_along(path: Path, directory: Path) -> bool:
    inside = path.relative_to(directory)
    own_segment = path.suffix == ".seg" and len(inside.parts) == 1
    return not own_segment and path.name not in LEFT_OUT_OF_LOG and path.suffix not in (".tmp", ".new")


def _sized(path: Path, directory: Path, size: int) -> Source:
    found = path.stat()
    return Source(str(path.relative_to(directory)), "log", whose(found.st_uid), found.st_mode & 0o777, path, size)


def _whole_end(newest: Path) -> tuple[int, LogEnd | None]:
    """Bytes of the newest segment up to its last whole record, and that record."""
    octets = newest.read_bytes()
    header = SegmentHeader.decode(octets, newest.name)
    size, last = SEGMENT_HEADER, (header.first_sequence - 1, header.before)
    try:
        for record, _ in walk(octets, header, file=newest.name):
            size, last = record.end, (record.sequence, record.hash)
    except Damaged as damage:
        if damage.problem not in ("short", "length"):
            raise
    return size, LogEnd(log_id=header.log_id.hex(), last_sequence=last[0], last_hash=last[1].hex()) if last[0] else None


def sync(folder: Path) -> None:
    """The names in a folder are on the disk when this returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
