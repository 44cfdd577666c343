"""`whoami`: what the daemon knows of this connection."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import whoami as words


async def handle(_: Services, connection: ConnectionContext, call: Call, __: Nothing) -> words.Result:
    """Uid and gid are the kernel's word, the rest is the configuration's and `hello`'s."""
    caller = call.caller
    return words.Result(
        uid=caller.peer.uid,
        gid=caller.peer.gid,
        client=caller.client,
        seat=caller.seat,
        locale=caller.locale,
        may_prompt=connection.client.may_prompt,
    )


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
