"""The list of all methods, in plain sight: what is not here cannot be called."""

from typing import Final

from cardd.api.method import AnyMethod
from cardd.api.methods import (
    agent_register,
    cards_list,
    errors_list,
    events_subscribe,
    health,
    hello,
    queue_show,
    readers_list,
    request_cancel,
    rpc_discover,
    whoami,
)

METHODS: Final[tuple[AnyMethod, ...]] = (
    hello.METHOD,
    whoami.METHOD,
    rpc_discover.METHOD,
    errors_list.METHOD,
    health.METHOD,
    request_cancel.METHOD,
    readers_list.METHOD,
    cards_list.METHOD,
    queue_show.METHOD,
    events_subscribe.METHOD,
    agent_register.METHOD,
)
