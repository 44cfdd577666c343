"""What the socket says about presence, made from the tables of readers, cards, queues and sessions."""

from collections.abc import Callable

from cardd.config import Settings, uids_of
from cardd.model import SeatName
from cardd.readers.lease import LeaseDesk
from cardd.readers.table import PresenceTable
from cardd.sessions.table import SessionTable
from cardd.wire.methods.cards_list import CardRow
from cardd.wire.methods.events_subscribe import SessionState
from cardd.wire.methods.queue_show import QueueRow, ReaderLoad
from cardd.wire.methods.readers_list import ReaderRow


class PresenceRows:
    """`cardd.api.services.Presence` over the daemon's tables."""

    def __init__(
        self,
        table: PresenceTable,
        desk: LeaseDesk,
        sessions: SessionTable,
        settings: Settings,
        locked_down: Callable[[], bool] = lambda: False,
    ) -> None:
        self._table = table
        self._desk = desk
        self._sessions = sessions
        self._settings = settings
        self._locked_down = locked_down

    def readers(self) -> tuple[ReaderRow, ...]:
        return tuple(
            ReaderRow.model_validate(
                {
                    "name": reader.shown,
                    "role": reader.role.value,
                    "usb_path": reader.traits.usb_path,
                    "serial": reader.traits.serial,
                    "virtual": reader.traits.virtual,
                    "pin_pad": reader.traits.pin_pad,
                    "state": reader.state,
                    "card": reader.card.ref.handle if reader.card is not None else None,
                    "seat": reader.seat,
                }
            )
            for reader in self._table.readers()
        )

    def cards(self) -> tuple[CardRow, ...]:
        return tuple(
            CardRow.model_validate(
                {"card": card.ref.handle, "reader": card.reader.shown, "kind": card.kind.value, "use": card.use}
            )
            for card in self._table.cards()
        )

    def queue(self) -> tuple[ReaderLoad, ...]:
        return tuple(
            ReaderLoad.model_validate(
                {
                    "reader": load.reader,
                    "state": load.state,
                    "rows": tuple(
                        QueueRow(
                            place=row.place, client=row.client, operation=row.operation, since_s=round(row.since_s, 3)
                        )
                        for row in load.rows
                    ),
                }
            )
            for load in self._desk.show()
        )

    def sessions(self, uid: int) -> tuple[SessionState, ...]:
        return tuple(self._session(seat, uid) for seat in seats_of(self._settings, uid))

    def pcsc_up(self) -> bool:
        return self._table.service_up

    def lockdown(self) -> bool:
        return self._locked_down()

    def _session(self, seat: SeatName, uid: int) -> SessionState:
        session = self._sessions.find(seat, uid)
        return SessionState(
            seat=seat, logged_in=session is not None, locked=session is not None and self._sessions.locked(session)
        )


def seats_of(settings: Settings, uid: int) -> tuple[SeatName, ...]:
    """The seats that a user may speak for: all that name no users, and those that name this one."""
    if not settings.seats:
        return settings.seat_names
    return tuple(SeatName(seat.name) for seat in settings.seats if not seat.users or uid in uids_of(seat.users))
