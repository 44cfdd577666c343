"""Files of the CA: written whole or not at all, never over another one; its certificate as PEM."""

import os
import secrets
from pathlib import Path

from asn1crypto import pem

from certs.ca.errors import CaRefused

LARGEST_CERTIFICATE = 64 * 1024
CERTIFICATE_MODE = 0o644
_LABEL = "CERTIFICATE"


def write_new(path: Path, content: bytes, mode: int) -> None:
    """Returns when the file is on the disk. Raises `OSError`, `FileExistsError` among them.

    Written beside its place, then linked there, which fails where a file is.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_synced(beside, content, mode)
        os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace_file(path: Path, content: bytes, mode: int) -> None:
    """As `write_new`, but in the place of a file that may be there: readers see the old or the new one, whole. Raises `OSError`."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_synced(beside, content, mode)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_certificate(path: Path, der: bytes) -> None:
    """As PEM, for all to read. Raises `CaRefused` (`certificate_exists`, `certificate_unwritable`)."""
    try:
        write_new(path, pem.armor(_LABEL, der), CERTIFICATE_MODE)
    except FileExistsError:
        raise CaRefused("certificate_exists") from None
    except OSError:
        raise CaRefused("certificate_unwritable") from None


def read_certificate(path: Path) -> bytes:
    """DER of the one certificate in a PEM file. Raises `CaRefused` (`certificate_absent`, `certificate_unreadable`, `ca_malformed`)."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_CERTIFICATE)
    except FileNotFoundError:
        raise CaRefused("certificate_absent") from None
    except OSError:
        raise CaRefused("certificate_unreadable") from None
    try:
        label, _, der = pem.unarmor(content)
    except ValueError:
        raise CaRefused("ca_malformed") from None
    if label != _LABEL:
        raise CaRefused("ca_malformed")
    result: bytes = der
    return result


def _write_synced(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask says
        file.write(content)
        file.flush()
        os.fsync(descriptor)
