"""`request.cancel`: end a waiting call of this connection; and `request.progress`, the notices of a waiting call."""

from typing import Literal

from cardd.wire import names
from cardd.wire.base import WireModel

METHOD = names.CANCEL
PROGRESS = names.PROGRESS


class Params(WireModel):
    id: int | str


class Result(WireModel):
    cancelled: bool
    """False: the call had ended, or its card command was already on the way and runs to its end."""


class Progress(WireModel):
    """Parameters of the notification `request.progress`."""

    id: int | str
    state: Literal[
        "queued",
        "waiting_for_consent",
        "waiting_for_pin",
        "waiting_for_pad",
        "reading",
        "signing",
        "badge_preparing",
        "badge_keys",
        "badge_writing",
        "badge_proving",
    ]
    place: int | None = None
    holder: str | None = None
    percent: int | None = None
