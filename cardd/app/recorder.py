"""Puts on the record what nobody waits for: sessions that ended by themselves, refused connections, alarms."""

import asyncio
from collections.abc import Mapping

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable
from cardd.log import get_logger
from cardd.model import Peer
from cardd.readers.entries import in_ascii
from cardd.sessions.session import LockReason, Session, SessionEnd

MOST_WAITING = 1000
"""Beyond it the newest are dropped with a line in the log: the disk must be stuck."""


class Recorder:
    """A queue in front of the journal. `run` is a task of the daemon; what is queued at its end is still written."""

    def __init__(self, journal: AsyncJournal) -> None:
        self._journal = journal
        self._waiting: asyncio.Queue[StateRecord | None] = asyncio.Queue(MOST_WAITING)

    def session_ended(self, session: Session, why: SessionEnd) -> None:
        """A session is over. A logout by its owner is on record already."""
        if why is not SessionEnd.LOGOUT:
            self._put(_of_session("session.ended", why.value, session))

    def session_locked(self, session: Session, why: LockReason) -> None:
        """A session is locked."""
        self._put(_of_session("session.locked", why.value, session))

    def refused(self, peer: Peer, code: str, count: int) -> None:
        """A connection was turned away; `count` refusals of this uid stand behind the note."""
        self._put(StateRecord(event="connection.refused", code=code, uid=peer.uid, gid=peer.gid, count=count))

    def alarm(self, change: str, facts: Mapping[str, str | int | None]) -> None:
        """Something that somebody should look at."""
        seat, uid, problem, operator, badge, reader, witness, lag_s, list_name = (
            facts.get(name)
            for name in ("seat", "uid", "problem", "operator", "badge", "reader", "witness", "lag_s", "list_name")
        )
        self._put(
            StateRecord(
                event=f"alarm.{change}",
                problem=str(problem).replace(".", "_") if problem is not None else None,
                seat=str(seat) if seat is not None else None,
                uid=uid if isinstance(uid, int) else None,
                operator=str(operator) if operator is not None else None,
                badge=str(badge) if badge is not None else None,
                witness=str(witness) if witness is not None else None,
                lag_s=lag_s if isinstance(lag_s, int) else None,
                list_name=str(list_name) if list_name is not None else None,
                reader=in_ascii(str(reader)) if reader is not None else None,
            )
        )

    def removed(self, record: StateRecord | None) -> None:
        """A card went; `record`: what is worth a record about it, if anything."""
        if record is not None:
            self._put(record)

    async def run(self) -> None:
        """Write until `finish`."""
        while (record := await self._waiting.get()) is not None:
            try:
                await self._journal.state(record)
            except AuditUnavailable as error:
                get_logger().error("record_lost", event_lost=record.event, problem=error.facts.problem)

    async def finish(self) -> None:
        """Let `run` write what is left, and end."""
        await self._waiting.put(None)

    def _put(self, record: StateRecord) -> None:
        try:
            self._waiting.put_nowait(record)
        except asyncio.QueueFull:
            get_logger().error("record_lost", event_lost=record.event, problem="queue_full")


def _of_session(event: str, problem: str, session: Session) -> StateRecord:
    return StateRecord(
        event=event,
        problem=problem,
        session=session.id,
        operator=session.operator.id,
        role=session.operator.role,
        seat=session.seat,
        uid=session.uid,
    )
