"""The settings of `cardd-fleet`: how to reach the database, for people who look after the fleet or look over it."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from cardd.audit.checkpoint import COSIGNATURE, BadNote, VerifierKey
from cardd.config import AbsolutePath
from cardd.fleet.database import Database
from cardd.tomlfile import TomlModel, parse, read_bytes
from cardd.watch_settings import Watching

DEFAULT_FILE = Path("/etc/cardd/fleet.toml")


def _witness(text: str) -> str:
    try:
        known = VerifierKey.parse(text).kind == COSIGNATURE
    except BadNote:
        known = False
    if not known:
        raise ValueError("must be the verifier key of a witness: NAME+ID+KEY")
    return text.strip()


class FleetSettings(TomlModel):
    """All settings."""

    database: Database
    policy: AbsolutePath | None = None
    """The office's policy, for the names of roles and purposes in reports and disclosures."""
    work_directory: AbsolutePath = Path("/var/tmp")  # noqa: S108 - a private folder is made in it
    """Where logs are written out to be checked: one at a time, each as large as it was at its terminal."""
    witnesses: tuple[Annotated[str, AfterValidator(_witness)], ...] = ()
    """Verifier keys of the witnesses of all terminals: `health` believes only their signatures, `verify` asks for each of them."""
    watch_every_seconds: Annotated[int, Field(ge=1, le=300)] = 10
    """How often `cardd-fleet watch` looks for what was shipped."""
    watching: Watching = Watching()
    """Values of the rules over all terminals of an office; the same keys as in cardd.toml. The lists are the terminals' matter."""


def load(path: Path) -> FleetSettings:
    """Read and check the file. Raises `BrokenFile`."""
    return parse(FleetSettings, read_bytes(path), str(path))
