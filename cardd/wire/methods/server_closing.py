"""`server.closing`: the daemon's last line on a connection that it ends itself, and why."""

from cardd.wire import names
from cardd.wire.base import Answer

METHOD = names.CLOSING


class Closing(Answer):
    """Parameters of the notification `server.closing`."""

    name: str
    """Of the table of errors, e.g. `client.unknown`, `request.too_many`, `request.bad`."""
    message: str
    remedy: str
    problem: str | None = None
