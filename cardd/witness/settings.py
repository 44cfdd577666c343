"""The witness program's own settings and key: one TOML file and one key file on the witness's machine. `docs/witness.md` explains them."""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from cardd.audit.checkpoint import COSIGNATURE, ED25519, BadNote, VerifierKey
from cardd.tomlfile import BrokenFile, Layout, TomlModel, parse, read_bytes
from cardd.witness.protocol import WITNESS_NAME, origin_of, period_of

DEFAULT_FILE = Path("/var/lib/cardd-witness/witness.toml")
FIRST_LINE = "cardd witness key 1"


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


AbsolutePath = Annotated[Path, AfterValidator(_absolute)]


class Tls(TomlModel):
    """PEM files. Senders without a certificate of `client_ca` do not get as far as a request."""

    certificate: AbsolutePath
    key: AbsolutePath
    client_ca: AbsolutePath


class RegisteredLog(TomlModel):
    """One log."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
    """For people: the office and the machine."""
    key: Annotated[str, StringConstraints(max_length=200)]
    """The verifier key in `first.key` of the log, as it came by another way than the network."""

    @model_validator(mode="after")
    def _is_key(self) -> Self:
        try:
            key = VerifierKey.parse(self.key)
            period_of(key)
        except (BadNote, ValueError):
            raise ValueError("`key` is not what stands in a log's first.key") from None
        if key.kind != ED25519:
            raise ValueError("`key` is not what stands in a log's first.key")
        return self


class WitnessSettings(TomlModel):
    """All settings of a witness."""

    listen: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "0.0.0.0"  # noqa: S104 - the witness serves a network
    port: Annotated[int, Field(ge=0, le=65535)] = 8443
    """0 = one that is free; it is told at start."""
    database: AbsolutePath = Path("/var/lib/cardd-witness/witness.db")
    key: AbsolutePath = Path("/var/lib/cardd-witness/witness.key")
    silent_seconds: Annotated[int, Field(ge=60)] = 86_400
    """A log that sent nothing for so long is shown as silent."""
    tls: Tls
    logs: tuple[RegisteredLog, ...] = ()

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """The first key of each log."""
        return tuple(VerifierKey.parse(each.key) for each in self.logs)

    @property
    def names(self) -> dict[str, str]:
        """Origin of each log and its name for people."""
        return {origin_of(VerifierKey.parse(each.key)): each.name for each in self.logs}


def load(path: Path) -> WitnessSettings:
    """Raises `BrokenFile`."""
    content = read_bytes(path)
    settings = parse(WitnessSettings, content, str(path))
    layout = Layout(content.decode("utf-8"))
    problems = [
        layout.problem(str(path), "this log stands there twice", ("logs", at, "key")) for at in _repeated(settings)
    ]
    if problems:
        raise BrokenFile(problems)
    return settings


def _repeated(settings: WitnessSettings) -> Iterator[int]:
    origins = [origin_of(key) for key in settings.log_keys]
    return (at for at, origin in enumerate(origins) if origin in origins[:at])


class BadWitnessKey(ValueError):
    """The key file cannot be used. Its text says why, never what stands in it."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The witness's own key. `name` stands in its signatures."""

    name: str
    seed: bytes = field(repr=False)

    @property
    def verifier_key(self) -> VerifierKey:
        """What offices and auditors need to check its signatures."""
        return VerifierKey(self.name, COSIGNATURE, self._private().public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Ed25519 over the whole message: 64 bytes."""
        return self._private().sign(message)

    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @classmethod
    def make(cls, name: str) -> "WitnessKey":
        """A new one. Raises `BadWitnessKey` for a name that cannot stand in a signature."""
        if not re.fullmatch(WITNESS_NAME, name):
            raise BadWitnessKey("a name has letters, digits and . _ : @ - alone, at most 64")
        return cls(name, secrets.token_bytes(32))

    def write(self, path: Path) -> None:
        """A new file that nobody else can read. Raises `OSError`, `FileExistsError` when it is there."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(f"{FIRST_LINE}\n{self.name}\n{self.seed.hex()}\n".encode("ascii"))
            file.flush()
            os.fsync(descriptor)

    @classmethod
    def read(cls, path: Path) -> "WitnessKey":
        """Raises `BadWitnessKey`, `OSError`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if os.fstat(descriptor).st_mode & 0o077:
                raise BadWitnessKey(f"{path}: others can read it; chmod 0600 {path}")
            text = file.read(4096).decode("ascii", "replace")
        found = re.fullmatch(rf"{re.escape(FIRST_LINE)}\n({WITNESS_NAME})\n([0-9a-f]{{64}})\n", text)
        if found is None:
            raise BadWitnessKey(f"{path}: is no key of a witness")
        return cls(found[1], bytes.fromhex(found[2]))
