"""`whoami`: what the daemon knows of this connection."""

from cardd.wire.base import WireModel

METHOD = "whoami"


class Result(WireModel):
    uid: int
    gid: int
    client: str
    seat: str
    locale: str
    may_prompt: bool
