"""Do the heads of the record leave this machine (A5)? Looks at what the sender got, and says no to logins when nothing left for a day.

Nothing that lies in the sender's folder is believed: the witness's signature, the text of the head, and that it grows are checked here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cardd.audit.checkpoint import BadNote, SignedHead, VerifierKey, parse, signed_by
from cardd.audit.head_files import FOLDER, SUFFIX
from cardd.audit.log_key import day_of
from cardd.audit.records import StateRecord
from cardd.errors import AuditUnavailable, HeadsOverdue
from cardd.log import get_logger
from cardd.ports import Clock
from cardd.witness.backlog import Backlog, newest_export
from cardd.witness.cosigned import GRAVE, Cosigned, plain_name
from cardd.witness.protocol import period_of_head

WITHOUT_WITNESS = 0.75
"""Where there is no witness, heads leave by hand at closing time, and the alarm comes at this part of `login_s`: 18 h of 24."""
SLEEP_SECONDS = 60.0
"""Two looks further apart than this: the machine slept, and could send nothing."""
State = Literal["good", "warning", "bad"]
Record = Callable[[StateRecord], Awaitable[object]]
Tell = Callable[[str, str, Mapping[str, str | int | None]], None]


@dataclass(frozen=True, slots=True)
class LeavingRules:
    """`directory`: the log's; `cosigned`: the sender's folder; `witnesses`: their keys. Without `enforced` nobody is stopped (test mode
    without witnesses). `alarm_s`, `login_s`: after so long there is an alarm, and no login."""

    directory: Path
    cosigned: Path
    witnesses: tuple[VerifierKey, ...]
    enforced: bool
    alarm_s: float = 600.0
    login_s: float = 86_400.0


@dataclass(slots=True)
class _Witness:
    """What we know of one."""

    key: VerifierKey
    folder: Cosigned
    size: int = 0
    seen: bytes = b""
    bad: str | None = None
    """What is wrong with its newest answer, in one word."""
    standing: str | None = None
    """What the sender says of the last try."""
    fresh: SignedHead | None = None
    recorded_day: str = ""
    alarmed: str | None = field(default=None)


class Leaving:
    """Belongs to the event loop; files are read on a thread."""

    def __init__(self, rules: LeavingRules, log_id: str, boot: str, clock: Clock, record: Record, tell: Tell) -> None:
        """`log_id`: 32 hex digits; `boot`: id of the kernel's boot; `record` writes a state record; `tell` publishes an alarm."""
        self._rules, self._clock, self._record, self._tell = rules, clock, record, tell
        self._backlog = Backlog(rules.directory, boot, 2 * rules.login_s)
        self._witnesses = [_Witness(key, Cosigned(rules.cosigned, log_id, key)) for key in rules.witnesses]
        self._exported = 0
        self._log_id = log_id
        self._overdue = False
        self._looked: float | None = None
        self._slept_s = 0.0
        self._slept_before: tuple[int, float] = (0, 0.0)
        """Number of the oldest record, and `_slept_s` when it became that."""

    # --- looking -----------------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """Before the first login: what left already. Reads at most the last 64 MiB of the log. Raises `Damaged`, `OSError`."""
        if self._rules.enforced:
            self._exported = await asyncio.to_thread(newest_export, self._rules.directory)
            await self.look()

    async def look(self) -> None:
        """Every few seconds: new answers, how long the oldest work waits, alarms. Raises `Damaged`, `OSError` of the log itself."""
        if not self._rules.enforced:
            return
        self._notice_sleep()
        before_s = self.lag_s
        await asyncio.to_thread(self._read)
        oldest = self._backlog.oldest
        if oldest is not None and oldest.sequence != self._slept_before[0]:
            self._slept_before = (oldest.sequence, self._slept_s)
        self._alarm_for_answers()
        was_overdue, self._overdue = self._overdue, self.lag_s > self._alarm_s
        if self._overdue and not was_overdue:
            problem = "no_witness" if self._witnesses else "no_export"
            self._tell("alarm", "witness_overdue", {"problem": problem, "lag_s": int(self.lag_s)})
        await self._note_witnessed(before_s, after_alarm=was_overdue and not self._overdue)

    def exported(self, size: int) -> None:
        """A head of so many records was taken out by hand, and this is on record."""
        self._exported = max(self._exported, size)

    def _notice_sleep(self) -> None:
        now = self._clock.boottime()
        if self._looked is not None and now - self._looked > SLEEP_SECONDS:
            self._slept_s += now - self._looked
        self._looked = now

    def _read(self) -> None:
        for each in self._witnesses:
            self._look_at(each)
        self._backlog.look(self.covered)

    def _look_at(self, witness: _Witness) -> None:
        try:
            note = witness.folder.newest()
            standing = witness.folder.standing()
        except OSError as error:
            get_logger().warning("cosigned_not_read", witness=plain_name(witness.key), problem=error.strerror)
            return
        witness.standing = standing.problem if standing is not None else None
        if note is None or note == witness.seen:
            return
        witness.seen = note
        try:
            signed = self._checked(note, witness)
        except BadNote as error:
            witness.bad = str(error)
            return
        witness.bad, witness.size, witness.fresh = None, signed.head.size, signed

    def _checked(self, note: bytes, witness: _Witness) -> SignedHead:
        """Raises `BadNote` with one word: `form`, `other_log`, `signature`, `older`, `not_ours`."""
        try:
            signed = parse(note)
        except BadNote:
            raise BadNote("form") from None
        if signed.head.log_id != self._log_id:
            raise BadNote("other_log")
        if not signed_by(signed, witness.key):
            raise BadNote("signature")
        if signed.head.size < witness.size:
            raise BadNote("older")
        heads = self._rules.directory / FOLDER / f"{period_of_head(signed)}{SUFFIX}"
        # Word for word one of ours; its first line follows an empty one, or nothing.
        text = signed.head.text() + b"\n"
        octets = heads.read_bytes() if heads.exists() else b""
        if not octets.startswith(text) and b"\n\n" + text not in octets:
            raise BadNote("not_ours")
        return signed

    # --- telling -----------------------------------------------------------------------------------------------------

    def _alarm_for_answers(self) -> None:
        for each in self._witnesses:
            wrong = each.bad or (each.standing if each.standing in GRAVE else None)
            if wrong is not None and wrong != each.alarmed:
                self._tell("alarm", "witness_answer", {"problem": wrong, "witness": plain_name(each.key)})
            each.alarmed = wrong

    async def _note_witnessed(self, lag_s: float, *, after_alarm: bool) -> None:
        """On record: the first head of each witness after a start, on each day (UTC), and after an alarm. Not each minute's."""
        day = day_of(self._clock.utc_us()).isoformat()
        for each in self._witnesses:
            signed, each.fresh = each.fresh, None
            if signed is None or (each.recorded_day == day and not after_alarm):
                continue
            head = signed.head
            told = StateRecord(
                event="head.witnessed",
                witness=plain_name(each.key),
                head_size=head.size,
                head_root=head.root.hex(),
                lag_s=int(lag_s),
            )
            try:
                await self._record(told)
            except AuditUnavailable as error:
                get_logger().error("record_lost", event_lost=told.event, problem=error.facts.problem)
            else:
                each.recorded_day = day

    # --- asking ------------------------------------------------------------------------------------------------------

    @property
    def covered(self) -> int:
        """How many records are in somebody else's hands."""
        return max([self._exported, *(each.size for each in self._witnesses)])

    @property
    def lag_s(self) -> float:
        """How long the oldest work has waited, in seconds during which this machine was awake; 0 where nothing waits."""
        oldest = self._backlog.oldest
        slept_s = self._slept_s - self._slept_before[1] if oldest and oldest.sequence == self._slept_before[0] else 0.0
        return max(0.0, self._backlog.waited_s(self._clock.boottime()) - slept_s)

    def check_login(self) -> None:
        """Raises `HeadsOverdue` where nothing has left for a day."""
        if self._rules.enforced and self.lag_s > self._rules.login_s:
            raise HeadsOverdue(problem="no_witness" if self._witnesses else "no_export")

    def checks(self) -> tuple[tuple[str, State, str | None], ...]:
        """The row of `health`."""
        if not self._rules.enforced:
            return (("witness", "warning", "not_configured"),)
        return (("witness", *self._standing()),)

    def _standing(self) -> tuple[State, str | None]:
        if self.lag_s > self._rules.login_s:
            return "bad", "login_refused"
        if self.lag_s > self._alarm_s:
            return "bad", "overdue"
        wrong = [each.bad or each.standing for each in self._witnesses]
        grave = next((each.alarmed for each in self._witnesses if each.alarmed is not None), None)
        if grave is not None:
            return "bad", grave
        problem = next((each for each in wrong if each is not None), None)
        return ("good", None) if problem is None else ("warning", problem)

    @property
    def _alarm_s(self) -> float:
        return self._rules.alarm_s if self._witnesses else WITHOUT_WITNESS * self._rules.login_s


def rules_of(
    directory: Path, cosigned: Path, keys: tuple[str, ...], *, production: bool, alarm_s: float, login_s: float
) -> LeavingRules:
    """From the settings. `keys`: verifier keys of the witnesses. Raises `BadNote`."""
    witnesses = tuple(VerifierKey.parse(each) for each in keys)
    return LeavingRules(directory, cosigned, witnesses, production or bool(witnesses), alarm_s, login_s)
