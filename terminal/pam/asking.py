"""The conversation with the daemon: one login or unlock, for one account, with what was typed once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cardd.client import Client, RemoteError, connect
from cardd.wire.fault import Locale
from terminal.pam.typed import TypedPin

CLIENT: Final = "cardd-pam"


@dataclass(frozen=True, slots=True)
class Way:
    """How the daemon is reached."""

    socket: str
    seat: str | None
    locale: Locale


def prove(way: Way, user: str, typed: TypedPin, *, hand_over: bool, on_pad: Callable[[], None]) -> Mapping[str, Any]:
    """Whether the badge in the reader is that of `user` and its PIN was typed; the session's facts.

    An open session of this account is unlocked, and none is opened beside it; where there is none, one is opened. With `hand_over` it
    belongs to `user`, else to whoever runs this. `on_pad` is called where the reader asks for the PIN with keys of its own.
    Raises `RemoteError`, `OSError` (no daemon).
    """

    def progress(told: Mapping[str, Any]) -> None:
        if told.get("state") == "waiting_for_pad":
            on_pad()

    account = {"unix_user": user, "hand_over": hand_over}
    with connect(
        way.socket,
        client=CLIENT,
        seat=way.seat,
        locale=way.locale,
        pin_prompt=typed.answer,
        on_progress=progress,
    ) as daemon:
        try:
            return daemon.call("session.unlock", **account)
        except RemoteError as error:
            if error.name != "session.required" or error.data.get("problem"):
                raise
        return daemon.call("session.login", **account)


def badges_there(way: Way) -> int:
    """How many badges lie in the readers. Raises `RemoteError`, `OSError`."""
    with connect(way.socket, client=CLIENT, seat=way.seat, locale=way.locale) as daemon:
        return _badges(daemon)


def _badges(daemon: Client) -> int:
    return sum(row["kind"] == "badge" for row in daemon.call("cards.list")["cards"])
