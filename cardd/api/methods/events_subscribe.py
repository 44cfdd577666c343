"""`events.subscribe`: a snapshot and a number, then numbered changes."""

from cardd.api.context import ConnectionContext
from cardd.api.events import TOPICS
from cardd.api.method import Method
from cardd.api.services import Services
from cardd.ports import Call
from cardd.wire.methods import events_subscribe as words


async def handle(services: Services, connection: ConnectionContext, call: Call, params: words.Params) -> words.Result:
    """Snapshot, number and subscription are of one moment: nothing is awaited between them."""
    hub, presence = services.events, services.presence
    replay = params.since is not None and hub.can_replay(params.since, params.boot_id)
    connection.follow(
        params.since if replay and params.since is not None else hub.number,
        frozenset(TOPICS if params.topics is None else params.topics),
    )
    return words.Result(
        number=hub.number,
        boot_id=hub.boot_id,
        gap=params.since is not None and not replay,
        readers=presence.readers(),
        cards=presence.cards(),
        sessions=presence.sessions(call.caller.peer.uid),
        lockdown=presence.lockdown(),
    )


METHOD = Method(words.METHOD, words.Params, words.Result, handle)
