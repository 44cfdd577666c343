"""The settings of `cardd-fleet`: how to reach the database, for people who look after the fleet or look over it."""

from pathlib import Path

from cardd.config import AbsolutePath
from cardd.fleet.database import Database
from cardd.tomlfile import TomlModel, parse, read_bytes

DEFAULT_FILE = Path("/etc/cardd/fleet.toml")


class FleetSettings(TomlModel):
    """All settings."""

    database: Database
    policy: AbsolutePath | None = None
    """The office's policy, for the names of roles and purposes in reports and disclosures."""
    work_directory: AbsolutePath = Path("/var/tmp")  # noqa: S108 - a private folder is made in it
    """Where logs are written out to be checked: one at a time, each as large as it was at its terminal."""


def load(path: Path) -> FleetSettings:
    """Read and check the file. Raises `BrokenFile`."""
    return parse(FleetSettings, read_bytes(path), str(path))
