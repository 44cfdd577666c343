"""The CA's key in a file: PKCS#8 (RFC 5958), encrypted with a passphrase, for a small town without a token.

Encryption: PBES2 with scrypt (RFC 7914, 7) and AES-256-CBC, which OpenSSL and `cryptography` read. Not what
`BestAvailableEncryption` gives: its PBKDF2 makes 2,048 rounds, against which twelve characters do not last, and it wants the
passphrase as `bytes`, which nobody can wipe. N = 2^14, r = 8, p = 5 is one of the settings that OWASP (Password Storage Cheat
Sheet) names as equal in strength to 2^17, 8, 1; its 16 MiB stay below the 32 MiB that OpenSSL allows by default.
"""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_private_key

from certs.ca import key_file
from certs.ca.errors import CaKeyError
from certs.ca.files import write_new
from certs.ca.keys import RSA_BITS, RSA_EXPONENT, Algorithm, algorithm_of, spki_of

SHORTEST_PASSPHRASE = 12
LONGEST_PASSPHRASE = 64
LARGEST_FILE = 16 * 1024
MODE = 0o600
_PRINTABLE = range(0x20, 0x7F)

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_MAKERS: dict[Algorithm, Callable[[], PrivateKey]] = {
    Algorithm.P256: lambda: ec.generate_private_key(ec.SECP256R1()),
    Algorithm.P384: lambda: ec.generate_private_key(ec.SECP384R1()),
    Algorithm.RSA_3072: lambda: rsa.generate_private_key(RSA_EXPONENT, RSA_BITS),
}


class FileKey:
    """A `CaSigner` whose key was in a file and is in memory until it is closed."""

    def __init__(self, key: PrivateKey) -> None:
        """Raises `CaKeyError` (`key_kind`)."""
        self._algorithm = algorithm_of(key.public_key())
        self._public_key = spki_of(key.public_key())
        self._key: PrivateKey | None = key

    @classmethod
    def create(cls, path: Path, passphrase: bytearray, algorithm: Algorithm) -> "FileKey":
        """Make a key and write it. A file that is there is never written over.

        `passphrase`: 12 to 64 characters of ASCII from space to tilde; the caller wipes it. Raises `CaKeyError`.
        """
        check_passphrase(passphrase)
        if path.exists() or path.is_symlink():
            raise CaKeyError("exists")
        key = _MAKERS[algorithm]()
        _write_new(path, key_file.encrypted(key, passphrase))
        return cls(key)

    @classmethod
    def open(cls, path: Path, passphrase: bytearray) -> "FileKey":
        """The caller wipes `passphrase`. Raises `CaKeyError`."""
        der = key_file.encrypted_part(_read(path))
        try:
            key = load_der_private_key(der, passphrase)  # type: ignore[arg-type]  # any buffer will do
        except (ValueError, TypeError):
            raise CaKeyError("passphrase") from None  # damage was excluded before
        except UnsupportedAlgorithm:
            raise CaKeyError("not_a_key") from None
        if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise CaKeyError("key_kind")
        return cls(key)

    @property
    def public_key(self) -> bytes:
        """SubjectPublicKeyInfo, DER."""
        return self._public_key

    @property
    def algorithm(self) -> Algorithm:
        """Of the key in the file."""
        return self._algorithm

    def sign(self, tbs: bytes) -> bytes:
        """As `CaSigner.sign`. Raises `CaKeyError` (`key_absent`) when closed."""
        key = self._key
        if key is None:
            raise CaKeyError("key_absent")
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(tbs, padding.PKCS1v15(), hashes.SHA256())
        return key.sign(tbs, ec.ECDSA(hashes.SHA384() if self._algorithm is Algorithm.P384 else hashes.SHA256()))

    def close(self) -> None:
        """OpenSSL wipes the key when the last name for it is gone."""
        self._key = None

    def __repr__(self) -> str:
        return "<FileKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a CA's key cannot be copied or stored")


def check_passphrase(passphrase: bytearray) -> None:
    """What protects a new key must be long enough, and typeable at every seat. Raises `CaKeyError`."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise CaKeyError("passphrase_short")
    if len(passphrase) > LONGEST_PASSPHRASE:
        raise CaKeyError("passphrase_long")
    if not all(octet in _PRINTABLE for octet in passphrase):
        raise CaKeyError("passphrase_characters")


def _read(path: Path) -> bytes:
    """The file, if nobody else could have read or exchanged it: a regular one, of ours or root's, closed to all others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise CaKeyError("absent") from None
    except OSError:
        raise CaKeyError("unreadable") from None
    try:
        seen = os.fstat(descriptor)
        if not stat.S_ISREG(seen.st_mode):
            raise CaKeyError("not_a_key")
        if seen.st_uid not in (os.geteuid(), 0):
            raise CaKeyError("wrong_owner")
        if seen.st_mode & 0o077:
            raise CaKeyError("wrong_mode")
        if seen.st_size > LARGEST_FILE:
            raise CaKeyError("not_a_key")
        return os.read(descriptor, LARGEST_FILE)
    except OSError:
        raise CaKeyError("unreadable") from None
    finally:
        os.close(descriptor)


def _write_new(path: Path, content: bytes) -> None:
    try:
        write_new(path, content, MODE)
    except FileExistsError:
        raise CaKeyError("exists") from None
    except OSError:
        raise CaKeyError("unwritable") from None
