"""The highest version of each of the office's files that was ever in force here, so that no older one comes back."""

from typing import Final

from cardd.errors import OfficeFileRefused
from cardd.state.store import StateStore

HIGHEST_VERSION: Final = 2**53 - 1
"""Numbers above are not the same in every JSON reader (RFC 8785 clause 3.2.2.3), and the record is JSON."""


class Versions:
    """By kind of file: `policy`, `register`, `block_list`."""

    def __init__(self, store: StateStore) -> None:
        self._store = store

    def highest(self, kind: str) -> tuple[int, str] | None:
        """The version, and the SHA-256 of that file in 64 lower-case hex digits; None where none was ever accepted."""
        found = self._store.rows("SELECT version, file_hash FROM versions WHERE kind = ?", (kind,))
        if not found:
            return None
        version, file_hash = found[0]
        assert isinstance(version, int)
        assert isinstance(file_hash, str)
        return version, file_hash

    def accept(self, kind: str, version: int, file_hash: str) -> None:
        """Remember that this one is in force. The same file again is no change.

        Raises `OfficeFileRefused`: `rolled_back` for a lower version, `same_version` for another file of the same version,
        `version_too_high` above 2^53 - 1; `AuditUnavailable`.
        """
        if version > HIGHEST_VERSION:
            raise OfficeFileRefused(problem="version_too_high")
        known = self.highest(kind)
        if known is not None and version < known[0]:
            raise OfficeFileRefused(problem="rolled_back")
        if known is not None and version == known[0]:
            if file_hash != known[1]:
                raise OfficeFileRefused(problem="same_version")
            return
        with self._store.transaction() as db:
            db.execute("REPLACE INTO versions VALUES (?, ?, ?)", (kind, version, file_hash))
