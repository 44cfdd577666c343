"""The configuration's table of callers, as the socket asks it; and the accounts of the machine for whom one of them may log in."""

import asyncio

from cardd.api.peer import ClientRow
from cardd.app.rows import seats_of
from cardd.config import Settings, uid_of, uids_of
from cardd.errors import WrongAccount
from cardd.model import Peer
from cardd.ports import Caller

LOOKUP_S = 5.0
"""How long the machine's list of users (nsswitch) may take: it can stand on a server."""


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
                may_log_in_others=client.may_log_in_others,
                relays_origins=client.relays_origins,
            )
            for client in settings.clients
            for uid in uids_of(client.users)
        }

    def __call__(self, peer: Peer) -> ClientRow | None:
        return self._rows.get(peer.uid)


class MachineAccounts:
    """Implements `cardd.ports.Accounts`: a name becomes a uid by this machine's list of users, on a thread, for it may be slow."""

    def __init__(self, settings: Settings) -> None:
        self._client_of = ClientTable(settings)

    async def owner(self, caller: Caller, unix_user: str) -> int:
        """As the port says: a caller who may, and an ordinary user who is a client at the caller's seat."""
        own = self._client_of(caller.peer)
        if own is None or not own.may_log_in_others:
            raise WrongAccount(problem="not_for_others")
        try:
            async with asyncio.timeout(LOOKUP_S):
                uid = await asyncio.to_thread(uid_of, unix_user)
        except TimeoutError:
            raise WrongAccount(problem="account_lookup") from None
        if uid is None:
            raise WrongAccount(problem="account_unknown")
        if uid == 0:
            raise WrongAccount(problem="account_root")
        row = self._client_of(Peer(uid, caller.peer.gid, caller.peer.pid))
        if row is None or caller.seat not in row.seats:
            raise WrongAccount(problem="account_no_client")
        return uid
