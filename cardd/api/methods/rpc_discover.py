"""`rpc.discover`: the OpenRPC document of the methods that this very table dispatches."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import rpc_discover as words
from cardd.wire.openrpc import openrpc_document


async def handle(services: Services, connection: ConnectionContext, _: Call, __: Nothing) -> words.Result:
    """Made anew for each call: it is asked for by developers, not by counters."""
    return words.Result(document=openrpc_document(connection.offered, services.about.version))


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
