"""The badges that were made at this machine, the ones reported lost, and how far an enrolment has come."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

import rfc8785
from pydantic import ValidationError

from cardd.errors import BadgeTaken
from cardd.register import Operator
from cardd.state.people import marks_of
from cardd.state.store import Moment, StateBroken, StateStore

PROGRESS_S: Final = 24 * 3600.0
"""So long a broken-off enrolment can go on with the approval it began with. Our choice: a working day and its night."""
_MARK: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class LocalBadge:
    """One operator with a whole badge that was made here."""

    operator: Operator
    register_version: int
    """The signed register that was in force then; a newer one knows better."""
    guid: str
    """The badge's card UUID, 32 lower-case hex digits."""
    expires_us: int
    """When its certificates end, UTC."""
    management_key: Literal["own", "factory"]
    enrolled_us: int
    """UTC."""
    requested_by: str
    approved_by: str
    """Operator ids."""


@dataclass(frozen=True, slots=True)
class Block:
    """One certificate or badge that counts no more."""

    mark: str
    """Fingerprint (64 hex digits) or GUID (32)."""
    operator_id: str
    by: str
    reason: str
    blocked_us: int
    """UTC."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the making of a badge has come, so that it goes on where it was broken off."""

    operator_id: str
    guid: str
    kind: Literal["enrol", "renew"]
    content_hash: str
    """Of what was approved, 64 hex digits."""
    requester: str
    approver: str
    done: frozenset[str]
    """Words of the steps."""
    facts: Mapping[str, str] = field(repr=False)
    """What the steps found, never a secret: fingerprints, certificates in hex."""
    begun: Moment


class BadgeBook:
    """Complete badges and blocks are asked with every login and kept in memory as well; what is written comes first.

    Methods that write raise `AuditUnavailable`: then nothing has changed.
    """

    def __init__(self, store: StateStore, *, progress_s: float = PROGRESS_S) -> None:
        """`progress_s`: so long a broken-off enrolment stays open. Raises `StateBroken`, `AuditUnavailable`."""
        self._store = store
        self._progress_s = progress_s
        self._read()

    def now(self) -> Moment:
        """For `Progress.begun`."""
        return self._store.now()

    # --- badges ------------------------------------------------------------------------------------------------------

    def operators(self) -> tuple[LocalBadge, ...]:
        """The complete ones, by operator id; blocked ones too."""
        self._refresh()
        return tuple(self._badges.values())

    def put(self, badge: LocalBadge) -> None:
        """A badge is complete; it takes the place of the operator's earlier one. Raises `BadgeTaken`: another operator's (S12)."""
        self._refresh()
        marks = marks_of(badge.operator) | {badge.guid}
        for known in self._badges.values():
            if known.operator.id != badge.operator.id and marks & (marks_of(known.operator) | {known.guid}):
                raise BadgeTaken()
        with self._store.transaction() as db:
            db.execute(
                "REPLACE INTO badges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    badge.operator.id,
                    badge.operator.model_dump_json(),
                    badge.register_version,
                    badge.guid,
                    badge.expires_us,
                    badge.management_key,
                    badge.enrolled_us,
                    badge.requested_by,
                    badge.approved_by,
                ),
            )
        self._read()

    # --- blocks ------------------------------------------------------------------------------------------------------

    def block(self, marks: Iterable[str], *, operator_id: str, by: str, reason: str) -> None:
        """Certificates (SHA-256, 64 lower-case hex digits) and badges (GUID, 32) count no more, for ever. The first report stands.

        Raises `ValueError` for a mark of another form: it would block nothing.
        """
        rows = [(mark, operator_id, by, reason, self._store.utc_us()) for mark in marks]
        if not all(_MARK.fullmatch(row[0]) for row in rows):
            raise ValueError("neither a fingerprint nor a GUID")
        with self._store.transaction() as db:
            db.executemany("INSERT OR IGNORE INTO blocks VALUES (?, ?, ?, ?, ?)", rows)
        self._read()

    def blocked(self) -> frozenset[str]:
        """Fingerprints and GUIDs that count no more."""
        self._refresh()
        return self._blocked

    def blocks(self) -> tuple[Block, ...]:
        """The oldest first."""
        found = self._store.rows(
            "SELECT mark, operator_id, by, reason, blocked_utc_us FROM blocks ORDER BY blocked_utc_us, mark"
        )
        return tuple(Block(*row) for row in found)  # type: ignore[arg-type]  # the table is strict

    # --- progress ----------------------------------------------------------------------------------------------------

    def begin(self, progress: Progress) -> None:
        """Remember that the making of a badge has begun. What was open for this operator or this badge is given up."""
        with self._store.transaction() as db:
            db.execute(
                "DELETE FROM badge_progress WHERE guid = ? OR operator_id = ? OR begun_own_us <= ?",
                (progress.guid, progress.operator_id, self._store.own_us() - round(self._progress_s * 1e6)),
            )
            db.execute(
                "INSERT INTO badge_progress VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    progress.guid,
                    progress.operator_id,
                    progress.kind,
                    progress.content_hash,
                    progress.requester,
                    progress.approver,
                    " ".join(sorted(progress.done)),
                    rfc8785.dumps(dict(progress.facts)).decode(),
                    progress.begun.boot_id,
                    progress.begun.boottime,
                    progress.begun.utc_us,
                ),
            )

    def progress(self, guid_or_operator: str) -> Progress | None:
        """What is open for this badge, else for this operator (an operator's id may look like a GUID); None after 24 hours.

        The 24 hours count on the store's own time: a clock set back across a reboot prolongs them by the time the machine was
        off. Harmless here: whoever goes on must log in, hold this very badge, and can finish only what was approved.
        """
        found = self._store.rows(
            "SELECT * FROM badge_progress WHERE guid = ?1 OR operator_id = ?1 ORDER BY guid = ?1 DESC LIMIT 1",
            (guid_or_operator,),
        )
        return next((each for each in map(_progress, found) if self._is_open(each)), None)

    def all_progress(self) -> tuple[Progress, ...]:
        """What is open, by operator id."""
        found = self._store.rows("SELECT * FROM badge_progress ORDER BY operator_id")
        return tuple(each for each in map(_progress, found) if self._is_open(each))

    def step(self, guid_or_operator: str, word: str, facts: Mapping[str, str] | None = None) -> Progress:
        """One step is done; facts are added. Raises `KeyError` where nothing is open."""
        known = self.progress(guid_or_operator)
        if known is None:
            raise KeyError(guid_or_operator)
        done, all_facts = known.done | {word}, {**known.facts, **(facts or {})}
        with self._store.transaction() as db:
            db.execute(
                "UPDATE badge_progress SET done = ?, facts = ? WHERE guid = ?",
                (" ".join(sorted(done)), rfc8785.dumps(all_facts).decode(), known.guid),
            )
        return replace(known, done=done, facts=all_facts)

    def finish(self, guid_or_operator: str) -> None:
        """Done, or given up. Nothing open: nothing to do."""
        known = self.progress(guid_or_operator)
        if known is not None:
            with self._store.transaction() as db:
                db.execute("DELETE FROM badge_progress WHERE guid = ?", (known.guid,))

    # --- inside ------------------------------------------------------------------------------------------------------

    def _is_open(self, progress: Progress) -> bool:
        return self._store.elapsed_s(progress.begun) < self._progress_s

    def _refresh(self) -> None:
        if self._generation != self._store.generation:
            self._read()

    def _read(self) -> None:
        try:
            badges = [_badge(row) for row in self._store.rows("SELECT * FROM badges ORDER BY operator_id")]
        except ValidationError as error:
            raise StateBroken("damaged", self._store.path) from error
        self._badges = {each.operator.id: each for each in badges}
        self._blocked = frozenset(str(mark) for (mark,) in self._store.rows("SELECT mark FROM blocks"))
        self._generation = self._store.generation


def _badge(row: tuple[Any, ...]) -> LocalBadge:
    _, operator, version, guid, expires_us, management_key, enrolled_us, requested_by, approved_by = row
    holder = Operator.model_validate_json(operator)
    return LocalBadge(holder, version, guid, expires_us, management_key, enrolled_us, requested_by, approved_by)


def _progress(row: tuple[Any, ...]) -> Progress:
    guid, operator_id, kind, content_hash, requester, approver, done, facts, boot_id, boottime, own_us = row
    return Progress(
        operator_id=operator_id,
        guid=guid,
        kind=kind,
        content_hash=content_hash,
        requester=requester,
        approver=approver,
        done=frozenset(done.split()),
        facts=json.loads(facts),
        begun=Moment(boot_id, boottime, own_us),
    )
