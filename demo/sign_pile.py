"""Signs files with the operator's badge: one PIN for three of them. An office program in small form, for the demo.

python demo/sign_pile.py FILE...
"""

import base64
import hashlib
import sys
from pathlib import Path

from cardd.cli.pin_entry import at_terminal
from cardd.client import RemoteError, connect

REFUSED = 31

with connect(client="sign-pile", locale="ja", pin_prompt=at_terminal("ja")) as counter:
    badge = counter.call("session.status")["badge"]
    order = {
        "card": badge,
        "purpose": "certificate_issue",
        "case": "R8-0046",
        "key": "authentication",
        "hash": "sha256",
    }
    grant = counter.call("sign.grant", **order, count=3, seconds=60)["grant"]
    for file in map(Path, sys.argv[1:]):
        digest = base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()
        try:
            signed = counter.call(
                "sign.digest", **order, grant=grant, digests_base64=[digest], signature_format="pkcs1v15"
            )
        except RemoteError as error:
            print(f"{file}: {error.data['remedy']} ({error.name})")
            sys.exit(REFUSED)
        file.with_suffix(".sig").write_bytes(base64.b64decode(signed["signatures_base64"][0]))
        print(f"{file}: 署名しました。残り{signed['grant']['remaining']}枚 / signed")
