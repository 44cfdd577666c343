"""`hello`: the first call on a connection; and the greeting that comes before it."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from cardd.wire import names
from cardd.wire.base import ExtensionId, Origin, SeatField, Time, WireModel

METHOD = names.HELLO
GREETING = names.GREETING
LEVEL = names.LEVEL

ClientText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[\x20-\x7e]+$")]


class Limits(WireModel):
    """What one connection may do."""

    request_line_bytes: int
    response_line_bytes: int
    line_seconds: int
    calls_in_flight: int
    connections_per_user: int
    requests_per_second: int
    secret_bytes: int


class Greeting(WireModel):
    """Parameters of the notification `server.greeting`, the first line on every connection."""

    product: str
    version: str
    level_min: int
    level_max: int
    features: tuple[str, ...]
    limits: Limits
    boot_id: str
    time: Time
    mode: Literal["production", "test"]


class Params(WireModel):
    level: int
    client: ClientText
    version: ClientText
    locale: Literal["ja", "en"] = "en"
    seat: SeatField | None = None
    """Which seat this connection speaks for; may be left out where there is only one."""
    origin: Origin | None = None
    """The web page for which a relaying program asks, as the browser says; only from clients with `relays_origins`."""
    extension: ExtensionId | None = None
    """The browser extension that brought it; goes with `origin`."""


class Result(WireModel):
    level: int
    client: str
    """What the office's configuration calls this caller, by its uid."""
    seat: str
    may_prompt: bool
