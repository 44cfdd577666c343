"""The recovery key: what opens backups, for two people together, and the seal that says which machine made one.

A backup is made at night by nobody, so it is encrypted to a public key (age, age-encryption.org/v1, X25519). The private key is in no
machine: it is a file under two passphrases, one inside the other, each known to one person. Nested passphrases and not shares: a
share can be photographed, a passphrase need not be written down; and the plain `age` program opens the file too, twice
(`age -d recovery.age | age -d`), should cardd be gone.

A public key alone would let anybody make an archive that opens. So each machine also seals what it makes (Ed25519): the key that the seal
is checked with lies inside the recovery file, where nobody can exchange it who does not know both passphrases.
"""

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cardd.keeping.age_pipe import age
from cardd.keeping.stopped import Stopped
from cardd.pin import Pin
from certs.ca.errors import CaKeyError
from certs.ca.file_key import check_passphrase

FORMAT: Final = 1
LARGEST_FILE: Final = 64 * 1024
SEED: Final = 32
FINGERPRINT: Final = 20
_INNER = re.compile(r"cardd recovery key ([0-9]{1,9})\n(?:(AGE-SECRET-KEY-1[A-Z0-9]{58})\n([0-9a-f]{64})\n)?", re.ASCII)
_PUBLIC = re.compile(r"cardd backup key ([0-9]{1,9})\n(?:(age1[a-z0-9]{58})\n([0-9a-f]{64})\n)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recovery:
    """What the recovery file holds, opened. `identity`: age's private key; `seal`: public key of the first machine's seal, 32 bytes."""

    identity: Any = field(repr=False)
    seal: bytes


@dataclass(frozen=True, slots=True)
class BackupKey:
    """What a machine needs to make backups. `recipient`: age's public key (`age1…`); `seed`: of its own seal, 32 bytes."""

    recipient: str
    seed: bytes = field(repr=False)

    @property
    def seal(self) -> bytes:
        """Public key of the seal, 32 bytes."""
        return self._private().public_key().public_bytes_raw()

    def sign(self, octets: bytes) -> bytes:
        """64 bytes."""
        return self._private().sign(octets)

    def public_text(self) -> bytes:
        """The machine's file without a secret: recipient and public key of the seal."""
        return f"cardd backup key {FORMAT}\n{self.recipient}\n{self.seal.hex()}\n".encode()

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def make(first: Pin, second: Pin) -> tuple[bytes, BackupKey]:
    """A new recovery file, and the key of this machine. Takes 3 s: two times scrypt. Raises `Stopped` (`same_passphrase`, `no_age`)."""
    if first == second:
        raise Stopped("same_passphrase")
    identity, seed = age().x25519.Identity.generate(), secrets.token_bytes(SEED)
    key = BackupKey(str(identity.to_public()), seed)
    inner = f"cardd recovery key {FORMAT}\n{identity}\n{key.seal.hex()}\n".encode()
    return _locked(_locked(inner, first), second), key


def another(public: bytes) -> BackupKey:
    """For one more machine of the office: the same recipient, a seal of its own. Raises `Stopped` (`backup_key_broken`, `newer_key`)."""
    return BackupKey(read_public(public)[0], secrets.token_bytes(SEED))


def read_public(octets: bytes) -> tuple[str, bytes]:
    """Recipient and public key of the seal out of the machine's file. Raises `Stopped`."""
    return _fields(_PUBLIC, octets, "backup_key_broken")


def open_recovery(octets: bytes, one: Pin, other: Pin) -> Recovery:
    """In whichever order the two are given; which of them is wrong cannot be told. Takes 3 to 6 s.

    Raises `Stopped`: `wrong_passphrases`, `recovery_broken`, `newer_key`.
    """
    inner = None
    for outside, inside in ((other, one), (one, other))[: 1 if one == other else 2]:
        opened = _unlocked(octets, outside)
        inner = _unlocked(opened, inside) if opened is not None else None
        if inner is not None:
            break
    if inner is None:
        raise Stopped("wrong_passphrases")
    identity, seal = _fields(_INNER, inner, "recovery_broken")
    try:
        return Recovery(age().x25519.Identity.from_str(identity), seal)
    except age().IdentityError:
        raise Stopped("recovery_broken") from None


def holds(seal: bytes, octets: bytes, signature: bytes) -> bool:
    """Whether a machine's seal over `octets` holds. `seal`: its public key."""
    try:
        Ed25519PublicKey.from_public_bytes(seal).verify(signature, octets)
    except (InvalidSignature, ValueError):
        return False
    return True


def passphrase_problem(passphrase: Pin) -> str | None:
    """Why a new passphrase will not do: a key of `texts`; None: it will. 12 to 64 characters of printable ASCII."""
    try:
        check_passphrase(passphrase.octets)
    except CaKeyError as error:
        return error.problem
    return None


def _fields(shape: re.Pattern[str], octets: bytes, problem: str) -> tuple[str, bytes]:
    found = shape.match(octets.decode("ascii", errors="replace"))
    if found is None:
        raise Stopped(problem)
    if int(found[1]) > FORMAT:
        raise Stopped("newer_key")
    if found[2] is None or found.end() != len(octets):
        raise Stopped(problem)
    return found[2], bytes.fromhex(found[3])


def _locked(octets: bytes, passphrase: Pin) -> bytes:
    sealed: bytes = age().passphrase.encrypt(octets, bytes(passphrase.octets).decode("ascii"), armored=True)
    return sealed


def _unlocked(octets: bytes, passphrase: Pin) -> bytes | None:
    """None: it does not open with this passphrase, or is damaged (age does not tell these apart)."""
    try:
        opened: bytes = age().passphrase.decrypt(octets, bytes(passphrase.octets).decode("utf-8", errors="replace"))
    except age().DecryptError:
        return None
    return opened


def fingerprint(seal: bytes) -> str:
    """What people compare: 20 bytes of SHA-256 over the seal's public key, in base32, in groups of four."""
    text = base64.b32encode(hashlib.sha256(seal).digest()[:FINGERPRINT]).decode("ascii")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def read_fingerprint(text: str) -> str:
    """What a person typed from paper, in the form of `fingerprint`. Raises `Stopped` (`bad_seal`)."""
    plain = "".join(text.split()).upper()
    if not re.fullmatch("[A-Z2-7]{32}", plain):
        raise Stopped("bad_seal")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
