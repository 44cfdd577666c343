"""The configuration's table of callers, as the socket asks it."""

from cardd.api.peer import ClientRow
from cardd.app.rows import seats_of
from cardd.config import Settings, uids_of
from cardd.model import Peer


class ClientTable:
    """Finds the row of a caller by the kernel's uid. User names are looked up once, at start."""

    def __init__(self, settings: Settings) -> None:
        self._rows = {
            uid: ClientRow(
                client.name,
                seats_of(settings, uid),
                client.may_prompt,
                private_sector=client.private_sector,
                counts_as_human=client.counts_as_human,
                relays_origins=client.relays_origins,
            )
            for client in settings.clients
            for uid in uids_of(client.users)
        }

    def __call__(self, peer: Peer) -> ClientRow | None:
        return self._rows.get(peer.uid)
