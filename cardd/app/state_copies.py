"""The daemon's part in a backup: it holds state.db exclusively, so it alone can copy it (`cardd.keeping.state_copy` asks)."""

from pathlib import Path

from cardd.audit.asynchronous import AsyncJournal
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable
from cardd.log import get_logger
from cardd.state.store import COPY_FOLDER, COPY_WANTED, NAME, StateStore


class StateCopies:
    """Looks whether somebody wants a copy, and makes it. Who can ask can read the state directory: root, and cardd's own user."""

    def __init__(self, state_directory: Path, store: StateStore, journal: AsyncJournal) -> None:
        self._folder, self._store, self._journal = state_directory / COPY_FOLDER, store, journal

    async def look(self) -> None:
        """One look; a copy is made only after `backup.begun` is on record. Without record no copy, and who asked waits in vain."""
        wanted = self._folder / COPY_WANTED
        if not wanted.exists():
            return
        try:
            await self._journal.state(StateRecord(event="backup.begun"))
            self._store.copy_to(self._folder / NAME)
            wanted.unlink()
        except AuditUnavailable as error:
            get_logger().error("backup_not_made", problem=error.facts.problem)
        except OSError as error:
            get_logger().error("backup_not_made", problem=error.strerror)
