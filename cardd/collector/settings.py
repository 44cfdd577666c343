"""The settings of `cardd-ship`: a small file of its own, for it runs as a user of its own that reads no file of the daemon's."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cardd.config import AbsolutePath
from cardd.fleet.database import Database
from cardd.tomlfile import TomlModel, parse, read_bytes

DEFAULT_FILE = Path("/etc/cardd/ship.toml")


class ShipSettings(TomlModel):
    """All settings."""

    database: Database
    log_directory: AbsolutePath = Path("/var/log/cardd/audit")
    cosigned_directory: AbsolutePath = Path("/var/lib/cardd-heads")
    """Where the sender of heads leaves what witnesses signed (`witnesses.cosigned_directory` of cardd.toml); it may be missing."""
    every_seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    """How often it looks for new heads; records follow when a head covers them."""
    batch_records: Annotated[int, Field(ge=1, le=5000)] = 1000
    batch_kib: Annotated[int, Field(ge=64, le=16_384)] = 1024
    """One transaction takes so many records or bytes at most. No more than two of them are in memory."""
    pause_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    """The longest pause after failures; it begins at one second and doubles."""
    log_format: Literal["logfmt", "json"] = "logfmt"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


def load(path: Path) -> ShipSettings:
    """Read and check the file. Raises `BrokenFile`."""
    return parse(ShipSettings, read_bytes(path), str(path))
