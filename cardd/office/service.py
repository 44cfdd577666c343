"""The use case of `office.reload`: somebody who may, has new files of the office looked for now."""

from cardd.gate.gate import Gate
from cardd.gate.request import NO_CARD, Performed, Request
from cardd.model import Operation
from cardd.office.exchange import OfficeFiles
from cardd.office.parts import Outcome
from cardd.ports import Call


class OfficeService:
    """Looks because a person asks. That files are good is shown by their signatures, not by who asks."""

    def __init__(self, gate: Gate, files: OfficeFiles) -> None:
        self._gate = gate
        self._files = files

    async def reload(self, call: Call) -> Performed[tuple[Outcome, ...]]:
        """What became of each new file. Raises `SessionRequired`, `SessionLocked`, `PolicyDenied`, `AuditUnavailable`."""
        session = await self._gate.allow(Request(call, Operation.OFFICE_FILES, NO_CARD))
        outcomes = await self._files.look(at_once=True)
        receipt = await self._gate.note(call, session, operation=Operation.OFFICE_FILES)
        return Performed(outcomes, receipt)
