"""The counter's half of a web application: a socket, a person, and messages from elsewhere. It has no document.

`form_seat PIN YES` speaks JSON lines: a method of signing with its parameters comes in, what the daemon answered goes out. The last
message is what was shown to the person, with the modules for documents that this program has loaded.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from cardd.client import RemoteError, connect

METHODS = ("cards.list", "sign.digest", "sign.begin", "sign.finish")
"""A page in a browser must not reach more of the daemon than this."""
LIBRARIES = ("cardd.documents", "pyhanko", "lxml", "signxml", "jwt")


def main(pin: str, says_yes: str) -> None:
    shown: list[Any] = []

    def confirm(asked: Mapping[str, Any]) -> bool:
        shown.append(asked["document"])
        return says_yes == "yes"

    with connect(client="forms", pin_prompt=lambda _: bytearray(pin.encode()), confirm={"document": confirm}) as daemon:
        for line in sys.stdin:
            method, params = json.loads(line)
            try:
                told = daemon.call(method, **params) if method in METHODS else {"problem": "not_for_pages"}
            except RemoteError as error:
                told = {"problem": error.name}
            print(json.dumps(told), flush=True)
    loaded = sorted(name for name in sys.modules if name.split(".")[0] in LIBRARIES or name.startswith(LIBRARIES[0]))
    print(json.dumps({"shown": shown, "loaded": loaded}), flush=True)


main(*sys.argv[1:])
