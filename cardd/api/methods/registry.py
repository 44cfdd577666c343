"""The list of all methods, in plain sight: what is not here cannot be called."""

from typing import Final

from cardd.api.method import AnyMethod
from cardd.api.methods import (
    agent_register,
    card_certificate,
    card_change_pin,
    card_pin_status,
    card_read,
    card_token_info,
    cards_list,
    errors_list,
    events_subscribe,
    health,
    hello,
    queue_show,
    readers_list,
    request_cancel,
    rpc_discover,
    session_activity,
    session_login,
    session_logout,
    session_status,
    sign_digest,
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
    session_login.METHOD,
    session_logout.METHOD,
    session_status.METHOD,
    session_activity.METHOD,
    card_read.METHOD,
    card_certificate.METHOD,
    card_pin_status.METHOD,
    card_token_info.METHOD,
    card_change_pin.METHOD,
    sign_digest.METHOD,
    agent_register.METHOD,
)
