"""`queue.show`: who has a card and who waits for it."""

from cardd.api.context import ConnectionContext
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.base import Nothing
from cardd.wire.methods import queue_show as words


async def handle(services: Services, _: ConnectionContext, __: Call, ___: Nothing) -> words.Result:
    """A snapshot."""
    return words.Result(readers=services.presence.queue())


METHOD = Method(words.METHOD, Nothing, words.Result, handle)
