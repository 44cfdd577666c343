"""The files of the office while the daemon runs: looks for new ones, puts good ones in force, puts bad ones aside. The old ones hold."""

import asyncio
import tomllib
from collections.abc import Collection
from typing import Literal

from cardd.errors import AuditUnavailable
from cardd.japan_time import utc
from cardd.log import get_logger
from cardd.office.at_start import AtStart
from cardd.office.beginning import begin
from cardd.office.contents import Kind
from cardd.office.files import REFUSED, Pair, Untrusted, read_pair
from cardd.office.judging import Arrived, Examined, Judged, Rules, examine, judge, warnings
from cardd.office.parts import OfficeParts, Outcome
from cardd.office.persons import Refused
from cardd.office.words import sentence

QUIET_S = 2.0
"""A file that changed less than this ago may still be being copied."""
SIGNATURES_WITHIN_S = 30.0
"""So long a file without signatures waits for them, where it needs them."""
RETRY_S = 60.0
"""After a disk that did not take a file."""
State = Literal["good", "warning", "bad"]


class OfficeFiles:
    """`begin` once, then `look` every few seconds and whenever somebody asks."""

    def __init__(self, parts: OfficeParts) -> None:
        self._parts = parts
        self._lock = asyncio.Lock()
        self._unsigned: set[Kind] = set()
        """In force without signatures."""
        self._refused_seeds: set[Kind] = set()
        self._names: frozenset[str] = frozenset()
        self._not_written = False
        self._rest_until = 0.0

    async def begin(self, start: AtStart) -> None:
        """What was read at start is in force, unless it does not fit what this machine remembers; then what came since is taken.

        Raises `StartRefused`, `AuditUnavailable`, `OSError`.
        """
        await begin(self._parts, start)
        self._unsigned = {found.kind for found in start.files.values() if not found.pair.signatures}
        await self.look(at_once=True)

    async def look(self, *, at_once: bool = False) -> tuple[Outcome, ...]:
        """Take what is new; one look at a folder where nothing is. `at_once`: somebody waits for the answer: the files that the
        settings name are looked at too, and what may still be being copied is taken as it is. Raises `AuditUnavailable` then."""
        self._names = self._parts.folders.names()
        if not at_once and not self._ripe():
            return ()
        async with self._lock:
            try:
                return await self._look(at_once=at_once)
            except (OSError, AuditUnavailable) as error:
                # What lies there goes on lying there; state.db or the folder cannot be read or written.
                self._trouble(error)
                if at_once:
                    raise AuditUnavailable(problem="state_not_writable") from error
                return ()

    async def _look(self, *, at_once: bool) -> tuple[Outcome, ...]:
        self._names = self._parts.folders.names()
        arrived, outcomes = await self._arrived(self._ripe(at_once=at_once), seeds=at_once)
        if arrived:
            outcomes += await self._take(arrived)
        self._names = self._parts.folders.names()
        return tuple(outcomes)

    def checks(self) -> tuple[tuple[str, State, str | None], ...]:
        """For `health`."""
        files: tuple[State, str | None] = ("good", None)
        if self._not_written:
            files = ("bad", "not_written")
        elif self._refused_seeds or any(name.endswith(REFUSED) for name in self._names):
            files = ("warning", "file_refused")
        elif self._unsigned:
            files = ("warning", "unsigned")
        problem = self._parts.block_list.problem
        state: State = "good" if problem is None else "warning" if problem == "old" else "bad"
        return ("office_files", *files), ("block_list", state, problem)

    # --- what is there -----------------------------------------------------------------------------------------------

    def _ripe(self, *, at_once: bool = False) -> list[Kind]:
        """The kinds of which a new file lies there that nobody is copying any more."""
        found = [kind for kind in Kind if kind.file_name in self._names]
        if at_once or not found:
            return found
        if self._parts.clock.boottime() < self._rest_until:
            return []
        now_s = self._parts.clock.utc_us() / 1e6
        return [kind for kind in found if self._parts.folders.quiet_s(kind, now_s) >= self._wait_s(kind)]

    def _wait_s(self, kind: Kind) -> float:
        bare = not self._parts.test and kind.signatures_name not in self._names
        return SIGNATURES_WITHIN_S if bare else QUIET_S

    async def _arrived(self, kinds: Collection[Kind], *, seeds: bool) -> tuple[list[Arrived], list[Outcome]]:
        """New files as they lie there; and what can be said of the others at once."""
        places = [(kind, self._parts.folders.incoming / kind.file_name, True) for kind in kinds]
        if seeds:
            self._refused_seeds.clear()
            places += [(kind, path, False) for kind, path in self._parts.seeds.items() if kind not in kinds]
        arrived: list[Arrived] = []
        outcomes: list[Outcome] = []
        for kind, path, incoming in places:
            try:
                pair = await asyncio.to_thread(read_pair, path, links=not incoming)
            except Untrusted as error:
                told = Refused(error.problem, error.detail)
                outcomes.append(await self._refuse(kind, None, None, told, incoming=incoming))
                continue
            if pair is None or (not incoming and self._superseded(kind, pair)):
                continue
            if self._is_in_force(kind, pair):
                outcomes.append(await self._unchanged(kind, incoming=incoming))
            else:
                arrived.append(Arrived(kind, path, pair, incoming))
        return arrived, outcomes

    def _is_in_force(self, kind: Kind, pair: Pair) -> bool:
        known = self._parts.versions.highest(kind)
        return known is not None and known[1] == pair.hash

    def _superseded(self, kind: Kind, pair: Pair) -> bool:
        """Whether a file of the settings is in force, or older: it was the beginning, and nobody has to keep it up."""
        known = self._parts.versions.highest(kind)
        if known is not None and known[1] == pair.hash:
            return True
        try:
            version = tomllib.loads(pair.content.decode()).get("version")
        except (ValueError, RecursionError):
            return False
        return known is not None and isinstance(version, int) and version < known[0]

    async def _unchanged(self, kind: Kind, *, incoming: bool) -> Outcome:
        known = self._parts.versions.highest(kind)
        if incoming:
            await asyncio.to_thread(self._parts.folders.take_away, kind)
        return Outcome(kind, "unchanged", known[0] if known is not None else None)

    # --- what becomes of it ------------------------------------------------------------------------------------------

    async def _take(self, arrived: list[Arrived]) -> list[Outcome]:
        """All that came together is judged by what was in force before any of it."""
        parts, now = self._parts, utc(self._parts.clock.utc_us())
        examined = await asyncio.to_thread(examine, arrived, parts.authorities, now, test=parts.test)
        versions = {kind: known for kind in Kind if (known := parts.versions.highest(kind)) is not None}
        rules = Rules(parts.in_force.policy, parts.in_force.register, versions, now)
        return [await self._one(each, rules) for each in examined]

    async def _one(self, examined: Examined, rules: Rules) -> Outcome:
        arrived = examined.arrived
        try:
            judged = judge(examined, rules, self._parts.in_force.policy)
        except Refused as error:
            return await self._refuse(
                arrived.kind, examined.version, arrived.pair.hash, error, incoming=arrived.incoming
            )
        try:
            await self._put_in_force(arrived, judged)
        except (OSError, AuditUnavailable) as error:
            return self._failed(arrived.kind, judged.version, error)
        in_force = self._parts.in_force
        told = warnings(judged.contents, in_force.policy, in_force.register, self._parts.enrolled(), rules.now)
        return Outcome(arrived.kind, "in_force", judged.version, None, told)

    async def _put_in_force(self, arrived: Arrived, judged: Judged) -> None:
        """Record, disk, version, and only then in force."""
        parts, kind = self._parts, arrived.kind
        problem = None if judged.signers else "unsigned"
        file_hash = arrived.pair.hash
        await parts.record("office.in_force", kind, judged.version, file_hash, signers=judged.signers, problem=problem)
        await asyncio.to_thread(parts.folders.exchange, kind, arrived.pair)
        parts.versions.accept(kind, judged.version, file_hash)
        parts.put(judged.contents)
        (self._unsigned.discard if judged.signers else self._unsigned.add)(kind)
        self._not_written = False
        get_logger().info("office_file_in_force", kind=kind, version=judged.version)
        parts.publish("health", "office_file", {"file": kind.value, "version": judged.version})
        if arrived.incoming:
            await asyncio.to_thread(parts.folders.take_away, kind)

    async def _refuse(
        self, kind: Kind, version: int | None, content: str | None, why: Refused, *, incoming: bool
    ) -> Outcome:
        """The old file holds; this one is put aside with the reason beside it, on record and loud."""
        parts = self._parts
        outcome = Outcome(kind, "refused", version, why.problem, why.details)
        try:
            if incoming:
                await asyncio.to_thread(parts.folders.put_aside, kind, why_text(outcome))
            else:
                self._refused_seeds.add(kind)
            await parts.record("office.refused", kind, version, content, code="office.refused", problem=why.problem)
        except (OSError, AuditUnavailable) as error:
            self._failed(kind, version, error)
        get_logger().warning("office_file_refused", kind=kind, problem=why.problem)
        parts.publish("alarm", "office_file_refused", {"file": kind.value, "problem": why.problem})
        return outcome

    def _failed(self, kind: Kind, version: int | None, error: OSError | AuditUnavailable) -> Outcome:
        """The disk does not take it: it lies where it lay, and is tried again later."""
        self._trouble(error)
        return Outcome(kind, "refused", version, "not_written")

    def _trouble(self, error: OSError | AuditUnavailable) -> None:
        self._not_written = True
        self._rest_until = self._parts.clock.boottime() + RETRY_S
        get_logger().error("office_file_not_written", exc_info=error)


def why_text(outcome: Outcome) -> str:
    """What lies beside a refused file."""
    return "\n".join(
        (
            f"{outcome.kind.file_name} {sentence(outcome.problem or '')}.",
            *(f"  {detail}" for detail in outcome.details),
            "The file that was in force before stays in force.",
            "Mend the file, let two administrators sign it (cardctl policy sign FILE), and put both files here again.",
            "",
        )
    )
