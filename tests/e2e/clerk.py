"""A program at a seat, to be killed: `agent PIN` types for the whole seat, `client` logs in and reads nothing more.

Says `true` in a line when it is there, and then follows events until its end.
"""

import json
import sys

from cardd.client import Client
from cardd.wire.remote import hello_params, socket_path


def main(part: str, pin: str = "") -> None:
    """Connect as one of the two; the daemon's socket stands in CARDD_SOCKET."""
    typed = (lambda _: bytearray(pin.encode())) if part == "agent" else None
    client = Client(socket_path(None), "en", typed, None, None)
    client.begin(hello_params("clerk", "1", "en", None))
    if part == "agent":
        client.call("agent.register", scope="seat")
    else:
        client.call("session.login")
    _, changes = client.events()
    print(json.dumps(True), flush=True)
    for _ in changes:
        pass


main(*sys.argv[1:])
