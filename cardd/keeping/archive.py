"""The backup archive: age (X25519) around gzip around tar.

Members `f/0`, `f/1`, … are the files in the order of the manifest; the last two are the manifest (`backup.json`) and the machine's seal
over its bytes (`backup.sig`, Ed25519, 64 bytes). The manifest names each file with place, owner, mode, size and SHA-256. Nothing is
believed of an archive before its last byte was read: who restores reads it once to check, and once more to take the files.
"""

import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, BinaryIO, Final, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from cardd.keeping import recovery
from cardd.keeping.age_pipe import decrypted, encrypted
from cardd.keeping.recovery import BackupKey
from cardd.keeping.stopped import Stopped

FORMAT: Final = 1
MANIFEST: Final = "backup.json"
SEAL: Final = "backup.sig"
LARGEST_MANIFEST: Final = 64 * 1024 * 1024
MOST_FILES: Final = 100_000
CHUNK: Final = 1024 * 1024
COMPRESSION: Final = 1
"""gzip's fastest: records shrink to a third, and the machine has other things to do."""

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00-\x1f\x7f]+$")]
Kind = Literal["config", "file", "state", "log"]
"""`log`: its path is below the log directory; the others are absolute."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


class Row(_Model):
    """One file. `bytes`: its size; `owner`: root's own, or the daemon's."""

    path: Text
    kind: Kind
    owner: Literal["root", "cardd"]
    mode: Annotated[int, Field(ge=0, le=0o777)]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Digest


class LogEnd(_Model):
    """The newest whole record that the archive has."""

    log_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    last_sequence: Annotated[int, Field(ge=1)]
    last_hash: Digest


class Manifest(_Model):
    """What an archive says of itself."""

    format: Literal[1]
    made_utc: Text
    """RFC 3339 with `Z`."""
    program: Text
    """Version of cardd that made it."""
    terminal: Text
    mode: Literal["production", "test"]
    state_format: Annotated[int, Field(ge=1)] | None
    log: LogEnd
    seal: Digest
    """Public key of the machine that made it."""
    files: Annotated[tuple[Row, ...], Field(max_length=MOST_FILES)]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that goes in. `size`: so many bytes from its beginning, though it may grow meanwhile; None: all it has when it is opened."""

    path: str
    kind: Kind
    owner: Literal["root", "cardd"]
    mode: int
    place: Path
    size: int | None = None


Trusted = Callable[[bytes], bool]
"""Whether archives with this seal (Ed25519 public key, 32 bytes) count."""


class Take(Protocol):
    """Is given each file of an archive that is read: its number in the manifest, and its bytes in pieces."""

    def __call__(self, number: int, pieces: Iterator[bytes], /) -> None: ...


@dataclass(slots=True)
class Facts:
    """What the manifest says beside the files."""

    made_utc: str
    program: str
    terminal: str
    mode: Literal["production", "test"]
    state_format: int | None
    log: LogEnd


@dataclass(frozen=True, slots=True)
class Sealed:
    """An archive that was read to its end. `octets`, `seal`: the manifest as it stood there, and the machine's signature over it."""

    manifest: Manifest
    octets: bytes = field(repr=False)
    seal: bytes = field(repr=False)


def write(target: BinaryIO, key: BackupKey, facts: Facts, sources: Iterable[Source]) -> Manifest:
    """Write an archive; memory does not grow with it. Raises `OSError`; `Stopped` (`file_shrank`) for a file that got shorter."""
    return encrypted(target, key.recipient, lambda pipe: _pack(pipe, key, facts, sources))


def read(source: BinaryIO, opened: recovery.Recovery, trusted: Trusted, take: Take | None = None) -> Manifest:
    """What `read_sealed` reads: the manifest alone."""
    return read_sealed(source, opened, trusted, take).manifest


def read_sealed(source: BinaryIO, opened: recovery.Recovery, trusted: Trusted, take: Take | None = None) -> Sealed:
    """Read an archive to its end and check it: seal, sizes, digests. `trusted`: whether a machine with this seal (public key) may
    have made it.

    `take` gets the bytes before they are proved; give one only for an archive that was read without it. Raises `OSError`; `Stopped`:
    `archive_damaged`, `wrong_recovery`, `newer_archive`, `wrong_seal`.
    """
    return decrypted(source, opened.identity, lambda pipe: _unpack(pipe, trusted, take))


# --- writing ---------------------------------------------------------------------------------------------------------


def _pack(pipe: BinaryIO, key: BackupKey, facts: Facts, sources: Iterable[Source]) -> Manifest:
    rows = []
    with (
        gzip.GzipFile(fileobj=pipe, mode="wb", compresslevel=COMPRESSION, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w|", format=tarfile.PAX_FORMAT) as tar,
    ):
        for number, source in enumerate(sources):
            rows.append(_put(tar, number, source))
        manifest = Manifest(
            format=FORMAT,
            made_utc=facts.made_utc,
            program=facts.program,
            terminal=facts.terminal,
            mode=facts.mode,
            state_format=facts.state_format,
            log=facts.log,
            seal=key.seal.hex(),
            files=tuple(rows),
        )
        octets = manifest.model_dump_json().encode()
        _put_octets(tar, MANIFEST, octets)
        _put_octets(tar, SEAL, key.sign(octets))
    return manifest


class _Counting(io.RawIOBase):
    """Reads a file to a given size, and forms the digest of what went by."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__()
        self._file, self._left, self.digest = file, size, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        octets = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(octets)
        self.digest.update(octets)
        return octets


def _put(tar: tarfile.TarFile, number: int, source: Source) -> Row:
    with open(
        source.place, "rb", opener=lambda name, _: os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    ) as file:
        size = os.fstat(file.fileno()).st_size if source.size is None else source.size
        counting = _Counting(file, size)
        info = tarfile.TarInfo(f"f/{number}")
        info.size = size
        try:
            tar.addfile(info, counting)
        except OSError as error:
            if os.fstat(file.fileno()).st_size < size:
                raise Stopped("file_shrank", path=source.place) from error
            raise
    return Row(
        path=source.path,
        kind=source.kind,
        owner=source.owner,
        mode=source.mode,
        bytes=size,
        sha256=counting.digest.hexdigest(),
    )


def _put_octets(tar: tarfile.TarFile, name: str, octets: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(octets)
    tar.addfile(info, io.BytesIO(octets))


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """What was read so far."""

    digests: list[tuple[int, str]] = field(default_factory=list)
    manifest: bytes | None = field(default=None, repr=False)
    seal: bytes | None = field(default=None, repr=False)


def _unpack(pipe: BinaryIO, trusted: Trusted, take: Take | None) -> Sealed:
    found = _Found()
    try:
        with gzip.GzipFile(fileobj=pipe, mode="rb") as zipped:
            with tarfile.open(fileobj=zipped, mode="r|") as tar:
                for info in tar:
                    _member(tar, info, found, take)
            while zipped.read(CHUNK):  # to the end, so that age's last piece and gzip's sum are checked
                pass
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, OverflowError) as error:
        raise Stopped("archive_damaged") from error
    manifest = _manifest(found, trusted)
    if [(row.bytes, row.sha256) for row in manifest.files] != found.digests:
        raise Stopped("archive_damaged")
    assert found.manifest is not None
    assert found.seal is not None
    return Sealed(manifest, found.manifest, found.seal)


def _member(tar: tarfile.TarFile, info: tarfile.TarInfo, found: _Found, take: Take | None) -> None:
    if not info.isreg() or found.seal is not None:
        raise Stopped("archive_damaged")
    if info.name in (MANIFEST, SEAL):
        if info.size > LARGEST_MANIFEST:
            raise Stopped("archive_damaged")
        octets = b"".join(_pieces(tar, info))
        if info.name == MANIFEST:
            found.manifest = octets
        else:
            found.seal = octets
        return
    if info.name != f"f/{len(found.digests)}" or found.manifest is not None or len(found.digests) >= MOST_FILES:
        raise Stopped("archive_damaged")
    digest = hashlib.sha256()

    def pieces() -> Iterator[bytes]:
        for piece in _pieces(tar, info):
            digest.update(piece)
            yield piece

    stream = pieces()
    if take is not None:
        take(len(found.digests), stream)
    for _ in stream:  # what was not taken is read all the same
        pass
    found.digests.append((info.size, digest.hexdigest()))


def _pieces(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(info)
    assert file is not None
    left = info.size
    while left:
        piece = file.read(min(CHUNK, left))
        if not piece:
            raise Stopped("archive_damaged")
        left -= len(piece)
        yield piece


def _manifest(found: _Found, trusted: Trusted) -> Manifest:
    """Raises `Stopped`. Whose seal it is and whether it holds is asked before anything that it covers counts."""
    if found.manifest is None or found.seal is None:
        raise Stopped("archive_damaged")
    try:
        told = _Told.model_validate_json(found.manifest)
        seal = bytes.fromhex(told.seal)
        if not recovery.holds(seal, found.manifest, found.seal):
            raise Stopped("archive_damaged")
        if not trusted(seal):
            raise Stopped("wrong_seal", fingerprint=recovery.fingerprint(seal))
        if told.format > FORMAT:
            raise Stopped("newer_archive")
        return Manifest.model_validate_json(found.manifest)
    except ValidationError:
        raise Stopped("archive_damaged") from None


class _Told(BaseModel):
    """What is looked at first."""

    model_config = ConfigDict(extra="ignore", strict=True, hide_input_in_errors=True)
    format: Annotated[int, Field(ge=1)]
    seal: Digest
