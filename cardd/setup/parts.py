"""What the steps of the set-up are given."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cardd.audit.journal import Journal
from cardd.audit.pseudonym import PseudonymKey
from cardd.audit.records import IdentitySource, StateRecord
from cardd.config import Settings
from cardd.model import KeyRole
from cardd.ports import Clock
from cardd.setup.configuring import Given
from cardd.setup.place import Account
from cardd.setup.talk import Talk
from cardd.state.badges import BadgeBook
from cardd.state.store import StateStore
from cardd.state.versions import Versions

DRAFTS = "setup"
"""Under the state directory: policy and register until both have signed."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Talk, places, and what is written to."""

    talk: Talk
    given: Given
    account: Account
    settings: Settings
    store: StateStore
    book: BadgeBook
    versions: Versions
    journal: Journal
    clock: Clock

    @property
    def test(self) -> bool:
        return self.settings.mode == "test"

    @property
    def drafts(self) -> Path:
        return self.settings.state_directory / DRAFTS

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.utc_us() / 1e6, tz=UTC)

    def record(
        self,
        event: str,
        *,
        content: str | None = None,
        policy: str | None = None,
        operator: str | None = None,
        approver: str | None = None,
    ) -> None:
        """What became so, on the record as bootstrap; durable when this returns. `content`: SHA-256, hex. Raises `AuditUnavailable`."""
        what = StateRecord(event=f"setup.{event}", content=content, policy=policy, operator=operator, approver=approver)
        with self.account.acting():  # a new segment or a new day's key must belong to the daemon
            self.journal.state(what)

    def pseudonym(self, key: PseudonymKey, certificate: str) -> str:
        """Of a badge in the record. `certificate`: SHA-256 of its 9A certificate, hex."""
        return key.of(bytes.fromhex(certificate), IdentitySource.CERTIFICATE, self.clock.utc_us()).value


MADE = (KeyRole.AUTHENTICATION, KeyRole.SIGNATURE)
