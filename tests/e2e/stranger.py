"""A client that is another user: `python -m tests.e2e.stranger SOCKET UID SEAT`, started by root; UID 0 stays root.

It subscribes to everything, says what it was shown, then makes the calls it is told on standard input, one JSON list a
line ([method, parameters]), and says each answer; when the input ends, the changes that it was sent up to the first card
that was removed, and how often a PIN was asked of it.
"""

import json
import os
import sys
from typing import Any

from cardd.client import Client, RemoteError, connect

LAST = ("card", "removed")


def become(uid: int) -> None:
    """Be this user alone, for good."""
    if uid != os.getuid():
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)


def answer_to(client: Client, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": client.call(method, **parameters)}
    except RemoteError as error:
        return {"error": error.name}


def main(socket: str, uid: int, seat: str) -> None:
    asked: list[object] = []

    def prompt(_asked: object) -> None:
        asked.append(_asked)

    become(uid)
    with connect(socket, client="stranger", seat=seat or None, pin_prompt=prompt) as client:
        snapshot, changes = client.events()
        print(json.dumps({"uid": os.getuid(), "seat": client.me["seat"], "snapshot": snapshot}), flush=True)
        for line in sys.stdin:
            method, parameters = json.loads(line)
            print(json.dumps(answer_to(client, method, parameters)), flush=True)
        seen = [next(changes)]
        while (seen[-1]["topic"], seen[-1]["change"]) != LAST:
            seen.append(next(changes))
    print(json.dumps({"seen": seen, "asked": len(asked)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
