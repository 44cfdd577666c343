"""`case.close`: an application tells that the work on a reception number is done. W12 asks where nothing came of a reading."""

from cardd.errors import CarddError
from cardd.gate.gate import Gate
from cardd.gate.request import Receipt
from cardd.ports import Call


class Cases:
    """Needs a session; touches no card and says nothing of a resident but the reception number."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def close(self, call: Call, case: str) -> Receipt:
        """Put it on record; also that nobody was logged in for it. Raises `SessionRequired`, `SessionLocked`, `AuditUnavailable`."""
        try:
            session = self._gate.session(call)
        except CarddError as error:
            await self._gate.refuse_call(call, error, case=case)
            raise
        return await self._gate.note(call, session, case=case)
